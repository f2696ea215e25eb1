/**
 * The store for one gateway without a database server: one SQLite file.
 * `node:sqlite` works in the calling thread: nothing else of this process runs while a batch is written.
 */
import { statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Counters, HistoryEntry } from "../contract/resources.ts";
import { noSpots } from "../lots/counters.ts";
import type { Batch, LotRecord, NewHistoryEntry, SpotRecord } from "../lots/records.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { DataFolder } from "./sqlite-folder.ts";
import { historyParameters, historySql, milliseconds } from "./sqlite-history.ts";
import { historyCodec, lotCodec, spotCodec } from "./sqlite-rows.ts";
import { createSchema, dropUnused, inspectDatabase } from "./sqlite-schema.ts";
import { type HistoryQuery, type LotVersion, StaleError, type Store, StoreError } from "./store.ts";

/** How long a write waits for another program's transaction, in ms. The whole gateway stands still meanwhile. */
export const busyTimeoutMs = 250;

/**
 * Pages in the write-ahead log before they are copied into the file. Commits touch the same pages again and again, and each is
 * copied once: SQLite's own 1000 copies them so often that a commit takes twice as long. Of 4 KB each.
 */
const checkpointPages = 8000;

/** Pages kept in memory, in KiB: those that a large commit touches. With SQLite's own 2000 they are written and read again within it. */
const cacheKib = 16_000;

/**
 * What names a spot comes first and never changes; SQLite would take it out of its indexes and put it back.
 * The marks have no numbers: for those that have, each value is searched among all of them.
 */
const [spotIdColumn, lotIdColumn, ...spotChanges] = spotCodec.columns;

const counterNames = Object.keys(noSpots()) as (keyof Counters)[];

const marks = (columns: readonly string[]) => columns.map(() => "?").join(", ");

/**
 * Opens the database file of a folder that is held, makes its tables if it has none, and reads through it once.
 * @throws StoreError STORE_DAMAGED, STORE_NEWER, STORE_UNWRITABLE, …
 */
