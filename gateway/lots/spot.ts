/** The rules for one spot: what a report and an owner's word do to it. Pure: records in, new records out. */
import type { SensorState, SpotState } from "../../firmware/messages.ts";
import type { HistoryEntry, Override } from "../contract/resources.ts";
import { type Cursor, maxCursors, type NewHistoryEntry, type SpotRecord } from "./records.ts";

/** A valid report, with its lot found and its time settled. */
export interface Report {
	lot_id: string;
	spot_id: string;
	state: SensorState;
	/** cm */
	distance: number | null;
	confidence: number | null;
	reason: string | null;
	board_id: string | null;
	/** Names the report; null for a plain sensor, which is compared by state alone. */
	identity: Cursor | null;
	topic_form: "short" | "long";
	/** When it happened, ISO 8601. */
	timestamp: string;
	/** When the gateway heard it, ISO 8601. */
	received_at: string;
	reported_at: string | null;
}

export type ReportOutcome =
	/** The books have it, or a newer one of the same boot. */
	| { kind: "duplicate" }
	/** It comes from an earlier start of the board than the newest known, `boot`. */
	| { kind: "old_boot"; boot: number }
	| { kind: "repeat"; spot: SpotRecord }
	| { kind: "change"; spot: SpotRecord; entry: NewHistoryEntry };

/** What drivers see: the owner's word while it holds, else the sensor's. */
export function effectiveState(sensorState: SensorState, override: Override | null): SpotState {
	if (override === null) return sensorState;
	if (override.reserved) return "reserved";
	return override.occupied ? "occupied" : "free";
}

/** What a report does to its spot. A spot that is unknown because nobody spoke yet and a report that says unknown are a repeat. */
export function takeReport(spot: SpotRecord, report: Report): ReportOutcome {
	const { identity } = report;
	if (identity !== null) {
		const known = spot.cursors.find((cursor) => cursor.board_id === identity.board_id);
		if (known !== undefined && identity.boot < known.boot) return { kind: "old_boot", boot: known.boot };
		if (known !== undefined && identity.boot === known.boot && identity.seq <= known.seq) return { kind: "duplicate" };
	}
	const timestamp = later(report.timestamp, spot.last_event);
	const state = effectiveState(report.state, spot.override);
	const next: SpotRecord = {
		...spot,
		state,
		occupied: isOccupied(state),
		since: state === spot.state ? spot.since : timestamp,
		sensor_state: report.state,
		sensor_occupied: report.state === "unknown" ? null : report.state === "occupied",
		distance: report.distance,
		confidence: report.confidence,
		// Where nothing changed the record keeps the text that it has, which other spots share.
		reason: spot.reason === report.reason ? spot.reason : report.reason,
		board_id: spot.board_id === report.board_id ? spot.board_id : report.board_id,
		cursors: identity === null ? spot.cursors : advance(spot.cursors, identity),
		topic_form: report.topic_form,
		last_event: timestamp,
		last_heard: report.received_at,
		last_update: report.received_at,
	};
	if (report.state === spot.sensor_state) return { kind: "repeat", spot: next };
	const entry: NewHistoryEntry = {
		...base(spot, next),
		source: "sensor",
		timestamp,
		received_at: report.received_at,
		reported_at: report.reported_at,
		board_id: report.board_id,
		boot: identity?.boot ?? null,
		seq: identity?.seq ?? null,
		action: null,
		override: null,
	};
	return { kind: "change", spot: next, entry };
}

/** Puts the owner's word over the spot. The entry keeps the word itself: who, what, why, until. */
export function setOverride(spot: SpotRecord, override: Override): { spot: SpotRecord; entry: NewHistoryEntry } {
	return overridden(spot, override, override.at, "set", override);
}

/** Takes the owner's word away: what the sensor says at this moment counts. `spot.override` must be there. */
export function endOverride(
	spot: SpotRecord,
	at: string,
	action: "cleared" | "expired",
): { spot: SpotRecord; entry: NewHistoryEntry } {
	return overridden(spot, null, at, action, spot.override);
}

function overridden(
	spot: SpotRecord,
	override: Override | null,
	at: string,
	action: NonNullable<HistoryEntry["action"]>,
	told: Override | null,
): { spot: SpotRecord; entry: NewHistoryEntry } {
	const state = effectiveState(spot.sensor_state, override);
	const next: SpotRecord = {
		...spot,
		state,
		occupied: isOccupied(state),
		since: state === spot.state ? spot.since : at,
		override,
		manual_override: override !== null,
		last_update: at,
	};
	const entry: NewHistoryEntry = {
		...base(spot, next),
		source: "override",
		timestamp: at,
		received_at: at,
		reported_at: null,
		board_id: null,
		boot: null,
		seq: null,
		action,
		override: told,
	};
	return { spot: next, entry };
}

function base(before: SpotRecord, after: SpotRecord) {
	return {
		lot_id: after.lot_id,
		spot_id: after.spot_id,
		occupied: after.occupied,
		state: after.state,
		previous_state: before.state,
		sensor_state: after.sensor_state,
		distance: after.distance,
	};
}

function isOccupied(state: SpotState): boolean {
	return state === "occupied" || state === "reserved";
}

function advance(cursors: readonly Cursor[], identity: Cursor): Cursor[] {
	const [newest] = cursors;
	if (cursors.length === 1 && newest?.board_id === identity.board_id) {
		return [{ board_id: newest.board_id, boot: identity.boot, seq: identity.seq }];
	}
	const others = cursors.filter((cursor) => cursor.board_id !== identity.board_id);
	return [identity, ...others].slice(0, maxCursors);
}

/** Both in the 24 characters of `toISOString`, so that their texts sort as the times do. */
function later(a: string, b: string | null): string {
	return b !== null && b > a ? b : a;
}
