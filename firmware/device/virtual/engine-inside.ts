/**
 * In: events as JSON, one `step` after the other. Out: what the board did, as JSON.
 * Never: has time, chance, memory or a network of its own, so that the same events give the same actions on every engine.
 *
 * Bundled into one script that defines `step`. Keeps to what the firmware keeps to.
 */
import { Board } from "../../board.ts";
import type { LampOutput } from "../../lamps.ts";
import type { Sensor } from "../../ranging.ts";
import { countBoot, type KeyValueStore, loadSettings, parseSettings, saveBoot, saveSettings } from "../../settings.ts";
import type { Alarm, Timer } from "../../timer.ts";
import type { ConnectOptions, Transport } from "../../transport.ts";
import type { BoardAction, BoardEvent, EngineReply, EngineStart } from "./engine-protocol.ts";
import { seededRandom } from "./random.ts";

let actions: EngineReply["actions"] = [];
let time: VirtualTimer;
let wallAheadMs: number | null = null;
let memory: Memory;
let board: Board | null = null;
let sensors: VirtualSensor[] = [];
let connection: VirtualConnection | null = null;
let connections = 0;

function act(...action: BoardAction): void {
	actions.push([time.now(), ...action]);
}

interface Deadline {
	/** Infinity while it is not set. */
	atMs: number;
	/** Deadlines at the same moment come in the order in which they were set. */
	order: number;
	readonly callback: () => void;
}

/** Time that moves when it is told to. Holds the handful of alarms that a board makes at its start. */
class VirtualTimer implements Timer {
	#nowMs: number;
	#order = 0;
	readonly #deadlines: Deadline[] = [];

	constructor(nowMs: number) {
		this.#nowMs = nowMs;
	}

	now(): number {
		return this.#nowMs;
	}

	alarm(callback: () => void): Alarm {
		const deadline: Deadline = { atMs: Number.POSITIVE_INFINITY, order: 0, callback };
		this.#deadlines.push(deadline);
		return {
			set: (delayMs) => {
				deadline.atMs = this.#nowMs + delayMs;
				deadline.order = this.#order++;
			},
			cancel: () => {
				deadline.atMs = Number.POSITIVE_INFINITY;
			},
		};
	}

	get nextMs(): number | null {
		const next = this.#next(Number.MAX_VALUE);
		return next ? next.atMs : null;
	}

	/** Lets time pass. With `late`, what is due meanwhile comes at the end of it. */
	advance(untilMs: number, late: boolean): void {
		if (late) this.#nowMs = untilMs;
		for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
			if (!late) this.#nowMs = next.atMs;
			next.atMs = Number.POSITIVE_INFINITY;
			next.callback();
		}
		this.#nowMs = untilMs;
	}

	#next(untilMs: number): Deadline | null {
		let next: Deadline | null = null;
		for (const deadline of this.#deadlines) {
			if (deadline.atMs > untilMs) continue;
			if (!next || deadline.atMs < next.atMs || (deadline.atMs === next.atMs && deadline.order < next.order)) {
				next = deadline;
			}
		}
		return next;
	}
}

class VirtualSensor implements Sensor {
	readonly #index: number;
	high = false;
	echoUs: number | null = null;

	constructor(index: number) {
		this.#index = index;
	}

	trigger(): void {
		act("trigger", this.#index);
	}

	read(): number | null {
		return this.echoUs;
	}
}

class Memory implements KeyValueStore {
	readonly #values: Record<string, string>;

	constructor(values: Record<string, string>) {
		this.#values = values;
	}

	get(key: string): string | undefined {
		return this.#values[key];
	}

	set(key: string, value: string): void {
		this.#values[key] = value;
		act("keep", key, value);
	}
}

class VirtualConnection implements Transport {
	readonly number = ++connections;
	readonly options: ConnectOptions;
	onClosed: (() => void) | undefined;
	#room = 0;
	#refused = false;

	constructor(options: ConnectOptions) {
		this.options = options;
		const { url, username, password, clientId, keepaliveMs, will } = options;
		act("connect", this.number, { url, username, password, clientId, keepaliveMs, will });
	}

