/** The plainest thing that keeps books: what a store must agree with. */
import type { HistoryEntry } from "../../gateway/contract/resources.ts";
import type { Batch, LotRecord, NewHistoryEntry, SpotRecord } from "../../gateway/lots/records.ts";

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
