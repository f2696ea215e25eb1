/**
 * Question: how often is the detector wrong about a spot, how often does it not know, and how long does it take to see a car come or go?
 * Unit: shares of spot-minutes, changes per spot and week, seconds. `detector/score.ts` defines each.
 * Comparison: the fixed threshold of the reference design, and a median of 5 with hysteresis, on the same traces in the same run.
 */
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LineFile, TraceError } from "../../firmware/device/virtual/trace-file.ts";
import type { TraceHead, TraceLine } from "../../firmware/trace.ts";
import { type Bench, circumstances, InputError, type Outcome } from "./bench.ts";
import { type Contender, fixedThreshold, median, parkMate, parts } from "./detector/contenders.ts";
import { replay } from "./detector/replay.ts";
import { type Result, type Total, totalsOf, totalTable, traceTable } from "./detector/report.ts";
import type { Figures } from "./detector/score.ts";
import { fileSource, modelSet, type Source, shortSet } from "./detector/sources.ts";

/** What the model's whole set must show, pooled. Drivers forgive a late sign, not a wrong one. */
export const limits = Object.freeze({
	wrongPercent: 0.1,
	avoidableUnknownPercent: 1,
	spuriousPerSpotWeek: 1,
	p95Seconds: 10,
});

interface Arguments {
	sources: Source[];
	decisionsDir?: string;
	writeDir?: string;
	ablation: boolean;
	/** Of the model's set; null for files. */
	seed: number | null;
	/** The whole set is judged by {@link limits}; parts of it and files are not. */
	judged: boolean;
}

export const detector: Bench = {
	question: "detector: how often and how long it is wrong about a spot, beside a fixed threshold and a median of 5",
	run: async (args) => {
		try {
			return compare(parse(args));
		} catch (error) {
			throw error instanceof TraceError ? new InputError(error.message, { cause: error }) : error;
		}
	},
};

function parse(args: readonly string[]): Arguments {
	const { values, positionals: files } = parseOptions(args);
	const seed = Number(values.seed ?? "1");
	if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
		throw new InputError(`--seed must be a whole number from 0 to ${0xffffffff}, got "${values.seed}"`);
	}
	const ofModel = ["seed", "only", "write", "short"] as const;
	const misplaced = ofModel.find((name) => values[name] !== undefined);
	if (files.length > 0 && misplaced) throw new InputError(`--${misplaced} must go without files, got ${files[0]}`);
	if (files.length > 0) {
		return {
			sources: files.map(fileSource),
			decisionsDir: values.decisions,
			ablation: values.ablation ?? false,
			seed: null,
			judged: false,
		};
	}
	const whole = modelSet(seed);
	const names = values.only ?? [];
	const stranger = names.find((name) => !whole.some((source) => source.name === name));
	if (stranger !== undefined) {
		const known = whole.map((source) => source.name).join(", ");
		throw new InputError(`--only must be one of ${known}, got "${stranger}"`);
	}
	const chosen = values.short ? shortSet(seed) : whole;
	return {
		sources: names.length > 0 ? whole.filter((source) => names.includes(source.name)) : chosen,
		decisionsDir: values.decisions,
		writeDir: values.write,
		ablation: values.ablation ?? false,
		seed,
		judged: names.length === 0 && !values.short,
	};
}

function parseOptions(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				decisions: { type: "string" },
				write: { type: "string" },
				seed: { type: "string" },
				only: { type: "string", multiple: true },
				ablation: { type: "boolean" },
				short: { type: "boolean" },
			},
		});
	} catch (error) {
		throw new InputError((error as Error).message, { cause: error });
	}
}

