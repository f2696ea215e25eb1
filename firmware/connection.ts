/**
 * In: an address and a way to connect. Out: one connection to the broker after the other, for ever.
 * Never: keeps what could not be sent, or knows what it carries.
 */
import type { Settings } from "./settings.ts";
import type { Alarm, Timer } from "./timer.ts";
import type { Connect, ConnectOptions, Transport } from "./transport.ts";

/** Whom the connection is for. One object with methods: a closure for each would take a KB of a board's memory. */
export interface ConnectionListener {
	/** The last will of the connection that is made now. */
	lastWill(): ConnectOptions["will"];
	onConnect(): void;
	onMessage(topic: string, payload: string): void;
	/** There is room again after something was refused. */
	onWritable(): void;
	/** A connection was lost, or could not be made; the next one is on its way. `reason` is for people. */
	onClose(reason: string): void;
}

export interface ConnectionOptions {
	settings: Settings;
	timer: Timer;
	/** 0 up to, not with, 1. */
	random: () => number;
	connect: Connect;
	listener: ConnectionListener;
}

/**
 * First wait before connecting again, ms; doubled each time, up to `last`. Up to half of it is left out by chance, so
 * that a lot's boards do not all come at once.
 */
export const reconnectMs = Object.freeze({ first: 1000, last: 30_000 });

/** How long a broker may take to accept a connection, ms. */
export const connectDeadlineMs = 10_000;

/** Connections that lasted this long were good, ms: the next loss begins with the first wait again. */
export const steadyMs = 10_000;

/** Silence before a PINGREQ, ms: the broker sends the last will after 1.5 times that. */
export const keepaliveMs = 30_000;

export class Connection {
	readonly #options: ConnectionOptions;
	/** Waits for the broker's answer, or to connect again: never both. */
	readonly #alarm: Alarm;
	#transport: Transport | null = null;
	#connected = false;
	#connectedAtMs = 0;
	#attempts = 0;
	#packetId = 0;

	constructor(options: ConnectionOptions) {
		this.#options = options;
		this.#alarm = options.timer.alarm(() => this.#onAlarm());
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** Begins to connect, and never stops trying until `close`. To be called once. */
	start(): void {
		this.#connect();
	}

	/** An object goes out as JSON. False when it can't be sent now; then `onWritable` or `onConnect` follows. */
	publish(topic: string, payload: object | string, qos: 0 | 1, retain: boolean): boolean {
		if (!this.#transport || !this.#connected) return false;
		const text = typeof payload === "string" ? payload : JSON.stringify(payload);
		return this.#transport.publish({ topic, payload: text, qos, retain, packetId: this.#nextPacketId() });
	}

	/** At QoS 1. False as with `publish`. */
	subscribe(filters: readonly string[]): boolean {
		if (!this.#transport || !this.#connected) return false;
		return this.#transport.subscribe(filters, this.#nextPacketId());
	}

	/** Whom the connection is for has answered on it: the next loss begins with the first wait. */
	prove(): void {
		this.#attempts = 0;
	}

	/** Leaves the connection in peace and makes another at once, with another last will. */
	renew(): void {
		const transport = this.#forget();
		transport?.close();
		this.#connect();
	}

	/**
	 * Ends with DISCONNECT after what was sent, so that the broker forgets the last will; with `farewellSaid` false it
	 * cuts the connection, so that the broker sends it. `onClosed` follows. Twice is fine.
	 */
	close(farewellSaid: boolean, onClosed: () => void): void {
		const transport = this.#forget();
		if (transport && farewellSaid) transport.close(onClosed);
		else {
			transport?.abort();
			onClosed();
		}
	}

	#connect(): void {
		const { settings, connect, listener } = this.#options;
		this.#alarm.set(connectDeadlineMs);
		// What an earlier connection still has to say must not touch this one.
		const current = () => transport !== null && transport === this.#transport;
		let transport: Transport | null = null;
		try {
			transport = connect({
				url: settings.broker_url,
				username: settings.broker_username,
				password: settings.broker_password,
				clientId: settings.board_id,
				keepaliveMs,
				will: listener.lastWill(),
				onConnect: () => current() && this.#onConnect(),
				onMessage: (topic, payload) => current() && listener.onMessage(topic, payload),
				onWritable: () => current() && listener.onWritable(),
				onClose: (reason) => current() && this.#onClose(reason),
			});
			this.#transport = transport;
		} catch (error) {
			this.#onClose(error instanceof Error ? error.message : String(error));
		}
	}

	#onConnect(): void {
		this.#alarm.cancel();
		this.#connected = true;
		this.#connectedAtMs = this.#options.timer.now();
		this.#options.listener.onConnect();
	}

	#onClose(reason: string): void {
		if (this.#connected && this.#options.timer.now() - this.#connectedAtMs >= steadyMs) this.#attempts = 0;
		this.#forget();
		const waitMs = Math.min(reconnectMs.first * 2 ** this.#attempts, reconnectMs.last);
		if (waitMs < reconnectMs.last) this.#attempts++;
		this.#alarm.set(waitMs * (1 - this.#options.random() / 2));
		this.#options.listener.onClose(reason);
	}

	#onAlarm(): void {
		if (!this.#transport) {
			this.#connect();
			return;
		}
		this.#transport.abort();
		this.#onClose(`no answer from the broker within ${connectDeadlineMs / 1000} s`);
	}

	#forget(): Transport | null {
		const transport = this.#transport;
		this.#transport = null;
		this.#connected = false;
		this.#alarm.cancel();
		return transport;
	}

	/** MQTT 3.1.1 [MQTT-2.3.1-1]: 16 bits, never 0. */
	#nextPacketId(): number {
		this.#packetId = (this.#packetId % 65_535) + 1;
		return this.#packetId;
	}
}
Object.freeze(Connection.prototype);
