/** Which overrides end when. */
import type { Books } from "./books.ts";
import type { Steps } from "./draft.ts";
import type { SpotRecord } from "./records.ts";

export class OverrideEnds {
	readonly #untilMs = new Map<string, { lot_id: string; spot_id: string; untilMs: number }>();
	/** None ends before this: nobody looks through all of them four times a second while none is due. */
	#nextMs = Number.POSITIVE_INFINITY;

	load(books: Books): void {
		for (const lot of books.lots()) for (const spot of books.spots(lot.lot_id)) this.#note(spot);
	}

	/** Follows a commit. */
	note(steps: Steps, books: Books): void {
		for (const spot of steps.removedSpots) this.#untilMs.delete(key(spot));
		for (const { spot } of steps.spots) this.#note(spot);
		for (const lotId of [...steps.lots, ...steps.refreshed]) for (const spot of books.spots(lotId)) this.#note(spot);
	}

	/** Takes out the spots whose override's time has come at `nowMs` (Unix time); each is given once. */
	takeDue(nowMs: number): { lot_id: string; spot_id: string }[] {
		if (nowMs < this.#nextMs) return [];
		this.#nextMs = Number.POSITIVE_INFINITY;
		const due = [];
		for (const [id, spot] of this.#untilMs) {
			if (spot.untilMs > nowMs) this.#nextMs = Math.min(this.#nextMs, spot.untilMs);
			else {
				due.push(spot);
				this.#untilMs.delete(id);
			}
		}
		return due;
	}

	#note(spot: SpotRecord): void {
		const { lot_id, spot_id, override } = spot;
		if (override?.until == null) {
			if (this.#untilMs.size > 0) this.#untilMs.delete(key(spot));
			return;
		}
		const untilMs = Date.parse(override.until);
		this.#untilMs.set(key(spot), { lot_id, spot_id, untilMs });
		this.#nextMs = Math.min(this.#nextMs, untilMs);
	}
}

function key(spot: { lot_id: string; spot_id: string }): string {
	return `${spot.lot_id}/${spot.spot_id}`;
}
