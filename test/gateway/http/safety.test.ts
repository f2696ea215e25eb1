import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startGateway } from "../app.ts";

let running: Awaited<ReturnType<typeof startGateway>>;
let pages: string;

beforeAll(async () => {
	pages = mkdtempSync(join(tmpdir(), "parkmate-pages-"));
	mkdirSync(join(pages, "assets"));
	writeFileSync(join(pages, "index.html"), "<title>ParkMate</title>");
	writeFileSync(join(pages, "assets", "page-1a2b.js"), "");
	running = await startGateway({ pages });
});
afterAll(async () => {
	await running.close();
	rmSync(pages, { recursive: true });
});

async function headersOf(url: string, method: "GET" | "POST" = "GET", headers = {}) {
	return (await running.app.inject({ method, url, headers })).headers;
}

describe("a page", () => {
	test("may load what is ours and talk to the gateway, and stands in no frame", async () => {
		expect(await headersOf("/")).toMatchObject({
			"content-type": "text/html; charset=utf-8",
			"content-security-policy":
				"default-src 'self';img-src 'self' data:;style-src 'self';connect-src 'self' ws: wss:;object-src 'none';base-uri 'none';form-action 'self';frame-ancestors 'none'",
			"x-content-type-options": "nosniff",
			"x-frame-options": "SAMEORIGIN",
			"referrer-policy": "no-referrer",
		});
	});

	test("is asked for again each time, what it is built of is not", async () => {
		expect(await headersOf("/")).toMatchObject({ "cache-control": "no-cache" });
		expect(await headersOf("/assets/page-1a2b.js")).toMatchObject({
			"cache-control": "public, max-age=31536000, immutable",
			"x-content-type-options": "nosniff",
		});
	});
});

describe("an answer for programs", () => {
	test.each([
		["GET", "/api/lots", {}],
		["GET", "/api/boards", {}],
		["GET", "/health", {}],
		["GET", "/ws", {}],
		["GET", "/api/lots/NOPE", {}],
		["GET", "/api/nothing", {}],
		["GET", "/nothing.html", {}],
		["POST", "/api/init", { origin: "https://evil.example" }],
	] as const)("to %s %s is never taken for a page, nor for what holds for long", async (method, url, headers) => {
		const answer = await headersOf(url, method, headers);
		expect(answer).toMatchObject({
			"content-type": "application/json; charset=utf-8",
			"content-security-policy": "default-src 'none'; frame-ancestors 'none'",
			"x-content-type-options": "nosniff",
			"cache-control": "no-cache",
		});
	});
});
