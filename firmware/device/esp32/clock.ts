/**
 * In: the time, when a server tells it. Out: the time, at any moment since.
 * Never: believes a server that is suddenly far off, unless it says so twice.
 */
import type { Alarm, Clock, Timer } from "../../timer.ts";

export interface SntpClockOptions {
	timer: Timer;
	/** Asks for the time once: milliseconds since 1970, or null when nobody answers. */
	ask: (onAnswer: (epochMs: number | null) => void) => void;
	/** The time is known, for the first time or better. For certificates, which the engine checks by its own clock. */
	onTime: (epochMs: number) => void;
}

/** Between two questions, ms. A board's crystal drifts by 2 ms a minute at most (40 ppm): 0.15 s in this time. */
export const askEveryMs = 3_600_000;

/** Until the next question when nobody answered, or the answer was odd, ms. */
export const askAgainMs = 30_000;

/** Answers further off than this are odd, ms. */
export const oddMs = 5000;

export class SntpClock implements Clock {
	readonly #options: SntpClockOptions;
	readonly #alarm: Alarm;
	/** Time at the board's start, ms since 1970; null while unknown. */
	#startMs: number | null = null;
	/** The same by an answer that was odd; null when the last one was not. */
	#oddStartMs: number | null = null;

	constructor(options: SntpClockOptions) {
		this.#options = options;
		this.#alarm = options.timer.alarm(() => this.ask());
	}

	now(): number | null {
		return this.#startMs === null ? null : this.#startMs + this.#options.timer.now();
	}

	/** Asks now, and again from time to time. */
	ask(): void {
		this.#alarm.set(askAgainMs);
		this.#options.ask((epochMs) => {
			if (epochMs !== null) this.#hear(epochMs);
		});
	}

	#hear(epochMs: number): void {
		const startMs = epochMs - this.#options.timer.now();
		const near = (otherMs: number | null) => otherMs !== null && Math.abs(startMs - otherMs) <= oddMs;
		if (this.#startMs !== null && !near(this.#startMs) && !near(this.#oddStartMs)) {
			this.#oddStartMs = startMs;
			return;
		}
		this.#startMs = startMs;
		this.#oddStartMs = null;
		this.#alarm.set(askEveryMs);
		this.#options.onTime(epochMs);
	}
}
Object.freeze(SntpClock.prototype);
