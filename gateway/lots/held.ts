/** Records as the books keep them: what many spots say in the same words is kept once. */
import type { SpotRecord } from "./records.ts";

/**
 * Makes a keeper of records for one load. Each text that a store reads is one of its own, of some 40 bytes, and most of them say what
 * another one says: names of lots and boards, reasons, and the times of a spot, which mostly are of one report.
 */
export function recordKeeper(): (spot: SpotRecord) => SpotRecord {
	const texts = new Map<string, string>();
	const shared = <T extends string | null>(text: T): T => {
		if (text === null) return text;
		const known = texts.get(text);
		if (known === undefined) texts.set(text, text);
		return (known as T | undefined) ?? text;
	};
	// Field by field: all of them get one shape, which is the cheapest to keep and to copy.
	return (spot) => {
		const { since } = spot;
		const last_event = spot.last_event === since ? since : spot.last_event;
		const last_update = spot.last_update === since ? since : spot.last_update;
		return {
			spot_id: shared(spot.spot_id),
			lot_id: shared(spot.lot_id),
			label: shared(spot.label),
			zone: shared(spot.zone),
			occupied: spot.occupied,
			state: shared(spot.state),
			since,
			distance: spot.distance,
			sensor_occupied: spot.sensor_occupied,
			sensor_state: shared(spot.sensor_state),
			confidence: spot.confidence,
			reason: shared(spot.reason),
			manual_override: spot.manual_override,
			override: spot.override,
			board_id: shared(spot.board_id),
			last_heard: spot.last_heard === last_update ? last_update : spot.last_heard,
			last_update,
			position: spot.position,
			cursors: spot.cursors.map(({ board_id, boot, seq }) => ({ board_id: shared(board_id), boot, seq })),
			topic_form: shared(spot.topic_form),
			last_event,
			version: spot.version,
		};
	};
}
