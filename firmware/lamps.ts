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

/** What is wrong with the network, by how many short gaps show it: no Wi-Fi, or a network but no broker. */
export const networkGaps = Object.freeze({ none: 0, noWifi: 1, noBroker: 2 } as const);

/**
 * When the gaps come, ms: `every` so often the first, `next` later the second; each from `from` to `to`. Whole blinks, so
 * that gaps fall into a blink's lit half; no pattern of a spot has anything as short, and with a blink it makes 2 Hz.
 */
export const gapMs = Object.freeze({ every: 6000, next: 1000, from: 150, to: 300 });

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
	#gaps = 0;
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
			// Who looks for a lamp must not see two rhythms in one.
			if (this.#gaps > 0 && !identified) waitMs = Math.min(waitMs, this.#gapWaitMs(nowMs));
			const share = !identified && this.#isGap(nowMs) ? 0 : 1;
			if (pattern === "steady") set(lamp, share);
			else if (pattern === "blink") {
				set(lamp, Math.floor(nowMs / halfMs) % 2 === 0 ? share : 0);
				waitMs = Math.min(waitMs, halfMs - (nowMs % halfMs));
			} else {
				// A triangle: up and down once a breath.
				const phase = (nowMs % breathMs) / breathMs;
				set(lamp, share * (breathLevel + (1 - breathLevel) * Math.abs(1 - 2 * phase)));
				waitMs = Math.min(waitMs, frameMs);
			}
		}
		if (waitMs === Number.POSITIVE_INFINITY) this.#alarm.cancel();
		else this.#alarm.set(waitMs);
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

function set(lamp: Lamp, level: number): void {
	if (lamp.shownColor === lamp.color && lamp.shownLevel === level) return;
	lamp.shownColor = lamp.color;
	lamp.shownLevel = level;
	lamp.output.set(lamp.color, level);
}
