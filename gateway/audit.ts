/**
 * In: the books and the history. Out: a warning for each spot whose state is not the one in which its newest entry left it.
 * Never: changes anything. A spot and its entry are stored together, so a difference is damage or another program's hand; the spot holds.
 */
import type { HistoryEntry } from "./contract/resources.ts";
import type { Log } from "./ingest/refusals.ts";
import type { Books } from "./lots/books.ts";
import type { SpotRecord } from "./lots/records.ts";
import type { Store } from "./store/store.ts";

/** Entries read for each spot of a lot, all at once: they mostly hold the newest one of each. The spots that are left are asked for one by one. */
const entriesPerSpot = 2;

export interface AuditState {
	/** Spots compared with their newest entry. */
	spots: number;
	/** Of these, those that contradict it. */
	contradictions: number;
	/** True once all were compared. */
	ended: boolean;
}

/** Compares every spot with its history once: a lot at a time, beside the gateway's other work. */
export class Audit {
	readonly #books: Books;
	readonly #store: Pick<Store, "history">;
	readonly #log: Log;
	readonly #settled: () => Promise<unknown>;
	readonly #state: AuditState = { spots: 0, contradictions: 0, ended: false };
	#stopped = false;

	/** `settled` resolves when the books hold all that was stored before it was called. */
	constructor(options: { books: Books; store: Pick<Store, "history">; log: Log; settled: () => Promise<unknown> }) {
		this.#books = options.books;
		this.#store = options.store;
		this.#log = options.log;
		this.#settled = options.settled;
	}

	get state(): AuditState {
		return { ...this.#state };
	}

	/** Resolves when all spots were compared, or it was stopped. @throws StoreError when the history can't be read. */
	async run(): Promise<void> {
		for (const { lot_id } of this.#books.lots()) await this.#compare(lot_id);
		this.#state.ended = !this.#stopped;
	}

	/** Ends {@link run} with the entry that it reads. */
	stop(): void {
		this.#stopped = true;
	}

	async #compare(lot_id: string): Promise<void> {
		const spots = this.#books.spots(lot_id).filter(({ last_update }) => last_update !== null);
		if (spots.length === 0 || this.#stopped) return;
		const newest = new Map<string, HistoryEntry>();
		for (const entry of await this.#store.history({ lot_id, limit: spots.length * entriesPerSpot })) {
			if (!newest.has(entry.spot_id)) newest.set(entry.spot_id, entry);
		}
		for (const spot of spots) {
			const entry = newest.get(spot.spot_id);
			if (entry === undefined || !agree(spot, entry)) await this.#compareAlone(lot_id, spot.spot_id);
			if (this.#stopped) return;
			this.#state.spots++;
		}
	}

	/** With what is stored at one moment: reports go on. A spot that changes meanwhile is written with a new entry, and right again. */
	async #compareAlone(lot_id: string, spot_id: string): Promise<void> {
		const before = this.#books.spot(lot_id, spot_id);
		const [entry] = await this.#store.history({ lot_id, spot_id, limit: 1 });
		if (this.#stopped || before === undefined || entry === undefined || agree(before, entry)) return;
		await this.#settled();
		if (this.#books.spot(lot_id, spot_id) !== before) return;
		this.#state.contradictions++;
		this.#log.warn(
			{ lot_id, spot_id, spot: before.state, entry: entry.state, entry_id: entry.id },
			"a spot's state is not the one in which its newest history entry left it; the spot holds",
		);
	}
}

/** A spot that was made anew after the entry is unknown until somebody speaks, and has no entry of that. */
function agree(spot: SpotRecord, entry: HistoryEntry): boolean {
	return spot.state === entry.state || (spot.state === "unknown" && spot.since > entry.timestamp);
}
