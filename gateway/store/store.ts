/**
 * In: batches decided by `lots/`. Out: the same, durably, and queries over them.
 * Never: decides anything; knows MQTT or HTTP.
 */
import type { HistoryEntry } from "../contract/resources.ts";
import type { Batch, LotRecord, SpotRecord } from "../lots/records.ts";

export interface HistoryQuery {
	lot_id: string;
	/** Only this spot's entries. */
	spot_id?: string;
	/** Only entries with `timestamp` at or after this, ISO 8601. */
	from?: string;
	/** Only entries with `timestamp` before this, ISO 8601. */
	to?: string;
	/** Only entries older than this `id`: the last one of the page before. */
	before?: string;
	/** At most this many, from 1. */
	limit: number;
}

export type LotVersion = Pick<LotRecord, "lot_id" | "lot_version">;

export interface Store {
	readonly kind: "sqlite" | "mongodb";

	/** All lots by `lot_id`, and all spots by lot and position: what the books need at start. */
	load(): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }>;

	/** The same of these lots only, as they are in the database at this moment; those that are not there are left out. */
	loadLots(lotIds: string[]): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }>;

	/** The `lot_version` of every lot: tells which ones another gateway has changed. */
	lotVersions(): Promise<LotVersion[]>;

	/**
	 * Writes the batch; resolves once it would survive a power cut. Each spot is written with its entries of the history, or neither is:
	 * if the process dies in the middle, some may be there and others not (SQLite: all or none), and a lot's counters may lag behind its spots.
	 * Safe to repeat after an error whose outcome is not known, with the same batch: what was written counts as done.
	 * @throws StaleError when a spot's version is not one above the stored one: somebody else wrote it. Other spots may be written (SQLite: none).
	 * @throws StoreError when the store can't write now.
	 */
	commit(batch: Batch): Promise<void>;

	/** Newest first, in the order of writing: of one spot, each entry's `previous_state` is where the one after it left off, whatever clocks said. */
	history(query: HistoryQuery): Promise<HistoryEntry[]>;

	/** True once any lot was ever committed, even if all were removed since. */
	hasHeldData(): Promise<boolean>;

	/**
	 * True when `holder` alone has the lease `name` for `ms` from now: nobody had it, or it has had it, or who had it did not renew it in time.
	 * Call it again well before that time is over to keep it.
	 */
	holdLease(name: string, holder: string, ms: number): Promise<boolean>;

	/** Resolves when the store answers. @throws StoreError when it does not. */
	ping(): Promise<void>;

	/** Twice is fine. */
	close(): Promise<void>;
}

/** The store can't be opened, read or written. `code` is stable, for logs and health. */
export class StoreError extends Error {
	readonly code: string;

	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "StoreError";
		this.code = code;
	}
}

/** A spot was written by somebody else since it was read. */
export class StaleError extends StoreError {
	readonly spot: { lotId: string; spotId: string; version: number };

	constructor(lotId: string, spotId: string, version: number) {
		super("STORE_STALE", `spot ${lotId}/${spotId}: expected version ${version - 1} in the store, got another`);
		this.name = "StaleError";
		this.spot = { lotId, spotId, version };
	}
}
