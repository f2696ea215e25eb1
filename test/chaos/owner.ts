/** Overrules spots over REST, one request at a time, and writes down what was asked and what was answered. */
import type { Random } from "../../firmware/device/virtual/random.ts";
import { until } from "../support/processes.ts";
import type { OwnerWord } from "./check.ts";

/** Longer than a gateway is ever frozen: a request that is given up might still be done later. */
const answerTimeoutMs = 30_000;

/** How long an override holds that ends by itself, ms. */
const overrideMs = 700;

/** Pause between two requests, ms. */
const requestMs = 60;

export class Owner {
	readonly #url: string;
	readonly #spotIds: readonly string[];
	readonly #random: Random;
	readonly #words: OwnerWord[] = [];
	readonly #running: Promise<void>;
	#requests = 0;
	#paused = false;
	#busy = false;
	#closed = false;
	/** How far the gateway's clock is off, ms: by it an override ends. */
	clockOffMs = 0;
	#endless = false;

	/** `url` is the lot's override endpoint. */
	constructor(options: { url: string; spotIds: readonly string[]; random: Random }) {
		this.#url = options.url;
		this.#spotIds = options.spotIds;
		this.#random = options.random;
		this.#running = this.#run();
	}

	get settled(): boolean {
		return this.#paused && !this.#busy;
	}

	get words(): readonly OwnerWord[] {
		return this.#words;
	}

	pause(): void {
		this.#paused = true;
	}

	resume(): void {
		this.#paused = false;
	}

	/** From now on no override ends by itself, or some do again. Resolves when no request made before is under way. */
	async makeEndless(endless: boolean): Promise<void> {
		this.#endless = endless;
		await until("the owner's answer", () => !this.#busy, { deadlineMs: answerTimeoutMs });
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#running;
	}

	async #run(): Promise<void> {
		while (!this.#closed) {
			if (!this.#paused) {
				this.#busy = true;
				await this.#request();
				this.#busy = false;
			}
			await new Promise((resolve) => setTimeout(resolve, requestMs));
		}
	}

	async #request(): Promise<void> {
		const spotId = this.#spotIds[Math.floor(this.#random() * this.#spotIds.length)] ?? "";
		const reason = this.#random() < 0.3 ? null : `chaos ${++this.#requests}`;
		const ends = reason !== null && this.#random() < 0.3 && !this.#endless;
		const word: OwnerWord = { spotId, reason, ends, stored: false };
		this.#words.push(word);
		const wish = {
			occupied: this.#random() < 0.5,
			reserved: this.#random() < 0.2,
			reason,
			until: ends ? new Date(Date.now() + this.clockOffMs + overrideMs).toISOString() : null,
		};
		// Reserved is a kind of occupied.
		if (wish.reserved) wish.occupied = true;
		const body = { spot_id: spotId, ...(reason === null ? { occupied: null } : wish) };
		try {
			const answer = await fetch(this.#url, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
				signal: AbortSignal.timeout(answerTimeoutMs),
			});
			await answer.arrayBuffer();
			word.stored = answer.status === 200;
		} catch {
			// The gateway is away: it was done or not, and may be in the books.
		}
	}
}
