import type { SpotState } from "../../firmware/messages.ts";
import type { Counters } from "../contract/resources.ts";

/** A lot without spots. */
export function noSpots(): Counters {
	return { total_spots: 0, available_spots: 0, occupied_spots: 0, reserved_spots: 0, unknown_spots: 0 };
}

/** Counts spots by their effective state. total = available + occupied + unknown; occupied includes reserved. */
export function count(states: Iterable<SpotState>): Counters {
	const counters = noSpots();
	for (const state of states) add(counters, state, 1);
	return counters;
}

/** The counters after one spot went from one state to another; null stands for a spot that is not there. */
export function moved(counters: Counters, from: SpotState | null, to: SpotState | null): Counters {
	const next: Counters = {
		total_spots: counters.total_spots,
		available_spots: counters.available_spots,
		occupied_spots: counters.occupied_spots,
		reserved_spots: counters.reserved_spots,
		unknown_spots: counters.unknown_spots,
	};
	if (from !== null) add(next, from, -1);
	if (to !== null) add(next, to, 1);
	return next;
}

function add(counters: Counters, state: SpotState, by: 1 | -1): void {
	counters.total_spots += by;
	switch (state) {
		case "free":
			counters.available_spots += by;
			return;
		case "reserved":
			counters.reserved_spots += by;
			counters.occupied_spots += by;
			return;
		case "occupied":
			counters.occupied_spots += by;
			return;
		case "unknown":
			counters.unknown_spots += by;
	}
}
