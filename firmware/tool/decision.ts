/** How long the firmware takes to decide on a clear change, by its own ranging and detectors in virtual time. */
import { Detector, soundCmPerUs } from "../detector.ts";
import { Ranging, sensorLimit, sweepMs } from "../ranging.ts";
import type { Alarm, Timer } from "../timer.ts";

const temperatureC = 20;
const floorCm = 220;
const carCm = 70;

/** A car comes with its hood for 2 s, and then with a roof that is 3 cm nearer by the time it stands: as a saloon of the model's does. */
const hoodCm = 140;
const hoodMs = 4000;
const roofMs = 2000;
const roofSlopeCm = 3;

/** Sweeps before the change, so that all windows are full. */
const calmSweeps = 10;

/** Sweeps after it, in which it must have been decided. */
const changedSweeps = 10;

/** Between two of the phases of a sweep at which the change happens, ms. */
const phaseStepMs = 10;

/** Time for one alarm, all that ranging has. */
class OneAlarm implements Timer {
	#nowMs = 0;
	#dueMs = Number.POSITIVE_INFINITY;
	#callback: () => void = () => {};

	now(): number {
		return this.#nowMs;
	}

	alarm(callback: () => void): Alarm {
		this.#callback = callback;
		return {
			set: (delayMs) => {
				this.#dueMs = this.#nowMs + delayMs;
			},
			cancel: () => {
				this.#dueMs = Number.POSITIVE_INFINITY;
			},
		};
	}

	run(untilMs: number): void {
		while (this.#dueMs <= untilMs) {
			this.#nowMs = this.#dueMs;
			this.#dueMs = Number.POSITIVE_INFINITY;
			this.#callback();
		}
		this.#nowMs = untilMs;
	}
}

/**
 * Times from a clear change to its decision, ms: from when a car that drove in has come to rest, and from when one has left,
 * no noise. Of each of eight sensors, at every 10 ms of a sweep. Infinite where it was not decided.
 */
export function decisionTimesMs(): number[] {
	const times: number[] = [];
	for (let phaseMs = 0; phaseMs < sweepMs; phaseMs += phaseStepMs) {
		times.push(...decide(phaseMs, floorCm, carCm), ...decide(phaseMs, carCm, floorCm));
	}
	return times;
}

/** What is under the sensors `afterMs` after the change from `beforeCm` to `carCm`: first the hood, then slower and slower the roof. */
function comingCm(beforeCm: number, afterMs: number): number {
	if (afterMs >= 0) return carCm;
	if (afterMs < -hoodMs) return beforeCm;
	return afterMs < -roofMs ? hoodCm : carCm + roofSlopeCm * (-afterMs / roofMs);
}

function decide(phaseMs: number, beforeCm: number, afterCm: number): number[] {
	const timer = new OneAlarm();
	const changeMs = calmSweeps * sweepMs + phaseMs;
	const distanceCm = () => {
		if (afterCm === carCm) return comingCm(beforeCm, timer.now() - changeMs);
		return timer.now() < changeMs ? beforeCm : afterCm;
	};
	const echoUs = () => Math.round((2 * distanceCm()) / soundCmPerUs(temperatureC));
	const detectors = Array.from({ length: sensorLimit }, () => new Detector({ floorCm }));
	const takenMs = detectors.map(() => Number.POSITIVE_INFINITY);
	const sensors = detectors.map(() => {
		let heardUs = 0;
		return {
			high: false,
			trigger: () => {
				heardUs = echoUs();
			},
			read: () => heardUs,
		};
	});
	const decided = afterCm === floorCm ? "free" : "occupied";
	const ranging = new Ranging({
		sensors,
		timer,
		random: slotChances(),
		onMeasurement: (measurement) => {
			const detector = detectors[measurement.sensor];
			if (!detector?.measure(measurement, temperatureC) || detector.verdict.state !== decided) return;
			// At the start of the trace it is what it is before the change.
			const isCalm = measurement.atMs < calmSweeps * 0.4 * sweepMs;
			if (!isCalm) takenMs[measurement.sensor] = Math.max(0, measurement.atMs - changeMs);
		},
	});
	ranging.start();
	timer.run(changeMs + changedSweeps * sweepMs);
	ranging.close();
	return takenMs;
}

/** Chances for the lengths of slots: all of them in turn, in no order that a sweep repeats. */
function slotChances(): () => number {
	let turn = 0;
	return () => (turn++ * 0.618) % 1;
}

/** The value that a `share` (0 to 1) of them do not exceed: nearest rank. @throws RangeError when there are none. */
export function percentile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
	if (value === undefined) throw new RangeError("values must be one at least, got none");
	return value;
}
