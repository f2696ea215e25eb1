/**
 * Lots as documents. Their counters are for those who read the database: spots are what counts, and the books count them anew at start.
 * Several gateways change them, so what steps at spots did to a lot is added to what is there, whoever added before.
 */
import { type AnyBulkWriteOperation, ObjectId } from "mongodb";
import { count } from "../lots/counters.ts";
import type { Batch, LotMove } from "../lots/records.ts";
import { type LotDocument, lotFields, spotRecord } from "./mongo-documents.ts";
import { upsert } from "./mongo-errors.ts";
import { parts, updatesTogether } from "./mongo-parts.ts";
import type { Collections } from "./mongo-schema.ts";

/** A gateway that has moved no counter of a lot for so long is none that might repeat its batch, ms. */
export const appliedKeptMs = 86_400_000;

export class LotWriter {
	readonly #collections: Collections;
	/** The field with this gateway's newest batch: a batch that is repeated must not be added twice. */
	readonly #applied: string;
	readonly #marks = new WeakMap<Batch, ObjectId>();

	constructor({ collections, gateway }: { collections: Collections; gateway: string }) {
		this.#collections = collections;
		this.#applied = `applied.${gateway}`;
	}

	/** Makes or replaces the batch's lots. */
	async put({ lots }: Batch): Promise<void> {
		const writes = [];
		for (const lot of lots) {
			const { lot_id } = lot;
			const { lot_version, ...fields } = lotFields(lot);
			const update = { $set: fields, $max: { lot_version } };
			writes.push({ updateOne: { filter: { _id: lot_id, lot_id }, update, upsert: true } });
		}
		await this.#write(writes);
	}

	/** Adds what the batch's steps did to each lot, once, however often it is called with this batch. */
	async move(batch: Batch): Promise<void> {
		const mark = this.#marks.get(batch) ?? new ObjectId();
		this.#marks.set(batch, mark);
		const writes = batch.moves.map(({ lot_id, steps, counters }) => {
			const filter = { _id: lot_id, lot_id, [this.#applied]: { $ne: mark } };
			const changed = Object.entries(counters).filter(([, by]) => by !== 0);
			const $inc = { lot_version: steps, ...Object.fromEntries(changed) };
			return { updateOne: { filter, update: { $inc, $set: { [this.#applied]: mark } } } };
		});
		await this.#write(writes);
	}

	/** Where nobody knows which steps were stored: the counters of these lots become those of their spots as they are. */
	async recount(moves: readonly LotMove[]): Promise<void> {
		const filter = { lot_id: { $in: moves.map(({ lot_id }) => lot_id) } };
		const states = await this.#collections.spots.find(filter, { projection: { lot_id: 1, state: 1 } }).toArray();
		const writes = moves.map(({ lot_id, steps }) => {
			const spots = states.filter((spot) => spot.lot_id === lot_id).map(spotRecord);
			const update = { $set: count(spots.map(({ state }) => state)), $inc: { lot_version: steps } };
			return { updateOne: { filter: { _id: lot_id, lot_id }, update } };
		});
		await this.#write(writes);
	}

	async #write(writes: AnyBulkWriteOperation<LotDocument>[]): Promise<void> {
		for (const some of parts(writes, updatesTogether)) {
			await upsert(() => this.#collections.lots.bulkWrite([...some], { ordered: false }));
		}
	}
}

/** Takes gateways that are gone out of these lots: some have another name at each start. */
export async function forgetGone(
	{ lots }: Collections,
	documents: readonly LotDocument[],
	nowMs: number,
): Promise<void> {
	const writes: AnyBulkWriteOperation<LotDocument>[] = [];
	for (const { _id, lot_id, applied = {} } of documents) {
		const gone = Object.entries(applied).filter(([, mark]) => mark.getTimestamp().getTime() < nowMs - appliedKeptMs);
		if (gone.length === 0) continue;
		const $unset = Object.fromEntries(gone.map(([name]) => [`applied.${name}`, "" as const]));
		writes.push({ updateOne: { filter: { _id, lot_id }, update: { $unset } } });
	}
	for (const some of parts(writes, updatesTogether)) await lots.bulkWrite([...some], { ordered: false });
}
