/** Things that come now and then, last a while and go: people, gusts, dropouts. */
import { between, type Random } from "../random.ts";

/** Further than this nobody lives through what happened (a laptop that slept), ms. */
export const longestLeapMs = 7 * 24 * 3_600_000;

/** A story of spells: gaps of random (exponential) length between them. */
export class Spells {
	readonly #random: Random;
	readonly #gapMs: number;
	readonly #lengthMs: readonly [min: number, max: number];
	/** The spell that is on, or comes next, ms. */
	fromMs = 0;
	toMs = 0;
	/** Counts the spells. */
	number = 0;

	/** Gaps have a mean of `gapMs`; time begins at `beginMs`, in a gap. */
	constructor(random: Random, gapMs: number, lengthMs: readonly [min: number, max: number], beginMs = 0) {
		this.#random = random;
		this.#gapMs = gapMs;
		this.#lengthMs = lengthMs;
		this.toMs = beginMs;
		this.#next();
	}

	/** How long the spell that is on at `atMs` has lasted, ms; −1 when none is. Time must not go back. */
	at(atMs: number): number {
		if (atMs - this.toMs > longestLeapMs) this.toMs = atMs;
		while (atMs >= this.toMs) this.#next();
		return atMs < this.fromMs ? -1 : atMs - this.fromMs;
	}

	#next(): void {
		this.fromMs = this.toMs - this.#gapMs * Math.log(1 - this.#random());
		this.toMs = this.fromMs + between(this.#random, ...this.#lengthMs);
		this.number++;
	}
}
