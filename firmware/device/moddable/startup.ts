/** What the lamps show before there is a board: that they all work, or that its settings make no sense. */
import { type LampOutput, Lamps } from "../../lamps.ts";
import type { LampColor } from "../../messages.ts";
import type { Alarm, Timer } from "../../timer.ts";

/** How long each colour is shown, ms: long enough to see a lamp that lacks one. */
export const selfTestMs = 250;

/** All of them, one after the other. */
export const selfTestColors: readonly LampColor[] = Object.freeze(["green", "red", "blue", "amber"] as const);

export interface StartupOptions {
	lamps: readonly LampOutput[];
	timer: Timer;
}

export class Startup {
	readonly #outputs: readonly LampOutput[];
	readonly #timer: Timer;
	readonly #alarm: Alarm;
	#fault: Lamps | null = null;
	#step = 0;
	#onDone: () => void = () => {};

	constructor({ lamps, timer }: StartupOptions) {
		this.#outputs = lamps;
		this.#timer = timer;
		this.#alarm = timer.alarm(() => this.#next());
	}

	/** Shows every colour on every lamp, then calls back. */
	run(onDone: () => void): void {
		this.#onDone = onDone;
		this.#next();
	}

	/** Blinks blue, which no spot does: there is nothing to work with. */
	fault(): void {
		this.#fault ??= new Lamps({ outputs: this.#outputs, timer: this.#timer });
		for (let lamp = 0; lamp < this.#outputs.length; lamp++) this.#fault.show(lamp, "blue", "blink");
	}

	/** Leaves the lamps to others. Twice is fine. */
	close(): void {
		this.#alarm.cancel();
		this.#fault?.close();
		this.#fault = null;
	}

	#next(): void {
		const color = selfTestColors[this.#step++];
		for (const output of this.#outputs) output.set(color ?? "green", color ? 1 : 0);
		if (color) this.#alarm.set(selfTestMs);
		else this.#onDone();
	}
}
Object.freeze(Startup.prototype);
