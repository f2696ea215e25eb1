/** What the firmware takes of a board's memory and time, measured in the engine that boards have. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BoardEvent } from "../../../firmware/device/virtual/engine-protocol.ts";
import { echoUs } from "../fake-sensor.ts";
import { settingsOf } from "../hosts/world.ts";
import { buildDeadlineMs, buildEngine } from "./build.ts";
import { bundle } from "./bundle.ts";
import stored from "./figures.json" with { type: "json" };
import { periodSteps, RepeatingLot } from "./lot.ts";
import { XsProcess } from "./process.ts";

/** What the firmware may keep alive with eight spots and 16-byte slots, bytes: a third of what an ESP32 has left under Wi-Fi. */
const heapBytes = 40 * 1024;

/** What one measurement may take at most, XS instructions: the worst step, with a full outbox to go through. */
const instructions = 400_000;

/** The same through an outage, with all 64 reports in the outbox, bytes. */
const outageHeapBytes = 48 * 1024;

/** Measurements of one story in one step: below what a step may take. */
const detectorSteps = 150;

/** More than 10,000 measurements, 16 min: then a board has all that it will ever need. */
const warmUpSteps = 4 * periodSteps;

/**
 * An hour: whatever a board does from time to time it has done by then, like writing down what was learnt. What grows by doubling its room has
 * doubled it twice. Measured after each of 38 periods, what is alive was the same to the byte but for one slot after the 12th, gone after the 13th.
 */
const longSteps = 15 * periodSteps;

