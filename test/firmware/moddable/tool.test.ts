import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { jitterMs, slotMs } from "../../../firmware/ranging.ts";
import { decisionTimesMs, percentile } from "../../../firmware/tool/decision.ts";
import { makeDemoLot } from "../../../firmware/tool/demo.ts";
import {
	decisionLimitMs,
	heapFigure,
	isOver,
	lineOf,
	sweepLimitMs,
	timeFigures,
} from "../../../firmware/tool/figures.ts";
import { sdkProblem } from "../../../firmware/tool/sdk.ts";
import { sizesOf } from "../../../firmware/tool/sizes.ts";
import { GatewayProcess, root } from "../../support/processes.ts";

const folders: string[] = [];
afterEach(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "parkmate-tool-"));
	folders.push(path);
	return path;
}

function firmware(args: readonly string[], env: Record<string, string> = {}) {
	return spawnSync(process.execPath, ["firmware/tool/main.ts", ...args], {
		cwd: root,
		env: { ...process.env, ...env },
		encoding: "utf8",
	});
}

it("says in one line that there is no SDK, and how to get it", () => {
	const nowhere = join(folder(), "nothing");
	const { status, stderr } = firmware(["sim"], { MODDABLE: nowhere });
	const text = `the Moddable SDK is not at ${nowhere}; get it with: npx xs-dev setup, or set MODDABLE\n`;
	expect([status, stderr]).toEqual([1, text]);
});

it("says that an SDK is there but not built", () => {
	const MODDABLE = folder();
	mkdirSync(join(MODDABLE, "build"));
	const text = `the Moddable SDK at ${MODDABLE} is not built; get it with: npx xs-dev setup`;
	expect(sdkProblem({ MODDABLE })).toBe(text);
});

it.each([
	[["--help"], 0],
	[[], 0],
	[["esp8266"], 2],
])("tells what there is after %j", (args, code) => {
	const { status, stdout } = firmware(args);
	expect(status).toBe(code);
	expect(stdout).toContain("npm run firmware -- sim");
});

it("adds up what was linked", () => {
	const target = folder();
	mkdirSync(join(target, "modules/parkmate/device"), { recursive: true });
	writeFileSync(join(target, "modules/parkmate/device/a.xsb"), "12345");
	writeFileSync(join(target, "modules/parkmate/b.map"), "1");
	writeFileSync(join(target, "modules/c.xsb"), "123");
	writeFileSync(join(target, "mc.xs.c"), "#define mxHeapCount 10\n#define mxStackCount 2\n");
	expect(sizesOf(target).map(({ value }) => value)).toEqual([5, 8, 160, 32]);
});

it("decides each clear change by the fourth measurement after it, at whatever moment of a sweep it comes", () => {
	const times = decisionTimesMs();
	expect(times.length).toBe(2 * 64 * 8);
	expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
	expect(Math.max(...times)).toBeLessThan(4 * 8 * (slotMs + jitterMs) + slotMs);
});

it("keeps its time limits", () => {
	const figures = timeFigures();
	expect(figures.map(({ limit }) => limit)).toEqual([sweepLimitMs, decisionLimitMs]);
	expect(figures.map(({ value }) => value)).toEqual([736, 2760]);
	expect(figures.filter(isOver)).toEqual([]);
});

it.each([
	[0.95, 95],
	[0.951, 96],
	[1, 100],
	[0, 1],
])("the share %d of a hundred values is not above %d", (share, value) => {
	expect(
		percentile(
			Array.from({ length: 100 }, (_, index) => 100 - index),
			share,
		),
	).toBe(value);
});

describe("the live heap", () => {
	const measured = "live heap with 8 spots: at most 30000 bytes of slots (16 each), 9000 of chunks\n";

	it("is read from what its test measured, and stands beside its limit", () => {
		const figure = heapFigure(`✓ stays\n${measured}skipped 1: builds for the debugger (no reason was given)\n`);
		expect(lineOf(figure)).toBe(`${"live heap with 8 spots, in memory".padEnd(64)}   39000 bytes, limit 40960`);
	});

	it("is marked when it is above the limit", () => {
		const figure = heapFigure(measured.replace("9000", "10961"));
		expect([isOver(figure), lineOf(figure).endsWith("40961 bytes, limit 40960: EXCEEDED")]).toEqual([true, true]);
	});

	it("is said not to be measured, and why", () => {
		const skipped = "skipped 1: builds for the debugger (no reason was given)\nskipped 1: cc is not installed\n";
		expect(lineOf(heapFigure(skipped))).toMatch(/ not measured: cc is not installed$/);
		expect(lineOf(heapFigure(""))).toMatch(/ not measured: its test ended before it was measured$/);
		expect(isOver(heapFigure(""))).toBe(false);
	});
});

it("makes the simulator's lot at a gateway, once", async () => {
	const gateway = await GatewayProcess.start();
	try {
		for (let time = 0; time < 2; time++) {
			expect(await makeDemoLot(gateway.url)).toBe(`Its lot is SIM: ${gateway.url}/?lot=SIM`);
		}
		const lots = (await (await fetch(`${gateway.url}/api/lots/SIM`)).json()) as { total_spots: number };
		expect(lots.total_spots).toBe(8);
	} finally {
		await gateway.close();
	}
});

it("does without a gateway", async () => {
	const text = "No gateway answers at http://127.0.0.1:9; start one with npm start to see the board in a browser.";
	expect(await makeDemoLot("http://127.0.0.1:9")).toBe(text);
});
