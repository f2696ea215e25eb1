/**
 * The wire contract: MQTT topics and the payloads on them, in one place for boards, gateway and pages.
 *
 * Field names are snake_case on the wire. Distances are centimetres, times are ISO 8601 in UTC unless the name says a unit.
 * This file imports nothing, so that every host can read it.
 */

/** What a sensor can say of its spot. `unknown` is a word of its own: never shown or counted as free. */
export type SensorState = "free" | "occupied" | "unknown";

/** What drivers see: the sensor's word, or the owner's while an override holds. */
export type SpotState = SensorState | "reserved";

/** A lamp's colours: free, occupied, reserved, unknown or fault, in this order. */
export type LampColor = "green" | "red" | "blue" | "amber";

/** A lamp's patterns. They carry the colour's meaning for eyes that can't tell red from green. */
export type LampPattern = "steady" | "blink" | "breathe";

/** `parkmate/spot/status[/<lot_id>/<spot_id>]`, board to gateway, QoS 1, retained on the long form. */
export interface StatusReport {
	spot_id: string;
	/** May be left out where exactly one lot has this spot. */
	lot_id?: string;
	occupied: boolean;
	/** Measured distance in cm, null when there is none. */
	distance?: number | null;
	/** ISO 8601; left out by a board whose clock is not set yet. */
	timestamp?: string;
	board_id?: string;
	/** Counts the board's starts, kept in flash; at least 1. Together with `board_id` and `seq` it names this report. */
	boot?: number;
	/** Counts the board's reports within one boot, from 1. */
	seq?: number;
	/** Milliseconds from the board's start to this event. */
	uptime_ms?: number;
	state?: SensorState;
	/** How sure the detector is, 0 to 1. */
	confidence?: number;
	/** Why the state is what it is, one word: `echo`, `no_echo`, `stuck`, `unplugged`, … */
	reason?: string;
}

/** `parkmate/led/command[/<lot_id>/<spot_id>]`, gateway to board, QoS 1, retained on the long form. */
export interface LedCommand {
	spot_id: string;
	lot_id: string;
	color: LampColor;
	pattern?: LampPattern;
}

/** `parkmate/board/<board_id>/status`, retained; also the board's last will (then `online` is false). */
export interface BoardStatus {
	online: boolean;
	boot: number;
	firmware?: string;
	/** The board's time since its start when it said this; never in a last will, which is written long before it is sent. */
	uptime_ms?: number;
	lot_id?: string;
	spots?: string[];
	/** Why the board had started, for people: what its engine could not get over, or what the chip says. 80 characters at most. */
	restarted?: string;
}

/** `parkmate/board/<board_id>/stored`, gateway to board, QoS 1: these reports are durably stored. */
export interface Stored {
	/** The boot that the numbers belong to. Without numbers, one above the board's own tells it that its counter fell behind (flash erased). */
	boot: number;
	/** Inclusive ranges, rising: `[[5, 7], [9, 9]]`. */
	seqs: [first: number, last: number][];
}

/** `parkmate/board/<board_id>/command`, gateway to board, QoS 1; answered on `…/result`. */
export interface BoardCommand {
	id: string;
	command: "identify" | "restart" | "learn_floor" | "trace" | "settings";
	/** For `identify`, `learn_floor` and `trace`: one spot; all of the board's when left out. */
	spot_id?: string;
	/** For `trace`: how long the board tells every measurement, s; 0 ends it. */
	seconds?: number;
	/** For `settings`: the settings to change. */
	settings?: Record<string, unknown>;
}

/** `parkmate/board/<board_id>/result`, board to gateway, QoS 1. */
export interface BoardResult {
	id: string;
	ok: boolean;
	/** What went wrong, when `ok` is false. */
	message?: string;
	/** For `learn_floor`: the distance to the floor of each spot that was asked for, cm; null where silence is what an empty spot sounds like. */
	floors?: Record<string, number | null>;
}

