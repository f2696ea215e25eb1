import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BoardEvent, EngineReply } from "../../../firmware/device/virtual/engine-protocol.ts";
import { buildDeadlineMs, buildEngine } from "./build.ts";
import { waitingLimit, XsProcess } from "./process.ts";

let missing: string | null = null;
let folder = "";
let xs: XsProcess;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "parkmate-xs-process-"));
	missing = await buildEngine(64);
}, buildDeadlineMs);
beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ""));
afterEach(() => xs?.close());
afterAll(() => rmSync(folder, { recursive: true }));

/** An engine that runs this script. */
function run(script: string): XsProcess {
	const bundlePath = join(folder, "script.js");
	writeFileSync(bundlePath, script);
	xs = new XsProcess({ bits: 64, bundlePath });
	return xs;
}

const echo = "globalThis.step = (text) => JSON.stringify({ actions: JSON.parse(text), nextMs: null, waiting: 0 });";
const told = (...events: unknown[]) => events as BoardEvent[];

describe("an engine", () => {
	it("answers in order, with all that a text can hold", async () => {
		const texts = ["", "ü€😀", '"\\\n\t\u0001', "\u0000", "x".repeat(1_000_000), "\u2028"];
		const engine = run(echo);
		const replies = await Promise.all(texts.map((text) => engine.step(told(text))));
		expect(replies.map(({ actions }) => actions)).toEqual(texts.map((text) => [text]));
	});

	it("finishes what promises left before it answers", async () => {
		const script =
			"let count = 0; globalThis.step = () => { Promise.resolve().then(() => count++); return JSON.stringify(count); };";
		const engine = run(script);
		const replies: unknown[] = [await engine.step([]), await engine.step([])] satisfies EngineReply[];
		expect(replies).toEqual([0, 1]);
	});

	it("ends at a promise that was rejected and nobody asks for", async () => {
		const engine = run("globalThis.step = () => { Promise.reject(new Error('lost')); return '{}'; };");
		await expect(engine.step([])).rejects.toThrow("XS: step 1: unhandled rejection");
	});

	it("leaves Ctrl-C to whoever started it", async () => {
		const engine = run(echo);
		await engine.step([]);
		process.kill(engine.pid ?? 0, "SIGINT");
		expect((await engine.step(told(1))).actions).toEqual([1]);
	});

	it("says why it has ended to each that asks after its end, and to all that wait", async () => {
		const engine = run("globalThis.step = (text) => { if (text === '[1]') null.x; return '{}'; };");
		const both = [engine.step(told(1)), engine.step([])];
		for (const step of both) await expect(step).rejects.toThrow(/^XS: step 1: TypeError: /);
		await expect(engine.step([])).rejects.toThrow(/^XS: step 1: TypeError: /);
	});

	it("can be closed twice, and what waits is told", async () => {
		const engine = run(echo);
		const step = engine.step([]);
		engine.close();
		engine.close();
		await expect(step).rejects.toThrow("XS: closed");
	});

	it("takes no more calls than it can keep waiting", async () => {
		const engine = run(echo);
		const steps = Array.from({ length: waitingLimit + 1 }, () => engine.step([]));
		await expect(steps.at(-1)).rejects.toThrow(`waiting calls must be at most ${waitingLimit}`);
		await Promise.all(steps.slice(0, -1));
	});

	it("is XS 13.3", async () => {
		const engine = run("globalThis.step = () => '{}';");
		expect((await engine.figures()).version).toBe("13.3.0");
	});
});
