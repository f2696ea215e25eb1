/**
 * One lot with its spots. A city has thousands of lots with some tens of spots each: arrays sorted by name take 16 bytes for each
 * spot and find one in a few steps, where a `Map` takes some 45.
 */
import type { SpotState } from "../../firmware/messages.ts";
import type { LotRecord, SpotRecord } from "./records.ts";

export class Shelf {
	lot: LotRecord;
	/** By `spot_id`. */
	#spots: SpotRecord[] = [];
	/** Theirs, in the same order: a search in the records themselves would fetch each of them from far away in memory. */
	#names: readonly string[] = [];

	constructor(lot: LotRecord) {
		this.lot = lot;
	}

	spot(spotId: string): SpotRecord | undefined {
		const place = this.#place(spotId);
		return this.#names[place] === spotId ? this.#spots[place] : undefined;
	}

	/** In the lot's order. */
	inOrder(): SpotRecord[] {
		return this.#spots.toSorted((a, b) => a.position - b.position);
	}

	/** Of all its spots, in no special order. */
	states(): SpotState[] {
		return this.#spots.map(({ state }) => state);
	}

	/** Replaces a spot that is there; false where there is none of its name. */
	replace(spot: SpotRecord): boolean {
		const place = this.#place(spot.spot_id);
		if (this.#names[place] !== spot.spot_id) return false;
		this.#spots[place] = spot;
		return true;
	}

	/** Takes in spots that are not there. */
	add(spots: readonly SpotRecord[]): void {
		this.#keep(this.#spots.concat(spots).sort((a, b) => (a.spot_id < b.spot_id ? -1 : 1)));
	}

	drop(spotIds: ReadonlySet<string>): void {
		this.#keep(this.#spots.filter(({ spot_id }) => !spotIds.has(spot_id)));
	}

	#keep(spots: SpotRecord[]): void {
		this.#spots = spots;
		this.#names = spots.map(({ spot_id }) => spot_id);
	}

	/** Where the spot is, or would be. */
	#place(spotId: string): number {
		let low = 0;
		let high = this.#names.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.#names[middle] ?? "") < spotId) low = middle + 1;
			else high = middle;
		}
		return low;
	}
}
