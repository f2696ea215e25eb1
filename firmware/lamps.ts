/**
 * In: a colour and a pattern for each spot. Out: what each lamp is to show at this moment.
 * Never: knows what LEDs there are; decides what a colour means.
 */
import type { LampColor, LampPattern } from "./messages.ts";
import type { Alarm, Timer } from "./timer.ts";

/** One lamp, whatever its LEDs are. */
export interface LampOutput {
	/** Shows `color` at `level`, 0 (dark) to 1 (full). Called only when one of them changes. */
	set(color: LampColor, level: number): void;
}

export interface LampsOptions {
	outputs: readonly LampOutput[];
	timer: Timer;
}

/** All that a lamp can show. */
export const lampColors: readonly LampColor[] = Object.freeze(["green", "red", "blue", "amber"] as const);
export const lampPatterns: readonly LampPattern[] = Object.freeze(["steady", "blink", "breathe"] as const);

/** Half of a blink, ms: 1 Hz is seen from a moving car, and far from the 3 Hz that can harm people (WCAG 2.3.1). */
export const blinkMs = 500;

/** Half of a fast blink, ms: told from the plain blink, and below 3 Hz. */
export const fastBlinkMs = 200;

/**
 * What a lamp tells a person who is at work on its spot, for a while, in place of the spot's state. `identify`: it is this
 * one; a fast blink in its own colour. `learning`: the floor is being learnt; blue and amber in turn, never dark: no state has
 * two colours, and these are told apart by eyes that can't tell red from green. `learnt`: a slow green blink. `not_learnt`: a
 * fast amber blink; the rhythm tells it from the one before.
 */
export type Signal = "identify" | "learning" | "learnt" | "not_learnt";

/** One breath, ms. */
export const breathMs = 4000;

/** How low a breath goes: the colour is still seen. */
export const breathLevel = 0.15;

/** Between two steps of a breath, ms. */
export const frameMs = 50;

/** What is wrong with the network, by how many short gaps show it: no Wi-Fi, or a network but no broker. */
export const networkGaps = Object.freeze({ none: 0, noWifi: 1, noBroker: 2 } as const);

/**
 * When the gaps come, ms: `every` so often the first, `next` later the second; each from `from` to `to`. Whole blinks, so
 * that gaps fall into a blink's lit half; no pattern of a spot has anything as short, and with a blink it makes 2 Hz.
 */
export const gapMs = Object.freeze({ every: 6000, next: 1000, from: 150, to: 300 });

const green = lampColors.indexOf("green");
const blue = lampColors.indexOf("blue");
const amber = lampColors.indexOf("amber");
const signals: readonly Signal[] = Object.freeze(["identify", "learning", "learnt", "not_learnt"] as const);

// What is known of a lamp: numbers, and indices in the lists above. Eight lamps as objects take a KB of a board's memory.
const color = 0;
const pattern = 1;
const signal = 2;
/** Up to when it gives the signal, ms since the board's start. */
const signalUntilMs = 3;
/** −1 before it is first lit. */
const shownColor = 4;
const shownLevel = 5;
const fields = 6;

/** Draws the patterns of all of a board's lamps, in step with one another. Dark until the first `show`. */
export class Lamps {
	readonly #outputs: readonly LampOutput[];
	/** {@link fields} of each lamp. */
	readonly #lamps: Float64Array;
	readonly #timer: Timer;
	readonly #alarm: Alarm;
	#gaps = 0;
	#closed = false;

