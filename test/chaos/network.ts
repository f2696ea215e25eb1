/** A bad network: a TCP proxy that delays, cuts connections, cuts them in the middle of a packet, and takes no new ones. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** An idle connection that is to be cut in mid-packet is cut without one after this, ms. */
const doomMs = 200;

interface Pair {
	near: Socket;
	far: Socket;
	/** Forwards half of the next chunk, then cuts. */
	doomed: boolean;
}

export class Network {
	/** How long each chunk is held back, ms. */
	delayMs = 0;
	/** False: new connections are reset. */
	open = true;
	readonly #targetPort: number;
	readonly #server: Server;
	readonly #pairs = new Set<Pair>();

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
		const pair: Pair = { near, far, doomed: false };
		this.#pairs.add(pair);
		this.#forward(pair, near, far);
		this.#forward(pair, far, near);
	}

	#forward(pair: Pair, from: Socket, to: Socket): void {
		/** What is held back, oldest first; null ends the stream. The boards' limit of unacknowledged messages bounds it. */
		const held: (Buffer | null)[] = [];
		const pass = () => {
			const chunk = held.shift();
			if (to.destroyed) return;
			if (chunk === null || chunk === undefined) to.end();
			else if (!pair.doomed) to.write(chunk);
			else to.write(chunk.subarray(0, chunk.length >> 1), () => this.#end(pair));
		};
		const hold = (chunk: Buffer | null) => {
			held.push(chunk);
			if (this.delayMs === 0 && held.length === 1) pass();
			else setTimeout(pass, this.delayMs);
		};
		from.on("data", hold);
		from.on("end", () => hold(null));
		from.on("error", () => this.#end(pair));
		from.on("close", () => {
			// An ordinary end lets through what is still held back.
			if (held.length === 0) this.#end(pair);
		});
	}

	#end(pair: Pair): void {
		this.#pairs.delete(pair);
		pair.near.destroy();
		pair.far.destroy();
	}
}
