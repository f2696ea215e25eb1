/**
 * In: what changed. Out: one short text at a time for the page's polite live region.
 * Never: says the same count twice, or counts faster than somebody can listen.
 */
import { signal } from "@preact/signals";
import type { Clock } from "./clock.ts";

/** Free counts are said at most this often. */
export const countPauseMs = 15_000;
/** A lost connection is said only when it stays lost this long. */
export const lossPauseMs = 3_000;

/** What a screen reader hears by itself: the newest news only, nothing is queued. */
export class Announcer {
	readonly #clock: Clock;
	readonly text = signal("");
	#countTimer = 0;
	#countWaiting: string | null = null;
	#lastCount: string | null = null;
	#lossTimer = 0;
	#saidLost = false;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** At once: the result of something that somebody did, or a change that can't wait. */
	say(text: string): void {
		this.text.value = text;
	}

	/** A count that changed. The first one is not said: it has just been read with the page. `urgent` skips the pause. */
	count(text: string, urgent = false): void {
		if (this.#lastCount === null || this.#lastCount === text) {
			this.#lastCount = text;
			this.#countWaiting = null;
			return;
		}
		this.#countWaiting = text;
		if (urgent) {
			this.#clock.clearTimeout(this.#countTimer);
			this.#countTimer = 0;
		}
		if (this.#countTimer === 0) this.#sayCount();
	}

	/** The page is not live any more. */
	lost(text: string): void {
		this.#clock.clearTimeout(this.#lossTimer);
		this.#lossTimer = this.#clock.setTimeout(() => {
			this.#saidLost = true;
			this.say(text);
		}, lossPauseMs);
	}

	/** The page is live; said, with the count, only if the loss was. */
	found(text: string, count = ""): void {
		this.#clock.clearTimeout(this.#lossTimer);
		if (!this.#saidLost) return;
		this.#saidLost = false;
		this.#lastCount = count;
		this.say(`${text} ${count}`.trim());
	}

	/** Another lot: nothing said so far counts. */
	reset(): void {
		this.close();
		this.#countTimer = 0;
		this.#countWaiting = null;
		this.#lastCount = null;
		this.#saidLost = false;
	}

	/** Twice is fine. */
	close(): void {
		this.#clock.clearTimeout(this.#countTimer);
		this.#clock.clearTimeout(this.#lossTimer);
	}

	#sayCount(): void {
		const text = this.#countWaiting;
		if (text === null) return;
		this.#countWaiting = null;
		this.#lastCount = text;
		this.say(text);
		this.#countTimer = this.#clock.setTimeout(() => {
			this.#countTimer = 0;
			this.#sayCount();
		}, countPauseMs);
	}
}
