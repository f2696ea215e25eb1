/** An HC-SR04 whose surroundings and wires are the panel's. */
import Control from "control";
import { soundCmPerUs } from "../../detector.ts";
import type { HostSensor } from "../moddable/host.ts";
import { nothingHeardUs, noiseCm as quietNoiseCm } from "../virtual/hc-sr04.ts";
import { normal } from "../virtual/random.ts";
import type { PanelMessage, Wire } from "./controls.ts";

/** Height of the sensors over the empty floor where the settings leave it to be learnt, cm. */
export const usualFloorCm = 220;

/** Pulses of a trace that are taken at once, at most; what is longer is cut. */
export const echoLimit = 5000;

export interface SimulatedSensorOptions {
	/** On its board. */
	index: number;
	/** Height over the empty floor, cm. */
	floorCm?: number;
	/** °C. */
	temperatureC: number;
}

export class SimulatedSensor extends Control implements HostSensor {
	readonly #index: number;
	readonly #temperatureC: number;
	#distanceCm: number;
	#echoShare = 1;
	#noiseCm = quietNoiseCm;
	#wire: Wire = "ok";
	#echoUs: number | null = null;
	#trace: readonly (number | null)[] = [];
	#played = 0;

	constructor({ index, floorCm = usualFloorCm, temperatureC }: SimulatedSensorOptions) {
		super();
		this.#index = index;
		this.#temperatureC = temperatureC;
		this.#distanceCm = floorCm;
	}

	get high(): boolean {
		return this.#wire === "stuck";
	}

	trigger(): void {
		if (this.#played < this.#trace.length) {
			this.#echoUs = this.#trace[this.#played++] ?? null;
			return;
		}
		const heard = Math.random() < this.#echoShare;
		const measuredCm = Math.max(2, this.#distanceCm + this.#noiseCm * normal(Math.random));
		this.#echoUs = heard ? Math.round((2 * measuredCm) / soundCmPerUs(this.#temperatureC)) : nothingHeardUs;
	}

	read(): number | null {
		const echoUs = this.#wire === "ok" ? this.#echoUs : null;
		this.#echoUs = null;
		return echoUs;
	}

	override onJSON({ sensor }: PanelMessage): void {
		if (sensor?.index !== this.#index) return;
		this.#distanceCm = sensor.distance_cm ?? this.#distanceCm;
		this.#echoShare = sensor.echo_share ?? this.#echoShare;
		this.#noiseCm = sensor.noise_cm ?? this.#noiseCm;
		this.#wire = sensor.wire ?? this.#wire;
		if (!sensor.echoes_us) return;
		this.#trace = sensor.echoes_us.slice(0, echoLimit);
		this.#played = 0;
	}
}
