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

/** Half of a blink, ms: 1 Hz is seen from a moving car, and far from the 3 Hz that can harm people (WCAG 2.3.1). */
export const blinkMs = 500;

/** Half of a blink while a lamp is identified, ms: told from the plain blink, and below 3 Hz. */
export const identifyMs = 200;

/** One breath, ms. */
export const breathMs = 4000;

/** How low a breath goes: the colour is still seen. */
export const breathLevel = 0.15;

/** Between two steps of a breath, ms. */
export const frameMs = 50;

interface Lamp {
	output: LampOutput;
	color: LampColor;
	pattern: LampPattern;
	/** Until when it blinks to be found, in ms since the board's start. */
	identifiedUntilMs: number;
	shownColor: LampColor | null;
	shownLevel: number;
}

/** Draws the patterns of all of a board's lamps, in step with one another. Dark until the first `show`. */
export class Lamps {
	readonly #lamps: readonly Lamp[];
	readonly #timer: Timer;
	readonly #alarm: Alarm;
	#closed = false;

	constructor({ outputs, timer }: LampsOptions) {
		this.#timer = timer;
		this.#lamps = outputs.map((output) => ({
			output,
			color: "amber",
			pattern: "steady",
			identifiedUntilMs: 0,
			shownColor: null,
			shownLevel: 0,
		}));
		this.#alarm = timer.alarm(() => this.#draw());
	}

	/** Shows a colour from now on. An index without a lamp is ignored: not every spot needs one. */
	show(index: number, color: LampColor, pattern: LampPattern): void {
		const lamp = this.#lamps[index];
		if (!lamp || this.#closed) return;
		lamp.color = color;
		lamp.pattern = pattern;
		lamp.shownColor ??= color;
		this.#draw();
	}

	/** Blinks fast in its own colour for `durationMs`, so that a person finds it. */
	identify(index: number, durationMs: number): void {
		const lamp = this.#lamps[index];
		if (!lamp || this.#closed) return;
		lamp.identifiedUntilMs = this.#timer.now() + durationMs;
		lamp.shownColor ??= lamp.color;
		this.#draw();
	}

	/** Turns all lamps off. Twice is fine. */
	close(): void {
		this.#closed = true;
		this.#alarm.cancel();
		for (const lamp of this.#lamps) set(lamp, 0);
	}

	#draw(): void {
		const nowMs = this.#timer.now();
		let waitMs = Number.POSITIVE_INFINITY;
		for (const lamp of this.#lamps) {
			if (lamp.shownColor === null) continue;
			const identified = nowMs < lamp.identifiedUntilMs;
			const pattern = identified ? "blink" : lamp.pattern;
			const halfMs = identified ? identifyMs : blinkMs;
			if (pattern === "steady") set(lamp, 1);
			else if (pattern === "blink") {
				set(lamp, Math.floor(nowMs / halfMs) % 2 === 0 ? 1 : 0);
				waitMs = Math.min(waitMs, halfMs - (nowMs % halfMs));
			} else {
				// A triangle: up and down once a breath.
				const phase = (nowMs % breathMs) / breathMs;
				set(lamp, breathLevel + (1 - breathLevel) * Math.abs(1 - 2 * phase));
				waitMs = Math.min(waitMs, frameMs);
			}
		}
		if (waitMs === Number.POSITIVE_INFINITY) this.#alarm.cancel();
		else this.#alarm.set(waitMs);
	}
}
Object.freeze(Lamps.prototype);

function set(lamp: Lamp, level: number): void {
	if (lamp.shownColor === lamp.color && lamp.shownLevel === level) return;
	lamp.shownColor = lamp.color;
	lamp.shownLevel = level;
	lamp.output.set(lamp.color, level);
}
