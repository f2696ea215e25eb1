/** What the books hold of a lot and a spot: the resource that clients see, and what only the gateway needs. */
import type { Counters, HistoryEntry, Lot, Spot } from "../contract/resources.ts";

export interface LotRecord extends Lot {
	/** ISO 8601. */
	created_at: string;
}

/** How far one board's word on one spot is in the books: nothing at or below `(boot, seq)` is taken again. */
export interface Cursor {
	board_id: string;
	boot: number;
	seq: number;
}

export interface SpotRecord extends Spot {
	/** Place in the lot's order, from 0. */
	position: number;
	/** Newest board first; at most {@link maxCursors}. */
	cursors: Cursor[];
	/** The form of topic on which this spot's sensor spoke last; null before its first word. The lamp is answered on the same. */
	topic_form: "short" | "long" | null;
	/** When the last event of the sensor happened, ISO 8601: later events are never placed before it. */
	last_event: string | null;
	/** 1 when made; rises by one with each write. The store refuses a write whose version is not the next one. */
	version: number;
}

/** Boards remembered for one spot (a board swapped and swapped back must not be counted twice). */
export const maxCursors = 4;

export type NewHistoryEntry = Omit<HistoryEntry, "id">;

/** What steps at single spots did to their lot. Steps of several gateways add up, in any order. */
export interface LotMove {
	lot_id: string;
	/** Of `lot_version`. */
	steps: number;
	/** The change of each counter. */
	counters: Counters;
}

/** Everything that one commit changes, as it is afterwards. */
export interface Changes {
	/** Made or replaced, by `lot_id`. */
	lots: LotRecord[];
	/** Made (version 1) or replaced (version one above the stored one), by `lot_id` and `spot_id`. */
	spots: SpotRecord[];
	removedLots: string[];
	removedSpots: { lot_id: string; spot_id: string }[];
}

/** Everything that one commit writes. */
export interface Batch extends Changes {
	/** Lots of which nothing but spots changed; they are not among `lots`. */
	moves: LotMove[];
	/** In the order in which they happened. An entry whose `(board_id, boot, seq)` is there already is left out. */
	history: NewHistoryEntry[];
}
