/** Sockets and names below an MQTT connection, watched: the client above tells of an error only that there was one. */
import TCP, { type Options } from "embedded:io/socket/tcp";
import Timer from "timer";
import { Frames } from "./frames.ts";

/** What was seen of one connection from below. */
export interface Watch {
	/** The host's name was found. */
	resolved: boolean;
	/** TCP is connected. */
	connected: boolean;
	/** Something came from the other side. */
	heard: boolean;
	/** What was thrown while data was handled, like a certificate that is not to be trusted; "" for nothing. */
	failure: string;
	/** Nobody waits for this connection any more. */
	over: boolean;
}

type TcpOptions = Options & { watch: Watch };

/**
 * A TCP socket whose listeners may throw. The TLS code throws on a bad certificate, in a callback that nobody else
 * could catch: the whole app would end, and a board would start again and again. Here it is the end of the connection.
 */
export class WatchedTcp extends TCP {
	readonly #onLost: () => void;
	#lost = false;

	constructor(options: TcpOptions) {
		const { watch, onReadable, onWritable, onError } = options;
		const guard = (listener: ((this: TCP, bytes: number) => void) | undefined, socket: TCP, bytes: number) => {
			try {
				listener?.call(socket, bytes);
			} catch (error) {
				watch.failure ||= error instanceof Error ? error.message : String(error);
				onError?.call(socket);
			}
		};
		super({
			...options,
			onReadable(bytes) {
				watch.heard = true;
				guard(onReadable, this, bytes);
			},
			onWritable(bytes) {
				watch.connected = true;
				guard(onWritable, this, bytes);
			},
		});
		this.#onLost = () => {
			if (!watch.over) onError?.call(this);
		};
	}

	/** Bytes that may be written after it. */
	override write(data: ArrayBuffer | Uint8Array): number {
		// Typed in the SDK as if it gave nothing.
		const room = super.write(data) as unknown as number | undefined;
		if (room !== undefined) return room;
		// Under Linux the SDK tells nobody that a write has failed, and stops looking at the socket.
		if (!this.#lost) Timer.set(this.#onLost);
		this.#lost = true;
		return 0;
	}
}

/** A TCP or TLS socket as it is used here. */
interface RawSocket {
	format: string;
	read(count: number): ArrayBuffer;
	write(data: ArrayBuffer | Uint8Array, options?: object): number;
	close(): void;
}

interface SocketOptions {
	/** The socket that this one reads and writes. */
	below: { io: new (options: object) => RawSocket };
	onReadable: (count: number) => void;
}

/** The socket that the MQTT client is given: what it reads has gone through {@link Frames}. */
export class MqttSocket {
	/** "number": `read()` gives a byte. "buffer": `read(count)` gives that many. */
	format = "buffer";
	readonly #below: RawSocket;
	readonly #frames = new Frames();
	#unread = new Uint8Array(0);
	#at = 0;

	constructor(options: SocketOptions) {
		const { below, onReadable } = options;
		this.#below = new below.io({
			...options,
			...below,
			onReadable: (count: number) => {
				this.#take(count);
				if (this.#at < this.#unread.length) onReadable(this.#unread.length - this.#at);
			},
		});
	}

	read(count?: number): ArrayBuffer | number | undefined {
		if (this.format === "number") return this.#unread[this.#at++];
		const from = this.#at;
		this.#at += count ?? 0;
		return this.#unread.slice(from, this.#at).buffer;
	}

	write(data: ArrayBuffer | Uint8Array, options?: object): number {
		return this.#below.write(data, options);
	}

	close(): void {
		this.#below.close();
	}

	#take(count: number): void {
		this.#below.format = "buffer";
		const bytes = this.#frames.feed(new Uint8Array(this.#below.read(count)));
		const unread = this.#unread.length - this.#at;
		const all = new Uint8Array(unread + bytes.length);
		all.set(this.#unread.subarray(this.#at));
		all.set(bytes, unread);
		this.#unread = all;
		this.#at = 0;
	}
}
Object.freeze(MqttSocket.prototype);

interface Lookup {
	host: string;
	onResolved: (host: string, address: string) => void;
	onError: () => void;
}

/** The host's own name resolution, in the shape of ECMA-419's. Says nothing once the connection is over. */
export class Resolver {
	readonly #watch: Watch;

	constructor({ watch }: { watch: Watch }) {
		this.#watch = watch;
	}

	resolve({ host, onResolved, onError }: Lookup): void {
		const watch = this.#watch;
		// The address is undefined when the name is not known, whatever the SDK's typings say.
		System.resolve(host, (name: string, address?: string) => {
			if (watch.over) return;
			watch.resolved = address !== undefined;
			if (address === undefined) onError();
			else onResolved(name, address);
		});
	}
}
