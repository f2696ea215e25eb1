/** Who is compared: the board's own detector, the same with a part of it switched off, and two detectors that others use. */
import { type DetectorsOptions, echoDistanceCm, makeDetectors } from "../../../firmware/detector.ts";
import type { SensorState } from "../../../firmware/messages.ts";
import { classifyEcho, type Measurement, sensorLimit } from "../../../firmware/ranging.ts";
import type { TraceHead, TraceSample } from "../../../firmware/trace.ts";

/** Says what it holds of the head's spot number `spot` after one more measurement of it. */
export type Judge = (spot: number, sample: TraceSample) => SensorState;

export interface Contender {
	/** For programs: letters and `_`. */
	key: string;
	/** For people. */
	name: string;
	/** A new judge that knows nothing but the head. @throws RangeError on a head that it can't work with. */
	start(head: TraceHead): Judge;
}

/** Air temperature that is assumed where a trace tells none, °C. */
export const assumedTemperatureC = 20;

/** The parts of the detector that an ablation switches off, one at a time. */
export const parts = [
	"floor learning",
	"N-of-M votes",
	"no-echo evidence",
	"mount recognition",
	"temperature",
] as const;

export type Part = (typeof parts)[number];

/**
 * The board's own ranging filter and detector. `without` one part:
 * `floor learning`: the floor stays where the head says, or at {@link assumedFloorCm};
 * `N-of-M votes`: each measurement decides;
 * `no-echo evidence`: pulses that say that nothing came back are not passed on (missing ones are: they tell of wires, not of cars);
 * `mount recognition`: where the head tells no mount, the sensor is taken to be overhead;
 * `temperature`: the air has {@link assumedTemperatureC}, whatever the trace says.
 */
export function parkMate(without?: Part): Contender {
	return {
		key: without === undefined ? "parkmate" : `without_${without.replaceAll(/[ -]/g, "_").toLowerCase()}`,
		name: without === undefined ? "ParkMate" : `without ${without}`,
		start: (head) => {
			const boards = boardsOf(head, without).map(makeDetectors);
			const measurement: Measurement = { sensor: 0, kind: "no_echo", echoUs: null, high: false, atMs: 0 };
			return (spot, { t, echo_us, temp_c = assumedTemperatureC }) => {
				const sensor = spot % sensorLimit;
				const detector = boards[(spot - sensor) / sensorLimit]?.[sensor];
				if (!detector) throw new RangeError(`spot must be one of the head's, got number ${spot}`);
				measurement.sensor = sensor;
				measurement.kind = classifyEcho(echo_us, false);
				measurement.echoUs = echo_us;
				measurement.atMs = t;
				const nothingHeard = measurement.kind === "no_echo" && echo_us !== null;
				if (without !== "no-echo evidence" || !nothingHeard) {
					detector.measure(measurement, without === "temperature" ? assumedTemperatureC : temp_c);
				}
				return detector.verdict.state;
			};
		},
	};
}

/** Height of a usual ceiling over the floor, cm: what a person would set who does not measure it. */
export const assumedFloorCm = 240;

/** What the detectors of each board are made with. A board has {@link sensorLimit} spots; more of them are several boards, in the head's order. */
export function boardsOf({ spots, mount }: TraceHead, without?: Part): DetectorsOptions[] {
	const fixed = spots.map(({ height_cm }) => ({ height_cm: height_cm ?? assumedFloorCm }));
	const boards: DetectorsOptions[] = [];
	for (let first = 0; first < spots.length; first += sensorLimit) {
		boards.push({
			spots: (without === "floor learning" ? fixed : spots).slice(first, first + sensorLimit),
			mount: without === "mount recognition" ? (mount ?? "overhead") : mount,
			without: without === "floor learning" ? "learning" : without === "N-of-M votes" ? "votes" : undefined,
		});
	}
	return boards;
}

/** Nearer is a car, cm: the reference design's threshold between its 200 cm and 30 cm. */
export const fixedThresholdCm = 100;

/** What a fixed threshold reads, cm: at 20 °C always, and nothing heard is far away. */
function plainDistanceCm({ echo_us }: TraceSample): number {
	return echo_us === null ? farCm : Math.min(farCm, echoDistanceCm(echo_us, assumedTemperatureC));
}

/** Where an HC-SR04's range ends, cm. */
const farCm = 400;

/** The reference design: each measurement by itself is a car below {@link fixedThresholdCm}, and none otherwise. */
export const fixedThreshold: Contender = {
	key: "fixed",
	name: "fixed 100 cm",
	start: () => (_, sample) => (plainDistanceCm(sample) < fixedThresholdCm ? "occupied" : "free"),
};

/** Readings of the median. */
const medianSize = 5;

/** Shares of the floor's distance: a car below the first, none above the second, no change between them. */
export const medianThresholds = Object.freeze({ occupied: 0.6, free: 0.75 });

/**
 * What a careful maker builds: a median of the last 5 readings (nothing heard reads 400 cm) and hysteresis around 0.6 to 0.75 of the
 * floor's distance. The floor is the head's, or the largest median so far that was heard, or 400 cm until something is. Unknown until
 * there are 5 readings.
 */
export const median: Contender = {
	key: "median",
	name: "median of 5",
	start: (head) => {
		const spots = head.spots.map(({ height_cm }) => ({
			readingsCm: new Float64Array(medianSize),
			count: 0,
			heightCm: height_cm ?? null,
			floorCm: height_cm ?? null,
			state: "unknown" as SensorState,
		}));
		const sortedCm = new Float64Array(medianSize);
		return (index, sample) => {
			const spot = spots[index];
			if (!spot) throw new RangeError(`spot must be one of the head's, got number ${index}`);
			spot.readingsCm[spot.count++ % medianSize] = plainDistanceCm(sample);
			if (spot.count < medianSize) return spot.state;
			sortedCm.set(spot.readingsCm);
			const medianCm = sortedCm.sort()[medianSize >> 1] ?? farCm;
			if (spot.heightCm === null && medianCm < farCm) spot.floorCm = Math.max(spot.floorCm ?? 0, medianCm);
			const floorCm = spot.floorCm ?? farCm;
			if (medianCm < medianThresholds.occupied * floorCm) spot.state = "occupied";
			else if (medianCm > medianThresholds.free * floorCm || spot.state === "unknown") spot.state = "free";
			return spot.state;
		};
	},
};
