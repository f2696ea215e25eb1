/**
 * In: every measurement. Out: those that were asked for, raw, about a message of them a second.
 * Never: takes more memory the longer it records, or waits for a message to be taken.
 */
import { type Measurement, sensorLimit } from "./ranging.ts";

/** How long a board records after it was asked at most, s: whoever wants more asks again, and who is gone is not told for ever. */
export const recordLimitS = 3600;

/** A message tells of this time, ms. */
export const batchMs = 1000;

/** Measurements in one message at most: a sensor every 50 ms, more than there can be. About 600 characters. */
export const batchLimit = 20;

/** Who gets the messages. An object, as a board's memory has no room for closures. */
export interface TraceSink {
	/** Number of this start, as it is when a message is made. */
	readonly boot: number;
	/** Takes a `BoardTrace` as JSON. What it can't pass on is lost, and the next one's `n` shows it. */
	sendTrace(trace: string): void;
}

export interface RecorderOptions {
	sink: TraceSink;
	/** Air temperature that the board goes by, °C. */
	temperatureC: number;
}

// Numbers that are kept of a measurement: ms since the board's start, sensor, pulse in µs (NaN: none ended).
const fields = 3;
const nothing = new Float64Array(0);

/** Made when somebody asks, and dropped when {@link take} says that it is over: a board that records nothing pays nothing. */
export class Recorder {
	readonly #sink: TraceSink;
	readonly #temperatureC: number;
	/** Up to when each sensor is recorded, ms since the board's start. */
	#untilMs = new Float64Array(sensorLimit);
	#batch = new Float64Array(fields * batchLimit);
	#count = 0;
	#n = 0;

	constructor({ sink, temperatureC }: RecorderOptions) {
		this.#sink = sink;
		this.#temperatureC = temperatureC;
	}

	/** Records one sensor up to `untilMs` (ms since the board's start, Infinity for ever), whatever was asked of it before. */
	record(sensor: number, untilMs: number): void {
		this.#untilMs[sensor] = untilMs;
	}

	/** Takes a measurement, of any sensor. False when there is nothing more to record; then everything was passed on, and this is the last call. */
	take({ sensor, atMs, echoUs }: Readonly<Measurement>): boolean {
		if (this.#count > 0 && atMs - (this.#batch[0] ?? 0) >= batchMs) this.#flush();
		if (atMs < (this.#untilMs[sensor] ?? 0)) {
			const at = fields * this.#count++;
			this.#batch[at] = atMs;
			this.#batch[at + 1] = sensor;
			this.#batch[at + 2] = echoUs ?? Number.NaN;
			if (this.#count === batchLimit) this.#flush();
		}
		if (this.#untilMs.some((untilMs) => atMs < untilMs)) return true;
		this.#flush();
		// XS 13 holds on to the last object of a class until there is another: what is large goes at once.
		this.#untilMs = this.#batch = nothing;
		return false;
	}

	#flush(): void {
		if (this.#count === 0) return;
		let samples = "";
		for (let at = 0; at < fields * this.#count; at += fields) {
			const echoUs = this.#batch[at + 2] ?? Number.NaN;
			const pulse = Number.isFinite(echoUs) ? Math.round(echoUs) : "null";
			samples += `${at > 0 ? "," : ""}[${Math.round(this.#batch[at] ?? 0)},${this.#batch[at + 1]},${pulse}]`;
		}
		this.#count = 0;
		const head = `"boot":${this.#sink.boot},"n":${++this.#n},"temp_c":${this.#temperatureC}`;
		this.#sink.sendTrace(`{${head},"samples":[${samples}]}`);
	}
}
Object.freeze(Recorder.prototype);
