import { DatabaseSync } from "node:sqlite";
import { lotId, spotId } from "../site.ts";
import type { Size, Tables } from "./tables.ts";

/** In the file at `path`, as safe as the gateway's: what is written survives a power cut. */
export function sqliteTables(path: string, { lots, spotsPerLot }: Size): Tables {
	const database = new DatabaseSync(path);
	database.exec(`
		PRAGMA journal_mode = WAL;
		PRAGMA synchronous = FULL;
		CREATE TABLE parking_lots (
			lot_id TEXT PRIMARY KEY, name TEXT, address TEXT, total_spots INTEGER, occupied_spots INTEGER, available_spots INTEGER,
			price_per_hour REAL
		);
		CREATE TABLE parking_spots (
			id INTEGER PRIMARY KEY, spot_id TEXT, lot_id TEXT, occupied INTEGER, distance REAL, manual_override INTEGER, last_update TEXT
		);
		CREATE INDEX spots_spot_id ON parking_spots (spot_id);
		CREATE INDEX spots_lot_id ON parking_spots (lot_id);
		CREATE TABLE parking_history (id INTEGER PRIMARY KEY, spot_id TEXT, lot_id TEXT, occupied INTEGER, timestamp TEXT);
		CREATE INDEX history_timestamp ON parking_history (timestamp);
	`);
	database.exec("BEGIN");
	const makeLot = database.prepare("INSERT INTO parking_lots VALUES (?, ?, '', ?, 0, ?, 2)");
	const makeSpot = database.prepare("INSERT INTO parking_spots VALUES (NULL, ?, ?, 0, NULL, 0, NULL)");
	for (let lot = 0; lot < lots; lot++) {
		makeLot.run(lotId(lot), lotId(lot), spotsPerLot, spotsPerLot);
		for (let spot = 0; spot < spotsPerLot; spot++) makeSpot.run(spotId(spot), lotId(lot));
	}
	database.exec("COMMIT");
	const findSpot = database.prepare("SELECT * FROM parking_spots WHERE spot_id = ? AND lot_id = ?");
	const updateSpot = database.prepare(
		"UPDATE parking_spots SET occupied = ?, distance = ?, last_update = ? WHERE id = ?",
	);
	const insertHistory = database.prepare("INSERT INTO parking_history VALUES (NULL, ?, ?, ?, ?)");
	const recount = database.prepare(`
		UPDATE parking_lots SET
			occupied_spots = (SELECT count(*) FROM parking_spots WHERE lot_id = ?1 AND occupied = 1),
			available_spots = (SELECT count(*) FROM parking_spots WHERE lot_id = ?1 AND occupied = 0)
		WHERE lot_id = ?1
	`);
	return {
		findSpot: async (spotId, lotId) => {
			const spot = findSpot.get(spotId, lotId);
			return spot === undefined ? null : { id: spot.id, overruled: spot.manual_override === 1 };
		},
		updateSpot: async ({ id }, occupied, distance, now) => {
			updateSpot.run(Number(occupied), distance, now, Number(id));
		},
		insertHistory: async (spotId, lotId, occupied, now) => {
			insertHistory.run(spotId, lotId, Number(occupied), now);
		},
		recount: async (lotId) => {
			recount.run(lotId);
		},
	};
}
