/** What crosses the boundary of a board that runs in an engine of its own: JSON texts, nothing else. Times are in ms. */
import type { LampColor } from "../../messages.ts";
import type { ConnectOptions, OutMessage } from "../../transport.ts";

/** What happens to the board, in order. Connections are named by the number that their `connect` came with. */
export type BoardEvent =
	/** Power: begins a board, or begins it anew after a power cut. To be the first. */
	| ["start", EngineStart]
	/** Time passes up to this many ms since the board's start; alarms ring each at its time. */
	| ["time", atMs: number]
	/** As `time`, but the board is busy until then: what is due rings late, and once. */
	| ["late", atMs: number]
	/** What a sensor gives from now on: the pulse in µs, null for none; and whether its pin hangs high. */
	| ["echo", sensor: number, echoUs: number | null, high: boolean]
	/** The wall clock, ms since 1970, at this moment; null when nobody knows it. */
	| ["clock", wallMs: number | null]
	/** New settings are kept for the next start. */
	| ["settings", settings: unknown]
	| ["connected", connection: number]
	| ["message", connection: number, topic: string, payload: string]
	/** The connection takes that many messages from now on. */
	| ["room", connection: number, messages: number]
	| ["lost", connection: number, reason: string]
	/** DISCONNECT has gone out. */
	| ["closed", connection: number]
	/** The board is to end in order. */
	| ["end"];

export interface EngineStart {
	/** What the board's memory holds: its settings as JSON under `settings`, its counter under `boot`, what it has learnt under `learnt`. */
	memory: Record<string, string>;
	/** Name and version of the firmware. */
	firmware: string;
	/** For the board's own chance. */
	seed: number;
	/** Where its time begins, ms. */
	atMs: number;
}

/** What the board does, in order. */
export type BoardAction =
	| ["trigger", sensor: number]
	| ["lamp", spot: number, color: LampColor, level: number]
	| ["keep", key: string, value: string]
	| ["connect", connection: number, options: Omit<ConnectOptions, `on${string}`>]
	| ["publish", connection: number, message: OutMessage]
	| ["subscribe", connection: number, filters: readonly string[]]
	/** DISCONNECT is to go out; `closed` is to follow. */
	| ["close", connection: number]
	| ["abort", connection: number]
	| ["online"]
	| ["offline", reason: string]
	/** It has ended in order. */
	| ["ended"]
	/** It could not do what it was told. */
	| ["error", text: string];

export interface EngineReply {
	/** What the board did, and when, in ms since its start. */
	actions: [atMs: number, ...action: BoardAction][];
	/** When the next alarm rings, in ms since its start; null when none is set. */
	nextMs: number | null;
	/** Reports not yet known to be stored. */
	waiting: number;
}

/** Something that runs one board: the bundle of `engine-inside.ts`, in whatever engine. */
export interface Engine {
	/** Rejects when the board fails or breaks its budget; then it has ended. Calls are answered in order. */
	step(events: readonly BoardEvent[]): Promise<EngineReply>;
	/** Ends it without a word, as a power cut. Twice is fine. */
	close(): void;
}
