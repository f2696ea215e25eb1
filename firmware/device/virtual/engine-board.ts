/**
 * In: a board in an engine of its own, sensors, a timer and MQTT. Out: the same as a board in this process.
 * Never: decides anything that the firmware decides.
 */
import { learntKey } from "../../learnt.ts";
import type { Sensor } from "../../ranging.ts";
import type { KeyValueStore, Settings } from "../../settings.ts";
import type { Alarm, Clock, Timer } from "../../timer.ts";
import type { Connect, Transport } from "../../transport.ts";
import type { BoardAction, BoardEvent, Engine, EngineReply } from "./engine-protocol.ts";
import { inflightLimit } from "./mqtt.ts";

export interface EngineBoardOptions {
	/** Just made. The board closes it in the end. */
	engine: Engine;
	settings: Settings;
	/** Number of this start, see `countBoot`. */
	boot: number;
	firmware: string;
	/** For the board's own chance. */
	seed: number;
	/** One for each spot, in the settings' order. */
	sensors: readonly Sensor[];
	timer: Timer;
	clock: Clock;
	connect: Connect;
	/** Where the board keeps what it has learnt. */
	memory: KeyValueStore;
	/** Keeps the number of this start when it had to be raised. */
	saveBoot: (boot: number) => void;
	onConnect: () => void;
	/** A connection was lost, or could not be made; or the engine has ended. `reason` is for people. */
	onDisconnect: (reason: string) => void;
}

/** A process that slept longer than this goes on at once and does not live through what it missed, ms. */
const longestLagMs = 10_000;

/** Events that wait for the next step at most: further messages are not heard, and what they confirmed is sent again. */
export const eventLimit = 1000;

/** Something that waits for room in its connection, at most {@link inflightLimit} of them. */
type Sending = () => boolean;

interface Connection {
	transport: Transport | null;
	readonly waiting: Sending[];
}

/** Hands events to the engine one step after the other, and does what the board in it wants done. */
export class EngineBoard {
	readonly #options: EngineBoardOptions;
	readonly #alarm: Alarm;
	readonly #connections = new Map<number, Connection>();
	#events: BoardEvent[] = [];
	/** What the triggers since the last step will give. They can wait for the next one, which is before they are read. */
	#echoes: BoardEvent[] = [];
	#stepping = false;
	#boot: number;
	#connected = false;
	#waiting = 0;
	/** Up to where the board's time has come, and when its next alarm rings, ms. */
	#boardMs = 0;
	#nextMs: number | null = null;
	#closed = false;
	#onClosed: () => void = () => {};

	constructor(options: EngineBoardOptions) {
		this.#options = options;
		this.#boot = options.boot;
		this.#alarm = options.timer.alarm(() => this.#pump());
	}

	get boot(): number {
		return this.#boot;
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** Reports not yet known to be stored. */
	get outboxSize(): number {
		return this.#waiting;
	}

	start(): void {
		const { settings, boot, firmware, seed, timer, memory: kept } = this.#options;
		// The board counts its start itself, from the number before.
		const memory: Record<string, string> = { settings: JSON.stringify(settings), boot: String(boot - 1) };
		const learnt = kept.get(learntKey);
		if (learnt !== undefined) memory[learntKey] = learnt;
		this.#boardMs = timer.now();
		this.#stepping = true;
		this.#step([["start", { memory, firmware, seed, atMs: this.#boardMs }]]);
	}

	/** As a board's. The engine ends with it. Twice is fine. */
	close(onClosed: () => void = () => {}): void {
		if (this.#closed) {
			onClosed();
			return;
		}
		this.#onClosed = onClosed;
		this.#tell(["end"]);
	}

	#tell(...events: BoardEvent[]): void {
		if (this.#closed) return;
		this.#events.push(...events);
		this.#pump();
	}

	/** One step at a time: what happens meanwhile waits for the next one. */
	#pump(): void {
		if (this.#stepping || this.#closed) return;
		this.#stepping = true;
		this.#alarm.cancel();
		// What happened did so now, and not when the step before was made.
		const events = [...this.#echoes, ...this.#time(), ...this.#events];
		this.#events = [];
		this.#echoes = [];
		this.#step(events);
	}

	#step(events: readonly BoardEvent[]): void {
		this.#options.engine.step(events).then(
			(reply) => this.#onReply(reply),
			(error: Error) => this.#end(error.message),
		);
	}

