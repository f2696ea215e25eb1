/** What goes to browsers, as JSON text: made once, sent to all. */
import type { ErrorBody } from "../contract/errors.ts";
import type { ErrorFrame, Heartbeat, LotRemoved, Snapshot, SpotUpdate } from "../contract/events.ts";
import { type Books, lotResource, spotResource } from "../lots/books.ts";
import type { SpotStep } from "../lots/draft.ts";

export interface SpotFrame {
	lot_id: string;
	text: string;
}

/** One `spot_update`; also what integrations get on `spot/update/<lot_id>`. */
export function spotFrame(step: SpotStep, at: string): SpotFrame {
	const frame: SpotUpdate = {
		event: "spot_update",
		...spotResource(step.spot),
		lot_version: step.lot_version,
		at,
		lot: step.counters,
	};
	return { lot_id: step.spot.lot_id, text: JSON.stringify(frame) };
}

/** The lot as it is now; null where there is none. */
export function snapshotFrame(books: Books, lotId: string, at: string): string | null {
	const lot = books.lot(lotId);
	if (lot === undefined) return null;
	const frame: Snapshot = {
		event: "snapshot",
		lot_id: lotId,
		lot_version: lot.lot_version,
		at,
		lot: lotResource(lot),
		spots: books.spots(lotId).map(spotResource),
	};
	return JSON.stringify(frame);
}

export function heartbeatFrame(lots: Record<string, number>, at: string): string {
	const frame: Heartbeat = { event: "heartbeat", at, lots };
	return JSON.stringify(frame);
}

export function removedFrame(lotId: string, at: string): string {
	const frame: LotRemoved = { event: "lot_removed", lot_id: lotId, at };
	return JSON.stringify(frame);
}

export function errorFrame(body: ErrorBody): string {
	const frame: ErrorFrame = { event: "error", ...body };
	return JSON.stringify(frame);
}
