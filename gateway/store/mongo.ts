/**
 * The store for production: MongoDB, or another server that speaks its protocol, in the reference design's collections.
 * Plain update operators with version guards, unique indexes and bulk writes are all that it needs of the server.
 */
import { MongoClient, ReadConcern } from "mongodb";
import type { HistoryEntry } from "../contract/resources.ts";
import type { Clock } from "../lots/manage.ts";
import type { Batch, LotRecord, SpotRecord } from "../lots/records.ts";
import {
	type HistoryDocument,
	historyEntry,
	historyKey,
	lotRecord,
	type SpotDocument,
	spotRecord,
} from "./mongo-documents.ts";
import { toStoreError, upsert } from "./mongo-errors.ts";
import { checkId, EntryIds, idStart, milliseconds } from "./mongo-ids.ts";
import { takeLease } from "./mongo-lease.ts";
import { forgetGone } from "./mongo-lots.ts";
import { placeOf } from "./mongo-place.ts";
import {
	type Collections,
	collectionsOf,
	holdsData,
	lotHistoryIndex,
	prepareSchema,
	spotHistoryIndex,
} from "./mongo-schema.ts";
import { BatchWriter, settle } from "./mongo-write.ts";
import { type HistoryQuery, type LotVersion, type Store, StoreError } from "./store.ts";

/** How long it may take to find a server that takes writes, in ms. */
export const selectionTimeoutMs = 5_000;
/** How long the server may be silent while an operation waits for it, in ms. The driver tries what it can try again once more. */
export const silenceTimeoutMs = 10_000;

export interface MongoStoreOptions {
	/** With user name, password and TLS, as the server needs them. */
	url: string;
	database: string;
	/** Names this gateway among all on the database, over restarts too: letters, digits and `-`. */
	gateway: string;
	clock: Clock;
	/** As Math.random. */
	random: () => number;
	/** See {@link silenceTimeoutMs}. */
	timeoutMs?: number;
}

export class MongoStore implements Store {
	readonly kind = "mongodb";
	readonly #client: MongoClient;
	readonly #collections: Collections;
	readonly #writer: BatchWriter;
	readonly #place: string;
	readonly #clock: Clock;
	#held: boolean;
	#closed = false;

	private constructor(options: {
		client: MongoClient;
		collections: Collections;
		ids: EntryIds;
		gateway: string;
		place: string;
		clock: Clock;
		held: boolean;
	}) {
		this.#client = options.client;
		this.#collections = options.collections;
		this.#writer = new BatchWriter(options);
		this.#place = options.place;
		this.#clock = options.clock;
		this.#held = options.held;
	}

	/**
	 * Connects, and makes collections and indexes where they are missing.
	 * @throws StoreError STORE_UNREACHABLE, STORE_DENIED, STORE_TLS, STORE_NEWER, STORE_FOREIGN, …
	 */
	static async open(options: MongoStoreOptions): Promise<MongoStore> {
		const { url, database, gateway, clock, random, timeoutMs = silenceTimeoutMs } = options;
		const place = placeOf(url, database);
		let client: MongoClient | undefined;
		try {
			client = new MongoClient(url, {
				appName: "parkmate",
				serverSelectionTimeoutMS: Math.min(selectionTimeoutMs, timeoutMs),
				connectTimeoutMS: timeoutMs,
				socketTimeoutMS: timeoutMs,
				waitQueueTimeoutMS: timeoutMs,
			});
			// What is confirmed is on the disks of most servers of a replica set, and what is read is, too.
			const db = client.db(database, {
				writeConcern: { w: "majority", journal: true },
				readConcern: new ReadConcern("majority"),
				readPreference: "primary",
			});
			await db.command({ ping: 1 });
			const collections = collectionsOf(db);
			await prepareSchema(collections, place);
			const held = (await collections.meta.findOne({ _id: "held" })) !== null || (await holdsData(collections));
			const ids = new EntryIds({ clock, random });
			return new MongoStore({ client, collections, ids, gateway, place, clock, held });
		} catch (error) {
			await client?.close();
			throw toStoreError("open", place, error);
		}
	}

