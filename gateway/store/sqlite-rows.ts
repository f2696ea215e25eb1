/** Records as rows and back: booleans are 0 and 1, objects are JSON text, everything else is a column of its own. */
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { LotRecord, NewHistoryEntry, SpotRecord } from "../lots/records.ts";

type Kind = "plain" | "boolean" | "json";
export type Row = Record<string, SQLOutputValue>;

/** Turns records of one kind into rows and back. Every field must be named, so that a new one can't be forgotten here. */
export class Codec<T extends object> {
	/** In the order of {@link encode}'s values. */
	readonly columns: readonly string[];
	readonly #kinds: [column: keyof T & string, kind: Kind][];

	constructor(kinds: { [K in keyof T]-?: Kind }) {
		this.#kinds = Object.entries(kinds) as [keyof T & string, Kind][];
		this.columns = this.#kinds.map(([column]) => column);
	}

	encode(record: T): SQLInputValue[] {
		const values: SQLInputValue[] = [];
		for (const [column, kind] of this.#kinds) {
			const value: unknown = record[column];
			if (value === null || kind === "plain") values.push(value as SQLInputValue);
			else values.push(kind === "boolean" ? Number(value === true) : JSON.stringify(value));
		}
		return values;
	}

	/** `row` must hold the columns of this codec; others are ignored. */
	decode(row: Row): T {
		const record: Record<string, unknown> = {};
		for (const [column, kind] of this.#kinds) {
			const value = row[column];
			if (value === null || value === undefined) record[column] = null;
			else if (kind === "boolean") record[column] = value === 1;
			else record[column] = kind === "json" ? JSON.parse(String(value)) : value;
		}
		return record as T;
	}

	/** True when `row` holds exactly what `record` would write. */
	matches(row: Row, record: T): boolean {
		const values = this.encode(record);
		return this.columns.every((column, index) => row[column] === values[index]);
	}
}

export const lotCodec = new Codec<LotRecord>({
	lot_id: "plain",
	name: "plain",
	address: "plain",
	total_spots: "plain",
	occupied_spots: "plain",
	available_spots: "plain",
	reserved_spots: "plain",
	unknown_spots: "plain",
	price_per_hour: "plain",
	currency: "plain",
	time_zone: "plain",
	lot_version: "plain",
	created_at: "plain",
});

export const spotCodec = new Codec<SpotRecord>({
	spot_id: "plain",
	lot_id: "plain",
	occupied: "boolean",
	distance: "plain",
	manual_override: "boolean",
	last_update: "plain",
	label: "plain",
	zone: "plain",
	state: "plain",
	since: "plain",
	sensor_occupied: "boolean",
	sensor_state: "plain",
	confidence: "plain",
	reason: "plain",
	override: "json",
	board_id: "plain",
	last_heard: "plain",
	position: "plain",
	cursors: "json",
	topic_form: "plain",
	last_event: "plain",
	version: "plain",
});

export const historyCodec = new Codec<NewHistoryEntry>({
	spot_id: "plain",
	lot_id: "plain",
	occupied: "boolean",
	timestamp: "plain",
	state: "plain",
	previous_state: "plain",
	sensor_state: "plain",
	source: "plain",
	distance: "plain",
	received_at: "plain",
	reported_at: "plain",
	board_id: "plain",
	boot: "plain",
	seq: "plain",
	action: "plain",
	override: "json",
});
