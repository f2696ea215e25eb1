/** From the bytes of an MQTT message to a report, or to the cause why not. Pure; judges nothing but form. */
import { Compile } from "typebox/compile";
import type { SensorState, Topics } from "../../firmware/messages.ts";
import { clip, explain } from "../contract/explain.ts";
import { StatusReportSchema } from "../contract/messages.ts";
import type { Cursor } from "../lots/records.ts";

/** A sensor's status is never longer than this, in bytes; longer ones are refused unread. */
export const maxReportBytes = 4096;

/** Why a message was refused; each is counted by this name. */
export type Cause =
	| "oversized"
	| "not_utf8"
	| "not_json"
	| "wrong_shape"
	| "contradiction"
	| "topic_mismatch"
	| "unknown_topic";

export class Refusal {
	readonly cause: Cause;
	/** What was got and what was expected, for the log. */
	readonly detail: string;

	constructor(cause: Cause, detail: string) {
		this.cause = cause;
		this.detail = detail;
	}
}

/** A report as it was sent: well formed, its lot not yet looked up. */
export interface Sent {
	spot_id: string;
	lot_id: string | null;
	state: SensorState;
	distance: number | null;
	confidence: number | null;
	reason: string | null;
	board_id: string | null;
	identity: Cursor | null;
	uptime_ms: number | null;
	timestamp: string | null;
	topic_form: "short" | "long";
}

const statusReport = Compile(StatusReportSchema);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Reads a message on `<prefix>/spot/status` or its long form. */
export function decodeStatus(topics: Topics, topic: string, payload: Uint8Array): Sent | Refusal {
	const parts = topic.slice(topics.status().length).split("/").slice(1);
	if (parts.length !== 0 && parts.length !== 2) {
		return new Refusal(
			"unknown_topic",
			`expected ${topics.status()} or ${topics.status("<lot_id>", "<spot_id>")}, got ${clip(topic)}`,
		);
	}
	const json = parse(payload, maxReportBytes);
	if (json instanceof Refusal) return json;
	if (!statusReport.Check(json))
		return new Refusal("wrong_shape", explain(statusReport.Errors(json), json, "the payload"));
	const [topicLot, topicSpot] = parts;
	if (topicLot !== undefined && json.lot_id !== undefined && json.lot_id !== topicLot) {
		return new Refusal("topic_mismatch", `lot_id is "${json.lot_id}", the topic says "${clip(topicLot)}"`);
	}
	if (topicSpot !== undefined && json.spot_id !== topicSpot) {
		return new Refusal("topic_mismatch", `spot_id is "${json.spot_id}", the topic says "${clip(topicSpot)}"`);
	}
	const state = json.state ?? (json.occupied ? "occupied" : "free");
	if (state !== "unknown" && json.occupied !== (state === "occupied")) {
		return new Refusal(
			"contradiction",
			`state "${state}" expects occupied: ${state === "occupied"}, got ${json.occupied}`,
		);
	}
	if (json.timestamp !== undefined && Number.isNaN(Date.parse(json.timestamp))) {
		return new Refusal("wrong_shape", `timestamp must be a real moment in ISO 8601, got "${json.timestamp}"`);
	}
	const { board_id, boot, seq } = json;
	const named = [board_id, boot, seq].filter((part) => part !== undefined).length;
	if ((boot !== undefined || seq !== undefined) && named !== 3) {
		return new Refusal("wrong_shape", "board_id, boot and seq name a report together, got only some of them");
	}
	return {
		spot_id: json.spot_id,
		lot_id: json.lot_id ?? topicLot ?? null,
		state,
		distance: json.distance ?? null,
		confidence: json.confidence ?? null,
		reason: json.reason ?? null,
		board_id: board_id ?? null,
		identity: board_id !== undefined && boot !== undefined && seq !== undefined ? { board_id, boot, seq } : null,
		uptime_ms: json.uptime_ms ?? null,
		timestamp: json.timestamp ?? null,
		topic_form: topicLot === undefined ? "short" : "long",
	};
}

/** JSON from bytes, or the cause why they are none. */
export function parse(payload: Uint8Array, maxBytes: number): unknown {
	if (payload.byteLength > maxBytes) {
		return new Refusal("oversized", `expected at most ${maxBytes} bytes, got ${payload.byteLength}`);
	}
	let text: string;
	try {
		text = utf8.decode(payload);
	} catch {
		return new Refusal("not_utf8", `expected UTF-8 text, got ${payload.byteLength} bytes that are not`);
	}
	try {
		return JSON.parse(text);
	} catch {
		return new Refusal("not_json", `expected a JSON object, got ${clip(JSON.stringify(text))}`);
	}
}