	async load(): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		await this.#do("write", async () => {
			const marked = await this.#collections.lots.find({ applied: { $exists: true } }).toArray();
			await forgetGone(this.#collections, marked, this.#clock.now());
		});
		return this.#read({});
	}

	loadLots(lotIds: string[]): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		return this.#read({ lot_id: { $in: lotIds } });
	}

	lotVersions(): Promise<LotVersion[]> {
		return this.#do("read", async () => {
			const found = await this.#collections.lots.find({}, { projection: { lot_id: 1, lot_version: 1 } }).toArray();
			return found.map(({ lot_id, lot_version }) => ({ lot_id, lot_version: Number(lot_version) }));
		});
	}

	/**
	 * See {@link Store.commit}. Each spot is written with its entries or not at all. If the process dies in the middle, some spots
	 * may be there and others not, and a lot's counters may be those of before; the next start counts them anew.
	 */
	commit(batch: Batch): Promise<void> {
		return this.#do("write", async () => {
			if (batch.lots.length > 0) await this.#markHeld();
			await this.#writer.write(batch);
		});
	}

	history(query: HistoryQuery): Promise<HistoryEntry[]> {
		return this.#do("read", async () => {
			const page = historyPage(query);
			const spots = this.#collections.spots.find(page.spots, { projection: { "pending._id": 1 } }).toArray();
			const [found, carriers] = await Promise.all([this.#page(page), spots]);
			const documents = (await this.#settlePage(page, found, carriers)) ? await this.#page(page) : found;
			return documents.map(historyEntry);
		});
	}

	async hasHeldData(): Promise<boolean> {
		return this.#do("read", async () => this.#held);
	}

	holdLease(name: string, holder: string, ms: number): Promise<boolean> {
		return this.#do("write", () => takeLease(this.#collections.meta, { name, holder, ms }));
	}

	ping(): Promise<void> {
		return this.#do("read", async () => {
			await this.#client.db().command({ ping: 1 });
		});
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#client.close();
	}

	/** Sorted here: a server may refuse to sort what is larger than its memory for that. */
	#read(filter: { lot_id?: { $in: string[] } }): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		return this.#do("read", async () => {
			const lots = (await this.#collections.lots.find(filter).toArray()).map(lotRecord);
			const spots: SpotRecord[] = [];
			let carriers: SpotDocument[] = [];
			for await (const document of this.#collections.spots.find(filter)) {
				spots.push(spotRecord(document));
				if (document.pending?.length > 0) carriers.push(document);
				if (carriers.length < 1000) continue;
				await settle(this.#collections, carriers);
				carriers = [];
			}
			await settle(this.#collections, carriers);
			lots.sort((a, b) => byText(a.lot_id, b.lot_id));
			spots.sort((a, b) => byText(a.lot_id, b.lot_id) || a.position - b.position || byText(a.spot_id, b.spot_id));
			return { lots, spots };
		});
	}

	#page({ entries, hint, limit }: HistoryPage): Promise<HistoryDocument[]> {
		return this.#collections.history.find(entries, { hint }).sort({ _id: -1 }).limit(limit).toArray();
	}

	/** Adds what belongs on the page and is only in the spots, as the gateway that wrote it died or has not got so far. @returns whether there was any. */
	async #settlePage(
		{ entries, limit }: HistoryPage,
		found: HistoryDocument[],
		carriers: Pick<SpotDocument, "_id" | "pending">[],
	): Promise<boolean> {
		const there = new Set(found.map(({ _id }) => _id));
		const { $gte, $lt } = entries._id;
		const from = found.length < limit ? $gte : (found.at(-1)?._id ?? $gte);
		const lacking = carriers.filter((spot) =>
			(spot.pending ?? []).some(({ _id }) => _id >= from && _id < $lt && !there.has(_id)),
		);
		if (lacking.length === 0) return false;
		const filter = { lot_id: entries.lot_id, _id: { $in: lacking.map(({ _id }) => _id) } };
		await settle(this.#collections, await this.#collections.spots.find(filter).toArray());
		return true;
	}

	async #markHeld(): Promise<void> {
		if (this.#held) return;
		const { meta } = this.#collections;
		await upsert(() => meta.updateOne({ _id: "held" }, { $set: { version: 1 } }, { upsert: true }));
		this.#held = true;
	}

	/** Runs `action`; its errors become StoreErrors. */
	async #do<T>(what: "read" | "write", action: () => Promise<T>): Promise<T> {
		if (this.#closed) throw new StoreError("STORE_CLOSED", `can't ${what} ${this.#place}: the store is closed`);
		try {
			return await action();
		} catch (error) {
			throw toStoreError(what, this.#place, error);
		}
	}
}

interface HistoryPage {
	entries: { lot_id: string; spot_id?: string; _id: { $gte: string; $lt: string } };
	/** The spots whose entries these are. */
	spots: { lot_id: string; spot_id?: string };
	hint: Record<string, 1>;
	limit: number;
}

/** One range of one index, whatever is asked for: an entry's time is the beginning of its id. @throws StoreError STORE_REFUSED */
function historyPage(query: HistoryQuery): HistoryPage {
	const { lot_id, spot_id, from, to, before, limit } = query;
	if (!Number.isSafeInteger(limit) || limit < 1) {
		throw new StoreError("STORE_REFUSED", `limit must be an integer from 1, got ${limit}`);
	}
	const ends = [historyKey(lot_id, "~")];
	if (to !== undefined) ends.push(historyKey(lot_id, idStart(milliseconds("to", to))));
	if (before !== undefined) ends.push(historyKey(lot_id, checkId(before)));
	const $gte = historyKey(lot_id, from === undefined ? "" : idStart(milliseconds("from", from)));
	const $lt = ends.sort(byText)[0] ?? "";
	const spots = spot_id === undefined ? { lot_id } : { lot_id, spot_id };
	const hint = spot_id === undefined ? lotHistoryIndex : spotHistoryIndex;
	return { entries: { ...spots, _id: { $gte, $lt } }, spots, hint, limit };
}

function byText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
