/** What the detector's bench prints. */
import { table } from "../table.ts";
import type { Contender } from "./contenders.ts";
import { type DelayFigures, type Figures, figuresOf, meanOf, pool, type Score } from "./score.ts";

/** One trace and what each contender made of it, in the contenders' order. */
export interface Result {
	name: string;
	spots: number;
	samples: number;
	spanMs: number;
	scores: readonly Score[];
}

/** Shares as the mean over traces, each of which counts the same. */
export interface Means {
	wrongPercent: number | null;
	falseFreePercent: number | null;
	falseOccupiedPercent: number | null;
	unknownPercent: number | null;
	avoidableUnknownPercent: number | null;
	guessedPercent: number | null;
	spuriousPerSpotWeek: number | null;
}

const meanKeys = [
	"wrongPercent",
	"falseFreePercent",
	"falseOccupiedPercent",
	"unknownPercent",
	"avoidableUnknownPercent",
	"guessedPercent",
	"spuriousPerSpotWeek",
] as const satisfies (keyof Means)[];

/** One contender's figures over all traces. */
export interface Total {
	key: string;
	name: string;
	traces: Figures[];
	pooled: Figures;
	mean: Means;
}

/** In the contenders' order. */
export function totalsOf(contenders: readonly Contender[], results: readonly Result[]): Total[] {
	return contenders.map(({ key, name }, index) => {
		const scores = results.map((result) => result.scores[index]).filter((score) => score !== undefined);
		const traces = scores.map(figuresOf);
		const mean = Object.fromEntries(meanKeys.map((meanKey) => [meanKey, meanOf(traces, meanKey)])) as Record<
			keyof Means,
			number | null
		>;
		return { key, name, traces, pooled: figuresOf(pool(scores)), mean };
	});
}

/** Each trace beside the others, for one contender. */
export function traceTable(results: readonly Result[], figures: readonly Figures[]): string {
	const rows = results.map(({ name }, index) => {
		const of = figures[index];
		if (!of) return [name];
		return [
			name,
			of.spotMinutes.toFixed(0),
			of.falseFreeMinutes.toFixed(1),
			of.falseOccupiedMinutes.toFixed(1),
			number(of.wrongPercent, 3),
			number(of.unknownPercent, 2),
			number(of.avoidableUnknownPercent, 2),
			of.unknowableMinutes.toFixed(0),
			number(of.guessedPercent, 1),
			String(of.spurious),
			...delayCells(of.arrivals),
			...delayCells(of.departures),
		];
	});
	return table([
		[
			"",
			"spot-min",
			"false free",
			"false occ.",
			"wrong %",
			"unknown %",
			"avoidable %",
			"unknowable",
			"guessed %",
			"spurious",
			"came: p50",
			"p95 s",
			"missed",
			"left: p50",
			"p95 s",
			"missed",
		],
		...rows,
	]);
}

/** All contenders side by side, pooled over spot-minutes and as the mean over traces. */
export function totalTable(totals: readonly Total[]): string {
	const pooled = totals.map(({ name, pooled: of }) => [
		`${name}, pooled`,
		...shareCells(of),
		...delayCells(of.arrivals),
		...delayCells(of.departures),
	]);
	const means = totals.map(({ name, mean }) => [`${name}, mean over traces`, ...shareCells(mean)]);
	return table([
		[
			"",
			"wrong %",
			"false free %",
			"false occ. %",
			"unknown %",
			"avoidable %",
			"guessed %",
			"spurious/spot-week",
			"came: p50",
			"p95 s",
			"missed",
			"left: p50",
			"p95 s",
			"missed",
		],
		...pooled,
		...means.map((row) => [...row, ...Array.from({ length: 6 }, () => "")]),
	]);
}

function shareCells(of: Means): string[] {
	return [
		number(of.wrongPercent, 3),
		number(of.falseFreePercent, 3),
		number(of.falseOccupiedPercent, 3),
		number(of.unknownPercent, 2),
		number(of.avoidableUnknownPercent, 2),
		number(of.guessedPercent, 1),
		number(of.spuriousPerSpotWeek, 1),
	];
}

function delayCells({ p50Seconds, p95Seconds, missed }: DelayFigures): string[] {
	return [number(p50Seconds, 1), number(p95Seconds, 1), String(missed)];
}

function number(value: number | null, digits: number): string {
	return value === null ? "-" : value.toFixed(digits);
}