	constructor({ outputs, timer }: LampsOptions) {
		this.#timer = timer;
		this.#outputs = outputs;
		this.#lamps = new Float64Array(fields * outputs.length);
		for (let at = 0; at < this.#lamps.length; at += fields) this.#lamps[at + shownColor] = -1;
		this.#alarm = timer.alarm(() => this.#draw());
	}

	/** Shows a colour from now on. An index without a lamp is ignored: not every spot needs one. */
	show(index: number, shown: LampColor, shownPattern: LampPattern): void {
		const lamps = this.#lamps;
		const at = fields * index;
		if (at >= lamps.length || this.#closed) return;
		lamps[at + color] = lampColors.indexOf(shown);
		lamps[at + pattern] = lampPatterns.indexOf(shownPattern);
		this.#draw(at);
	}

	/** Gives a signal for `durationMs`, in place of one that it gave before. */
	signal(index: number, given: Signal, durationMs: number): void {
		const lamps = this.#lamps;
		const at = fields * index;
		if (at >= lamps.length || this.#closed) return;
		lamps[at + signal] = signals.indexOf(given);
		lamps[at + signalUntilMs] = this.#timer.now() + durationMs;
		this.#draw(at);
	}

	/** Says over all lamps, beside what they show, what is wrong with the network: one of {@link networkGaps}. */
	showNetwork(gaps: number): void {
		if (this.#closed || gaps === this.#gaps) return;
		this.#gaps = gaps;
		this.#draw();
	}

	/** Turns all lamps off. Twice is fine. */
	close(): void {
		this.#closed = true;
		this.#alarm.cancel();
		for (let at = 0; at < this.#lamps.length; at += fields) this.#light(at, this.#lamps[at + color] ?? 0, 0);
	}

	/** `lit`: where the lamp is that is drawn from now on, if it was dark up to now. */
	#draw(lit = -1): void {
		const nowMs = this.#timer.now();
		const lamps = this.#lamps;
		let waitMs = Number.POSITIVE_INFINITY;
		for (let at = 0; at < lamps.length; at += fields) {
			if (lamps[at + shownColor] === -1) {
				if (at !== lit) continue;
				lamps[at + shownColor] = lamps[at + color] ?? 0;
			}
			const restMs = (lamps[at + signalUntilMs] ?? 0) - nowMs;
			if (restMs > 0) {
				// Who looks for a lamp must not see two rhythms in one: no gaps.
				waitMs = Math.min(waitMs, restMs, this.#drawSignal(at, nowMs));
				continue;
			}
			if (this.#gaps > 0) waitMs = Math.min(waitMs, this.#gapWaitMs(nowMs));
			const share = this.#isGap(nowMs) ? 0 : 1;
			const shown = lamps[at + color] ?? 0;
			const kind = lampPatterns[lamps[at + pattern] ?? 0];
			if (kind === "steady") this.#light(at, shown, share);
			else if (kind === "blink") {
				this.#light(at, shown, isFirstHalf(nowMs, blinkMs) ? share : 0);
				waitMs = Math.min(waitMs, blinkMs - (nowMs % blinkMs));
			} else {
				// A triangle: up and down once a breath.
				const phase = (nowMs % breathMs) / breathMs;
				this.#light(at, shown, share * (breathLevel + (1 - breathLevel) * Math.abs(1 - 2 * phase)));
				waitMs = Math.min(waitMs, frameMs);
			}
		}
		if (waitMs === Number.POSITIVE_INFINITY) this.#alarm.cancel();
		else this.#alarm.set(waitMs);
	}

	/** Gives how long it stays like this, ms. */
	#drawSignal(at: number, nowMs: number): number {
		const given = signals[this.#lamps[at + signal] ?? 0];
		const halfMs = given === "learning" || given === "learnt" ? blinkMs : fastBlinkMs;
		const first = isFirstHalf(nowMs, halfMs);
		if (given === "identify") this.#light(at, this.#lamps[at + color] ?? 0, first ? 1 : 0);
		else if (given === "learning") this.#light(at, first ? blue : amber, 1);
		else this.#light(at, given === "learnt" ? green : amber, first ? 1 : 0);
		return halfMs - (nowMs % halfMs);
	}

	#light(at: number, shown: number, level: number): void {
		const lamps = this.#lamps;
		if (lamps[at + shownColor] === shown && lamps[at + shownLevel] === level) return;
		lamps[at + shownColor] = shown;
		lamps[at + shownLevel] = level;
		this.#outputs[at / fields]?.set(lampColors[shown] ?? "amber", level);
	}

	#isGap(nowMs: number): boolean {
		const phaseMs = nowMs % gapMs.every;
		const atMs = phaseMs % gapMs.next;
		return phaseMs < this.#gaps * gapMs.next && atMs >= gapMs.from && atMs < gapMs.to;
	}

	/** Until a gap begins or ends, at most. */
	#gapWaitMs(nowMs: number): number {
		const phaseMs = nowMs % gapMs.every;
		const atMs = phaseMs % gapMs.next;
		if (phaseMs >= this.#gaps * gapMs.next) return gapMs.every + gapMs.from - phaseMs;
		if (atMs < gapMs.from) return gapMs.from - atMs;
		return (atMs < gapMs.to ? gapMs.to : gapMs.next) - atMs;
	}
}
Object.freeze(Lamps.prototype);

function isFirstHalf(nowMs: number, halfMs: number): boolean {
	return Math.floor(nowMs / halfMs) % 2 === 0;
}
