/** What the firmware takes, each figure beside its limit. */
import { jitterMs, sensorLimit, slotMs } from "../ranging.ts";
import { decisionTimesMs, percentile } from "./decision.ts";

export interface Figure {
	what: string;
	/** Null when it could not be measured; then `why` tells. */
	value: number | null;
	unit: "bytes" | "ms";
	limit?: number;
	why?: string;
}

/** The whole live heap of the app with eight spots, slots of 16 bytes as on a board, bytes. */
export const heapLimitBytes = 40 * 1024;

/** A sweep of eight sensors, ms. */
export const sweepLimitMs = 800;

/** A clear change is decided in this time, 95 of 100 times, ms. */
export const decisionLimitMs = 3000;

/** How fast spots are watched: what ranging and detectors take, in virtual time. */
export function timeFigures(): Figure[] {
	const p95Ms = percentile(decisionTimesMs(), 0.95);
	return [
		{
			what: `a sweep of ${sensorLimit} sensors, at most`,
			value: sensorLimit * (slotMs + jitterMs),
			unit: "ms",
			limit: sweepLimitMs,
		},
		{ what: "a clear change is decided, 95th percentile", value: p95Ms, unit: "ms", limit: decisionLimitMs },
	];
}

/**
 * The live heap from what `test/firmware/moddable/memory.test.ts` printed: that is where it is measured, in the
 * simulator's engine with a broker and traffic.
 */
export function heapFigure(output: string): Figure {
	const [, slots, chunks] = /at most (\d+) bytes of slots \(16 each\), (\d+) of chunks/.exec(output) ?? [];
	const skipped = /^skipped \d+: (?!.*no reason was given)(.+)$/m.exec(output)?.[1];
	const value = slots === undefined ? null : Number(slots) + Number(chunks);
	const why = value === null ? (skipped ?? "its test ended before it was measured") : undefined;
	return { what: "live heap with 8 spots, in memory", value, unit: "bytes", limit: heapLimitBytes, why };
}

/** True when it is above its limit. */
export function isOver({ value, limit }: Figure): boolean {
	return value !== null && limit !== undefined && value > limit;
}

/** One line of the table. */
export function lineOf(figure: Figure): string {
	const { what, value, unit, limit, why } = figure;
	const name = what.padEnd(64);
	if (value === null) return `${name}not measured: ${why}`;
	const beside = limit === undefined ? "" : `, limit ${limit}${isOver(figure) ? ": EXCEEDED" : ""}`;
	return `${name}${String(value).padStart(8)} ${unit}${beside}`;
}
