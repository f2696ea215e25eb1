/** What `main.ts` needs of the hardware it runs on. Each kind of device has a folder with a `host.ts` that makes one. */
import type { LampOutput } from "../../lamps.ts";
import type { BoardHealth } from "../../messages.ts";
import type { Sensor } from "../../ranging.ts";
import type { KeyValueStore, Settings } from "../../settings.ts";
import type { Clock, Timer } from "../../timer.ts";
import type { Connect } from "../../transport.ts";
import type { BoardConfig } from "./config.ts";

export interface Host {
	/** Name and version of the firmware on this kind of device. */
	readonly firmware: string;
	/** What the chip says why it started; undefined where there is none to say. */
	readonly resetReason: string | undefined;
	readonly timer: Timer;
	readonly clock: Clock;
	/** 0 up to, not with, 1; other numbers at each start. */
	readonly random: () => number;
	/** For at most this many spots; lit before there are any settings. */
	readonly lamps: readonly LampOutput[];
	readonly connect: Connect;
	/** Sensors of the settings' spots, in their order. @throws Error when there are more spots than sensors. */
	openSensors(settings: Settings): readonly HostSensor[];
	/** Begins to look for a network, in the background and for ever. */
	start(): void;
	/** Whether there is a network at all, whoever answers in it. */
	hasNetwork(): boolean;
	/** What it can measure of itself. */
	vitals(): Pick<BoardHealth, "signal_dbm" | "free_heap_bytes" | "wifi_losses">;
	/** The board's connection came or went, for whoever looks on. `reason` is "" while it is there. */
	showLink(connected: boolean, reason: string): void;
	/** Opens the serial port, or what takes its place; gives what says a line there. @throws Error when it is in use. */
	openSerial(): (line: string) => void;
	/** Begins again from nothing. */
	restart(): void;
}

export interface HostSensor extends Sensor {
	/** Lets go of its pins. Twice is fine. */
	close(): void;
}

export interface HostOptions {
	config: BoardConfig;
	store: KeyValueStore;
	/** Somebody hands the board other settings, not yet checked. */
	onSettings: (settings: unknown) => void;
}

export type MakeHost = (options: HostOptions) => Host;
