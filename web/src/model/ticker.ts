import { type Signal, signal } from "@preact/signals";
import type { Clock } from "./clock.ts";

/** Ages on the page are told anew this often. */
export const tickMs = 1_000;

/** The time as a signal that moves every second, so that ages tick by themselves. Stands still while the page is hidden. */
export class Ticker {
	readonly #clock: Clock;
	readonly #isVisible: () => boolean;
	readonly now: Signal<number>;
	#timer = 0;

	constructor(options: { clock: Clock; isVisible: () => boolean }) {
		this.#clock = options.clock;
		this.#isVisible = options.isVisible;
		this.now = signal(options.clock.now());
		this.#tick();
	}

	/** Twice is fine. */
	close(): void {
		this.#clock.clearTimeout(this.#timer);
	}

	#tick(): void {
		if (this.#isVisible()) this.now.value = this.#clock.now();
		this.#timer = this.#clock.setTimeout(() => this.#tick(), tickMs);
	}
}
