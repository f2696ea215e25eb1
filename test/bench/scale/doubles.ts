/** What the gateway under test is given: a broker that is never in its way, a log, a browser that reads at once; and how its memory is told. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Broker, BrokerOptions, Message } from "../../../gateway/broker/broker.ts";
import type { Log } from "../../../gateway/ingest/refusals.ts";
import type { LiveSocket } from "../../../gateway/live/member.ts";

/** Hands over what it is given, and takes what is published without a word. */
export class StubBroker implements Broker {
	readonly kind = "remote";
	readonly url = "mqtt://stub";
	readonly state = { connected: true, since: "2026-01-01T00:00:00.000Z", error: null };
	#options: BrokerOptions | null = null;

	async start(options: BrokerOptions): Promise<void> {
		this.#options = options;
		options.onConnect({ shares: true });
	}

	/** Resolves when it may be acknowledged. */
	hand(message: Message): Promise<void> {
		if (this.#options === null) throw new Error("expected a broker that was started");
		return this.#options.onMessage(message);
	}

	async publish(): Promise<void> {}

	async close(): Promise<void> {
		this.#options = null;
	}
}

/** Whatever a gateway warns of spoils the figures. */
export const strictLog: Log = {
	info: () => {},
	warn: (fields, message) => {
		throw new Error(`expected nothing to warn of, got "${message}" ${JSON.stringify(fields)}`);
	},
	error: (fields, message) => {
		throw new Error(`expected no error, got "${message}" ${JSON.stringify(fields)}`);
	},
};

/** Counts the bytes that it is sent. */
export class CountingSocket implements LiveSocket {
	readonly bufferedAmount = 0;
	bytes = 0;

	write(frames: readonly Uint8Array[]): void {
		for (const { length } of frames) this.bytes += length;
	}

	close(): void {}
	terminate(): void {}
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of JavaScript's objects and buffers that are in use by this thread, without those that nobody refers to. */
export async function usedBytes(): Promise<number> {
	// What has just been settled may be referred to until the next turn of the event loop.
	for (let time = 0; time < 3; time++) {
		await new Promise((resolve) => setImmediate(resolve));
		collectGarbage();
	}
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
