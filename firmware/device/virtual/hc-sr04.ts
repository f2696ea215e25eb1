/** An HC-SR04 over a spot of the model: the same echoes, noise and dropouts, without the wires. */
import { soundCmPerUs } from "../../detector.ts";
import type { Sensor } from "../../ranging.ts";
import { normal, type Random } from "./random.ts";

export interface HcSr04Options {
	/** What is under the sensor now: the distance in cm, and the share of pings that come back. */
	look: () => { distanceCm: number; echoShare: number };
	random: Random;
	/** °C. */
	temperatureC: number;
}

/** Scatter of a measured distance, standard deviation in cm; independent tests saw 0.1 to 0.5. */
export const noiseCm = 0.3;

/** Share of pings that are lost over any surface. */
export const dropoutShare = 0.01;

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
		const { look, random, temperatureC } = this.#options;
		const { distanceCm, echoShare } = look();
		const heard = random() < echoShare * (1 - dropoutShare);
		const measuredCm = Math.max(2, distanceCm + noiseCm * normal(random));
		this.#echoUs = heard ? Math.round((2 * measuredCm) / soundCmPerUs(temperatureC)) : nothingHeardUs;
	}

	read(): number | null {
		const echoUs = this.#echoUs;
		this.#echoUs = null;
		return echoUs;
	}
}
