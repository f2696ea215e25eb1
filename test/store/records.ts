/** Records for tests: complete, valid, and different only in what a test says. */
import type { Batch, LotRecord, NewHistoryEntry, SpotRecord } from "../../gateway/lots/records.ts";

export const noon = "2026-05-04T12:00:00.000Z";

/** `ms` after noon, ISO 8601. */
export function later(ms: number): string {
	return new Date(Date.parse(noon) + ms).toISOString();
}

export function aLot(lotId = "LOT001", changes: Partial<LotRecord> = {}): LotRecord {
	return {
		lot_id: lotId,
		name: "Central Parking Tower",
		address: "1 Main Street",
		price_per_hour: 2.5,
		currency: "EUR",
		time_zone: "Europe/Berlin",
		total_spots: 20,
		available_spots: 15,
		occupied_spots: 4,
		reserved_spots: 1,
		unknown_spots: 1,
		lot_version: 7,
		created_at: noon,
		...changes,
	};
}

export function aSpot(lotId = "LOT001", spotId = "SPOT001", changes: Partial<SpotRecord> = {}): SpotRecord {
	return {
		spot_id: spotId,
		lot_id: lotId,
		label: null,
		zone: null,
		occupied: false,
		state: "unknown",
		since: noon,
		distance: null,
		sensor_occupied: null,
		sensor_state: "unknown",
		confidence: null,
		reason: null,
		manual_override: false,
		override: null,
		board_id: null,
		last_heard: null,
		last_update: null,
		position: 0,
		cursors: [],
		topic_form: null,
		last_event: null,
		version: 1,
		...changes,
	};
}

/** A spot with every field that can be null set. */
export function aBusySpot(lotId = "LOT001", spotId = "SPOT002", changes: Partial<SpotRecord> = {}): SpotRecord {
	return aSpot(lotId, spotId, {
		label: "Level 2, 14",
		zone: "P2",
		occupied: true,
		state: "reserved",
		distance: 35.25,
		sensor_occupied: true,
		sensor_state: "occupied",
		confidence: 0.97,
		reason: "echo",
		manual_override: true,
		override: { occupied: true, reserved: true, until: later(60_000), reason: "for Ada", by: "owner", at: noon },
		board_id: "board-1",
		last_heard: noon,
		last_update: noon,
		position: 1,
		cursors: [
			{ board_id: "board-1", boot: 3, seq: 17 },
			{ board_id: "board-0", boot: 1, seq: 2 ** 40 },
		],
		topic_form: "long",
		last_event: noon,
		...changes,
	});
}

export function anEntry(changes: Partial<NewHistoryEntry> = {}): NewHistoryEntry {
	return {
		lot_id: "LOT001",
		spot_id: "SPOT001",
		occupied: true,
		state: "occupied",
		previous_state: "free",
		sensor_state: "occupied",
		source: "sensor",
		distance: 35,
		timestamp: noon,
		received_at: noon,
		reported_at: null,
		board_id: null,
		boot: null,
		seq: null,
		action: null,
		override: null,
		...changes,
	};
}

export function aBatch(changes: Partial<Batch> = {}): Batch {
	return { lots: [], moves: [], spots: [], removedLots: [], removedSpots: [], history: [], ...changes };
}
