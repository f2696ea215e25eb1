/**
 * In: steps that the domain decides. Out: the batch that the store must write, and who must be told of what.
 * Never: changes the books; they take over what was stored.
 */
import { isDeepStrictEqual } from "node:util";
import type { SpotState } from "../../firmware/messages.ts";
import type { Counters } from "../contract/resources.ts";
import type { Books } from "./books.ts";
import { count, moved, noSpots } from "./counters.ts";
import type { Batch, Changes, Cursor, LotMove, LotRecord, NewHistoryEntry, SpotRecord } from "./records.ts";

/** One spot after one step of a commit, with its lot's counters and version at that moment. */
export interface SpotStep {
	spot: SpotRecord;
	lot_version: number;
	counters: Counters;
	/** True when another gateway made and stored it: nobody but the own clients must be told. */
	adopted: boolean;
}

/** What one commit did, in its order, for those who tell the world. */
export interface Steps {
	spots: SpotStep[];
	/** Spots whose lamps must be told, as they were then, one for each change: of the colour, or of the form of topic on which the lamp listens; or a plain sensor spoke. */
	lamps: SpotRecord[];
	/** Lots that were made or changed as a whole: whoever shows them needs all of them again. */
	lots: Set<string>;
	/** Lots that were taken from the store as another gateway left them, or that are gone from there: the same for the own clients, and for nobody else. */
	refreshed: Set<string>;
	removedLots: string[];
	removedSpots: SpotRecord[];
	/** Reports that boards may now forget. */
	stored: Cursor[];
	/** Newest known boot of boards whose report came from an older one. */
	behind: Map<string, number>;
}

/** Changes to the books that are not committed yet. Reads see them; nobody else does. */
export class Draft {
	readonly #books: Books;
	readonly #lots = new Map<string, LotRecord | null>();
	/** By lot, then by name; null for one that goes. */
	readonly #spots = new Map<string, Map<string, SpotRecord | null>>();
	readonly #history: NewHistoryEntry[] = [];
	readonly #moves = new Map<string, LotMove>();
	/** What the store has already, by `lot_id/spot_id`. */
	readonly #adopted = new Map<string, SpotRecord>();
	readonly steps: Steps = {
		spots: [],
		lamps: [],
		lots: new Set(),
		refreshed: new Set(),
		removedLots: [],
		removedSpots: [],
		stored: [],
		behind: new Map(),
	};

	/** True when its tasks ran before, in a commit of which other gateways' writes let only a part through: what is there already must not be done twice. */
	readonly again: boolean;

	constructor(books: Books, again = false) {
		this.#books = books;
		this.again = again;
	}

	get books(): Books {
		return this.#books;
	}

	/** True while there is nothing to store. */
	get empty(): boolean {
		return this.#moves.size === 0 && this.steps.lots.size === 0 && this.steps.removedLots.length === 0;
	}

	lot(lotId: string): LotRecord | undefined {
		const drafted = this.#lots.get(lotId);
		return drafted === undefined ? this.#books.lot(lotId) : (drafted ?? undefined);
	}

