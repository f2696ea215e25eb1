/**
 * Sensor traces: what a sensor timed, beside the truth where somebody knows it. One format for recordings, for the model
 * of a lot and for the bench. JSON lines: first the {@link TraceHead}, then {@link TraceSample}s and {@link TraceTruth}s in time order.
 */
import type { Mount } from "./detector.ts";

export interface TraceSpot {
	spot_id: string;
	/** Height of the sensor over the empty floor, cm, where a person measured it. */
	height_cm?: number;
}

export interface TraceHead {
	/** Version of the format. */
	trace: 1;
	name: string;
	/** Must be found out when left out. */
	mount?: Mount;
	spots: TraceSpot[];
}

/** One measurement. */
export interface TraceSample {
	/** ms; only differences count. */
	t: number;
	spot: string;
	/** The pulse as it was timed, µs, however short or long; null where none ended within the guard time. */
	echo_us: number | null;
	/** Air temperature, °C; 20 is assumed when left out. */
	temp_c?: number;
}

/**
 * What is true of a spot from now on: `free` or `occupied` from the moment that the car has come to rest or has left.
 * `unknowable`, in traces of the model: nobody could tell from these echoes (a wire is off), so that no answer is the right one.
 */
export interface TraceTruth {
	t: number;
	spot: string;
	truth: "free" | "occupied";
	unknowable?: true;
}

export type TraceLine = TraceSample | TraceTruth;