	publish(message: Parameters<Transport["publish"]>[0]): boolean {
		if (!this.#takes()) return false;
		act("publish", this.number, message);
		return true;
	}

	subscribe(filters: readonly string[]): boolean {
		if (!this.#takes()) return false;
		act("subscribe", this.number, filters);
		return true;
	}

	close(onClosed?: () => void): void {
		this.onClosed = onClosed;
		act("close", this.number);
	}

	abort(): void {
		act("abort", this.number);
	}

	/** Takes that many messages from now on. */
	makeRoom(messages: number): void {
		this.#room = messages;
		if (!this.#refused || messages === 0) return;
		this.#refused = false;
		this.options.onWritable();
	}

	#takes(): boolean {
		this.#refused = this.#room === 0;
		if (!this.#refused) this.#room--;
		return !this.#refused;
	}
}

function start({ memory: values, firmware, seed, atMs }: EngineStart): void {
	time = new VirtualTimer(atMs);
	memory = new Memory(values);
	board = null;
	connection = null;
	wallAheadMs = null;
	const settings = loadSettings(memory);
	if (!settings) throw new Error("the board's memory must hold settings, got none");
	const random = seededRandom(seed, settings.board_id);
	sensors = settings.spots.map((_, index) => new VirtualSensor(index));
	board = new Board({
		settings,
		boot: countBoot(memory, random),
		firmware,
		sensors,
		lamps: settings.spots.map((_, spot): LampOutput => ({ set: (color, level) => act("lamp", spot, color, level) })),
		timer: time,
		clock: { now: () => (wallAheadMs === null ? null : wallAheadMs + time.now()) },
		random,
		connect: (options) => {
			connection = new VirtualConnection(options);
			return connection;
		},
		saveBoot: (boot) => saveBoot(memory, boot),
		memory,
		onConnect: () => act("online"),
		onDisconnect: (reason) => act("offline", reason),
	});
	board.start();
}

/** The connection of this number while it is the newest: what an older one has to say is out of date. */
function newest(number: number): VirtualConnection | null {
	return connection?.number === number ? connection : null;
}

function happen(event: BoardEvent): void {
	switch (event[0]) {
		case "start":
			start(event[1]);
			break;
		case "time":
			time.advance(event[1], false);
			break;
		case "late":
			time.advance(event[1], true);
			break;
		case "echo": {
			const sensor = sensors[event[1]];
			if (!sensor) throw new RangeError(`sensor must be one of ${sensors.length}, got ${event[1]}`);
			sensor.echoUs = event[2];
			sensor.high = event[3];
			break;
		}
		case "clock":
			wallAheadMs = event[1] === null ? null : event[1] - time.now();
			break;
		case "settings":
			saveSettings(memory, parseSettings(event[1]));
			break;
		case "connected":
			newest(event[1])?.options.onConnect();
			break;
		case "message":
			newest(event[1])?.options.onMessage(event[2], event[3]);
			break;
		case "room":
			newest(event[1])?.makeRoom(event[2]);
			break;
		case "lost":
			newest(event[1])?.options.onClose(event[2]);
			break;
		case "closed":
			newest(event[1])?.onClosed?.();
			break;
		case "end":
			board?.close(() => act("ended"));
			break;
	}
}

/** Takes a list of {@link BoardEvent} as JSON and gives an {@link EngineReply} as JSON. */
function step(text: string): string {
	for (const event of JSON.parse(text) as BoardEvent[]) {
		try {
			happen(event);
		} catch (error) {
			// What the board refuses, as it would say it; not what it did wrong, which ends the engine.
			if (!(error instanceof Error) || !("code" in error)) throw error;
			act("error", error.message);
		}
	}
	const reply: EngineReply = { actions, nextMs: time.nextMs, waiting: board?.outboxSize ?? 0 };
	// What was told is not kept: between two steps, all that is alive is the board's.
	actions = [];
	return JSON.stringify(reply);
}

Object.assign(globalThis, { step });
