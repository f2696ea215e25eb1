/** An HC-SR04 over a spot of the model, without the wires. */
import type { Sensor } from "../../ranging.ts";

export interface HcSr04Options {
	/** Length of the pulse for a ping now in µs, null for none. */
	ping: () => number | null;
}

/** Scatter of a measured distance, standard deviation in cm; independent tests saw 0.1 to 0.5. */
export const noiseCm = 0.3;

/** Length of the pulse when nothing comes back, µs, by the datasheet. */
export const nothingHeardUs = 38_000;

export class HcSr04 implements Sensor {
	/** This one is wired well: its echo pin is low whenever it is asked. */
	readonly high = false;
	readonly #options: HcSr04Options;
	#echoUs: number | null = null;

	constructor(options: HcSr04Options) {
		this.#options = options;
	}

	trigger(): void {
		this.#echoUs = this.#options.ping();
	}

	read(): number | null {
		const echoUs = this.#echoUs;
		this.#echoUs = null;
		return echoUs;
	}
}
