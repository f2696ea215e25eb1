import { request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { connectAsync } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { knows, LotAnswers } from "../../../gateway/http/lot-answers.ts";
import { lotWithSpots } from "../../../gateway/lots/books.ts";
import {
	addSpot,
	changeLot,
	changeSpot,
	createLot,
	override,
	removeLot,
	removeSpot,
} from "../../../gateway/lots/manage.ts";
import { startGateway } from "../app.ts";
import { booksWithLot, commit, noon } from "../books.ts";

describe("answers that are kept", () => {
	test("are the same object until the lot changes", () => {
		const answers = new LotAnswers({ books: booksWithLot() });
		expect(answers.get("LOT001")).toBe(answers.get("LOT001"));
	});

	test("follow every kind of change", () => {
		const books = booksWithLot();
		const answers = new LotAnswers({ books });
		const changes: Parameters<typeof commit>[1][] = [
			(draft) => override(draft, "LOT001", "SPOT001", { occupied: true }, noon),
			(draft) => override(draft, "LOT001", "SPOT001", { occupied: null }, noon),
			(draft) => changeSpot(draft, "LOT001", "SPOT002", { label: "2" }),
			(draft) => changeLot(draft, "LOT001", { name: "North" }, noon),
			(draft) => changeLot(draft, "LOT001", { spots: [{ spot_id: "SPOT003" }, { spot_id: "SPOT001" }] }, noon),
			(draft) => addSpot(draft, "LOT001", { spot_id: "X" }, noon),
			(draft) => removeSpot(draft, "LOT001", "SPOT003"),
		];
		const etags = new Set([answers.get("LOT001")?.etag]);
		for (const change of changes) {
			commit(books, change);
			const lot = books.lot("LOT001");
			const answer = answers.get("LOT001");
			expect(JSON.parse(answer?.body ?? "")).toEqual(lot && lotWithSpots(books, lot));
			etags.add(answer?.etag);
		}
		expect(etags.size).toBe(changes.length + 1);
	});

	test("go with their lot", () => {
		const books = booksWithLot();
		const answers = new LotAnswers({ books });
		answers.get("LOT001");
		commit(books, (draft) => removeLot(draft, "LOT001"));
		expect(answers.again("/api/lots/LOT001")).toBeNull();
		expect(answers.get("LOT001")).toBeNull();
		expect(answers.bytes).toBe(0);
	});

	test("tell two lots of one name and version apart", () => {
		const books = booksWithLot(1);
		const answers = new LotAnswers({ books });
		const etag = answers.get("LOT001")?.etag;
		commit(books, (draft) => removeLot(draft, "LOT001"));
		commit(books, (draft) => createLot(draft, { lot_id: "LOT001", name: "Another", spots: 1 }, noon));
		expect(answers.get("LOT001")?.etag).not.toBe(etag);
	});

	test("take no more room than they may; those that were made first go first", () => {
		const books = booksWithLot();
		for (const lot_id of ["A", "B", "C"])
			commit(books, (draft) => createLot(draft, { lot_id, name: lot_id, spots: 3 }, noon));
		const one = new LotAnswers({ books }).get("A")?.bytes ?? 0;
		const answers = new LotAnswers({ books, maxBytes: 2 * one });
		for (const lotId of ["A", "B", "C"]) answers.get(lotId);
		expect(answers.bytes).toBe(2 * one);
		expect(["A", "B", "C"].map((lotId) => answers.again(`/api/lots/${lotId}`) !== null)).toEqual([false, true, true]);
		const none = new LotAnswers({ books, maxBytes: one - 1 });
		expect(JSON.parse(none.get("A")?.body ?? "")).toMatchObject({ lot_id: "A" });
		expect(none.bytes).toBe(0);
	});
});

test.each([
	[undefined, false],
	['"a"', true],
	['W/"a"', true],
	['"b", "a"', true],
	["*", true],
	['"b"', false],
	["a", false],
])('If-None-Match: %s of an entity "a" says %s', (header, known) => {
	expect(knows(header, '"a"')).toBe(known);
});

describe("over HTTP, a lot", () => {
	let running: Awaited<ReturnType<typeof startGateway>>;

	beforeEach(async () => {
		running = await startGateway();
		await running.app.listen({ host: "127.0.0.1", port: 0 });
		await running.app.inject({
			method: "POST",
			url: "/api/lots",
			payload: { lot_id: "LOT001", name: "Tower", spots: 2 },
		});
	});
	afterEach(() => running.close());

	/** By a bare client, that adds and hides nothing. */
	function read(path = "/api/lots/LOT001", headers: Record<string, string> = {}, method = "GET") {
		const { port } = running.app.server.address() as AddressInfo;
		const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: object; body: string }>();
		send({ port, path, headers, method, agent: false }, async (response) => {
			let body = "";
			for await (const text of response.setEncoding("utf8")) body += text;
			const { date: _, ...rest } = response.headers;
			resolve({ status: response.statusCode ?? 0, headers: rest, body });
		})
			.on("error", reject)
			.end();
		return promise;
	}

	test("is answered the second time as the first, and as where nothing is kept", async () => {
		const first = await read();
		expect(await read()).toEqual(first);
		expect(await read("/api/lots/LOT001?")).toEqual(first);
		expect(first.headers).toEqual({
			"access-control-allow-origin": "*",
			"cache-control": "no-cache",
			connection: "close",
			"content-length": String(Buffer.byteLength(first.body)),
			"content-security-policy": "default-src 'none'; frame-ancestors 'none'",
			"content-type": "application/json; charset=utf-8",
			etag: expect.stringMatching(/^"[\w-]{27}"$/),
			"x-content-type-options": "nosniff",
		});
	});

	test("shows a change as soon as its sensor's word is confirmed", async () => {
		const sensor = await connectAsync(running.mqttUrl, { reconnectPeriod: 0 });
		for (const occupied of [true, false, true]) {
			const status = { spot_id: "SPOT002", lot_id: "LOT001", occupied };
			await sensor.publishAsync("parkmate/spot/status", JSON.stringify(status), { qos: 1 });
			for (let again = 0; again < 3; again++) {
				expect(JSON.parse((await read()).body).spots[1]).toMatchObject({ occupied });
			}
		}
		await sensor.endAsync();
	});

	test("is not sent again to who has it", async () => {
		const { etag } = (await read()).headers as { etag: string };
		const unchanged = await read(undefined, { "if-none-match": etag });
		expect(unchanged).toMatchObject({ status: 304, body: "", headers: { etag, "cache-control": "no-cache" } });
		expect(Object.keys(unchanged.headers)).not.toContain("content-length");
		await running.app.inject({
			method: "POST",
			url: "/api/lots/LOT001/override",
			payload: { spot_id: "SPOT001", occupied: true },
		});
		expect(await read(undefined, { "if-none-match": etag })).toMatchObject({ status: 200 });
	});

	test("is gone once it is removed", async () => {
		await read();
		await running.app.inject({ method: "DELETE", url: "/api/lots/LOT001" });
		expect(await read()).toMatchObject({ status: 404 });
	});

	test("has its length and no body for HEAD", async () => {
		const { headers, body } = await read();
		expect(await read(undefined, {}, "HEAD")).toEqual({ status: 200, headers, body: "" });
		expect(body).not.toBe("");
	});
});

test("a page that may read is told so each time, and others are not", async () => {
	const running = await startGateway({ corsOrigin: "https://friend.example" });
	const url = await running.app.listen({ host: "127.0.0.1", port: 0 });
	await running.app.inject({ method: "POST", url: "/api/lots", payload: { lot_id: "L", name: "L", spots: 1 } });
	const allowed = async (origin?: string) => {
		const { headers } = await fetch(`${url}/api/lots/L`, { headers: origin === undefined ? {} : { origin } });
		return [headers.get("access-control-allow-origin"), headers.get("vary")];
	};
	for (let again = 0; again < 2; again++) {
		expect(await allowed("https://friend.example")).toEqual(["https://friend.example", "Origin"]);
		expect(await allowed()).toEqual([null, "Origin"]);
		expect(await allowed("https://evil.example")).toEqual([null, "Origin"]);
	}
	await running.close();
});
