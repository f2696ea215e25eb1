/** The plainest thing that keeps books: what a store must agree with. */
import fc from "fast-check";
import type { HistoryEntry } from "../../gateway/contract/resources.ts";
import type { Batch, LotRecord, NewHistoryEntry, SpotRecord } from "../../gateway/lots/records.ts";
import type { Store } from "../../gateway/store/store.ts";
import { aBatch, aBusySpot, aLot, anEntry, aSpot, later } from "./records.ts";

export class ModelStore {
	readonly #lots = new Map<string, LotRecord>();
	readonly #spots = new Map<string, SpotRecord>();
	readonly history: NewHistoryEntry[] = [];

	/** Takes a valid batch. */
	commit(batch: Batch): void {
		for (const lotId of batch.removedLots) {
			this.#lots.delete(lotId);
			for (const [key, spot] of this.#spots) if (spot.lot_id === lotId) this.#spots.delete(key);
		}
		for (const { lot_id, spot_id } of batch.removedSpots) this.#spots.delete(`${lot_id}/${spot_id}`);
		for (const lot of batch.lots) this.#lots.set(lot.lot_id, lot);
		for (const spot of batch.spots) this.#spots.set(`${spot.lot_id}/${spot.spot_id}`, spot);
		for (const entry of batch.history) if (!this.#isRepeat(entry)) this.history.push(entry);
	}

	/** The version that the next write of this spot must have. */
	nextVersion(lotId: string, spotId: string): number {
		return (this.#spots.get(`${lotId}/${spotId}`)?.version ?? 0) + 1;
	}

	hasLot(lotId: string): boolean {
		return this.#lots.has(lotId);
	}

	load(): { lots: LotRecord[]; spots: SpotRecord[] } {
		const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
		return {
			lots: [...this.#lots.values()].sort((a, b) => byText(a.lot_id, b.lot_id)),
			spots: [...this.#spots.values()].sort(
				(a, b) => byText(a.lot_id, b.lot_id) || a.position - b.position || byText(a.spot_id, b.spot_id),
			),
		};
	}

	#isRepeat({ board_id, boot, seq }: NewHistoryEntry): boolean {
		if (board_id === null || boot === null || seq === null) return false;
		return this.history.some((other) => other.board_id === board_id && other.boot === boot && other.seq === seq);
	}
}

export function withoutId({ id: _, ...entry }: HistoryEntry): NewHistoryEntry {
	return entry;
}

/** The lots of {@link anyBatches}. */
export const modelLots = ["A", "B", "C"];

const id = fc.constantFrom(...modelLots);
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }));

/** What any batches are made from: see {@link writeAll}. */
export const anyBatches = fc.array(
	fc.record({
		lots: fc.uniqueArray(fc.record({ lotId: id, name: text, price: fc.double({ noNaN: true, min: 0, max: 1e6 }) }), {
			selector: ({ lotId }) => lotId,
			maxLength: 2,
		}),
		spots: fc.uniqueArray(
			fc.record({
				lotId: id,
				spotId: id,
				label: fc.option(text),
				distance: fc.option(fc.double({ noNaN: true, min: 0, max: 1e5 })),
				busy: fc.boolean(),
				position: fc.nat(3),
			}),
			{ selector: ({ lotId, spotId }) => `${lotId}/${spotId}`, maxLength: 4 },
		),
		removedLots: fc.uniqueArray(id, { maxLength: 1 }),
		removedSpots: fc.array(fc.record({ lot_id: id, spot_id: id }), { maxLength: 1 }),
		history: fc.array(
			fc.record({
				lot_id: id,
				spot_id: id,
				timestamp: fc.integer({ min: -1e9, max: 1e9 }).map(later),
				board_id: fc.option(id),
				boot: fc.option(fc.integer({ min: 1, max: 2 })),
				seq: fc.option(fc.integer({ min: 1, max: 4 })),
				reported_at: fc.option(text),
			}),
			{ maxLength: 3 },
		),
		repeat: fc.boolean(),
	}),
	{ maxLength: 8 },
);

type Drawn = typeof anyBatches extends fc.Arbitrary<infer T> ? T : never;

/** Commits valid batches made from what was drawn to both, some of them twice to the store. */
export async function writeAll(drawn: Drawn, store: Store, model: ModelStore): Promise<void> {
	for (const { lots, spots, removedLots, removedSpots, history, repeat } of drawn) {
		const removed = aBatch({ removedLots, removedSpots });
		const made = aBatch({ lots: lots.map(({ lotId, name, price }) => aLot(lotId, { name, price_per_hour: price })) });
		// A board's report is about a spot of one lot, and need not be told from a like one about another lot.
		const named = history.map(({ board_id, ...entry }) =>
			anEntry({ ...entry, board_id: board_id === null ? null : `${entry.lot_id}-${board_id}` }),
		);
		const changed = aBatch({ history: named });
		for (const batch of [removed, made]) {
			model.commit(batch);
			await store.commit(batch);
		}
		for (const { lotId, spotId, busy, ...changes } of spots) {
			if (!model.hasLot(lotId)) continue;
			const version = model.nextVersion(lotId, spotId);
			changed.spots.push((busy ? aBusySpot : aSpot)(lotId, spotId, { ...changes, version }));
		}
		model.commit(changed);
		await store.commit(changed);
		if (repeat && changed.spots.length > 0) await store.commit(changed);
	}
}
