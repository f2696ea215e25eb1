/** The data folder: held by one gateway at a time, and it remembers that it has held data. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toStoreError } from "./sqlite-errors.ts";
import { StoreError } from "./store.ts";

const markerText = `This folder has held ParkMate's data, in parkmate.db. While this file is here, the gateway refuses
to start with an empty or missing parkmate.db. Remove it only to start anew without that data.
`;

/** Makes `path` itself survive a power cut, not only what is in it. Where folders can't be synced (Windows) they need not be. */
function syncFolder(path: string): void {
	if (process.platform === "win32") return;
	const folder = openSync(path, "r");
	try {
		fsyncSync(folder);
	} finally {
		closeSync(folder);
	}
}

function makeFolder(path: string): void {
	const first = mkdirSync(path, { recursive: true });
	if (first === undefined) return;
	for (let made = path; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made));
}

/** A data folder that this process holds until {@link DataFolder.release}; the system frees it even after kill -9. */
export class DataFolder {
	readonly path: string;
	readonly databasePath: string;
	readonly #markerPath: string;
	readonly #lock: DatabaseSync;
	#marked: boolean;

	private constructor(path: string, lock: DatabaseSync) {
		this.path = path;
		this.databasePath = join(path, "parkmate.db");
		this.#markerPath = join(path, "parkmate.marker");
		this.#lock = lock;
		this.#marked = statSync(this.#markerPath, { throwIfNoEntry: false }) !== undefined;
	}

	/**
	 * Makes the folder, with parents, if it is missing, and takes it.
	 * @throws StoreError STORE_UNWRITABLE; STORE_LOCKED when another process holds it.
	 */
	static take(path: string): DataFolder {
		try {
			makeFolder(path);
		} catch (error) {
			throw toStoreError("make the data folder", path, error);
		}
		// The system drops a process's file locks when it dies; a lock file with a pid in it would outlive a kill -9.
		// The pid has a file of its own, as reading the locked one through `fs` would drop this process's lock on it.
		const lockPath = join(path, "parkmate.lock");
		const pidPath = join(path, "parkmate.pid");
		let lock: DatabaseSync | undefined;
		try {
			lock = new DatabaseSync(lockPath);
			lock.exec("BEGIN EXCLUSIVE");
			writeFileSync(pidPath, `${process.pid}\n`);
			return new DataFolder(path, lock);
		} catch (error) {
			lock?.close();
			const storeError = toStoreError("take", lockPath, error);
			if (storeError.code !== "STORE_BUSY") throw storeError;
			const advice = "stop that one, give this one another DATA_DIR, or run both on MongoDB (MONGODB_URL)";
			const message = `${path} is in use by another gateway${holder(pidPath)}: ${advice}`;
			throw new StoreError("STORE_LOCKED", message, { cause: error });
		}
	}

	/** True once {@link markHeld} was called in this folder, in this process or an earlier one. */
	get hasHeldData(): boolean {
		return this.#marked;
	}

	/** Leaves the mark, durably. Throws what the file system throws. */
	markHeld(): void {
		if (this.#marked) return;
		writeFileSync(this.#markerPath, markerText, { flush: true });
		syncFolder(this.path);
		this.#marked = true;
	}

	/**
	 * Call before the database file is opened: SQLite takes an empty or missing file for a new database, and then
	 * deletes the write-ahead log beside it.
	 * @throws StoreError STORE_DAMAGED when data that was here is gone.
	 */
	checkDatabaseFile(): void {
		const size = statSync(this.databasePath, { throwIfNoEntry: false })?.size;
		// SQLite counts a file of one byte as empty, too.
		if (size !== undefined && size > 1) return;
		const log = statSync(`${this.databasePath}-wal`, { throwIfNoEntry: false });
		if (this.#marked) throw this.lostData(size === undefined ? "missing" : "empty");
		if (log !== undefined && log.size > 0)
			throw this.lostData(size === undefined ? "missing" : "empty", "parkmate.db-wal");
	}

	/** The error for a database that is `how`, while `witness` beside it says that it held data. */
	lostData(how: string, witness = "parkmate.marker"): StoreError {
		const remedy = `put it back from a backup, or remove ${witness} to start anew without that data`;
		const message = `${this.databasePath} is ${how}, but ${witness} beside it says that it has held data: ${remedy}`;
		return new StoreError("STORE_DAMAGED", message);
	}

	/** Twice is fine. */
	release(): void {
		if (!this.#lock.isOpen) return;
		rmSync(join(this.path, "parkmate.pid"), { force: true });
		this.#lock.close();
	}
}

/** Who holds the folder, as ` (process 123)`; empty when that can't be told. The holder may be about to write it. */
function holder(pidPath: string): string {
	try {
		const pid = readFileSync(pidPath, "utf8").trim();
		return /^\d+$/.test(pid) ? ` (process ${pid})` : "";
	} catch {
		return "";
	}
}
