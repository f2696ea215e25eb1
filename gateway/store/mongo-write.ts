/**
 * Batches as documents. One document is all that every server of MongoDB's kind writes in one piece, so a spot carries the
 * entries that its new version adds to history (`pending`); then they are inserted. A gateway that dies in between leaves
 * them in the spot, and whoever reads next inserts them: {@link settle}. They stay there until the spot's next version
 * replaces them, which is safe: nobody knows a version before its entries are in history, as {@link BatchWriter.write}
 * has not resolved, and as whoever loads spots settles them first.
 */
import type { Batch, NewHistoryEntry, SpotRecord } from "../lots/records.ts";
import {
	type HistoryDocument,
	historyDocument,
	holdsSpot,
	type SpotDocument,
	spotFields,
	spotKey,
} from "./mongo-documents.ts";
import { onlyDuplicates } from "./mongo-errors.ts";
import type { EntryIds } from "./mongo-ids.ts";
import { LotWriter } from "./mongo-lots.ts";
import { parts, updatesTogether } from "./mongo-parts.ts";
import type { Collections } from "./mongo-schema.ts";
import { StaleError } from "./store.ts";

/** Entries that are looked for in one query. */
const settledTogether = 1000;

export class BatchWriter {
	readonly #collections: Collections;
	readonly #ids: EntryIds;
	readonly #lots: LotWriter;
	/** Batches that may be written in part. */
	readonly #begun = new WeakSet<Batch>();
	/** Entries without a spot of their batch to carry them keep their ids here: the same batch again must not add them twice. */
	readonly #loose = new WeakMap<NewHistoryEntry, HistoryDocument>();

	/** `gateway` names this one among all on the database, over restarts too: letters, digits and `-`. */
	constructor({ collections, ids, gateway }: { collections: Collections; ids: EntryIds; gateway: string }) {
		this.#collections = collections;
		this.#ids = ids;
		this.#lots = new LotWriter({ collections, gateway });
	}

