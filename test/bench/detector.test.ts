/** The detector's bench as people run it: on files from anyone. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LineFile } from "../../firmware/device/virtual/trace-file.ts";
import { Program, root } from "../support/processes.ts";

/** On a busy machine, ms. */
const timeout = 90_000;

const directory = mkdtempSync(join(tmpdir(), "parkmate-bench-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function bench(...args: string[]): Promise<{ code: number | null; output: string }> {
	const program = new Program("bench", process.execPath, ["test/bench/main.ts", "detector", ...args], { cwd: root });
	const { code } = await program.ended;
	return { code, output: program.output };
}

/** A spot under a sensor at 250 cm for 20 min, with a car of 120 cm from the 5th to the 10th. */
function writeDay(path: string, withTruth = true): void {
	const file = new LineFile(path);
	file.write({ trace: 1, name: "day", spots: [{ spot_id: "A1", height_cm: 250 }], mount: "overhead" });
	if (withTruth) file.write({ t: 0, spot: "A1", truth: "free" });
	for (let t = 0; t <= 1_200_000; t += 700) {
		const parked = t >= 300_000 && t < 600_000;
		if (withTruth && t === 300_300) file.write({ t: 300_000, spot: "A1", truth: "occupied" });
		if (withTruth && t === 600_600) file.write({ t: 600_000, spot: "A1", truth: "free" });
		file.write({ t, spot: "A1", echo_us: parked ? 7_568 : 14_555 });
	}
	file.close();
}

describe("npm run bench -- detector FILE", () => {
	const day = join(directory, "day.jsonl");
	writeDay(day);

	it("prints its figures for people beside those of the references", { timeout }, async () => {
		const { code, output } = await bench(day);
		expect(code, output).toBe(0);
		expect(output).toMatch(/^ParkMate, pooled +0\.000 /m);
		expect(output).toMatch(/^median of 5, pooled +0\.000 /m);
		// The roof is 130 cm away: 5 min of 20 are wrong, but for 15 s at both ends.
		expect(output).toMatch(/^fixed 100 cm, pooled +22\.5\d+ /m);
		expect(output).toMatch(/^ParkMate, mean over traces +0\.000 /m);
	});

	it("prints them for programs, and writes each decision", { timeout }, async () => {
		const decisions = join(directory, "decisions");
		const { code, output } = await bench(day, "--json", "--decisions", decisions);
		expect(code, output).toBe(0);
		const { seed, traces, pooled, mean, broken } = JSON.parse(output);
		expect({ seed, broken }).toEqual({ seed: null, broken: [] });
		expect(traces).toMatchObject([{ name: day, file: day, spots: 1, samples: 1715, parkmate: { wrongPercent: 0 } }]);
		expect(pooled.parkmate).toEqual(traces[0].parkmate);
		expect(mean.fixed.wrongPercent).toBe(traces[0].fixed.wrongPercent);
		expect(readdirSync(decisions)).toEqual(["day.jsonl"]);
		const lines = readFileSync(join(decisions, "day.jsonl"), "utf8").trimEnd().split("\n");
		const said = lines.map((line) => JSON.parse(line));
		expect(said[0]).toEqual({ t: 0, spot: "A1", state: "unknown" });
		expect(said.map(({ state }) => state)).toEqual(["unknown", "free", "occupied", "free"]);
		expect(said[2].t).toBeGreaterThan(300_000);
		expect(said[2].t).toBeLessThan(310_000);
	});

	it("decides without a truth, too, and has no figures then", { timeout }, async () => {
		const bare = join(directory, "bare.jsonl");
		writeDay(bare, false);
		const decisions = join(directory, "bare-decisions");
		const { code, output } = await bench(bare, "--json", "--decisions", decisions);
		expect(code, output).toBe(0);
		expect(JSON.parse(output).pooled.parkmate).toMatchObject({ spotMinutes: 0, wrongPercent: null });
		expect(readFileSync(join(decisions, "bare.jsonl"), "utf8").trimEnd().split("\n")).toHaveLength(4);
	});

	it("prints what each part of the detector is good for", { timeout }, async () => {
		const { code, output } = await bench(day, "--ablation");
		expect(code, output).toBe(0);
		for (const part of ["floor learning", "N-of-M votes", "no-echo evidence", "mount recognition", "temperature"]) {
			expect(output).toMatch(new RegExp(`^without ${part}, pooled +\\d`, "m"));
		}
	});

	it("says in one line what is wrong with a file, and ends with 2", { timeout }, async () => {
		const broken = join(directory, "broken.jsonl");
		writeFileSync(broken, `${readFileSync(day, "utf8")}{"t":1200000,"spot":"B1","echo_us":1}\n`);
		expect(await bench(day, broken, "--json")).toEqual({
			code: 2,
			output: `${broken}:1720: spot must be one of the head's spots, got "B1"\n`,
		});
	});

	it("writes no decisions over traces", { timeout }, async () => {
		const before = readFileSync(day, "utf8");
		expect(await bench(day, "--json", "--decisions", directory)).toEqual({
			code: 2,
			output: `--decisions must be another directory than the traces', got ${directory}\n`,
		});
		expect(readFileSync(day, "utf8")).toBe(before);
	});

	it("writes no decisions twice into one file", { timeout }, async () => {
		const decisions = join(directory, "twice");
		expect(await bench(day, day, "--json", "--decisions", decisions)).toEqual({
			code: 2,
			output: `traces must have different file names, got ${day} and ${day}\n`,
		});
	});

	it.each([
		[["--seed", "x"], '--seed must be a whole number from 0 to 4294967295, got "x"'],
		[["--seed", "2", "day.jsonl"], "--seed must go without files, got day.jsonl"],
		[["--write", "dir", "day.jsonl"], "--write must go without files, got day.jsonl"],
		[["missing.jsonl"], "missing.jsonl: must be a file that can be read, got ENOENT"],
	])("says what is wrong with %j, and ends with 2", { timeout }, async (args, expected) => {
		expect(await bench(...args, "--json")).toEqual({ code: 2, output: `${expected}\n` });
	});
});

describe("npm run bench -- detector", () => {
	it("makes traces from the model, the same ones from the same seed, and writes them", { timeout }, async () => {
		const written = join(directory, "written");
		const model = await bench("--short", "--json", "--seed", "7", "--write", written);
		expect(model.code, model.output).toBe(0);
		const { seed, traces, pooled, broken } = JSON.parse(model.output);
		expect({ seed, broken, traces: traces.length }).toEqual({ seed: 7, broken: [], traces: 2 });
		expect(pooled.parkmate.spotMinutes).toBeGreaterThan(60);
		const files = readdirSync(written);
		expect(files).toHaveLength(2);
		const read = await bench(...files.map((file) => join(written, file)), "--json");
		expect(read.code, read.output).toBe(0);
		const again = JSON.parse(read.output).traces;
		for (const { name, file, ...figures } of again) {
			expect(traces, `${name} of ${file}`).toContainEqual(expect.objectContaining(figures));
		}
	});

	it("says which scenarios there are when it is asked for another", { timeout }, async () => {
		const { code, output } = await bench("--only", "the moon", "--json");
		expect(code).toBe(2);
		expect(output).toMatch(/^--only must be one of .+, got "the moon"\n$/);
	});
});
