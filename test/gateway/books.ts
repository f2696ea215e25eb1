/** Things that tests of the gateway need: books with a lot, reports, a clock that stands still, a store that can be told to fail. */
import type { HistoryEntry } from "../../gateway/contract/resources.ts";
import type { Log } from "../../gateway/ingest/refusals.ts";
import { Books } from "../../gateway/lots/books.ts";
import { Draft } from "../../gateway/lots/draft.ts";
import { createLot } from "../../gateway/lots/manage.ts";
import type { Batch, LotRecord, SpotRecord } from "../../gateway/lots/records.ts";
import type { Report } from "../../gateway/lots/spot.ts";
import type { Store, StoreError } from "../../gateway/store/store.ts";

export const noon = Date.parse("2026-03-03T12:00:00.000Z");

export function fixedClock(startMs = noon) {
	return {
		ms: startMs,
		now() {
			return this.ms;
		},
	};
}

export class MemoryLog implements Log {
	readonly lines: { level: string; fields: object; message: string }[] = [];
	info(fields: object, message: string): void {
		this.lines.push({ level: "info", fields, message });
	}
	warn(fields: object, message: string): void {
		this.lines.push({ level: "warn", fields, message });
	}
	error(fields: object, message: string): void {
		this.lines.push({ level: "error", fields, message });
	}
}

/** Keeps batches in memory; refuses while `failing` holds an error, and waits while `held` is a promise. */
export class FakeStore implements Store {
	readonly kind = "sqlite" as const;
	readonly batches: Batch[] = [];
	failing: StoreError | null = null;
	held: Promise<void> | null = null;

	async load() {
		return { lots: [], spots: [] };
	}
	async loadLots(): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		return { lots: [], spots: [] };
	}
	async lotVersions() {
		return [];
	}
	async holdLease(): Promise<boolean> {
		return true;
	}
	async commit(batch: Batch): Promise<void> {
		await this.held;
		if (this.failing !== null) throw this.failing;
		this.batches.push(batch);
	}
	async history(): Promise<HistoryEntry[]> {
		return [];
	}
	async hasHeldData(): Promise<boolean> {
		return this.batches.length > 0;
	}
	async ping(): Promise<void> {
		if (this.failing !== null) throw this.failing;
	}
	async close(): Promise<void> {}
}

/** Books with LOT001 of `spots` spots, SPOT001 and on. */
export function booksWithLot(spots = 3, lotId = "LOT001"): Books {
	const books = new Books();
	commit(books, (draft) => createLot(draft, { lot_id: lotId, name: "Central Parking Tower", spots }, noon));
	return books;
}

/** Runs a task on a draft and applies it; returns the draft. */
export function commit(books: Books, task: (draft: Draft) => unknown): Draft {
	const draft = new Draft(books);
	task(draft);
	books.apply(draft.changes());
	return draft;
}

export function report(partial: Partial<Report> = {}): Report {
	return {
		lot_id: "LOT001",
		spot_id: "SPOT001",
		state: "occupied",
		distance: 35,
		confidence: null,
		reason: null,
		board_id: null,
		identity: null,
		topic_form: "short",
		timestamp: "2026-03-03T12:00:01.000Z",
		received_at: "2026-03-03T12:00:01.000Z",
		reported_at: null,
		...partial,
	};
}

/** A report from our own kind of board. */
export function boardReport(boot: number, seq: number, partial: Partial<Report> = {}): Report {
	const board_id = partial.board_id ?? "board-1";
	return report({ board_id, identity: { board_id, boot, seq }, topic_form: "long", ...partial });
}
