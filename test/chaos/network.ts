/**
 * A bad network: a TCP proxy that delays, lets bytes through one by one, swallows them in one direction or both, cuts
 * connections, cuts them in the middle of a packet, and takes no new ones.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** An idle connection that is to be cut in mid-packet is cut without one after this, ms. */
const doomMs = 200;

/** `up`: towards the server. */
export type Direction = "up" | "down";

/** One connection through the proxy. */
interface Pair {
	near: Socket;
	far: Socket;
	/** Forwards half of the next chunk, then cuts. */
	doomed: boolean;
	/** What goes there is swallowed, the end of the stream too, until keepalive finds it. Nothing heals it: bytes are missing. */
	readonly hushed: Set<Direction>;
}

/** What is held back, oldest first; a null chunk ends the stream. The senders' limits of unacknowledged messages bound it. */
interface Held {
	chunk: Buffer | null;
	dueMs: number;
}

export class Network {
	/** How long each chunk is held back, ms. */
	delayMs = 0;
	/** True: one byte at a time. */
	drips = false;
	/** False: new connections are reset. */
	open = true;
	readonly #targetPort: number;
	readonly #server: Server;
	readonly #pairs = new Set<Pair>();
	#hushed: readonly Direction[] = [];

	private constructor(targetPort: number) {
		this.#targetPort = targetPort;
		this.#server = createServer({ noDelay: true }, (near) => this.#connect(near));
	}

	/** Listens on a free port of the loopback, for a server on `targetPort` of the loopback. */
	static async start(targetPort: number): Promise<Network> {
		const network = new Network(targetPort);
		network.#server.listen(0, "127.0.0.1");
		await once(network.#server, "listening");
		return network;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** From now on nothing gets through in these directions, and nobody is told. */
	hush(directions: readonly Direction[]): void {
		this.#hushed = directions;
		for (const pair of this.#pairs) for (const direction of directions) pair.hushed.add(direction);
	}

	/** New connections get through again; those that were hushed stay dead. */
	unhush(): void {
		this.#hushed = [];
	}

	/** Ends every connection; what is held back is lost. With `midPacket`, half of the next chunk still goes through. */
	async cut({ midPacket = false }: { midPacket?: boolean } = {}): Promise<void> {
		const pairs = [...this.#pairs];
		if (midPacket) {
			for (const pair of pairs) pair.doomed = true;
			await new Promise((resolve) => setTimeout(resolve, doomMs));
		}
		for (const pair of pairs) this.#end(pair);
	}

	async close(): Promise<void> {
		for (const pair of [...this.#pairs]) this.#end(pair);
		if (!this.#server.listening) return;
		this.#server.close();
		await once(this.#server, "close");
	}

	#connect(near: Socket): void {
		if (!this.open) {
			near.resetAndDestroy();
			return;
		}
		const far = connect({ port: this.#targetPort, host: "127.0.0.1", noDelay: true });
		const pair: Pair = { near, far, doomed: false, hushed: new Set(this.#hushed) };
		this.#pairs.add(pair);
		this.#forward(pair, "up");
		this.#forward(pair, "down");
	}

	#forward(pair: Pair, direction: Direction): void {
		const [from, to] = direction === "up" ? [pair.near, pair.far] : [pair.far, pair.near];
		const held: Held[] = [];
		let waiting = false;
		const wait = (ms: number) => {
			waiting = true;
			const go = () => {
				waiting = false;
				pass();
			};
			if (ms > 0) setTimeout(go, ms);
			else setImmediate(go);
		};
		const pass = () => {
			for (let next = held[0]; next !== undefined && !waiting && !to.destroyed; next = held[0]) {
				const { chunk, dueMs } = next;
				const earlyMs = dueMs - performance.now();
				if (earlyMs > 0) return wait(earlyMs);
				if (pair.hushed.has(direction)) held.shift();
				else if (chunk !== null && this.drips && chunk.length > 1) {
					to.write(chunk.subarray(0, 1));
					next.chunk = chunk.subarray(1);
					wait(0);
				} else {
					held.shift();
					if (chunk === null) to.end();
					else if (!pair.doomed) to.write(chunk);
					else to.write(chunk.subarray(0, chunk.length >> 1), () => this.#end(pair));
				}
			}
		};
		const hold = (chunk: Buffer | null) => {
			held.push({ chunk, dueMs: performance.now() + this.delayMs });
			if (!waiting) pass();
		};
		from.on("data", hold);
		from.on("end", () => hold(null));
		from.on("error", () => pair.hushed.has(direction) || this.#end(pair));
		from.on("close", () => {
			// An ordinary end lets through what is still held back; one that is swallowed leaves the other side to its own keepalive.
			if (to.destroyed || (held.length === 0 && !pair.hushed.has(direction))) this.#end(pair);
		});
	}

	#end(pair: Pair): void {
		this.#pairs.delete(pair);
		pair.near.destroy();
		pair.far.destroy();
	}
}
