/** `npm run boards -- --engine xs`, and what is told where there is no such engine. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { BoardStatus, StatusReport } from "../../../firmware/messages.ts";
import { Program, until } from "../../support/processes.ts";
import { buildDeadlineMs, buildEngine } from "./build.ts";
import { makeEngines } from "./engines.ts";

let missing: string | null = null;
beforeAll(async () => {
	missing = await buildEngine(64);
}, buildDeadlineMs);
afterEach(() => {
	vi.unstubAllEnvs();
});

describe("without what it is built with", () => {
	it("names the compiler that is not there", async () => {
		vi.stubEnv("CC", "no-such-compiler");
		const reason = "no C compiler: no-such-compiler is not there (Debian: apt install gcc)";
		await expect(makeEngines()).rejects.toThrow(process.platform === "win32" ? "Windows" : reason);
	});
});

describe("npm run boards -- --engine xs", () => {
	let server: Server;
	let aedes: Aedes;
	let dataDir = "";
	let boards: Program;
	const reports: StatusReport[] = [];
	const states: BoardStatus[] = [];

	beforeEach(async (ctx) => {
		ctx.skip(missing !== null, missing ?? "");
		aedes = await Aedes.createBroker();
		aedes.on("publish", ({ topic, payload }, client) => {
			if (client === null) return;
			if (topic.includes("/spot/status/")) reports.push(JSON.parse(payload.toString()) as StatusReport);
			if (/board\/.*\/status$/.test(topic)) states.push(JSON.parse(payload.toString()) as BoardStatus);
		});
		server = createServer(aedes.handle);
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		dataDir = mkdtempSync(join(tmpdir(), "parkmate-xs-boards-"));
		const broker = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const args = ["--engine", "xs", "--broker", broker, "--lot", "X:A,B", "--data", dataDir];
		boards = new Program("boards", process.execPath, ["firmware/device/virtual/main.ts", ...args]);
	});
	afterEach(async (ctx) => {
		if (ctx.task.result?.state === "skip" || missing !== null) return;
		await boards.end("SIGKILL");
		aedes.close();
		server.close();
		rmSync(dataDir, { recursive: true });
	});

	it("reports each spot, and says goodbye at the end", { timeout: 60_000 }, async () => {
		await until("a report of each spot", () => new Set(reports.map(({ spot_id }) => spot_id)).size === 2, {
			deadlineMs: 30_000,
		});
		expect(reports.every(({ state, boot }) => state !== undefined && boot !== undefined)).toBe(true);
		expect(await boards.end("SIGINT")).toBe(0);
		expect(states.at(-1)?.online).toBe(false);
	});
});