	spot(lotId: string, spotId: string): SpotRecord | undefined {
		if (this.#lots.get(lotId) === null) return undefined;
		const drafted = this.#spots.get(lotId)?.get(spotId);
		return drafted === undefined ? this.#books.spot(lotId, spotId) : (drafted ?? undefined);
	}

	/** In no special order. */
	spots(lotId: string): SpotRecord[] {
		if (this.#lots.get(lotId) === null) return [];
		const found = new Map(this.#books.spots(lotId).map((spot) => [spot.spot_id, spot]));
		for (const [spotId, spot] of this.#spots.get(lotId) ?? []) {
			if (spot === null) found.delete(spotId);
			else found.set(spotId, spot);
		}
		return [...found.values()];
	}

	/** One spot changed: its lot's counters and version follow. Takes the record over and numbers it. */
	update(spot: SpotRecord, entry: NewHistoryEntry | null, lamp: boolean): void {
		const before = this.spot(spot.lot_id, spot.spot_id);
		const lot = this.lot(spot.lot_id);
		if (lot === undefined || before === undefined) throw new Error(`no spot ${spot.lot_id}/${spot.spot_id} to update`);
		const counters = moved(lot, before.state, spot.state);
		const lot_version = lot.lot_version + 1;
		const next = this.#numbered(spot);
		this.#put(spot.lot_id, spot.spot_id, next);
		this.#lots.set(lot.lot_id, { ...lot, ...counters, lot_version });
		this.#move(lot.lot_id, before.state, spot.state);
		if (entry !== null) this.#history.push(entry);
		this.steps.spots.push({ spot: next, lot_version, counters, adopted: false });
		if (lamp) this.steps.lamps.push(next);
	}

	/** A spot as another gateway stored it; call in the order of that gateway. Where a newer one is known, or no such spot, nothing changes. */
	adopt(spot: SpotRecord): void {
		const before = this.spot(spot.lot_id, spot.spot_id);
		const lot = this.lot(spot.lot_id);
		if (lot === undefined || before === undefined || before.version > spot.version) return;
		if (before.version === spot.version && isDeepStrictEqual(before, spot)) return;
		const counters = moved(lot, before.state, spot.state);
		const lot_version = lot.lot_version + 1;
		this.#put(spot.lot_id, spot.spot_id, spot);
		this.#adopted.set(`${spot.lot_id}/${spot.spot_id}`, spot);
		this.#lots.set(lot.lot_id, { ...lot, ...counters, lot_version });
		this.steps.spots.push({ spot, lot_version, counters, adopted: true });
	}

	/** The lot as the store has it, where other gateways write too; null where it is gone. Only in a draft of its own: it is not to be stored. */
	refresh(lotId: string, stored: { lot: LotRecord; spots: SpotRecord[] } | null): void {
		this.steps.refreshed.add(lotId);
		if (stored === null) {
			if (this.lot(lotId) !== undefined) this.removeLot(lotId);
			return;
		}
		const { lot, spots } = stored;
		const gone = new Map(this.spots(lotId).map((spot) => [spot.spot_id, spot]));
		for (const spot of spots) {
			const before = gone.get(spot.spot_id);
			gone.delete(spot.spot_id);
			this.#put(lotId, spot.spot_id, spot);
			// Who wrote it may have died before it told the lamp.
			if (before !== undefined && before.state !== spot.state) this.steps.lamps.push(spot);
		}
		for (const spot of gone.values()) {
			this.#put(lotId, spot.spot_id, null);
			this.steps.removedSpots.push(spot);
		}
		this.#lots.set(lotId, { ...lot, ...count(spots.map(({ state }) => state)) });
	}

	/** Makes or replaces a lot with all of its spots. Spots that it had and that are not given go; history stays. */
	replaceLot(
		lot: Omit<LotRecord, keyof Counters | "lot_version">,
		spots: SpotRecord[],
		entries: NewHistoryEntry[],
	): LotRecord {
		const kept = new Set(spots.map((spot) => spot.spot_id));
		for (const old of this.spots(lot.lot_id)) {
			if (kept.has(old.spot_id)) continue;
			this.#put(lot.lot_id, old.spot_id, null);
			this.steps.removedSpots.push(old);
		}
		const before = this.lot(lot.lot_id);
		const record: LotRecord = {
			...lot,
			...count(spots.map((spot) => spot.state)),
			lot_version: (before?.lot_version ?? 0) + 1,
		};
		for (const spot of spots) {
			const old = this.spot(lot.lot_id, spot.spot_id);
			if (old === spot) continue;
			this.#put(lot.lot_id, spot.spot_id, this.#numbered(spot));
			if (old !== undefined && old.state !== spot.state) this.steps.lamps.push(spot);
		}
		this.#lots.set(lot.lot_id, record);
		this.#history.push(...entries);
		this.steps.lots.add(lot.lot_id);
		this.steps.removedLots = this.steps.removedLots.filter((lotId) => lotId !== lot.lot_id);
		return record;
	}

	/** Removes a lot and its spots; history stays. */
	removeLot(lotId: string): void {
		for (const spot of this.spots(lotId)) {
			this.#put(lotId, spot.spot_id, null);
			this.steps.removedSpots.push(spot);
		}
		this.#lots.set(lotId, null);
		this.#moves.delete(lotId);
		this.steps.removedLots.push(lotId);
		this.steps.lots.delete(lotId);
	}

	/** The board that sent this report may forget it once this draft is committed. */
	acknowledge(identity: Cursor): void {
		this.steps.stored.push(identity);
	}

	/** The board counts its starts from a lower number than it did before. */
	fellBehind(boardId: string, newestBoot: number): void {
		this.steps.behind.set(boardId, Math.max(newestBoot, this.steps.behind.get(boardId) ?? 0));
	}

	/** What the store must write: all but what it has already. */
	batch(): Batch {
		const changes = this.changes();
		const { lots } = this.steps;
		return {
			...changes,
			lots: changes.lots.filter(({ lot_id }) => lots.has(lot_id)),
			moves: [...this.#moves.values()].filter(({ lot_id }) => !lots.has(lot_id)),
			spots:
				this.#adopted.size === 0
					? changes.spots
					: changes.spots.filter((spot) => this.#adopted.get(`${spot.lot_id}/${spot.spot_id}`) !== spot),
			history: this.#history,
		};
	}

	/** What the books must take over, once that is stored. */
	changes(): Changes {
		const changes: Changes = { lots: [], spots: [], removedLots: this.steps.removedLots, removedSpots: [] };
		for (const lot of this.#lots.values()) if (lot !== null) changes.lots.push(lot);
		for (const [lot_id, spots] of this.#spots) {
			for (const [spot_id, spot] of spots) {
				if (spot !== null) changes.spots.push(spot);
				else changes.removedSpots.push({ lot_id, spot_id });
			}
		}
		return changes;
	}

	#move(lotId: string, from: SpotState, to: SpotState): void {
		const move = this.#moves.get(lotId) ?? { lot_id: lotId, steps: 0, counters: noSpots() };
		this.#moves.set(lotId, move);
		move.steps++;
		if (from !== to) move.counters = moved(move.counters, from, to);
	}

	#put(lotId: string, spotId: string, spot: SpotRecord | null): void {
		const spots = this.#spots.get(lotId);
		if (spots === undefined) this.#spots.set(lotId, new Map([[spotId, spot]]));
		else spots.set(spotId, spot);
	}

	/** However often a draft touches a spot, the store sees one write: the version rises once. */
	#numbered(spot: SpotRecord): SpotRecord {
		const stored = this.#adopted.get(`${spot.lot_id}/${spot.spot_id}`) ?? this.#books.spot(spot.lot_id, spot.spot_id);
		spot.version = (stored?.version ?? 0) + 1;
		return spot;
	}
}