export function openDatabase(folder: DataFolder): DatabaseSync {
	const path = folder.databasePath;
	folder.checkDatabaseFile();
	let database: DatabaseSync | undefined;
	try {
		database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
		// Looked at before anything is set: a file of another program stays as it is.
		const found = inspectDatabase(database, path);
		if (found === "empty" && folder.hasHeldData) throw folder.lostData("without tables");
		// fullfsync: on macOS a plain fsync leaves the data in the drive's cache. No effect elsewhere.
		database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;");
		database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA cache_size = -${cacheKib}`);
		if (found === "empty") createSchema(database);
		else database.exec(dropUnused);
		return database;
	} catch (error) {
		database?.close();
		throw toStoreError("open", path, error);
	}
}

export class SqliteStore implements Store {
	readonly kind = "sqlite";
	readonly #folder: DataFolder;
	readonly #database: DatabaseSync;
	readonly #inode: bigint;
	readonly #begin: StatementSync;
	readonly #commit: StatementSync;
	readonly #rollback: StatementSync;
	readonly #putLot: StatementSync;
	readonly #moveLot: StatementSync;
	readonly #removeLot: StatementSync;
	readonly #makeSpot: StatementSync;
	readonly #replaceSpot: StatementSync;
	readonly #findSpot: StatementSync;
	readonly #removeSpot: StatementSync;
	readonly #addHistory: StatementSync;
	readonly #countTables: StatementSync;
	/** By their text; at most 16. */
	readonly #historyQueries = new Map<string, StatementSync>();

	/** Takes over both, and closes them in {@link close}. Use {@link SqliteStore.open} unless you have them already. */
	constructor({ folder, database }: { folder: DataFolder; database: DatabaseSync }) {
		this.#folder = folder;
		this.#database = database;
		this.#inode = statSync(folder.databasePath, { bigint: true }).ino;
		this.#begin = database.prepare("BEGIN IMMEDIATE");
		this.#commit = database.prepare("COMMIT");
		this.#rollback = database.prepare("ROLLBACK");
		this.#putLot = database.prepare(
			`INSERT INTO parking_lots (${lotCodec.columns}) VALUES (${marks(lotCodec.columns)})
			ON CONFLICT (lot_id) DO UPDATE SET ${lotCodec.columns.map((column) => `${column} = excluded.${column}`)}`,
		);
		this.#moveLot = database.prepare(
			`UPDATE parking_lots SET lot_version = lot_version + ?, ${counterNames.map((name) => `${name} = ${name} + ?`)}
			WHERE lot_id = ?`,
		);
		this.#removeLot = database.prepare("DELETE FROM parking_lots WHERE lot_id = ?");
		this.#makeSpot = database.prepare(
			`INSERT INTO parking_spots (${spotCodec.columns}) VALUES (${marks(spotCodec.columns)})
			ON CONFLICT (lot_id, spot_id) DO NOTHING`,
		);
		this.#replaceSpot = database.prepare(
			`UPDATE parking_spots SET ${spotChanges.map((column) => `${column} = ?`)}
			WHERE ${spotIdColumn} = ? AND ${lotIdColumn} = ? AND version = ?`,
		);
		this.#findSpot = database.prepare("SELECT * FROM parking_spots WHERE lot_id = ? AND spot_id = ?");
		this.#removeSpot = database.prepare("DELETE FROM parking_spots WHERE lot_id = ? AND spot_id = ?");
		this.#addHistory = database.prepare(
			`INSERT INTO parking_history (${historyCodec.columns}, timestamp_ms) VALUES (${marks(historyCodec.columns)}, ?)
			ON CONFLICT (board_id, boot, seq) WHERE board_id IS NOT NULL DO NOTHING`,
		);
		this.#countTables = database.prepare("SELECT count(*) FROM sqlite_schema");
	}

	/**
	 * Opens `parkmate.db` in `dataDir`, and makes folder and file if they are missing.
	 * @throws StoreError STORE_LOCKED (another gateway has it), STORE_DAMAGED, STORE_NEWER, STORE_UNWRITABLE, …
	 */
	static async open({ dataDir }: { dataDir: string }): Promise<SqliteStore> {
		const folder = DataFolder.take(dataDir);
		try {
			const store = new SqliteStore({ folder, database: openDatabase(folder) });
			store.#markIfHolding();
			return store;
		} catch (error) {
			folder.release();
			throw error;
		}
	}

	async load(): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		return this.#do("read", () => ({
			lots: this.#database
				.prepare("SELECT * FROM parking_lots ORDER BY lot_id")
				.all()
				.map((row) => lotCodec.decode(row)),
			spots: this.#database
				.prepare("SELECT * FROM parking_spots ORDER BY lot_id, position, spot_id")
				.all()
				.map((row) => spotCodec.decode(row)),
		}));
	}

	async loadLots(lotIds: string[]): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		const wanted = new Set(lotIds);
		const { lots, spots } = await this.load();
		return {
			lots: lots.filter(({ lot_id }) => wanted.has(lot_id)),
			spots: spots.filter(({ lot_id }) => wanted.has(lot_id)),
		};
	}

	async lotVersions(): Promise<LotVersion[]> {
		return (await this.load()).lots.map(({ lot_id, lot_version }) => ({ lot_id, lot_version }));
	}

	/** The folder is held by this gateway alone, and so is every lease. */
	async holdLease(_name: string, _holder: string, _ms: number): Promise<boolean> {
		return this.#do("read", () => true);
	}

	/**
	 * See {@link Store.commit}. Order within the batch: removals, lots and their moves, spots, history.
	 *
	 * Repeating: a batch is one transaction, so where the store already holds each of its spots in exactly this version and
	 * content, all of it was written before, and nothing more is done. A batch without spots is simply written again.
	 */
	async commit(batch: Batch): Promise<void> {
		this.#do("write", () => {
			try {
				this.#write(batch);
			} catch (error) {
				if (!(error instanceof StaleError) || !this.#holds(batch)) throw error;
			}
			if (batch.lots.length > 0) this.#folder.markHeld();
		});
	}

	async history(query: HistoryQuery): Promise<HistoryEntry[]> {
		return this.#do("read", () => {
			const parameters = historyParameters(query);
			const sql = historySql(query);
			let statement = this.#historyQueries.get(sql);
			if (statement === undefined) {
				statement = this.#database.prepare(sql);
				this.#historyQueries.set(sql, statement);
			}
			return statement.all(...parameters).map((row) => ({ id: String(row.id), ...historyCodec.decode(row) }));
		});
	}

	async hasHeldData(): Promise<boolean> {
		return this.#do("read", () => this.#folder.hasHeldData);
	}

	async ping(): Promise<void> {
		this.#do("read", () => this.#countTables.get());
	}

	async close(): Promise<void> {
		if (this.#database.isOpen) this.#database.close();
		this.#folder.release();
	}

	#write(batch: Batch): void {
		this.#begin.run();
		try {
			for (const lotId of batch.removedLots) this.#removeLot.run(lotId);
			for (const { lot_id, spot_id } of batch.removedSpots) this.#removeSpot.run(lot_id, spot_id);
			for (const lot of batch.lots) this.#putLot.run(...lotCodec.encode(lot));
			for (const { lot_id, steps, counters } of batch.moves) {
				this.#moveLot.run(steps, ...counterNames.map((name) => counters[name]), lot_id);
			}
			for (const spot of batch.spots) this.#writeSpot(spot);
			for (const entry of batch.history) this.#writeHistory(entry);
			this.#commit.run();
		} catch (error) {
			// SQLite has rolled back by itself after some errors (a full disk), not after others.
			if (this.#database.isTransaction) this.#rollback.run();
			throw error;
		}
	}

	#writeSpot(spot: SpotRecord): void {
		const values = spotCodec.encode(spot);
		const [spotId = null, lotId = null, ...changed] = values;
		const { changes } =
			spot.version === 1
				? this.#makeSpot.run(...values)
				: this.#replaceSpot.run(...changed, spotId, lotId, spot.version - 1);
		if (changes === 0) throw new StaleError(spot.lot_id, spot.spot_id, spot.version);
	}

	#writeHistory(entry: NewHistoryEntry): void {
		this.#addHistory.run(...historyCodec.encode(entry), milliseconds("timestamp", entry.timestamp));
	}

	/** True when the store holds every spot of the batch as the batch leaves it. */
	#holds(batch: Batch): boolean {
		const last = new Map(batch.spots.map((spot) => [`${spot.lot_id}/${spot.spot_id}`, spot]));
		return [...last.values()].every((spot) => {
			const row = this.#findSpot.get(spot.lot_id, spot.spot_id);
			return row !== undefined && spotCodec.matches(row, spot);
		});
	}

	/** A file that was copied here without its marker, or whose first commit was cut short before the mark, gets it now. */
	#markIfHolding(): void {
		this.#do("read", () => {
			const holds = "SELECT EXISTS (SELECT 1 FROM parking_lots) OR EXISTS (SELECT 1 FROM parking_history) AS holds";
			if (this.#database.prepare(holds).get()?.holds === 1) this.#folder.markHeld();
		});
	}

	/** Runs `action`; its errors, and a file that is not where it was, become StoreErrors. */
	#do<T>(what: "read" | "write", action: () => T): T {
		const path = this.#folder.databasePath;
		if (!this.#database.isOpen) throw new StoreError("STORE_CLOSED", `can't ${what} ${path}: the store is closed`);
		try {
			// SQLite would go on writing to a file that was moved or deleted, and all of that would be gone at the next start.
			if (statSync(path, { bigint: true, throwIfNoEntry: false })?.ino !== this.#inode) {
				throw new StoreError("STORE_MOVED", `${path} was moved or replaced while in use: put it back, or restart`);
			}
			return action();
		} catch (error) {
			throw toStoreError(what, path, error);
		}
	}
}
