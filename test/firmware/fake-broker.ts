/** A broker without a network: what it is told it keeps, what it says arrives at once, and it can be away. */
import type { Connect, ConnectOptions, OutMessage, Transport } from "../../firmware/transport.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface Heard extends OutMessage {
	/** When, in virtual ms. */
	atMs: number;
	/** Which connection it came over, from 1. */
	connection: number;
}

/** How long a CONNACK takes, virtual ms. */
export const connackMs = 10;

export class FakeBroker {
	/** Everything that was published, in order. */
	readonly heard: Heard[] = [];
	/** The options of every connection that was tried. */
	readonly tries: ConnectOptions[] = [];
	/** When each was tried, virtual ms. */
	readonly triedAtMs: number[] = [];
	readonly subscriptions: string[][] = [];
	readonly wills: ConnectOptions["will"][] = [];
	/** Called for each message after it was kept. */
	onHeard: (message: Heard) => void = () => {};
	/** `refuses`: connections fail. `silent`: no answer at all. */
	mode: "up" | "refuses" | "silent" = "up";
	/** Messages that a connection takes before it has no room; `drain` makes room. */
	room = Number.POSITIVE_INFINITY;
	/** True after DISCONNECT on the last connection. */
	disconnected = false;
	readonly #time: VirtualTime;
	#current: ConnectOptions | null = null;
	#taken = 0;

	constructor(time: VirtualTime) {
		this.#time = time;
	}

	get connected(): boolean {
		return this.#current !== null;
	}

	readonly connect: Connect = (options) => {
		this.tries.push(options);
		this.triedAtMs.push(this.#time.now());
		const connection = this.tries.length;
		let open = true;
		this.#taken = 0;
		this.#time
			.alarm(() => {
				if (!open || this.mode === "silent") return;
				if (this.mode === "refuses") options.onClose("refused");
				else {
					this.#current = options;
					this.disconnected = false;
					options.onConnect();
				}
			})
			.set(connackMs);
		const isOpen = () => open && this.#current === options;
		const transport: Transport = {
			publish: (message) => {
				if (!isOpen() || this.#taken >= this.room) return false;
				this.#taken++;
				const heard = { ...message, atMs: this.#time.now(), connection };
				this.heard.push(heard);
				this.onHeard(heard);
				return true;
			},
			subscribe: (filters) => {
				if (!isOpen() || this.#taken >= this.room) return false;
				this.#taken++;
				this.subscriptions.push([...filters]);
				return true;
			},
			close: (onClosed) => {
				open = false;
				if (this.#current === options) this.#current = null;
				this.disconnected = true;
				onClosed?.();
			},
			abort: () => {
				open = false;
				if (this.#current === options) this.#end(options);
			},
		};
		return transport;
	};

	/** Publishes to the board. */
	say(topic: string, payload: unknown): void {
		this.#current?.onMessage(topic, typeof payload === "string" ? payload : JSON.stringify(payload));
	}

	/** Cuts the connection. */
	cut(reason = "cut"): void {
		const options = this.#current;
		if (!options) return;
		this.#end(options);
		options.onClose(reason);
	}

	/** Makes room for `room` more messages. */
	drain(): void {
		this.#taken = 0;
		this.#current?.onWritable();
	}

	/** Payloads that were published on topics with this ending, parsed. */
	payloads<T>(ending: string): T[] {
		return this.heard.filter(({ topic }) => topic.endsWith(ending)).map(({ payload }) => JSON.parse(payload) as T);
	}

	#end(options: ConnectOptions): void {
		this.#current = null;
		this.wills.push(options.will);
	}
}
