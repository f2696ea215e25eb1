/** Which spots the table shows, and in which order. Pure. */
import type { Spot } from "../../../gateway/contract/resources.ts";
import { inNaturalOrder } from "../spots.ts";
import { type Alarms, needOf } from "./judge.ts";

export const filters = ["all", "needs", "overrides", "free", "occupied", "reserved", "unknown"] as const;
export type Filter = (typeof filters)[number];

export const sorts = ["default", "spot", "state", "since", "sensor", "heard"] as const;
export type Sort = (typeof sorts)[number];

export interface Wanted {
	filter: Filter;
	/** Part of a label, an id, a zone or a reason; empty for all. */
	query: string;
	sort: Sort;
	isDescending: boolean;
}

/** Whether the filter lets the spot through at `nowMs`. */
export function passes(spot: Spot, filter: Filter, nowMs: number, alarms: Alarms): boolean {
	switch (filter) {
		case "all":
			return true;
		case "needs":
			return needOf(spot, nowMs, alarms) !== null;
		case "overrides":
			return spot.manual_override;
		default:
			return spot.state === filter;
	}
}

/** What decides a spot's place, short of its number: equal texts stay together. */
export function placeOf(spot: Spot, wanted: Wanted, nowMs: number, alarms: Alarms): string {
	switch (wanted.sort) {
		case "default":
			return needOf(spot, nowMs, alarms) !== null ? "0" : spot.manual_override ? "1" : "2";
		case "spot":
			return "";
		case "state":
			return spot.state;
		case "since":
			return spot.since;
		case "sensor":
			return spot.sensor_state;
		case "heard":
			return spot.last_update ?? "";
	}
}

/** The ids of the wanted spots in the wanted order, each with what decided its place. */
export function inOrder(
	spots: readonly Spot[],
	labels: ReadonlyMap<string, string>,
	wanted: Wanted,
	nowMs: number,
	alarms: Alarms,
): Map<string, string> {
	const query = wanted.query.trim().toLocaleLowerCase();
	const matches = (spot: Spot) =>
		[labels.get(spot.spot_id), spot.spot_id, spot.zone, spot.override?.reason, spot.override?.by].some((text) =>
			text?.toLocaleLowerCase().includes(query),
		);
	const places = spots
		.filter((spot) => passes(spot, wanted.filter, nowMs, alarms) && (query === "" || matches(spot)))
		.map((spot) => [spot.spot_id, placeOf(spot, wanted, nowMs, alarms)] as const);
	const direction = wanted.isDescending ? -1 : 1;
	places.sort(([idA, a], [idB, b]) => direction * (a < b ? -1 : a > b ? 1 : inNaturalOrder(idA, idB)));
	return new Map(places);
}

/** How many rows stand where they would not stand if they were sorted again. */
export function movedCount(shown: ReadonlyMap<string, string>, fresh: ReadonlyMap<string, string>): number {
	const ids = new Set([...shown.keys(), ...fresh.keys()]);
	return [...ids].filter((id) => shown.get(id) !== fresh.get(id)).length;
}
