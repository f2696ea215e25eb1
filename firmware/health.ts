/** How a board's sensors are, for the people who mount and mend them. */
import type { Detector } from "./detector.ts";
import type { SensorCounters, SensorHealth } from "./messages.ts";

/** What there is to say of one sensor; distances in tenths of a cm. */
export function sensorHealth(detector: Detector, counters: Readonly<SensorCounters>): SensorHealth {
	const { state, reason, confidence, distanceCm } = detector.verdict;
	return {
		...counters,
		state,
		reason,
		confidence: Math.round(confidence * 100) / 100,
		distance_cm: tenths(distanceCm),
		floor_cm: tenths(detector.floorCm),
		alarm: detector.alarm,
	};
}

function tenths(cm: number | null): number | null {
	return cm === null ? null : Math.round(cm * 10) / 10;
}