	/**
	 * Writes each spot of the batch with its entries, or leaves it as it is: a spot that has this version and content already counts
	 * as written. Resolves when all of it is confirmed.
	 * @throws StaleError when a spot has another version. All other spots are written then, and the lots' counters are right.
	 */
	async write(batch: Batch): Promise<void> {
		const { carried, loose } = this.#entries(batch);
		await this.#remove(batch);
		// A lot is there before its spots: spots without a lot would be in the way when it is made again.
		await this.#lots.put(batch);
		const { pending, stale } = await this.#putSpots(batch, carried);
		await Promise.all([
			insertEntries(this.#collections, [...pending, ...loose]),
			stale === null ? this.#lots.move(batch) : this.#lots.recount(batch.moves),
		]);
		if (stale !== null) throw new StaleError(stale.lot_id, stale.spot_id, stale.version);
	}

	/** The batch's entries as documents: those that a spot of it carries, by its key, and all others. */
	#entries(batch: Batch): { carried: Map<string, HistoryDocument[]>; loose: HistoryDocument[] } {
		const carried = new Map<string, HistoryDocument[]>(batch.spots.map((spot) => [spotKey(spot), []]));
		const loose: HistoryDocument[] = [];
		for (const entry of batch.history) {
			const carrier = carried.get(spotKey(entry));
			if (carrier !== undefined) {
				carrier.push(historyDocument(entry, this.#ids));
				continue;
			}
			const document = this.#loose.get(entry) ?? historyDocument(entry, this.#ids);
			this.#loose.set(entry, document);
			loose.push(document);
		}
		return { carried, loose };
	}

	async #remove({ removedLots, removedSpots }: Batch): Promise<void> {
		const { lots, spots } = this.#collections;
		const filters = [];
		if (removedLots.length > 0) filters.push({ lot_id: { $in: removedLots } });
		if (removedSpots.length > 0) {
			filters.push({ lot_id: { $in: lotIds(removedSpots) }, _id: { $in: removedSpots.map(spotKey) } });
		}
		for (const filter of filters) {
			const documents = await spots.find(filter, { projection: { pending: 1 } }).toArray();
			await settle(this.#collections, documents);
			await spots.deleteMany(filter);
		}
		if (removedLots.length > 0) await lots.deleteMany({ lot_id: { $in: removedLots } });
	}

	/** Writes those spots that may be written. `pending` are the entries of all that are there now, `stale` is one that is not. */
	async #putSpots(
		batch: Batch,
		carried: Map<string, HistoryDocument[]>,
	): Promise<{ pending: HistoryDocument[]; stale: SpotRecord | null }> {
		const pending: HistoryDocument[] = [];
		let due = batch.spots;
		if (this.#begun.has(batch)) {
			const found = await this.#compare(due);
			pending.push(...found.pending);
			due = found.others;
		}
		this.#begun.add(batch);
		let written = 0;
		for (const part of parts(due, updatesTogether)) {
			const some = await this.#putSome(part, carried);
			written += some;
		}
		if (written === due.length) {
			for (const spot of due) pending.push(...(carried.get(spotKey(spot)) ?? []));
			return { pending, stale: null };
		}
		const found = await this.#compare(due);
		pending.push(...found.pending);
		return { pending, stale: found.others[0] ?? null };
	}

	/** @returns how many were written; a lower number where some are there already. */
	#putSome(records: readonly SpotRecord[], carried: Map<string, HistoryDocument[]>): Promise<number> {
		const writes = records.map((spot) => {
			const { lot_id, spot_id, version } = spot;
			const _id = spotKey(spot);
			const fields = { ...spotFields(spot), pending: carried.get(_id) ?? [] };
			if (version === 1) return { insertOne: { document: { _id, lot_id, spot_id, version, ...fields } } };
			return { updateOne: { filter: { _id, lot_id, version: version - 1 }, update: { $set: fields } } };
		});
		return this.#collections.spots.bulkWrite(writes, { ordered: false }).then(
			({ insertedCount, matchedCount }) => insertedCount + matchedCount,
			(error: unknown) => {
				if (onlyDuplicates(error)) return 0;
				throw error;
			},
		);
	}

	/** Looks which spots are stored as they should be. `pending` are the entries that these carry. */
	async #compare(records: readonly SpotRecord[]): Promise<{ pending: HistoryDocument[]; others: SpotRecord[] }> {
		const filter = { lot_id: { $in: lotIds(records) }, _id: { $in: records.map(spotKey) } };
		const documents = new Map<string, SpotDocument>();
		for await (const document of this.#collections.spots.find(filter)) documents.set(document._id, document);
		const pending: HistoryDocument[] = [];
		const others: SpotRecord[] = [];
		for (const spot of records) {
			const document = documents.get(spotKey(spot));
			if (document !== undefined && holdsSpot(document, spot)) pending.push(...document.pending);
			else others.push(spot);
		}
		return { pending, others };
	}
}

/** Adds to history what these spots carry and history lacks. */
export async function settle(collections: Collections, spots: readonly Pick<SpotDocument, "pending">[]): Promise<void> {
	const carried = spots.flatMap((spot) => spot.pending ?? []);
	for (const some of parts(carried, settledTogether)) {
		const filter = { lot_id: { $in: lotIds(some) }, _id: { $in: some.map(({ _id }) => _id) } };
		const there = await collections.history.find(filter, { projection: { _id: 1 } }).toArray();
		const known = new Set(there.map(({ _id }) => _id));
		await insertEntries(
			collections,
			some.filter(({ _id }) => !known.has(_id)),
		);
	}
}

/** Those that are there already, as this entry or as this report, are left out. */
async function insertEntries({ history }: Collections, documents: HistoryDocument[]): Promise<void> {
	if (documents.length === 0) return;
	try {
		await history.insertMany(documents, { ordered: false });
	} catch (error) {
		if (!onlyDuplicates(error)) throw error;
	}
}

function lotIds(records: readonly { lot_id: string }[]): string[] {
	return [...new Set(records.map(({ lot_id }) => lot_id))];
}
