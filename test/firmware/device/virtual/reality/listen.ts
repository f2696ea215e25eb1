/** Traces of made-up scenarios, sorted for looking at. */

import { echoDistanceCm } from "../../../../../firmware/detector.ts";
import type { Cadence } from "../../../../../firmware/device/virtual/reality/site.ts";
import { type Scenario, traceOf } from "../../../../../firmware/device/virtual/scenarios.ts";
import { longestEchoUs } from "../../../../../firmware/ranging.ts";
import type { TraceHead, TraceSample, TraceTruth } from "../../../../../firmware/trace.ts";

/** One measurement, with the truth of that moment. */
export interface Heard extends TraceSample {
	/** At 20 °C; null where nothing was heard. */
	cm: number | null;
	occupied: boolean;
	/** Since the spot's truth changed, ms. */
	sinceMs: number;
}

export interface Listened {
	head: TraceHead;
	heard: Heard[];
	truths: TraceTruth[];
}

/** One spot at 250 cm for 6 min, empty, without effects, unless told otherwise. */
export function listen(changes: Partial<Scenario> = {}, seed = 1): Listened {
	const scenario: Scenario = {
		name: "test",
		story: "",
		mount: "overhead",
		heightCm: [250, 250],
		spots: 1,
		hours: 0.1,
		effects: [],
		...changes,
	};
	const lines = traceOf(scenario, seed);
	const head = lines.next().value as TraceHead;
	const listened: Listened = { head, heard: [], truths: [] };
	const now = new Map<string, TraceTruth>();
	for (const line of lines) {
		if ("trace" in line) throw new Error("a head must come once, got two");
		if ("truth" in line) {
			if (now.get(line.spot)?.truth !== line.truth) now.set(line.spot, line);
			listened.truths.push(line);
			continue;
		}
		const truth = now.get(line.spot);
		if (!truth) throw new Error("a spot's truth must come before its first sample");
		const isHeard = line.echo_us !== null && line.echo_us < longestEchoUs;
		listened.heard.push({
			...line,
			cm: isHeard ? echoDistanceCm(line.echo_us ?? 0, line.temp_c ?? 20) : null,
			occupied: truth.truth === "occupied",
			sinceMs: line.t - truth.t,
		});
	}
	return listened;
}

/** Share of them that are so. */
export function share<T>(all: readonly T[], isSo: (one: T) => boolean): number {
	return all.filter(isSo).length / all.length;
}

/** Distances that were heard, cm. */
export function distances(heard: readonly Heard[]): number[] {
	return heard.flatMap(({ cm }) => (cm === null ? [] : [cm]));
}

export function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export function deviation(values: readonly number[]): number {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

const hourMs = 3_600_000;

/** Those from hour to hour. */
export function hours(heard: readonly Heard[], fromH: number, toH: number): Heard[] {
	return heard.filter(({ t }) => t >= fromH * hourMs && t < toH * hourMs);
}

/** One ping after another every so often. */
export function every(periodMs: number): Cadence {
	return { slotMs: [periodMs, periodMs], sweepMs: [periodMs, periodMs] };
}
