/**
 * In: HC-SR04 sensors and a timer. Out: raw measurements, one sensor after the other.
 * Never: judges what stands under a sensor; lets a dead sensor hold up the others.
 */
import type { SensorCounters } from "./messages.ts";
import type { Alarm, Timer } from "./timer.ts";

/**
 * One HC-SR04, whatever drives its pins. `trigger` and `read` are called in turn, {@link slotMs} apart.
 * What they throw counts as a measurement without an echo.
 */
export interface Sensor {
	/** True when the echo pin is high now. Asked where it should be low: before a trigger, and after a pulse that did not end. */
	readonly high: boolean;
	/** Sends the trigger pulse. */
	trigger(): void;
	/** Length of the echo pulse since the trigger in µs; null when no pulse has ended. */
	read(): number | null;
}

/**
 * `ok`: a pulse within the sensor's range. `no_echo`: nothing came back. `too_short`: the trigger bled into the echo
 * pin, or something touches the sensor. `stuck`: the echo pin was high before the trigger.
 */
export type EchoKind = "ok" | "no_echo" | "too_short" | "stuck";

/** One raw measurement. Ranging fills the same object again and again: whoever keeps it copies it. */
export interface Measurement {
	/** Index of the sensor on its board. */
	sensor: number;
	kind: EchoKind;
	/** The pulse as it was timed, in µs, however short or long; null when none ended within its slot. */
	echoUs: number | null;
	/** The echo pin was high at the end of the slot: the pulse is still going on. */
	high: boolean;
	/** When it was read, in ms since the board's start. */
	atMs: number;
}

export interface RangingOptions {
	/** 1 to {@link sensorLimit}. */
	sensors: readonly Sensor[];
	timer: Timer;
	onMeasurement: (measurement: Readonly<Measurement>) => void;
}

/** Eight sensors make a sweep of 0.64 s; more would be too slow to decide within 3.2 s by five measurements. */
export const sensorLimit = 8;

/** From one trigger to the next, ms. The datasheet asks for 60; clones hold the echo for 71 ms when nothing comes back, and 80 is safe with them. */
export const slotMs = 80;

/** The shortest sweep, ms: five measurements take the same time on a board with one sensor as with eight. */
export const sweepMs = sensorLimit * slotMs;

/** Shorter pulses are no echo, µs. A sensor measures from 2 cm; sound at 60 °C needs 109 µs for it. Clones bleed the trigger into the first 100 µs. */
export const shortestEchoUs = 108;

/** Longer pulses mean that nothing came back, µs. The datasheet says 38 ms; 5 % less allows for the clones' RC oscillators. A real echo ends by 26 ms (4 m at −40 °C). */
export const longestEchoUs = 36_000;

/** What a pulse of `echoUs` µs (null: none ended) means when the echo pin was `stuck`, that is high before the trigger, or not. */
export function classifyEcho(echoUs: number | null, stuck: boolean): EchoKind {
	if (stuck) return "stuck";
	// A NaN fails both comparisons, so the range is asked for and not its outside.
	if (echoUs === null || !(echoUs < longestEchoUs)) return "no_echo";
	return echoUs >= shortestEchoUs ? "ok" : "too_short";
}

/** Fires a board's sensors one at a time, as two at once would hear each other's echoes. */
export class Ranging {
	readonly #sensors: readonly Sensor[];
	readonly #timer: Timer;
	readonly #onMeasurement: (measurement: Readonly<Measurement>) => void;
	readonly #counters: SensorCounters[];
	readonly #alarm: Alarm;
	readonly #measurement: Measurement = { sensor: 0, kind: "no_echo", echoUs: null, high: false, atMs: 0 };
	/** The sensor whose slot it is; −1 while none is measured. */
	#current = -1;
	#stuck = false;

	/** @throws RangeError on a number of sensors that is not 1 to {@link sensorLimit}. */
	constructor({ sensors, timer, onMeasurement }: RangingOptions) {
		if (sensors.length < 1 || sensors.length > sensorLimit) {
			throw new RangeError(`sensors must be 1 to ${sensorLimit}, got ${sensors.length}`);
		}
		this.#sensors = sensors;
		this.#timer = timer;
		this.#onMeasurement = onMeasurement;
		this.#counters = sensors.map(() => ({ ok: 0, no_echo: 0, stuck: 0, too_short: 0, silent: 0 }));
		this.#alarm = timer.alarm(() => this.#next());
	}

	/** One per sensor, counting since the start. */
	get counters(): readonly Readonly<SensorCounters>[] {
		return this.#counters;
	}

	start(): void {
		if (this.#current < 0) this.#fire(0);
	}

	/** Stops measuring; the slot under way is not reported. Twice is fine. */
	close(): void {
		this.#alarm.cancel();
		this.#current = -1;
	}

	#next(): void {
		const read = this.#current;
		if (read < 0) {
			this.#fire(0);
			return;
		}
		this.#read(read);
		const restMs = sweepMs - this.#sensors.length * slotMs;
		if (read + 1 < this.#sensors.length) this.#fire(read + 1);
		else if (restMs <= 0) this.#fire(0);
		else {
			this.#current = -1;
			this.#alarm.set(restMs);
		}
		// Last, so that whatever the listener does, the next slot has begun.
		this.#onMeasurement(this.#measurement);
	}

	#fire(index: number): void {
		this.#current = index;
		this.#alarm.set(slotMs);
		try {
			const sensor = this.#sensors[index];
			this.#stuck = sensor?.high ?? false;
			// A stuck sensor is triggered all the same: it costs nothing, and a clone that hangs may let go.
			sensor?.trigger();
		} catch {
			// Counted when its slot ends without an echo.
			this.#stuck = false;
		}
	}

	#read(index: number): void {
		const measurement = this.#measurement;
		measurement.sensor = index;
		measurement.atMs = this.#timer.now();
		measurement.echoUs = null;
		measurement.high = false;
		try {
			const sensor = this.#sensors[index];
			measurement.echoUs = sensor?.read() ?? null;
			measurement.high = sensor?.high ?? false;
		} catch {
			// Counted below, as a measurement without an echo.
		}
		measurement.kind = classifyEcho(measurement.echoUs, this.#stuck);
		const counters = this.#counters[index];
		if (counters) counters[measurement.kind]++;
	}
}
Object.freeze(Ranging.prototype);
