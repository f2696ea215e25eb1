/** Sockets and names below an MQTT connection, watched: the client above tells of an error only that there was one. */
import TCP, { type Options } from "embedded:io/socket/tcp";

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

type SocketOptions = Options & { watch: Watch };

/**
 * A TCP socket whose listeners may throw. The TLS code throws on a bad certificate, in a callback that nobody else
 * could catch: the whole app would end, and a board would start again and again. Here it is the end of the connection.
 */
export class WatchedTcp extends TCP {
	constructor(options: SocketOptions) {
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
	}
}

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
		System.resolve(host, (name, address) => {
			if (watch.over) return;
			watch.resolved = address !== undefined;
			if (address === undefined) onError();
			else onResolved(name, address);
		});
	}
}