/** `parkmate/board/<board_id>/trace`, board to gateway, QoS 0, while `trace` was asked for: every measurement, raw. */
export interface BoardTrace {
	boot: number;
	/** Counts these messages since `trace` was asked for, from 1, so that a lost one shows. */
	n: number;
	/** Air temperature that the board goes by, °C. */
	temp_c: number;
	/** In time order: ms since the board's start, index in `BoardStatus.spots`, the pulse in µs as it was timed (null: none ended). */
	samples: [atMs: number, spot: number, echoUs: number | null][];
}

/** What one sensor has gone through since the board's start, in measurements. */
export interface SensorCounters {
	ok: number;
	/** A pulse that says that nothing came back. */
	no_echo: number;
	/** A pulse that had not ended after the guard time: some clones say so that nothing came back, and hang. */
	endless: number;
	/** The echo pin was high while idle, before the trigger. */
	stuck: number;
	too_short: number;
	/** No pulse at all: the wires are off. */
	silent: number;
}

/** What a person who mounts or mends a sensor wants to know of it. */
export interface SensorHealth extends SensorCounters {
	state: SensorState;
	reason: string;
	confidence: number;
	/** Measured now, cm; null without an echo. */
	distance_cm: number | null;
	/** The empty floor as it is believed now, cm; null while unknown, or where there is none to hear. */
	floor_cm: number | null;
	/** What goes wrong slowly, before it makes the verdict wrong: the floor moves away, or answers ever less often. */
	alarm: "drift" | "dirt" | null;
}

/** `parkmate/board/<board_id>/health`, board to gateway, QoS 0. */
export interface BoardHealth {
	boot: number;
	uptime_ms: number;
	/** Wi-Fi signal in dBm, where there is Wi-Fi. */
	signal_dbm?: number;
	free_heap_bytes?: number;
	/** How often the Wi-Fi was lost since the start. */
	wifi_losses?: number;
	/** Reports not yet known to be stored. */
	outbox?: number;
	/** Intermediate changes that a full outbox had to merge since the start. */
	coalesced?: number;
	sensors?: Record<string, SensorHealth>;
}

/** Names of lots, spots and boards: they are parts of topics and addresses. 1 to 64 letters, digits, `.`, `_`, `-`. */
export const idPattern = "^[A-Za-z0-9._-]{1,64}$";

/** Every topic below `prefix` (default `parkmate`). */
export class Topics {
	readonly prefix: string;

	constructor(prefix = "parkmate") {
		this.prefix = prefix;
	}

	/** Short form without arguments, long form with both. */
	status(lotId?: string, spotId?: string): string {
		return this.#spot("spot/status", lotId, spotId);
	}

	/** Short form without arguments, long form with both. */
	led(lotId?: string, spotId?: string): string {
		return this.#spot("led/command", lotId, spotId);
	}

	/** Accepted changes of a lot, as browsers get them. */
	update(lotId: string): string {
		return `${this.prefix}/spot/update/${lotId}`;
	}

	payment(): string {
		return `${this.prefix}/payment`;
	}

	board(boardId: string, leaf: "status" | "stored" | "command" | "result" | "health" | "trace"): string {
		return `${this.prefix}/board/${boardId}/${leaf}`;
	}

	#spot(kind: string, lotId?: string, spotId?: string): string {
		const short = `${this.prefix}/${kind}`;
		return lotId === undefined || spotId === undefined ? short : `${short}/${lotId}/${spotId}`;
	}
}

/** The lamp that shows a state. Patterns repeat what the colours say: design of the lamps is green free, red occupied, blue reserved, amber unknown. */
export function lampFor(state: SpotState): { color: LampColor; pattern: LampPattern } {
	switch (state) {
		case "free":
			return { color: "green", pattern: "steady" };
		case "occupied":
			return { color: "red", pattern: "steady" };
		case "reserved":
			return { color: "blue", pattern: "breathe" };
		case "unknown":
			return { color: "amber", pattern: "blink" };
	}
}