let folder = "";
let missing: string | null = null;
const engines: XsProcess[] = [];

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "parkmate-xs-"));
	writeFileSync(join(folder, "firmware.js"), await bundle());
	missing = await buildEngine(32);
}, buildDeadlineMs);
beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ""));
afterEach(() => {
	for (const engine of engines.splice(0)) engine.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

function engine(
	bundleName = "firmware.js",
	budget: Partial<{ heapBytes: number; instructions: number }> = {},
): XsProcess {
	const xs = new XsProcess({ bits: 32, bundlePath: join(folder, bundleName), heapBytes, instructions, ...budget });
	engines.push(xs);
	return xs;
}

/** The firmware, with what `change` does to its `step`. */
async function spoilt(change: string): Promise<RepeatingLot> {
	writeFileSync(join(folder, "spoilt.js"), `${await bundle()}\nconst well = step, kept = [];\n${change}`);
	const lot = new RepeatingLot(engine("spoilt.js"));
	await lot.start();
	return lot;
}

describe("the firmware's memory, with slots as large as on an ESP32", () => {
	it("stays within its budget, and does not grow at all", { timeout: 120_000 }, async () => {
		const xs = engine();
		const lot = new RepeatingLot(xs);
		await lot.start();
		await lot.run(warmUpSteps);
		const warm = await xs.figures();
		expect(warm.slotBytes).toBe(16);
		expect(warm.liveBytes).toBeLessThanOrEqual(heapBytes);
		expect(warm.liveBytes).toBeGreaterThan(heapBytes / 4);
		await lot.run(longSteps);
		const { liveBytes, instructions, steps } = await xs.figures();
		expect(liveBytes - warm.liveBytes).toBe(0);

		const perStep = (instructions - warm.instructions) / (steps - warm.steps);
		const ratio = perStep / stored.instructionsPerStep;
		console.log(
			`XS: ${(warm.liveBytes / 1024).toFixed(1)} KB alive; ${perStep.toFixed(0)} instructions a step, ` +
				`${ratio.toFixed(3)} of the ${stored.instructionsPerStep} that are stored`,
		);
		expect(ratio, "what a step takes has changed; if that is meant, store it in figures.json").toBeLessThan(1.25);
	});

	it("does not grow by messages with ever new names in them", { timeout: 60_000 }, async () => {
		const xs = engine();
		const lot = new RepeatingLot(xs);
		await lot.start();
		await lot.run(100);
		const say = async (from: number) => {
			for (let i = from; i < from + 2000; i++) {
				const payload = JSON.stringify({ id: `c${i}`, command: "identify", [`x${i}`]: { [`y${i}`]: i } });
				await xs.step([
					["message", 1, "parkmate/board/b1/command", payload],
					["room", 1, 1000],
				]);
			}
			return (await xs.figures()).liveBytes;
		};
		expect((await say(2000)) - (await say(0))).toBe(0);
	});

	it("takes a little more while it records and learns, and gives all of it back", { timeout: 60_000 }, async () => {
		const xs = engine();
		const lot = new RepeatingLot(xs);
		await lot.start();
		const command = async (more: object) => {
			const payload = JSON.stringify({ id: "c", ...more });
			await xs.step([
				["message", 1, "parkmate/board/b1/command", payload],
				["room", 1, 1000],
			]);
		};
		const live = async () => (await xs.figures()).liveBytes;
		/** Both commands, 30 s of them, and the rest of a period. Gives what is alive meanwhile and in the end. */
		const round = async () => {
			await command({ command: "trace", seconds: 30 });
			await lot.run(15);
			const recording = await live();
			await command({ command: "learn_floor" });
			await lot.run(5);
			const learning = await live();
			await lot.run(periodSteps - 20);
			return { recording, learning, after: await live() };
		};
		await lot.run(periodSteps);
		const before = await live();
		const first = await round();
		console.log(
			`XS: ${first.recording - before} bytes more while it records, ${first.learning - before} while it learns too, ` +
				`${first.after - before} after that`,
		);
		expect(first.recording - before).toBeLessThan(1280);
		// Eight reports that a spot is unknown are part of it.
		expect(first.learning - before).toBeLessThan(4096);
		// Each class may keep its last object.
		expect(first.after - before).toBeLessThan(1024);
		const [second, third] = [await round(), await round()];
		expect(third.after - second.after).toBe(0);
	});

	it("stays within the budget of an outage while the outbox is full", { timeout: 60_000 }, async () => {
		const xs = engine("firmware.js", { heapBytes: outageHeapBytes });
		const settings = JSON.stringify(settingsOf());
		await xs.step([["start", { memory: { settings }, firmware: "test", seed: 1, atMs: 0 }]]);
		// Every spot changes every 8 s: 150 times before the end, eight times as many reports as there is room for.
		for (let atMs = 4000; atMs <= 1_200_000; atMs += 4000) {
			const echoes = settingsOf().spots.map(
				(_, sensor): BoardEvent => ["echo", sensor, echoUs(atMs % 16_000 < 8000 ? 70 : 220), false],
			);
			await xs.step([...echoes, ["time", atMs]]);
		}
		const { liveBytes } = await xs.figures();
		console.log(`XS: ${(liveBytes / 1024).toFixed(1)} KB alive with a full outbox`);
		expect(liveBytes, "the outbox must be full").toBeGreaterThan(0.75 * heapBytes);
	});

	it.each([
		["each step's text", "step = (text) => { kept.push(text); return well(text); };"],
		["one number each step", "step = (text) => { kept.push(kept.length); return well(text); };"],
	])("is exceeded by a firmware that keeps %s", { timeout: 60_000 }, async (_, change) => {
		const lot = await spoilt(change);
		await expect(lot.run(warmUpSteps)).rejects.toThrow(
			/^XS: step \d+: must take at most 40960 bytes of heap, got \d+$/,
		);
	});

	it("shows a leak of a few bytes", { timeout: 60_000 }, async () => {
		writeFileSync(
			join(folder, "drip.js"),
			`${await bundle()}\nconst well = step, kept = []; let count = 0;\nstep = (text) => { if (++count % 1000 === 0) kept.push({}); return well(text); };`,
		);
		const xs = engine("drip.js");
		const lot = new RepeatingLot(xs);
		await lot.start();
		await lot.run(periodSteps);
		const warm = await xs.figures();
		await lot.run(periodSteps);
		expect((await xs.figures()).liveBytes - warm.liveBytes).toBeGreaterThan(0);
	});
});

describe("the firmware's time", () => {
	it.each(["free", "occupied", "slope", "bike", "noise"])(
		"judges a measurement in at most 2,000 instructions: %s",
		{ timeout: 60_000 },
		async (story) => {
			const inside = join(import.meta.dirname, "detector-inside.ts");
			writeFileSync(join(folder, "detector.js"), await bundle(inside));
			const xs = engine("detector.js");
			const instructionsOf = async (what: string) => {
				await xs.step([what, detectorSteps] as never);
				const before = (await xs.figures()).instructions;
				await xs.step([what, detectorSteps] as never);
				return ((await xs.figures()).instructions - before) / detectorSteps;
			};
			const loop = await instructionsOf("nothing");
			const instructions = (await instructionsOf(story)) - loop;
			console.log(`XS: ${instructions.toFixed(0)} instructions a measurement of the story ${story}`);
			expect(instructions).toBeLessThanOrEqual(2000);
			expect(instructions).toBeGreaterThan(1000);
		},
	);

	it("ends a step that takes too long", async () => {
		const lot = await spoilt("step = (text) => { for (;;); };").catch((error: Error) => error.message);
		expect(lot).toBe(`XS: step 1: took more than ${instructions} instructions`);
	});

	it("ends at an error, and says which", async () => {
		const lot = await spoilt('step = (text) => { throw new TypeError("spoilt"); };').catch(
			(error: Error) => error.message,
		);
		expect(lot).toBe("XS: step 1: TypeError: spoilt");
	});
});
