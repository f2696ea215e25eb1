/** What a lot went through in a span of time, from its history. Pure. */
import type { SpotState } from "../../firmware/messages.ts";
import type { HistoryEntry, OccupancyPoint, Stats } from "../contract/resources.ts";
import { count, moved } from "./counters.ts";

/** Points of an occupancy line; more would fall on the same pixel. */
export const maxPoints = 400;

/** occupied ÷ known spots, 0 to 1; null where no spot is known. */
export function occupancyRate(counts: { available_spots: number; occupied_spots: number }): number | null {
	const known = counts.available_spots + counts.occupied_spots;
	return known === 0 ? null : Math.round((counts.occupied_spots / known) * 1e4) / 1e4;
}

/**
 * Statistics of `from` to `to` (ISO 8601), given the spots as they are now and all entries from `from` until now, in any order.
 * States between entries are found by walking back from now.
 */
export function statistics(input: {
	lot_id: string;
	spots: readonly { spot_id: string; state: SpotState }[];
	entries: readonly HistoryEntry[];
	from: string;
	to: string;
}): Stats {
	const { from, to } = input;
	const entries = [...input.entries].sort((a, b) => compare(a.timestamp, b.timestamp) || Number(a.id) - Number(b.id));
	const inside = entries.filter((entry) => entry.timestamp >= from && entry.timestamp < to);
	const points = occupancy(input.spots, entries, from, to);
	const now = count(input.spots.map((spot) => spot.state));
	return {
		lot_id: input.lot_id,
		...now,
		occupancy_rate: occupancyRate(now),
		from,
		to,
		...traffic(inside),
		busiest: busiest(points),
		overrides: inside.filter((entry) => entry.action === "set").length,
		occupancy: thin(points, from, to),
	};
}

function occupancy(
	spots: readonly { spot_id: string; state: SpotState }[],
	entries: readonly HistoryEntry[],
	from: string,
	to: string,
): OccupancyPoint[] {
	const states = new Map(spots.map((spot) => [spot.spot_id, spot.state]));
	let counters = count(states.values());
	const points: OccupancyPoint[] = [];
	const put = (spotId: string, state: SpotState): void => {
		const before = states.get(spotId);
		if (before === undefined) return; // removed since: it is in none of the counts
		counters = moved(counters, before, state);
		states.set(spotId, state);
	};
	for (const entry of entries.toReversed()) {
		put(entry.spot_id, entry.state);
		if (entry.timestamp >= from && entry.timestamp < to && points.at(-1)?.timestamp !== entry.timestamp) {
			points.push(point(entry.timestamp, counters));
		}
		put(entry.spot_id, entry.previous_state);
	}
	if (points.at(-1)?.timestamp !== from) points.push(point(from, counters));
	return points.reverse();
}

function point(timestamp: string, counts: Omit<OccupancyPoint, "timestamp">): OccupancyPoint {
	const { available_spots, occupied_spots, unknown_spots } = counts;
	return { timestamp, available_spots, occupied_spots, unknown_spots };
}

/** A car came where a sensor that said free says occupied, and left where it is the other way round. Words after unknown are neither. */
function traffic(entries: readonly HistoryEntry[]): { arrivals: number; departures: number } {
	const before = new Map<string, string>();
	let arrivals = 0;
	let departures = 0;
	for (const entry of entries) {
		if (entry.source !== "sensor") continue;
		const previous = before.get(entry.spot_id) ?? entry.previous_state;
		if (previous === "free" && entry.sensor_state === "occupied") arrivals++;
		if (previous === "occupied" && entry.sensor_state === "free") departures++;
		before.set(entry.spot_id, entry.sensor_state);
	}
	return { arrivals, departures };
}

/** The highest rate while at least half of the spots were known: a few sensors that speak first say little of a lot. */
function busiest(points: readonly OccupancyPoint[]): Stats["busiest"] {
	let found: Stats["busiest"] = null;
	for (const item of points) {
		const rate = item.unknown_spots > item.available_spots + item.occupied_spots ? null : occupancyRate(item);
		if (rate !== null && rate > (found?.occupancy_rate ?? 0)) {
			found = { occupancy_rate: rate, timestamp: item.timestamp };
		}
	}
	return found;
}

/** At most {@link maxPoints}: the last one of each equal stretch of time. */
function thin(points: OccupancyPoint[], from: string, to: string): OccupancyPoint[] {
	if (points.length <= maxPoints) return points;
	const start = Date.parse(from);
	const stretch = (Date.parse(to) - start) / maxPoints;
	const kept = new Map<number, OccupancyPoint>();
	for (const item of points) {
		kept.set(Math.min(maxPoints - 1, Math.floor((Date.parse(item.timestamp) - start) / stretch)), item);
	}
	return [...kept.values()];
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
