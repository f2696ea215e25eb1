/**
 * In: a seed, a spot's name, and what time it is. Out: what the sensor over that spot of the demo's lot hears, and the truth.
 * Never: knows of boards or the network.
 */
import { seededRandom } from "./random.ts";
import { bootLids, corrections, traffic } from "./reality/comings.ts";
import { gettingOut, standers, walkers } from "./reality/people.ts";
import type { ShapeName } from "./reality/shapes.ts";
import type { Effect, Site } from "./reality/site.ts";
import { Spot } from "./reality/spot.ts";

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

/** Cars of all heights that fit well under the sensors; no cloth, nothing narrow. */
const vehicles: readonly ShapeName[] = ["hatchback", "hatchback", "saloon", "saloon", "suv", "suv", "sports"];

/** Share of spots that are taken at `hour` (0 to 24): from 40 % at 3 to 85 % at 15 o'clock. Chosen, not counted: never dull, never full. */
export function targetOccupancy(hour: number): number {
	return 0.625 - 0.225 * Math.cos(((hour - 3) / 24) * 2 * Math.PI);
}

/** One spot of the lot: cars come, stay and go, now and then somebody walks by; each spot by its own chance, so that it does not matter who looks at which. */
export class SpotModel {
	readonly #spot: Spot;

	/** Under one `seed` (32 bits), each `name` has its own story. Time begins at 0, when it is {@link firstHour}. */
	constructor({ seed, name, pace, temperatureC = 20 }: SpotModelOptions) {
		const randomOf = (what: string) => seededRandom(seed, `${name}/${what}`);
		this.#spot = new Spot({ random: randomOf, mount: "overhead", heightCm: floorCm });
		this.#spot.airs.push((moment) => {
			moment.temperatureC = temperatureC;
		});
		const site: Site = {
			mount: "overhead",
			spots: [this.#spot],
			durationMs: Number.POSITIVE_INFINITY,
			hourAt: (atMs: number) => (firstHour + (atMs / pace.dayMs) * 24) % 24,
			pauses: [],
			losses: [],
			lastPingMs: Number.NEGATIVE_INFINITY,
		};
		const effects: Effect[] = [
			traffic({ cycleMin: pace.cycleMs / 60_000, shareAt: targetOccupancy, vehicles }),
			corrections(0.15),
			bootLids(0.15),
			gettingOut(),
			walkers(2),
			standers(0.3),
		];
		for (const effect of effects) effect.apply(site, (what) => randomOf(`${effect.name}/${what}`));
		this.#spot.begin();
	}

	/** The truth at `atMs`: from when a car has come to rest until it has left. Time that goes back changes nothing. */
	occupiedAt(atMs: number): boolean {
		this.#spot.traffic.advance(atMs);
		return this.#spot.traffic.occupied;
	}

	/** Length of the pulse in µs for a ping at `atMs`, null for none. */
	ping(atMs: number): number | null {
		return this.#spot.ping(atMs);
	}
}

export interface SpotModelOptions {
	seed: number;
	name: string;
	pace: Pace;
	/** Of the air, °C; 20 when left out. */
	temperatureC?: number;
}