	/** Time as far as it has come, but one alarm after the other, so that each trigger gets its own echo. */
	#time(): BoardEvent[] {
		const nowMs = this.#options.timer.now();
		const wallMs = this.#options.clock.now();
		const late = nowMs - this.#boardMs > longestLagMs;
		this.#boardMs = late ? nowMs : Math.max(this.#boardMs, Math.min(nowMs, this.#nextMs ?? nowMs));
		return [
			[late ? "late" : "time", this.#boardMs],
			["clock", wallMs === null ? null : wallMs - (nowMs - this.#boardMs)],
		];
	}

	#onReply({ actions, nextMs, waiting }: EngineReply): void {
		if (this.#closed) return;
		this.#nextMs = nextMs;
		this.#waiting = waiting;
		for (const [, ...action] of actions) this.#do(action);
		this.#stepping = false;
		const waitMs = nextMs === null ? Number.POSITIVE_INFINITY : nextMs - this.#options.timer.now();
		if (this.#events.length > 0 || waitMs <= 0) this.#pump();
		else if (nextMs !== null) this.#alarm.set(waitMs);
	}

	#do(action: BoardAction): void {
		switch (action[0]) {
			case "trigger":
				this.#measure(action[1]);
				break;
			case "keep":
				this.#keep(action[1], action[2]);
				break;
			case "connect":
				this.#connect(action[1], action[2]);
				break;
			case "publish":
				this.#send(action[1], (transport) => transport.publish(action[2]));
				break;
			case "subscribe":
				this.#send(action[1], (transport) => transport.subscribe(action[2], 1));
				break;
			case "close":
				this.#hangUp(action[1]);
				break;
			case "abort":
				this.#take(action[1])?.abort();
				break;
			case "online":
				this.#connected = true;
				this.#options.onConnect();
				break;
			case "offline":
				this.#connected = false;
				this.#options.onDisconnect(action[1]);
				break;
			case "error":
				this.#options.onDisconnect(action[1]);
				break;
			case "ended":
				this.#end(null);
				break;
		}
	}

	#keep(key: string, value: string): void {
		try {
			if (key === learntKey) this.#options.memory.set(key, value);
			if (key !== "boot") return;
			this.#boot = Number(value);
			if (this.#boot !== this.#options.boot) this.#options.saveBoot(this.#boot);
		} catch {
			// The board in the engine can't be told any more; it would go on without a memory.
		}
	}

	#measure(index: number): void {
		const sensor = this.#options.sensors[index];
		sensor?.trigger();
		this.#echoes.push(["echo", index, sensor?.read() ?? null, sensor?.high ?? false]);
	}

	#connect(number: number, options: Extract<BoardAction, ["connect", ...unknown[]]>[2]): void {
		const connection: Connection = { transport: null, waiting: [] };
		this.#connections.set(number, connection);
		try {
			connection.transport = this.#options.connect({
				...options,
				onConnect: () => this.#tell(["room", number, inflightLimit], ["connected", number]),
				onMessage: (topic, payload) => {
					if (this.#events.length < eventLimit) this.#tell(["message", number, topic, payload]);
				},
				onWritable: () => this.#flush(number, connection),
				onClose: (reason) => this.#lose(number, reason),
			});
		} catch (error) {
			this.#lose(number, error instanceof Error ? error.message : String(error));
		}
	}

	#lose(number: number, reason: string): void {
		this.#connections.delete(number);
		this.#tell(["lost", number, reason]);
	}

	/** The board was given room for as many as may wait here, and gets more when none waits. */
	#send(number: number, send: (transport: Transport) => boolean): void {
		const connection = this.#connections.get(number);
		const transport = connection?.transport;
		if (!connection || !transport) return;
		connection.waiting.push(() => send(transport));
		this.#flush(number, connection);
	}

	#flush(number: number, { waiting }: Connection): void {
		while (waiting[0]?.()) waiting.shift();
		if (waiting.length === 0) this.#tell(["room", number, inflightLimit]);
	}

	/** In order where everything went out; else the last will has to say what could not be said. */
	#hangUp(number: number): void {
		const isDone = this.#connections.get(number)?.waiting.length === 0;
		const transport = this.#take(number);
		const onClosed = () => this.#tell(["closed", number]);
		if (isDone) transport?.close(onClosed);
		else {
			transport?.abort();
			onClosed();
		}
	}

	#take(number: number): Transport | null {
		const connection = this.#connections.get(number);
		this.#connections.delete(number);
		return connection?.transport ?? null;
	}

	/** With a reason, the engine failed: then the broker sends the last will, as for any board that died. */
	#end(reason: string | null): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#connected = false;
		this.#alarm.cancel();
		for (const number of [...this.#connections.keys()]) this.#take(number)?.abort();
		this.#options.engine.close();
		if (reason !== null) this.#options.onDisconnect(reason);
		this.#onClosed();
	}
}
