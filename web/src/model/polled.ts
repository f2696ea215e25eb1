/**
 * In: a question to the gateway. Out: its newest answer, when it came, and what went wrong last.
 * Never: asks while the page is hidden, or twice at once.
 */
import { signal } from "@preact/signals";
import { ApiError } from "./api.ts";
import type { Clock } from "./clock.ts";
import { retryDelaysMs } from "./connection.ts";
import type { Page } from "./transport.ts";

/** Failed questions are asked again after these waits, in ms; the quickest one is 2 s. */
const retriesMs = retryDelaysMs.slice(2);

export interface PolledOptions<T> {
	load: () => Promise<T>;
	/** Asked again this long after an answer. */
	everyMs: number;
	clock: Clock;
	page: Page;
	isVisible: () => boolean;
}

export interface Failure {
	statusCode: number;
	/** When it is asked again, by the clock. */
	nextTryAt: number;
}

/** A resource without live frames, kept fresh by asking. */
export class Polled<T> {
	readonly #options: PolledOptions<T>;
	readonly #stopListening: () => void;
	/** The newest answer; null before the first one. Kept through failures. */
	readonly value = signal<T | null>(null);
	/** When the newest answer came, by the clock. */
	readonly loadedAt = signal<number | null>(null);
	/** What went wrong last; null after an answer. */
	readonly failure = signal<Failure | null>(null);
	#timer = 0;
	#failures = 0;
	#asking = false;
	#askAgain = false;
	#closed = false;

	constructor(options: PolledOptions<T>) {
		this.#options = options;
		this.#stopListening = options.page.listen({ woke: () => this.refresh(), left: () => {}, lostNetwork: () => {} });
		this.refresh();
	}

	/** Asks now; while a question is under way, once more after it. */
	refresh(): void {
		if (this.#closed) return;
		if (this.#asking) this.#askAgain = true;
		else void this.#ask();
	}

	/** Twice is fine. */
	close(): void {
		this.#closed = true;
		this.#options.clock.clearTimeout(this.#timer);
		this.#stopListening();
	}

	async #ask(): Promise<void> {
		const { load, clock, everyMs } = this.#options;
		clock.clearTimeout(this.#timer);
		this.#asking = true;
		let waitMs: number = everyMs;
		try {
			const answer = await load();
			if (this.#closed) return;
			this.value.value = answer;
			this.loadedAt.value = clock.now();
			this.failure.value = null;
			this.#failures = 0;
		} catch (error) {
			if (this.#closed) return;
			waitMs = retriesMs[Math.min(this.#failures, retriesMs.length - 1)] ?? everyMs;
			this.#failures += 1;
			const statusCode = error instanceof ApiError ? error.statusCode : 0;
			this.failure.value = { statusCode, nextTryAt: clock.now() + waitMs };
		} finally {
			this.#asking = false;
		}
		if (this.#askAgain) {
			this.#askAgain = false;
			waitMs = 0;
		}
		this.#wait(waitMs);
	}

	#wait(ms: number): void {
		const { clock, isVisible } = this.#options;
		// A hidden page's next question waits for the page to be shown, which asks at once.
		this.#timer = clock.setTimeout(() => isVisible() && this.refresh(), ms);
	}
}
