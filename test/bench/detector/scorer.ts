/**
 * In: one spot's truth and answers, in time order. Out: sums in a {@link Score}.
 * Never: keeps more of the past than the grace needs.
 */
import type { SensorState } from "../../../firmware/messages.ts";
import { type Delays, graceMs, graceSamples, type Score, settlingMs } from "./score.ts";

/** Stretches of one answer that wait for a change of the truth. Past that, those too old for the grace are counted: more only wait where they are younger. */
export const waitingLimit = 512;

type Truth = Exclude<SensorState, "unknown">;

/** A stretch of time with one answer. */
interface Stretch {
	fromMs: number;
	toMs: number;
	answer: SensorState;
	/** Within the grace after a change. */
	grace: boolean;
	settling: boolean;
}

/** A change of the answer that nothing explains yet. */
interface Flip {
	atMs: number;
	to: Truth;
	grace: boolean;
}

/** Adds one spot's story to a score. Calls come in time order; times are ms from any zero. */
export class SpotScorer {
	readonly #score: Score;
	#nowMs = Number.NaN;
	#truth: Truth | null = null;
	#unknowable = false;
	#answer: SensorState = "unknown";
	/** Times of the last measurements, the next one's place, and how many there were. */
	readonly #samplesMs = new Float64Array(graceSamples);
	#samples = 0;
	#settledMs = Number.POSITIVE_INFINITY;
	#graceUntilMs = Number.NEGATIVE_INFINITY;
	/** Measurements that the grace still waits for. */
	#graceSamplesLeft = 0;
	/** Under the present truth, in time order. */
	#waiting: Stretch[] = [];
	#definite: Truth | null = null;
	/** What a change of the truth still explains. */
	#explains: Truth | null = null;
	#flips: Flip[] = [];
	/** When the truth changed to what was not answered yet; null while nothing is awaited. */
	#awaitedSinceMs: number | null = null;

	constructor(score: Score) {
		this.#score = score;
	}

	/** How much of the past is kept, in stretches of one answer and changes of it. */
	get kept(): number {
		return this.#waiting.length + this.#flips.length;
	}

