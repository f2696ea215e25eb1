/** Effects: who drives in and out, and how. */
import { between } from "../random.ts";
import type { ShapeName } from "./shapes.ts";
import type { Effect } from "./site.ts";

/** What comes by in a town. Shares are rounded from Europe's registrations by segment: half compact and saloon, a third SUVs (ACEA), the rest assumed: motorbikes mostly have spots of their own. */
export const townVehicles: readonly ShapeName[] = [
	...["hatchback", "hatchback", "hatchback", "saloon", "saloon", "saloon", "suv", "suv", "suv", "van"],
	...["hatchback", "hatchback", "saloon", "saloon", "suv", "suv", "suv", "sports", "van", "saloon"],
	...["hatchback", "hatchback", "hatchback", "saloon", "saloon", "saloon", "suv", "suv", "suv", "van"],
	...["hatchback", "hatchback", "saloon", "saloon", "suv", "suv", "suv", "sports", "van", "motorbike"],
] as ShapeName[];

const minuteMs = 60_000;

export interface TrafficOptions {
	/** From one arrival at a spot to the next, mean, min. */
	cycleMin: number;
	/** Share of the time that a spot is taken, by the hour of the day; 0.5 when left out. */
	shareAt?: (hour: number) => number;
	vehicles?: readonly ShapeName[];
	/** How the spots are when the board is put up: by chance when left out. */
	first?: "free" | "occupied";
}

/** Vehicles come, stay and go at walking pace. Driving in or out takes 3 to 12 s (assumed: 6 m at 0.5 to 2 m/s). */
export function traffic({ cycleMin, shareAt = () => 0.5, vehicles = townVehicles, first }: TrafficOptions): Effect {
	return {
		name: "traffic",
		apply: ({ spots, hourAt }) => {
			for (const { habits } of spots) {
				habits.cycleMs = cycleMin * minuteMs;
				habits.shareAt = (atMs) => shareAt(hourAt(atMs));
				habits.vehicles = vehicles;
				habits.taken = first === undefined ? undefined : first === "occupied";
			}
		},
	};
}

/** Share of the time that a spot near offices is taken: empty nights, full from 9 to 17, a few come in the evening (assumed from what commuters do). */
export function officeShare(hour: number): number {
	if (hour < 6 || hour >= 22) return 0.05;
	if (hour < 9) return 0.05 + 0.28 * (hour - 6);
	return hour < 17 ? 0.9 : Math.max(0.05, 0.9 - 0.2 * (hour - 17));
}

/** The same near a shop: open from 8 to 20, fullest before supper (assumed). */
export function shopShare(hour: number): number {
	if (hour < 8 || hour >= 21) return 0.05;
	return hour < 16 ? 0.5 : 0.8;
}

/** Every other driver stops half way, backs up and corrects (share assumed; anybody can watch it). */
export function corrections(share = 0.5): Effect {
	return {
		name: "corrections",
		apply: ({ spots }) => {
			for (const { habits } of spots) habits.correctingShare = share;
		},
	};
}

/** Boot lids and tailgates are opened after arrivals and before departures, for up to a minute: a surface under the sensor rises by half a metre and is gone again. */
export function bootLids(share = 0.5): Effect {
	return {
		name: "bootLids",
		apply: ({ spots }) => {
			for (const { habits } of spots) habits.lidShare = share;
		},
	};
}

/** Sensors hang towards the head of their spots, over bonnets and windscreens. A slope of 30° throws the sound past the sensor: ratgdo tells people to aim at the roof or bonnet, not at the windscreen. */
export function overBonnets(): Effect {
	return along("overBonnets", 0.12, 0.45);
}

/** Sensors hang towards the lane, over rear windows and boots. */
export function overBoots(): Effect {
	return along("overBoots", 0.65, 0.9);
}

/** Sensors over that part of a vehicle, from its front (0) to its rear (1). */
function along(name: string, from: number, to: number): Effect {
	return {
		name,
		apply: ({ spots }) => {
			for (const { habits } of spots) {
				habits.restCm = ({ lengthCm }, random) => -lengthCm * between(random, from, to);
			}
		},
	};
}

/** Sensors hang aside of their spots' middle by 30 to 50 cm, where the beam catches roof edges and the neighbour's car (what a beam or a pipe leaves room for; assumed). */
export function offCentre(): Effect {
	return {
		name: "offCentre",
		apply: ({ spots }, random) => {
			const chance = random("aside");
			for (const spot of spots) spot.earAsideCm = between(chance, 30, 50);
		},
	};
}
