/**
 * What panel and app say to each other, as JSON: the simulator's panel is one who speaks so, a test's program another.
 * Spots go by their index on the board.
 */
import type { LampColor } from "../../messages.ts";

/** `unplugged`: the echo pin stays low. `stuck`: it stays high. */
export type Wire = "ok" | "unplugged" | "stuck";

/** What is under a sensor, as far as it can tell. */
export interface Scene {
	/** From the sensor to what is under it, cm. */
	distance_cm?: number;
	/** Share of pings that come back, 0 to 1: glass and slopes throw them elsewhere. */
	echo_share?: number;
	/** Scatter of the distances, standard deviation, cm. */
	noise_cm?: number;
	wire?: Wire;
	/** Raw pulses in µs (null: none ended), one for each measurement from now on, before it is the scene's turn again: a recorded trace. */
	echoes_us?: (number | null)[];
}

/** Panel to app. Each message has one of these, or more. */
export interface PanelMessage {
	sensor?: { index: number } & Scene;
	wifi?: boolean;
	broker?: boolean;
	/** The board's settings from now on. */
	settings?: unknown;
	/** PEM, or its base64 alone, of who vouches for the broker. */
	broker_ca?: string;
	/** The panel has just begun to look: say it all. */
	hello?: boolean;
}

/** App to panel. */
export interface AppMessage {
	board?: { board_id: string; lot_id: string; broker_url: string; spots: string[]; floor_cm: number };
	lamp?: { index: number; color: LampColor; level: number };
	link?: { connected: boolean; reason: string };
}