	/** From `atMs` on this is true; `unknowable` when nobody can tell. Saying the same again changes nothing. */
	truth(atMs: number, truth: Truth, unknowable: boolean): void {
		this.#advance(atMs);
		const before = this.#truth;
		if (truth === before && unknowable === this.#unknowable) return;
		const fromMs = this.#graceFromMs();
		this.#count(fromMs);
		if (before !== null) {
			this.#explain(fromMs, truth);
			this.#follow(atMs, truth, truth !== before, unknowable || this.#unknowable);
		}
		this.#truth = truth;
		this.#unknowable = unknowable;
		// Where the truth begins, nothing has changed.
		if (before === null) return;
		this.#graceUntilMs = atMs + graceMs;
		this.#graceSamplesLeft = graceSamples;
	}

	/** A measurement was taken, and from now on this is said. */
	answer(atMs: number, answer: SensorState): void {
		this.#advance(atMs);
		if (this.#samples === 0) this.#settledMs = atMs + settlingMs;
		this.#samplesMs[this.#samples++ % graceSamples] = atMs;
		if (this.#graceSamplesLeft > 0) this.#graceSamplesLeft--;
		if (answer === this.#answer) return;
		this.#answer = answer;
		if (answer === "unknown") return;
		if (this.#definite !== null && answer !== this.#definite) this.#flip(atMs, answer);
		this.#definite = answer;
		if (answer === this.#explains) this.#explains = null;
		if (this.#awaitedSinceMs === null || answer !== this.#truth) return;
		this.#delays(answer).delaysMs.push(atMs - this.#awaitedSinceMs);
		this.#awaitedSinceMs = null;
	}

	/** Nothing more comes: what is said last holds until `atMs`. */
	end(atMs: number): void {
		this.#advance(atMs);
		this.#count(Number.POSITIVE_INFINITY);
		this.#settleFlips(Number.POSITIVE_INFINITY);
		this.#giveUpWaiting();
	}

	get #inGrace(): boolean {
		return this.#graceSamplesLeft > 0 || this.#nowMs < this.#graceUntilMs;
	}

	/** Where the grace before a change now begins. */
	#graceFromMs(): number {
		const oldest = this.#samplesMs[this.#samples % graceSamples] ?? 0;
		return this.#samples < graceSamples ? this.#nowMs - graceMs : Math.min(this.#nowMs - graceMs, oldest);
	}

	#advance(toMs: number): void {
		if (Number.isNaN(this.#nowMs)) this.#nowMs = toMs;
		while (this.#nowMs < toMs) {
			let untilMs = toMs;
			const grace = this.#inGrace;
			if (grace && this.#graceSamplesLeft === 0) untilMs = Math.min(untilMs, this.#graceUntilMs);
			const settling = this.#nowMs < this.#settledMs;
			if (settling) untilMs = Math.min(untilMs, this.#settledMs);
			if (this.#truth !== null) this.#wait(untilMs, grace, settling);
			this.#nowMs = untilMs;
		}
	}

	#wait(toMs: number, grace: boolean, settling: boolean): void {
		const last = this.#waiting.at(-1);
		if (last?.answer === this.#answer && last.grace === grace && last.settling === settling) {
			last.toMs = toMs;
			return;
		}
		if (this.#waiting.length >= waitingLimit) {
			const fromMs = this.#graceFromMs();
			const old = this.#waiting.findIndex((stretch) => stretch.toMs > fromMs);
			for (const stretch of this.#waiting.splice(0, old)) this.#add(stretch, stretch.toMs);
			this.#settleFlips(fromMs);
		}
		this.#waiting.push({ fromMs: this.#nowMs, toMs, answer: this.#answer, grace, settling });
	}

	/** Counts what waits; from `graceFromMs` on with the grace before a change. */
	#count(graceFromMs: number): void {
		for (const stretch of this.#waiting) this.#add(stretch, graceFromMs);
		this.#waiting = [];
	}

	#add({ fromMs, toMs, answer, grace, settling }: Stretch, graceFromMs: number): void {
		const score = this.#score;
		const ms = toMs - fromMs;
		const blamedMs = grace ? 0 : Math.max(0, Math.min(toMs, graceFromMs) - fromMs);
		if (this.#unknowable) {
			score.unknowableMs += ms;
			if (answer !== "unknown") score.guessedMs += blamedMs;
			return;
		}
		score.spotMs += ms;
		if (answer === "unknown") {
			score.unknownMs += ms;
			if (!settling) score.avoidableMs += blamedMs;
		} else if (answer !== this.#truth) {
			if (answer === "free") score.falseFreeMs += blamedMs;
			else score.falseOccupiedMs += blamedMs;
		}
	}

	/** The answer changed between free and occupied. */
	#flip(atMs: number, to: Truth): void {
		if (to === this.#explains || this.#truth === null || this.#unknowable) return;
		this.#flips.push({ atMs, to, grace: this.#inGrace });
	}

	/** The truth changes to `truth`: it explains the flip to it that was a little early, or else the next one. */
	#explain(graceFromMs: number, truth: Truth): void {
		this.#settleFlips(graceFromMs);
		if (this.#flips.at(-1)?.to === truth) this.#flips.pop();
		for (const flip of this.#flips) flip.grace = true;
		this.#explains = this.#definite === truth ? null : truth;
	}

	/** Flips before `beforeMs` stay without an explanation. */
	#settleFlips(beforeMs: number): void {
		while (this.#flips[0] && this.#flips[0].atMs < beforeMs) {
			this.#score.spurious++;
			if (this.#flips.shift()?.grace) this.#score.spuriousInGrace++;
		}
	}

	/** Begins to wait for the answer to a change, and ends the waiting for the one before. */
	#follow(atMs: number, truth: Truth, changed: boolean, unknowable: boolean): void {
		if (unknowable || !changed) {
			this.#giveUpWaiting();
			return;
		}
		const missed = this.#awaitedSinceMs !== null;
		if (missed && this.#truth !== null) this.#delays(this.#truth).missed++;
		this.#awaitedSinceMs = null;
		if (this.#answer !== truth) this.#awaitedSinceMs = atMs;
		else if (!missed) this.#delays(truth).delaysMs.push(0);
	}

	/** The story breaks off: what was not answered is missed, unless there was too little time. */
	#giveUpWaiting(): void {
		if (this.#awaitedSinceMs !== null && this.#truth !== null && !this.#inGrace) this.#delays(this.#truth).missed++;
		this.#awaitedSinceMs = null;
	}

	#delays(truth: Truth): Delays {
		return truth === "occupied" ? this.#score.arrivals : this.#score.departures;
	}
}
