/**
 * In: which story, and how many measurements of it. Out: nothing but the time that a detector takes for them.
 * Bundled into one script that defines `step`, as `engine-inside.ts` is: so the engine counts its instructions alone.
 */
import { Detector, soundCmPerUs } from "../../../firmware/detector.ts";
import type { Measurement } from "../../../firmware/ranging.ts";

/** Distances in cm that come again and again; 0 is silence. */
const stories: Record<string, readonly number[]> = {
	free: [220, 221, 220, 219, 220],
	occupied: [70, 70.5, 70, 69.5, 70],
	slope: [70, 0, 300, 71, 0, 0],
	bike: [220, 130, 130, 220, 130.5],
	noise: [30, 390, 170, 0, 250, 110],
};

const detector = new Detector({ floorCm: 220 });
const measurement: Measurement = { sensor: 0, kind: "ok", echoUs: 0, high: false, atMs: 0 };

/** `text`: `["story", measurements]`. */
function step(text: string): string {
	const [story, measurements] = JSON.parse(text) as [string, number];
	const distancesCm = stories[story] ?? [];
	for (let i = 0; i < measurements; i++) {
		const distanceCm = distancesCm[i % distancesCm.length] ?? 0;
		measurement.atMs += 700;
		measurement.kind = distanceCm === 0 ? "no_echo" : "ok";
		measurement.echoUs = distanceCm === 0 ? 38_000 : (2 * distanceCm) / soundCmPerUs(20);
		if (story !== "nothing") detector.measure(measurement, 20);
	}
	return "{}";
}

Object.assign(globalThis, { step });
