/** Traces of raw pulses, and what this engine decides on them: to be compared with what another does. */
import { Detector, soundCmPerUs } from "../../../firmware/detector.ts";
import { between, type Random, seededRandom } from "../../../firmware/device/virtual/random.ts";
import { classifyEcho } from "../../../firmware/ranging.ts";

export const floorCm = 220;
export const temperatureC = 20;

const echoUs = (distanceCm: number) => Math.round((2 * distanceCm) / soundCmPerUs(temperatureC));

/** A day of cars, glass, faults and strays in a row, `length` pulses. */
export function makeTrace(seed: number, length: number): (number | null)[] {
	const random = seededRandom(seed, "trace");
	const trace: (number | null)[] = [];
	while (trace.length < length) {
		const pulse = scenes[Math.floor(random() * scenes.length)] ?? scenes[0];
		const pulses = Math.floor(between(random, 4, 24));
		for (let i = 0; i < pulses && pulse; i++) trace.push(pulse(random));
	}
	return trace.slice(0, length);
}

const scenes: readonly ((random: Random) => number | null)[] = [
	(random) => echoUs(floorCm + between(random, -1, 1)),
	(random) => echoUs(70 + between(random, -1, 1)),
	(random) => (random() < 0.5 ? 38_000 : echoUs(80)),
	(random) => echoUs(between(random, 30, 215)),
	(random) => echoUs(between(random, 180, 330)),
	() => 38_000,
	() => null,
	() => 60,
];

export interface Decision {
	state: string;
	reason: string;
	/** cm, in tenths; null for none. */
	distance: number | null;
	confidence: number;
}

/** What a spot is said to be, each time that it is said anew, after it was free and calm for a while. */
export function decide(trace: readonly (number | null)[]): Decision[] {
	const detector = new Detector({ floorCm });
	const decisions: Decision[] = [];
	const measure = (pulseUs: number | null) => {
		const kind = classifyEcho(pulseUs, false);
		return detector.measure({ sensor: 0, kind, echoUs: pulseUs, high: false, atMs: 0 }, temperatureC);
	};
	for (let i = 0; i < 20; i++) measure(echoUs(floorCm));
	for (const pulseUs of trace) {
		if (!measure(pulseUs)) continue;
		const { state, reason, distanceCm, confidence } = detector.verdict;
		const distance = distanceCm === null ? null : Math.round(distanceCm * 10) / 10;
		decisions.push({ state, reason, distance, confidence: Math.round(confidence * 100) / 100 });
	}
	return decisions;
}