function compare({ sources, decisionsDir, writeDir, ablation, seed, judged }: Arguments): Outcome {
	for (const directory of [decisionsDir, writeDir]) if (directory !== undefined) prepare(directory, sources);
	const contenders = ablation
		? [parkMate(), ...parts.map((part) => parkMate(part))]
		: [parkMate(), fixedThreshold, median];
	const results = sources.map((source) => resultOf(source, contenders, decisionsDir, writeDir));
	const totals = totalsOf(contenders, results);
	const [ours] = totals;
	if (ours === undefined) throw new Error("there must be a contender");
	const broken = judged ? brokenLimits(ours.pooled) : [];
	const hours = ours.pooled.spotMinutes / 60;
	const samples = results.reduce((sum, result) => sum + result.samples, 0);
	const text = [
		`${ours.name}, each trace:`,
		traceTable(results, ours.traces),
		"",
		"All traces:",
		totalTable(totals),
		"",
		`${results.length} traces${seed === null ? "" : `, seed ${seed}`}, ${hours.toFixed(0)} spot-hours with a truth that can be known, ${samples} measurements`,
		...broken,
	].join("\n");
	return { text, figures: figures(sources, results, totals, seed, broken), right: broken.length === 0 };
}

/** Makes the directory. @throws InputError where files in it would be written twice, or over those that are read. */
function prepare(directory: string, sources: readonly Source[]): void {
	try {
		mkdirSync(directory, { recursive: true });
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new InputError(`${directory} must be a directory, got ${code}`, { cause: error });
	}
	const written = new Map<string, Source>();
	for (const source of sources) {
		const { name, fileName, path } = source;
		const other = written.get(fileName);
		if (other) throw new InputError(`traces must have different file names, got ${other.name} and ${name}`);
		written.set(fileName, source);
		if (path !== undefined && existsSync(path) && realpathSync(path) === join(realpathSync(directory), fileName)) {
			throw new InputError(`--decisions must be another directory than the traces', got ${directory}`);
		}
	}
}

function resultOf(
	source: Source,
	contenders: readonly Contender[],
	decisionsDir: string | undefined,
	writeDir: string | undefined,
): Result {
	const open = (directory: string | undefined) =>
		directory === undefined ? null : new LineFile(join(directory, source.fileName));
	const decisions = open(decisionsDir);
	const copy = open(writeDir);
	try {
		const lines = copy === null ? source.lines() : copied(source.lines(), copy);
		const replayed = replay(lines, contenders, (decision) => decisions?.write(decision));
		return { name: source.name, ...replayed };
	} catch (error) {
		// The detector has its own opinion of heights.
		if (error instanceof RangeError) throw new InputError(`${source.name}:1: ${error.message}`, { cause: error });
		throw error;
	} finally {
		decisions?.close();
		copy?.close();
	}
}

function* copied(lines: Iterable<TraceHead | TraceLine>, copy: LineFile): Generator<TraceHead | TraceLine> {
	for (const line of lines) {
		copy.write(line);
		yield line;
	}
}

/** A line for each limit that does not hold. */
function brokenLimits({ wrongPercent, avoidableUnknownPercent, spuriousPerSpotWeek, ...of }: Figures): string[] {
	const checked: [what: string, limit: number, got: number | null][] = [
		["wrong, % of spot-minutes,", limits.wrongPercent, wrongPercent],
		["avoidable unknown, % of spot-minutes,", limits.avoidableUnknownPercent, avoidableUnknownPercent],
		["spurious changes per spot and week", limits.spuriousPerSpotWeek, spuriousPerSpotWeek],
		["delay of arrivals, p95 in s,", limits.p95Seconds, of.arrivals.p95Seconds],
		["delay of departures, p95 in s,", limits.p95Seconds, of.departures.p95Seconds],
	];
	return checked
		.filter(([, limit, got]) => !(got !== null && got <= limit))
		.map(([what, limit, got]) => `${what} must be at most ${limit}, got ${got?.toFixed(3) ?? "none"}`);
}

function figures(
	sources: readonly Source[],
	results: readonly Result[],
	totals: readonly Total[],
	seed: number | null,
	broken: readonly string[],
): object {
	const byKey = <T>(value: (total: Total) => T) => Object.fromEntries(totals.map((total) => [total.key, value(total)]));
	return {
		seed,
		traces: results.map(({ name, spots, samples, spanMs }, index) => ({
			name,
			...(sources[index]?.path === undefined ? {} : { file: sources[index]?.path }),
			spots,
			samples,
			hours: spanMs / 3_600_000,
			...byKey((total) => total.traces[index]),
		})),
		pooled: byKey((total) => total.pooled),
		mean: byKey((total) => total.mean),
		broken,
		machine: circumstances([]),
	};
}
