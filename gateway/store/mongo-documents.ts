/** Records as documents and back: times become dates, as MongoDB's tools expect them; everything else stays as it is. */
import type { ObjectId } from "mongodb";
import type { HistoryEntry } from "../contract/resources.ts";
import type { LotRecord, NewHistoryEntry, SpotRecord } from "../lots/records.ts";
import { type EntryIds, milliseconds } from "./mongo-ids.ts";

type Kind = "plain" | "time";

/** A document of any of the collections. */
export interface Document {
	_id: string;
	lot_id: string;
	[field: string]: unknown;
}

/** Its fields, and the newest batch of each gateway that moved its counters. */
export type LotDocument = Omit<LotRecord, "created_at"> & {
	_id: string;
	created_at: Date | string;
	applied?: Record<string, ObjectId>;
};

export interface SpotDocument extends Document {
	version: number;
	/** The entries that this version of the spot added to history, which may lack them if the gateway died just then. */
	pending: HistoryDocument[];
}

export interface HistoryDocument extends Document {
	/** What there can be once in a lot: the board's report, or else this entry. */
	report: string;
}

/** Turns records of one kind into fields and back. Every field must be named, so that a new one can't be forgotten here. */
class Codec<T extends object> {
	readonly #kinds: [field: keyof T & string, kind: Kind][];
	#lastText = "";
	#lastTime: Date | string = "";

	constructor(kinds: { [K in keyof T]-?: Kind }) {
		this.#kinds = Object.entries(kinds) as [keyof T & string, Kind][];
	}

	encode(record: T): Record<string, unknown> {
		const fields: Record<string, unknown> = {};
		for (const [field, kind] of this.#kinds) {
			const value: unknown = record[field];
			fields[field] = kind === "time" && typeof value === "string" ? this.#time(value) : value;
		}
		return fields;
	}

	/** Fields that are not this codec's are ignored; those that are missing are null. */
	decode(document: object): T {
		const record: Record<string, unknown> = {};
		for (const [field] of this.#kinds) {
			const value = (document as Record<string, unknown>)[field];
			record[field] = value instanceof Date ? value.toISOString() : (value ?? null);
		}
		return record as T;
	}

	/** True when `document` holds exactly what `record` would write. */
	matches(document: object, record: T): boolean {
		const stored = this.decode(document);
		return this.#kinds.every(([field]) => JSON.stringify(stored[field]) === JSON.stringify(record[field]));
	}

	/** The same moment is in several fields of a record. A text that a date would not give back stays a text. */
	#time(text: string): Date | string {
		if (text === this.#lastText) return this.#lastTime;
		const date = new Date(text);
		this.#lastText = text;
		this.#lastTime = !Number.isNaN(date.getTime()) && date.toISOString() === text ? date : text;
		return this.#lastTime;
	}
}

/** The reference design's fields come first, ours after them. */
const lotCodec = new Codec<LotRecord>({
	lot_id: "plain",
	name: "plain",
	address: "plain",
	total_spots: "plain",
	occupied_spots: "plain",
	available_spots: "plain",
	price_per_hour: "plain",
	reserved_spots: "plain",
	unknown_spots: "plain",
	currency: "plain",
	time_zone: "plain",
	lot_version: "plain",
	created_at: "time",
});

const spotCodec = new Codec<SpotRecord>({
	spot_id: "plain",
	lot_id: "plain",
	occupied: "plain",
	distance: "plain",
	manual_override: "plain",
	last_update: "time",
	label: "plain",
	zone: "plain",
	state: "plain",
	since: "time",
	sensor_occupied: "plain",
	sensor_state: "plain",
	confidence: "plain",
	reason: "plain",
	override: "plain",
	board_id: "plain",
	last_heard: "time",
	position: "plain",
	cursors: "plain",
	topic_form: "plain",
	last_event: "time",
	version: "plain",
});

const historyCodec = new Codec<NewHistoryEntry>({
	spot_id: "plain",
	lot_id: "plain",
	occupied: "plain",
	timestamp: "time",
	state: "plain",
	previous_state: "plain",
	sensor_state: "plain",
	source: "plain",
	distance: "plain",
	received_at: "time",
	// The board's own words, untouched.
	reported_at: "plain",
	board_id: "plain",
	boot: "plain",
	seq: "plain",
	action: "plain",
	override: "plain",
});

export function spotKey({ lot_id, spot_id }: { lot_id: string; spot_id: string }): string {
	return `${lot_id}/${spot_id}`;
}

export const lotFields = (lot: LotRecord) => lotCodec.encode(lot) as Omit<LotDocument, "_id" | "applied">;
export const lotRecord = (document: LotDocument) => lotCodec.decode(document);
export const spotFields = (spot: SpotRecord) => spotCodec.encode(spot);
export const spotRecord = (document: Document) => spotCodec.decode(document);
export const holdsSpot = (document: Document, spot: SpotRecord) => spotCodec.matches(document, spot);

/** @throws StoreError STORE_REFUSED when its timestamp is no time. */
export function historyDocument(entry: NewHistoryEntry, ids: EntryIds): HistoryDocument {
	const { lot_id, board_id, boot, seq } = entry;
	const id = ids.next(milliseconds("timestamp", entry.timestamp));
	const identified = board_id !== null && boot !== null && seq !== null;
	const report = identified ? `${board_id}/${boot}/${seq}` : id;
	return { _id: historyKey(lot_id, id), lot_id, ...historyCodec.encode(entry), report };
}

/** The lot comes first, so that the index of `_id`, which every collection has, is that of a lot's entries by time. */
export function historyKey(lotId: string, id: string): string {
	return `${lotId}/${id}`;
}

export function historyEntry(document: Document): HistoryEntry {
	return { id: document._id.slice(document.lot_id.length + 1), ...historyCodec.decode(document) };
}
