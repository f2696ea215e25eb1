/**
 * In: what is true of a spot and what is said of it, in time order. Out: how long and how often that was right and wrong.
 * Never: knows who said it, or how long it took to compute.
 */
import { quantile } from "../bench.ts";

/**
 * Grace: so long before and after a change of the truth nobody is blamed, as a car that rolls in is neither away nor there yet.
 * `graceMs`, or {@link graceSamples} measurements where those are slower. That a spot becomes or ceases to be `unknowable` is such
 * a change, too.
 */
export const graceMs = 15_000;
export const graceSamples = 5;

/** From a spot's first measurement on, so long not to know is no fault. */
export const settlingMs = 60_000;

const weekMs = 7 * 24 * 3_600_000;

/** Changes of the truth that one half of a decision's story is made of: all that came, or all that went. */
export interface Delays {
	/**
	 * From each change until the answer was the new truth, ms; 0 where it was already. Changes from or to an `unknowable` span have none,
	 * nor have changes back to what still stood after a missed one.
	 */
	delaysMs: number[];
	/** Changes that were not answered before the truth changed again, or before the end (unless that came within the grace). */
	missed: number;
}

/** Sums of what one judge said of one trace or of many. Times are ms of all spots together, and begin with each spot's first truth. */
export interface Score {
	/** Time in which a good judge can know: all but the `unknowable`. The measure of all shares below. */
	spotMs: number;
	/** Said free while it was occupied, outside the grace. */
	falseFreeMs: number;
	/** Said occupied while it was free, outside the grace. */
	falseOccupiedMs: number;
	/** Said unknown, or nothing yet. */
	unknownMs: number;
	/** The same outside the grace and after {@link settlingMs}. */
	avoidableMs: number;
	/** Time in which nobody can know. It counts as neither wrong nor right. */
	unknowableMs: number;
	/** Said free or occupied in that time all the same, outside the grace. */
	guessedMs: number;
	/**
	 * Changes between free and occupied, with or without unknown between, that no change of the truth explains. A change of the
	 * truth explains one change to it: the first one after it, or the last one within the grace before it. Changes that are made
	 * while nobody can know are not counted.
	 */
	spurious: number;
	/** Those of them that lie within the grace: cars that come in two goes. */
	spuriousInGrace: number;
	arrivals: Delays;
	departures: Delays;
}

export function emptyScore(): Score {
	return {
		spotMs: 0,
		falseFreeMs: 0,
		falseOccupiedMs: 0,
		unknownMs: 0,
		avoidableMs: 0,
		unknowableMs: 0,
		guessedMs: 0,
		spurious: 0,
		spuriousInGrace: 0,
		arrivals: { delaysMs: [], missed: 0 },
		departures: { delaysMs: [], missed: 0 },
	};
}

/** All of them as one: pooled over their spot-minutes. */
export function pool(scores: readonly Score[]): Score {
	const sum = (field: (score: Score) => number) => scores.reduce((total, score) => total + field(score), 0);
	const delays = (field: "arrivals" | "departures") => ({
		delaysMs: scores.flatMap((score) => score[field].delaysMs),
		missed: sum((score) => score[field].missed),
	});
	return {
		spotMs: sum((score) => score.spotMs),
		falseFreeMs: sum((score) => score.falseFreeMs),
		falseOccupiedMs: sum((score) => score.falseOccupiedMs),
		unknownMs: sum((score) => score.unknownMs),
		avoidableMs: sum((score) => score.avoidableMs),
		unknowableMs: sum((score) => score.unknowableMs),
		guessedMs: sum((score) => score.guessedMs),
		spurious: sum((score) => score.spurious),
		spuriousInGrace: sum((score) => score.spuriousInGrace),
		arrivals: delays("arrivals"),
		departures: delays("departures"),
	};
}

/** A score as people read it. Null where there is nothing to divide by: no truth, no arrivals. */
export interface Figures {
	spotMinutes: number;
	wrongMinutes: number;
	falseFreeMinutes: number;
	falseOccupiedMinutes: number;
	unknownMinutes: number;
	avoidableUnknownMinutes: number;
	/** Of {@link spotMinutes}. */
	wrongPercent: number | null;
	falseFreePercent: number | null;
	falseOccupiedPercent: number | null;
	unknownPercent: number | null;
	avoidableUnknownPercent: number | null;
	unknowableMinutes: number;
	guessedMinutes: number;
	/** Of {@link unknowableMinutes}. */
	guessedPercent: number | null;
	spurious: number;
	spuriousInGrace: number;
	spuriousPerSpotWeek: number | null;
	arrivals: DelayFigures;
	departures: DelayFigures;
}

export interface DelayFigures {
	/** Changes with a delay. */
	count: number;
	p50Seconds: number | null;
	p95Seconds: number | null;
	missed: number;
}

export function figuresOf(score: Score): Figures {
	const wrongMs = score.falseFreeMs + score.falseOccupiedMs;
	const percent = (ms: number) => ratio(100 * ms, score.spotMs);
	return {
		spotMinutes: score.spotMs / 60_000,
		wrongMinutes: wrongMs / 60_000,
		falseFreeMinutes: score.falseFreeMs / 60_000,
		falseOccupiedMinutes: score.falseOccupiedMs / 60_000,
		unknownMinutes: score.unknownMs / 60_000,
		avoidableUnknownMinutes: score.avoidableMs / 60_000,
		wrongPercent: percent(wrongMs),
		falseFreePercent: percent(score.falseFreeMs),
		falseOccupiedPercent: percent(score.falseOccupiedMs),
		unknownPercent: percent(score.unknownMs),
		avoidableUnknownPercent: percent(score.avoidableMs),
		unknowableMinutes: score.unknowableMs / 60_000,
		guessedMinutes: score.guessedMs / 60_000,
		guessedPercent: ratio(100 * score.guessedMs, score.unknowableMs),
		spurious: score.spurious,
		spuriousInGrace: score.spuriousInGrace,
		spuriousPerSpotWeek: ratio(score.spurious * weekMs, score.spotMs),
		arrivals: delayFigures(score.arrivals),
		departures: delayFigures(score.departures),
	};
}

function delayFigures({ delaysMs, missed }: Delays): DelayFigures {
	const seconds = (share: number) => (delaysMs.length === 0 ? null : quantile(delaysMs, share) / 1000);
	return { count: delaysMs.length, p50Seconds: seconds(0.5), p95Seconds: seconds(0.95), missed };
}

function ratio(part: number, whole: number): number | null {
	return whole > 0 ? part / whole : null;
}

/** Shares of a typical trace: each trace counts the same, however long it is. Null where no trace has one. */
export function meanOf<Key extends keyof Figures>(figures: readonly Figures[], key: Key): number | null {
	const values = figures.map((of) => of[key]).filter((value) => typeof value === "number");
	return ratio(
		values.reduce((sum, value) => sum + value, 0),
		values.length,
	);
}
