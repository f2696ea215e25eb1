/**
 * In: a seed, spots, and what time it is. Out: what stands under each spot's sensor at that time.
 * Never: knows of sensors, boards or the network.
 */
import { between, type Random, seededRandom } from "./random.ts";

/** How fast cars come and stay. */
export interface Pace {
	/** From one arrival at a spot to the next, mean, ms. With `n` spots something changes every `cycleMs / 2n`. */
	cycleMs: number;
	/** Length of a day, ms: the share of taken spots follows its hours. */
	dayMs: number;
}

/** Cars of real life: about ten in a day at each spot. */
export const lifePace: Pace = { cycleMs: 2.4 * 3_600_000, dayMs: 24 * 3_600_000 };

/** For people who watch: with 20 spots a change about every 5 s, stays of 40 s to 5 min, an hour of the day each minute. */
export const demoPace: Pace = { cycleMs: 210_000, dayMs: 24 * 60_000 };

/** Height of the sensors over the empty floor, cm. */
export const floorCm = 220;

/** Hour of the model's day at its time 0: the lot is partly full, and filling. */
export const firstHour = 9;

/** How long a car takes to drive in or out, ms. */
export const driveMs = { min: 3000, max: 12_000 };

/** No stay and no gap is shorter, ms: a sensor needs 3.2 s to be sure. */
export const shortestMs = 4000;

/** Further than this the model does not live through what happened (a laptop that slept), ms. */
const longestLeapMs = 7 * 24 * 3_600_000;

/** What the sensor over a spot sees. */
export interface View {
	/** From the sensor to what is under it, cm. */
	distanceCm: number;
	/** Share of pings that come back: slopes and glass throw them elsewhere. */
	echoShare: number;
	/** The truth: true from when a car has come to rest until it begins to leave. */
	occupied: boolean;
}

/** Heights over the floor, cm. */
interface Car {
	hoodCm: number;
	roofCm: number;
}

type Phase = "free" | "arriving" | "parked" | "leaving";

/** Share of spots that are taken at `hour` (0 to 24): from 40 % at 3 to 85 % at 15 o'clock. Chosen, not counted: never dull, never full. */
export function targetOccupancy(hour: number): number {
	return 0.625 - 0.225 * Math.cos(((hour - 3) / 24) * 2 * Math.PI);
}

/** One spot of the lot: cars come, stay and go, each spot by its own chance, so that it does not matter who looks when. */
export class SpotModel {
	readonly #random: Random;
	readonly #pace: Pace;
	#phase: Phase = "free";
	#sinceMs = 0;
	#untilMs: number;
	#car: Car;

	/** Under one `seed` (32 bits), each `name` has its own story. Time begins at 0, when it is {@link firstHour}. */
	constructor({ seed, name, pace }: { seed: number; name: string; pace: Pace }) {
		this.#random = seededRandom(seed, name);
		this.#pace = pace;
		this.#car = this.#nextCar();
		const share = this.#occupancyAt(0);
		if (this.#random() < share) this.#phase = "parked";
		// Somewhere in the middle of what is going on.
		this.#untilMs = this.#length(this.#phase, 0) * this.#random();
	}

	/** What the sensor sees at `atMs` of the model's time. Time that goes back sees what was last. */
	look(atMs: number): View {
		if (atMs - this.#untilMs > longestLeapMs) this.#untilMs = atMs;
		while (atMs >= this.#untilMs) this.#next();
		const done = Math.min(1, Math.max(0, (atMs - this.#sinceMs) / (this.#untilMs - this.#sinceMs)));
		switch (this.#phase) {
			case "free":
				return { distanceCm: floorCm, echoShare: 1, occupied: false };
			case "arriving":
				return passing(this.#car, done);
			case "parked":
				return { distanceCm: floorCm - this.#car.roofCm, echoShare: 1, occupied: true };
			case "leaving":
				return passing(this.#car, 1 - done);
		}
	}

	#next(): void {
		const beganMs = this.#untilMs;
		this.#phase = following[this.#phase];
		if (this.#phase === "arriving") this.#car = this.#nextCar();
		this.#sinceMs = beganMs;
		this.#untilMs = beganMs + this.#length(this.#phase, beganMs);
	}

	/** How long a phase that begins at `atMs` lasts, ms. */
	#length(phase: Phase, atMs: number): number {
		if (phase === "arriving" || phase === "leaving") return between(this.#random, driveMs.min, driveMs.max);
		const share = this.#occupancyAt(atMs);
		const meanMs = this.#pace.cycleMs * (phase === "parked" ? share : 1 - share);
		return Math.max(shortestMs, meanMs * between(this.#random, 0.4, 1.6));
	}

	#occupancyAt(atMs: number): number {
		return targetOccupancy((firstHour + (atMs / this.#pace.dayMs) * 24) % 24);
	}

	/** From a low coupé to a van: roofs 130 to 190 cm over the floor, hoods a good half of that. */
	#nextCar(): Car {
		const roofCm = between(this.#random, 130, 190);
		return { roofCm, hoodCm: roofCm * between(this.#random, 0.5, 0.6) };
	}
}

const following: Record<Phase, Phase> = { free: "arriving", arriving: "parked", parked: "leaving", leaving: "free" };

/** What passes under the sensor while a car drives in; `done` runs from 0, outside, to 1, at rest. */
function passing({ hoodCm, roofCm }: Car, done: number): View {
	// First the floor, then the hood, the windscreen, whose slope throws half of the pings away, and the roof.
	if (done < 0.3) return { distanceCm: floorCm, echoShare: 1, occupied: false };
	if (done < 0.6) return { distanceCm: floorCm - hoodCm, echoShare: 0.95, occupied: false };
	if (done >= 0.8) return { distanceCm: floorCm - roofCm, echoShare: 1, occupied: false };
	const up = (done - 0.6) / 0.2;
	return { distanceCm: floorCm - hoodCm - (roofCm - hoodCm) * up, echoShare: 0.5, occupied: false };
}
