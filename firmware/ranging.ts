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
	/** The echo pin was still high at the end of the slot: that pulse is too long to be an echo. */
	high: boolean;
	/** When it was read, in ms since the board's start. */
	atMs: number;
}

export interface RangingOptions {
	/** 1 to {@link sensorLimit}. */
	sensors: readonly Sensor[];
	timer: Timer;
	/** 0 up to, not with, 1. */
	random: () => number;
	onMeasurement: (measurement: Readonly<Measurement>) => void;
}

/** Eight sensors make a sweep of 0.7 s; more would be too slow to decide within 3 s by four measurements. */
export const sensorLimit = 8;

/**
 * From one trigger to the next at least, ms. The datasheet asks for 60; clones hold the echo for 71 ms when nothing comes
 * back, and 80 is safe with them (ESPHome). It holds for all sensors of a board, as each would hear the others'
 * pings: OpenBikeSensor waits 30 ms after another sensor's start, 35 ms after its own.
 */
export const slotMs = 80;

/** A slot is longer by up to this, by chance, ms: what a neighbouring lot's sensors send then comes at another time in each sweep, and looks like no car. */
export const jitterMs = 12;

/** The shortest sweep, ms: five measurements take about the same time on a board with one sensor as with eight. */
export const sweepMs = sensorLimit * slotMs;

/** A pulse that goes on at the end of its slot is given this long since its trigger, ms: 103 ms were seen in the field; on some clones it never ends. */
export const guardMs = 110;

/** From the end of a pulse to the next trigger at least, ms, as OpenBikeSensor rests. */
export const restMs = 10;

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
	readonly #random: () => number;
	readonly #onMeasurement: (measurement: Readonly<Measurement>) => void;
	readonly #counters: SensorCounters[];
	readonly #alarm: Alarm;
	readonly #measurement: Measurement = { sensor: 0, kind: "no_echo", echoUs: null, high: false, atMs: 0 };
	/** The sensor whose turn it is next; −1 while closed. */
	#next = -1;
	/** The sensor whose slot it is; −1 between sweeps and in a rest. */
	#current = -1;
	#stuck = false;
	#firedMs = 0;
	/** The slot was made longer, as its pulse was going on. */
	#late = false;
	#sweepMs = 0;

	/** @throws RangeError on a number of sensors that is not 1 to {@link sensorLimit}. */
	constructor({ sensors, timer, random, onMeasurement }: RangingOptions) {
		if (sensors.length < 1 || sensors.length > sensorLimit) {
			throw new RangeError(`sensors must be 1 to ${sensorLimit}, got ${sensors.length}`);
		}
		this.#sensors = sensors;
		this.#timer = timer;
		this.#random = random;
		this.#onMeasurement = onMeasurement;
		this.#counters = sensors.map(() => ({ ok: 0, no_echo: 0, endless: 0, stuck: 0, too_short: 0, silent: 0 }));
		this.#alarm = timer.alarm(() => this.onAlarm());
	}

	/** One per sensor, counting since the start. */
	get counters(): readonly Readonly<SensorCounters>[] {
		return this.#counters;
	}

	start(): void {
		if (this.#next >= 0) return;
		this.#next = 0;
		this.fire();
	}

	/** Stops measuring; the slot under way is not reported. Twice is fine. */
	close(): void {
		this.#alarm.cancel();
		this.#next = this.#current = -1;
	}

	private onAlarm(): void {
		const read = this.#current;
		if (read < 0) {
			this.fire();
			return;
		}
		const passedMs = this.#timer.now() - this.#firedMs;
		if (!this.#late) {
			this.read(read);
			// No echo is that long, but the next sensor would be fired into it.
			this.#late = this.#measurement.high && this.#measurement.kind !== "stuck";
			if (this.#late) {
				this.#alarm.set(Math.max(1, guardMs - passedMs));
				return;
			}
		}
		this.count(read);
		this.#current = -1;
		this.#sweepMs += passedMs;
		const sincePulseMs = this.#late ? 0 : passedMs - (this.#measurement.echoUs ?? 0) / 1000;
		let waitMs = sincePulseMs < restMs ? Math.min(restMs, restMs - sincePulseMs) : 0;
		if (this.#next === 0) {
			waitMs = Math.max(waitMs, sweepMs - this.#sweepMs);
			this.#sweepMs = 0;
		}
		if (waitMs > 0) this.#alarm.set(waitMs);
		else this.fire();
		// Last, so that whatever the listener does, the next slot has begun.
		this.#onMeasurement(this.#measurement);
	}

	private fire(): void {
		const index = this.#next;
		this.#next = (index + 1) % this.#sensors.length;
		this.#current = index;
		this.#late = false;
		this.#firedMs = this.#timer.now();
		this.#alarm.set(slotMs + Math.floor(this.#random() * (jitterMs + 1)));
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

	private read(index: number): void {
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
			// Counted as a measurement without an echo.
		}
		measurement.kind = classifyEcho(measurement.echoUs, this.#stuck);
	}

	private count(index: number): void {
		const { kind, echoUs } = this.#measurement;
		const counters = this.#counters[index];
		if (!counters) return;
		if (kind === "no_echo" && this.#late && this.isHigh(index)) counters.endless++;
		else if (kind === "no_echo" && echoUs === null && !this.#late) counters.silent++;
		else counters[kind]++;
	}

	private isHigh(index: number): boolean {
		try {
			return this.#sensors[index]?.high ?? false;
		} catch {
			return false;
		}
	}
}
Object.freeze(Ranging.prototype);
