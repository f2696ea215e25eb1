/**
 * In: a board's messages as they come; what a person sees. Out: the lines of a trace, in time order.
 * Never: writes a measurement twice, or hides that some are missing.
 */
import type { Mount } from "../../detector.ts";
import { type BoardTrace, idPattern } from "../../messages.ts";
import type { TraceHead, TraceSample, TraceSpot, TraceTruth } from "../../trace.ts";

/** Measurements in one message at most; a board sends 20. */
export const sampleLimit = 1000;

/** Spots of one board at most. */
export const spotLimit = 64;

/** What people have said and could not be written yet, at most: between two of a board's messages. */
export const truthLimit = 1000;

/** What there is to know of a board before its first measurement. */
export interface TracedBoard {
	/** In the board's order. */
	spots: readonly TraceSpot[];
	mount?: Mount;
}

export interface RecordingOptions {
	name: string;
	write: (line: TraceHead | TraceSample | TraceTruth) => void;
	/** ms; never goes back. */
	now: () => number;
}

/** The recording can't go on. */
export class RecordingError extends Error {}

export interface Summary {
	samples: number;
	truths: number;
	/** Messages of the board that were heard, and that were not though they were sent. */
	messages: number;
	missing: number;
	/** Messages that were no board's. */
	bad: number;
	/** How often the board began anew. */
	restarts: number;
}

export class Recording {
	readonly summary: Summary = { samples: 0, truths: 0, messages: 0, missing: 0, bad: 0, restarts: 0 };
	readonly #options: RecordingOptions;
	#board: TracedBoard | null = null;
	/** The board's start and the number of the last message. */
	#boot = 0;
	#n = 0;
	/** What is added to the times of this start, ms: the trace's time goes on when the board's begins at 0 again. */
	#shiftMs = 0;
	#lastMs = Number.NEGATIVE_INFINITY;
	/** How far this computer's time is ahead of the trace's, ms. */
	#aheadMs = Number.POSITIVE_INFINITY;
	#waiting: TraceTruth[] = [];

	constructor(options: RecordingOptions) {
		this.#options = options;
	}

	/** In the board's order; empty while there is no board. */
	get spotIds(): string[] {
		return this.#board?.spots.map((spot) => spot.spot_id) ?? [];
	}

	/** Says which board it is; writes the head, the first time. @throws RecordingError when its spots are no longer the same. */
	begin(board: TracedBoard): void {
		if (!this.#board) {
			const { spots, mount } = board;
			this.#board = board;
			this.#options.write({ trace: 1, name: this.#options.name, ...(mount ? { mount } : {}), spots: [...spots] });
			return;
		}
		const before = this.spotIds.join(", ");
		const now = board.spots.map((spot) => spot.spot_id).join(", ");
		if (before !== now)
			throw new RecordingError(`the board's spots must stay ${before}, got ${now}: begin another trace`);
	}

