/** Queries over history as SQL. */
import type { SQLInputValue } from "node:sqlite";
import { type HistoryQuery, StoreError } from "./store.ts";

/** The statement for a query with these filters: one text for each combination of them, so at most 16. */
export function historySql(query: HistoryQuery): string {
	const conditions = ["lot_id = ?"];
	if (query.spot_id !== undefined) conditions.push("spot_id = ?");
	if (query.from !== undefined) conditions.push("timestamp_ms >= ?");
	if (query.to !== undefined) conditions.push("timestamp_ms < ?");
	if (query.before !== undefined) conditions.push("id < ?");
	// The inner query finds the page's ids within one index; only the rows of the page itself are read.
	// By itself SQLite would read all of the lot's entries in the order of their ids, to find those of one spot.
	const table = `parking_history${query.spot_id === undefined ? "" : " INDEXED BY parking_history_spot_timestamp"}`;
	const page = `SELECT id FROM ${table} WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ?`;
	return `SELECT * FROM parking_history WHERE id IN (${page}) ORDER BY id DESC`;
}

/** The values for {@link historySql}'s marks. Throws a StoreError STORE_REFUSED on a time, id or limit that can't be one. */
export function historyParameters(query: HistoryQuery): SQLInputValue[] {
	const parameters: SQLInputValue[] = [query.lot_id];
	if (query.spot_id !== undefined) parameters.push(query.spot_id);
	if (query.from !== undefined) parameters.push(milliseconds("from", query.from));
	if (query.to !== undefined) parameters.push(milliseconds("to", query.to));
	if (query.before !== undefined) parameters.push(entryNumber(query.before));
	if (!Number.isSafeInteger(query.limit) || query.limit < 1) {
		throw new StoreError("STORE_REFUSED", `limit must be an integer from 1, got ${query.limit}`);
	}
	parameters.push(query.limit);
	return parameters;
}

/** `time` (ISO 8601, called `name` in the error) in ms since 1970. */
export function milliseconds(name: string, time: string): number {
	const ms = Date.parse(time);
	if (Number.isNaN(ms)) throw new StoreError("STORE_REFUSED", `${name} must be an ISO 8601 time, got "${time}"`);
	return ms;
}

function entryNumber(id: string): number {
	if (!/^\d{1,15}$/.test(id)) {
		throw new StoreError("STORE_REFUSED", `before must be the id of a history entry, got "${id}"`);
	}
	return Number(id);
}
