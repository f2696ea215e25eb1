/** The tables of `parkmate.db` and how an empty file gets them. */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "./store.ts";

/** Kept in `PRAGMA user_version`. */
export const schemaVersion = 1;

/** "PKMT", kept in `PRAGMA application_id`: tells our files from other programs' databases. */
const applicationId = 0x504b4d54;

/*
 * The reference design's fields come first in each table, ours after them.
 * History stays when a lot or spot goes, so it refers to neither. `timestamp_ms` is `timestamp` as a number: texts with
 * different zones or fractions don't sort. SQLite ends every index with the row's id, so (lot_id) is also lot by id.
 * There is no (lot_id, spot_id) for a spot by id: a thousand spots make a thousand pages to write, and one spot's entries are few enough to sort.
 */
const version1 = `
	CREATE TABLE parking_lots (
		lot_id TEXT PRIMARY KEY NOT NULL,
		name TEXT NOT NULL,
		address TEXT NOT NULL,
		total_spots INTEGER NOT NULL,
		occupied_spots INTEGER NOT NULL,
		available_spots INTEGER NOT NULL,
		price_per_hour REAL NOT NULL,
		reserved_spots INTEGER NOT NULL,
		unknown_spots INTEGER NOT NULL,
		currency TEXT NOT NULL,
		time_zone TEXT NOT NULL,
		lot_version INTEGER NOT NULL,
		created_at TEXT NOT NULL
	) STRICT;

	CREATE TABLE parking_spots (
		spot_id TEXT NOT NULL,
		lot_id TEXT NOT NULL REFERENCES parking_lots (lot_id) ON DELETE CASCADE,
		occupied INTEGER NOT NULL CHECK (occupied IN (0, 1)),
		distance REAL,
		manual_override INTEGER NOT NULL CHECK (manual_override IN (0, 1)),
		last_update TEXT,
		label TEXT,
		zone TEXT,
		state TEXT NOT NULL,
		since TEXT NOT NULL,
		sensor_occupied INTEGER CHECK (sensor_occupied IN (0, 1)),
		sensor_state TEXT NOT NULL,
		confidence REAL,
		reason TEXT,
		override TEXT,
		board_id TEXT,
		last_heard TEXT,
		position INTEGER NOT NULL,
		cursors TEXT NOT NULL,
		topic_form TEXT,
		last_event TEXT,
		version INTEGER NOT NULL,
		PRIMARY KEY (lot_id, spot_id)
	) STRICT;
	CREATE INDEX parking_spots_spot_id ON parking_spots (spot_id);

	CREATE TABLE parking_history (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		spot_id TEXT NOT NULL,
		lot_id TEXT NOT NULL,
		occupied INTEGER NOT NULL CHECK (occupied IN (0, 1)),
		timestamp TEXT NOT NULL,
		timestamp_ms INTEGER NOT NULL,
		state TEXT NOT NULL,
		previous_state TEXT NOT NULL,
		sensor_state TEXT NOT NULL,
		source TEXT NOT NULL,
		distance REAL,
		received_at TEXT NOT NULL,
		reported_at TEXT,
		board_id TEXT,
		boot INTEGER,
		seq INTEGER,
		action TEXT,
		override TEXT
	) STRICT;
	CREATE INDEX parking_history_lot ON parking_history (lot_id);
	CREATE INDEX parking_history_spot_timestamp ON parking_history (lot_id, spot_id, timestamp_ms);
	CREATE INDEX parking_history_lot_timestamp ON parking_history (lot_id, timestamp_ms);
	CREATE UNIQUE INDEX parking_history_report ON parking_history (board_id, boot, seq) WHERE board_id IS NOT NULL;
`;

function pragmaNumber(database: DatabaseSync, name: "application_id" | "user_version"): number {
	return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

/**
 * Finds out whose file this is, and reads through it once; writes nothing.
 * @returns "empty" for a database without tables, "ours" for one of this version.
 * @throws StoreError STORE_NEWER, STORE_DAMAGED (another program's, or inconsistent); and whatever SQLite throws at damage.
 */
export function inspectDatabase(database: DatabaseSync, path: string): "empty" | "ours" {
	const version = pragmaNumber(database, "user_version");
	const application = pragmaNumber(database, "application_id");
	const tables = Number(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables);
	if (tables === 0 && application === 0 && version === 0) return "empty";
	if (application !== applicationId || tables === 0) {
		const advice = "move it away, or give the gateway another DATA_DIR";
		throw new StoreError("STORE_DAMAGED", `${path} is a database, but not one of ParkMate's: ${advice}`);
	}
	if (version > schemaVersion) {
		throw new StoreError(
			"STORE_NEWER",
			`${path} has schema version ${version}, expected at most ${schemaVersion}: a newer ParkMate wrote it; run that one`,
		);
	}
	const finding = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
	if (finding !== "ok") {
		throw new StoreError("STORE_DAMAGED", `${path} is damaged (${finding}): put it back from a backup`);
	}
	return "ours";
}

/** What files of this version may still have and nobody uses. */
export const dropUnused = "DROP INDEX IF EXISTS parking_history_spot";

/** Makes the tables in an empty database, all or none. */
export function createSchema(database: DatabaseSync): void {
	database.exec(`
		BEGIN IMMEDIATE;
		${version1}
		PRAGMA application_id = ${applicationId};
		PRAGMA user_version = ${schemaVersion};
		COMMIT;
	`);
}
