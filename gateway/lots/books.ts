/**
 * In: what the store holds at start, then drafts that are stored. Out: every lot and spot, at once.
 * Never: waits, stores, or changes anything but by a draft that was committed.
 */
import type { Counters, Lot, LotWithSpots, Spot } from "../contract/resources.ts";
import { count, moved } from "./counters.ts";
import { recordKeeper } from "./held.ts";
import type { Changes, LotRecord, SpotRecord } from "./records.ts";
import { Shelf } from "./shelf.ts";

/** All lots in memory, as committed. */
export class Books {
	readonly #shelves = new Map<string, Shelf>();
	/**
	 * Which lots have a spot of this name, the only one by itself; made when somebody asks first. Only sensors that don't say their lot
	 * need it, and a city's boards do.
	 */
	#lotsOfSpot: Map<string, string | string[]> | null = null;

	/**
	 * @returns the lots whose stored counters were not what their spots say, with both, for the log. The books hold the recount.
	 */
	load(stored: { lots: LotRecord[]; spots: SpotRecord[] }): { lot_id: string; stored: Counters; counted: Counters }[] {
		for (const lot of stored.lots) this.#shelves.set(lot.lot_id, new Shelf(lot));
		const kept = recordKeeper();
		for (const [lotId, spots] of byLot(stored.spots)) this.#shelves.get(lotId)?.add(spots.map(kept));
		const repairs = [];
		for (const shelf of this.#shelves.values()) {
			const before = moved(shelf.lot, null, null);
			const counted = count(shelf.states());
			if (JSON.stringify(before) === JSON.stringify(counted)) continue;
			shelf.lot = { ...shelf.lot, ...counted };
			repairs.push({ lot_id: shelf.lot.lot_id, stored: before, counted });
		}
		return repairs;
	}

	lot(lotId: string): LotRecord | undefined {
		return this.#shelves.get(lotId)?.lot;
	}

	spot(lotId: string, spotId: string): SpotRecord | undefined {
		return this.#shelves.get(lotId)?.spot(spotId);
	}

	/** By `lot_id`. */
	lots(): LotRecord[] {
		return [...this.#shelves.values()]
			.map((shelf) => shelf.lot)
			.sort((a, b) => (a.lot_id < b.lot_id ? -1 : a.lot_id > b.lot_id ? 1 : 0));
	}

	/** In the lot's order; none for a lot that is not there. */
	spots(lotId: string): SpotRecord[] {
		return this.#shelves.get(lotId)?.inOrder() ?? [];
	}

	/** The lots that have a spot of this name. */
	lotsWithSpot(spotId: string): readonly string[] {
		if (this.#lotsOfSpot === null) {
			this.#lotsOfSpot = new Map();
			for (const { lot } of this.#shelves.values()) {
				for (const { spot_id } of this.spots(lot.lot_id)) this.#index(lot.lot_id, spot_id);
			}
		}
		const lots = this.#lotsOfSpot.get(spotId) ?? [];
		return typeof lots === "string" ? [lots] : lots;
	}

	/** Takes over what was committed. */
	apply(changes: Changes): void {
		for (const lotId of changes.removedLots) {
			for (const { spot_id } of this.spots(lotId)) this.#unindex(lotId, spot_id);
			this.#shelves.delete(lotId);
		}
		for (const lot of changes.lots) {
			const shelf = this.#shelves.get(lot.lot_id);
			if (shelf === undefined) this.#shelves.set(lot.lot_id, new Shelf(lot));
			else shelf.lot = lot;
		}
		for (const [lotId, spots] of byLot(changes.removedSpots)) {
			this.#shelves.get(lotId)?.drop(new Set(spots.map(({ spot_id }) => spot_id)));
			for (const { spot_id } of spots) this.#unindex(lotId, spot_id);
		}
		const made = changes.spots.filter((spot) => this.#shelves.get(spot.lot_id)?.replace(spot) === false);
		for (const [lotId, spots] of byLot(made)) {
			this.#shelves.get(lotId)?.add(spots);
			for (const { spot_id } of spots) this.#index(lotId, spot_id);
		}
	}

	#index(lotId: string, spotId: string): void {
		const lots = this.#lotsOfSpot?.get(spotId);
		if (typeof lots === "object") lots.push(lotId);
		else this.#lotsOfSpot?.set(spotId, lots === undefined ? lotId : [lots, lotId]);
	}

	#unindex(lotId: string, spotId: string): void {
		const lots = this.#lotsOfSpot?.get(spotId);
		if (lots === lotId) this.#lotsOfSpot?.delete(spotId);
		else if (typeof lots === "object")
			this.#lotsOfSpot?.set(spotId, oneOrMore(lots.filter((other) => other !== lotId)));
	}
}

/** Each lot's part. */
function byLot<T extends { lot_id: string }>(items: readonly T[]): Map<string, T[]> {
	return Map.groupBy(items, ({ lot_id }) => lot_id);
}

function oneOrMore(lots: string[]): string | string[] {
	const [only] = lots;
	return only !== undefined && lots.length === 1 ? only : lots;
}

/** The resource of a lot: the record without what only the gateway needs. */
export function lotResource(lot: LotRecord): Lot {
	const { created_at: _, ...resource } = lot;
	return resource;
}

/** The resource of a spot: the record without what only the gateway needs. Field by field, as it is made for each update. */
export function spotResource(spot: SpotRecord): Spot {
	return {
		spot_id: spot.spot_id,
		lot_id: spot.lot_id,
		label: spot.label,
		zone: spot.zone,
		occupied: spot.occupied,
		state: spot.state,
		since: spot.since,
		distance: spot.distance,
		sensor_occupied: spot.sensor_occupied,
		sensor_state: spot.sensor_state,
		confidence: spot.confidence,
		reason: spot.reason,
		manual_override: spot.manual_override,
		override: spot.override,
		board_id: spot.board_id,
		last_heard: spot.last_heard,
		last_update: spot.last_update,
	};
}

/** A lot with all its spots, as `GET /api/lots/:id` and snapshots show it. */
export function lotWithSpots(books: Books, lot: LotRecord): LotWithSpots {
	return { ...lotResource(lot), spots: books.spots(lot.lot_id).map(spotResource) };
}
