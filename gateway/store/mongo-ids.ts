/** Ids of history entries: they sort by the entry's time, then in the order of writing, whichever gateway writes. */
import type { Clock } from "../lots/manage.ts";
import { StoreError } from "./store.ts";

/** 9 characters hold ms since 1970 until the year 5188, 11 hold µs until 6137: in base 36, filled up so that texts sort as numbers do. */
const timeLength = 9;
const orderLength = 11;
/** Tells gateways apart that write in the same µs: one of 36^6. */
const nameLength = 6;

const idPattern = new RegExp(`^[0-9a-z]{${timeLength + orderLength + nameLength}}$`);
const latestMs = 36 ** timeLength - 1;

const base36 = (value: number, length: number) => value.toString(36).padStart(length, "0");

/** What every id of an entry of this time begins with, and none of an earlier one comes after. Times before 1970 count as 1970. */
export function idStart(timestampMs: number): string {
	return base36(Math.min(Math.max(Math.floor(timestampMs), 0), latestMs), timeLength);
}

/** Gives ids: {@link idStart}, then a number that only rises, near the clock's µs, then what is this gateway's own. */
export class EntryIds {
	readonly #clock: Clock;
	readonly #name: string;
	#last = 0;

	/** `random` as Math.random. */
	constructor({ clock, random }: { clock: Clock; random: () => number }) {
		this.#clock = clock;
		this.#name = base36(Math.floor(random() * 36 ** nameLength), nameLength);
	}

	/** For an entry that happened at `timestampMs`, ms since 1970. */
	next(timestampMs: number): string {
		this.#last = Math.max(this.#last + 1, this.#clock.now() * 1000);
		return idStart(timestampMs) + base36(this.#last, orderLength) + this.#name;
	}
}

/** @throws StoreError STORE_REFUSED when no entry can have this id. */
export function checkId(id: string): string {
	if (!idPattern.test(id)) {
		throw new StoreError("STORE_REFUSED", `before must be the id of a history entry, got "${id}"`);
	}
	return id;
}

/** `time` (ISO 8601, called `name` in the error) in ms since 1970. @throws StoreError STORE_REFUSED */
export function milliseconds(name: string, time: string): number {
	const ms = Date.parse(time);
	if (Number.isNaN(ms)) throw new StoreError("STORE_REFUSED", `${name} must be an ISO 8601 time, got "${time}"`);
	return ms;
}