	/** Writes what a message of the board holds, once there is a head. Anything may come; what is no `BoardTrace` is counted. */
	add(message: unknown): void {
		if (!this.#board) return;
		if (!isBoardTrace(message, this.#board.spots.length)) {
			this.summary.bad++;
			return;
		}
		const { boot, n, temp_c, samples } = message;
		this.#count(boot, n);
		const lastAtMs = samples.at(-1)?.[0] ?? 0;
		if (boot !== this.#boot) this.#restart(boot, samples[0]?.[0] ?? 0, lastAtMs);
		// The fastest message tells the most; a little more each time, as two clocks go apart.
		this.#aheadMs = Math.min(this.#aheadMs + 1, this.#options.now() - (lastAtMs + this.#shiftMs));
		for (const [atMs, spot, echoUs] of samples) {
			const t = atMs + this.#shiftMs;
			// A message that came twice, or from before the last one.
			if (t < this.#lastMs) continue;
			this.#writeTruths(t);
			this.#lastMs = t;
			const line: TraceSample = { t, spot: this.#board.spots[spot]?.spot_id ?? "", echo_us: echoUs };
			this.#options.write(temp_c === 20 ? line : { ...line, temp_c });
			this.summary.samples++;
		}
	}

	/** A person sees that from now on a spot is free or occupied. @throws RecordingError when there is no such spot, or too much to write. */
	truth(spotId: string, truth: TraceTruth["truth"]): void {
		const known = this.spotIds;
		if (!known.includes(spotId)) {
			throw new RecordingError(`spot must be one of ${known.join(", ") || "none yet"}, got ${spotId}`);
		}
		if (this.#waiting.length >= truthLimit) {
			throw new RecordingError(`at most ${truthLimit} truths can wait for the board's next message, got one more`);
		}
		this.#waiting.push({ t: Math.round(this.#options.now() - this.#aheadMs), spot: spotId, truth });
	}

	/** Writes what still waits. Nothing may be added after it. */
	end(): void {
		if (this.summary.samples > 0) this.#writeTruths(Number.POSITIVE_INFINITY);
		this.#waiting = [];
	}

	#count(boot: number, n: number): void {
		const { summary } = this;
		const isSameRun = boot === this.#boot && n > this.#n;
		// The first message that is heard may be any; so may one after a restart, but there the first is known to be 1.
		if (isSameRun) summary.missing += n - this.#n - 1;
		else if (summary.messages > 0 && boot !== this.#boot) summary.missing += n - 1;
		summary.messages++;
		this.#n = n;
	}

	#restart(boot: number, firstAtMs: number, lastAtMs: number): void {
		if (this.#boot !== 0) {
			this.summary.restarts++;
			const nowMs = Math.round(this.#options.now() - this.#aheadMs);
			this.#shiftMs = Math.max(nowMs - lastAtMs, this.#lastMs - firstAtMs);
		}
		this.#boot = boot;
	}

	/** Writes what people have seen up to `t`. */
	#writeTruths(t: number): void {
		while (this.#waiting[0] && this.#waiting[0].t <= t) {
			const [first] = this.#waiting.splice(0, 1);
			if (!first) return;
			// It may have been seen before the first measurement, or before one that took long to come.
			const notBeforeMs = Number.isFinite(this.#lastMs) ? this.#lastMs : t;
			this.#options.write({ ...first, t: Math.max(first.t, notBeforeMs) });
			this.summary.truths++;
		}
	}
}

/** What a board says of itself, in its status or on its serial port; null when it makes no sense. */
export function boardOf(value: unknown): TracedBoard | null {
	if (typeof value !== "object" || value === null) return null;
	const { spots, mount } = value as { spots?: unknown; mount?: unknown };
	if (!Array.isArray(spots) || spots.length < 1 || spots.length > spotLimit) return null;
	const checked = spots.map((spot: unknown): TraceSpot | null => {
		const { spot_id, height_cm } = typeof spot === "string" ? { spot_id: spot } : ((spot ?? {}) as Partial<TraceSpot>);
		if (typeof spot_id !== "string" || !new RegExp(idPattern).test(spot_id)) return null;
		return typeof height_cm === "number" && height_cm > 0 ? { spot_id, height_cm } : { spot_id };
	});
	if (!checked.every((spot) => spot !== null)) return null;
	return mount === "overhead" || mount === "wall" ? { spots: checked, mount } : { spots: checked };
}

function isBoardTrace(value: unknown, spots: number): value is BoardTrace {
	if (typeof value !== "object" || value === null) return false;
	const { boot, n, temp_c, samples } = value as Partial<Record<keyof BoardTrace, unknown>>;
	if (!isCount(boot) || boot < 1 || !isCount(n) || n < 1 || !Number.isFinite(temp_c)) return false;
	if (!Array.isArray(samples) || samples.length < 1 || samples.length > sampleLimit) return false;
	let lastMs = 0;
	return samples.every((sample: unknown) => {
		if (!Array.isArray(sample) || sample.length !== 3) return false;
		const [atMs, spot, echoUs] = sample as unknown[];
		if (!isCount(atMs) || atMs < lastMs || !isCount(spot) || spot >= spots) return false;
		lastMs = atMs;
		return echoUs === null || isCount(echoUs);
	});
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}
