import { describe, expect, test } from "vitest";
import type { HistoryEntry } from "../../../gateway/contract/resources.ts";
import { maxPoints, occupancyRate, statistics } from "../../../gateway/lots/statistics.ts";
import { noon } from "../books.ts";

const iso = (ms: number) => new Date(ms).toISOString();
const minute = 60_000;

function entry(
	id: number,
	minutes: number,
	spot_id: string,
	from: string,
	to: string,
	more: Partial<HistoryEntry> = {},
): HistoryEntry {
	return {
		id: String(id),
		lot_id: "LOT001",
		spot_id,
		occupied: to === "occupied",
		state: to as HistoryEntry["state"],
		previous_state: from as HistoryEntry["state"],
		sensor_state: to as HistoryEntry["sensor_state"],
		source: "sensor",
		distance: null,
		timestamp: iso(noon + minutes * minute),
		received_at: iso(noon + minutes * minute),
		reported_at: null,
		board_id: null,
		boot: null,
		seq: null,
		action: null,
		override: null,
		...more,
	};
}

const two = (a: HistoryEntry["state"], b: HistoryEntry["state"]) => [
	{ spot_id: "A", state: a },
	{ spot_id: "B", state: b },
];

describe("statistics", () => {
	const span = { lot_id: "LOT001", from: iso(noon), to: iso(noon + 60 * minute) };

	test("walk back from now to find the counts at the start and at each change", () => {
		const entries = [
			entry(1, 10, "A", "free", "occupied"),
			entry(2, 20, "B", "free", "occupied"),
			entry(3, 30, "A", "occupied", "free"),
		];
		const stats = statistics({ ...span, spots: two("free", "occupied"), entries });
		expect(stats.occupancy.map((point) => [point.timestamp, point.occupied_spots])).toEqual([
			[iso(noon), 0],
			[iso(noon + 10 * minute), 1],
			[iso(noon + 20 * minute), 2],
			[iso(noon + 30 * minute), 1],
		]);
		expect(stats).toMatchObject({ arrivals: 2, departures: 1, occupancy_rate: 0.5 });
		expect(stats.busiest).toEqual({ occupancy_rate: 1, timestamp: iso(noon + 20 * minute) });
	});

	test("leave changes after the span out of it but undo them", () => {
		const entries = [entry(1, 10, "A", "free", "occupied"), entry(2, 90, "A", "occupied", "free")];
		const stats = statistics({ ...span, spots: two("free", "free"), entries });
		expect(stats.occupancy.at(-1)).toMatchObject({ occupied_spots: 1 });
		expect(stats).toMatchObject({ arrivals: 1, departures: 0 });
	});

	test("count no arrival for a sensor's first word", () => {
		const entries = [entry(1, 10, "A", "unknown", "occupied")];
		expect(statistics({ ...span, spots: two("occupied", "free"), entries })).toMatchObject({ arrivals: 0 });
	});

	test("count arrivals by the sensor while an override holds", () => {
		const held = { state: "reserved", previous_state: "reserved" } as const;
		const entries = [
			entry(1, 5, "A", "occupied", "free", held),
			entry(2, 10, "A", "free", "occupied", held),
			entry(3, 20, "A", "occupied", "free", held),
		];
		expect(statistics({ ...span, spots: two("reserved", "free"), entries })).toMatchObject({
			arrivals: 1,
			departures: 1,
		});
	});

	test("of a lot without any known spot have no rate", () => {
		const stats = statistics({ ...span, spots: two("unknown", "unknown"), entries: [] });
		expect(stats).toMatchObject({ occupancy_rate: null, busiest: null, unknown_spots: 2 });
		expect(occupancyRate({ available_spots: 3, occupied_spots: 1 })).toBe(0.25);
	});

	test("take no busiest moment from a time when most spots were unknown", () => {
		const spots = [...two("free", "occupied"), { spot_id: "C", state: "free" as const }];
		const entries = [
			entry(1, 10, "B", "unknown", "occupied"),
			entry(2, 20, "A", "unknown", "free"),
			entry(3, 30, "C", "unknown", "free"),
		];
		const stats = statistics({ ...span, spots, entries });
		expect(stats.busiest).toEqual({ occupancy_rate: 0.5, timestamp: iso(noon + 20 * minute) });
	});

	test("give a bounded line that ends as it is now", () => {
		const entries = Array.from({ length: 3000 }, (_, i) =>
			entry(i, i / 60, "A", i % 2 === 0 ? "free" : "occupied", i % 2 === 0 ? "occupied" : "free"),
		);
		const stats = statistics({ ...span, spots: two("free", "free"), entries });
		expect(stats.occupancy.length).toBeLessThanOrEqual(maxPoints);
		expect(stats.occupancy.at(-1)).toMatchObject({ occupied_spots: 0, available_spots: 2 });
		expect(stats.arrivals).toBe(1500);
	});
});
