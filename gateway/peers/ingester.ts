/**
 * Where the broker can't share messages out (MQTT 3.1.1), one gateway hears all reports: the one that holds the lease in the store.
 * It hears them in a session of their own, which goes from one to the next with the lease: what arrives while nobody holds it waits there.
 */
import type { Broker, Message } from "../broker/broker.ts";
import type { Log } from "../ingest/refusals.ts";
import type { Clock } from "../lots/manage.ts";
import type { Store } from "../store/store.ts";

/** How long a gateway hears reports after it last renewed its lease, ms: another one takes over after that. */
export const leaseMs = 10_000;
/** Less than that, as it ends first with who has it: two in one session would throw each other out. */
const keepMs = 7_000;
const leaseName = "ingest";

export class Ingester {
	readonly #id: string;
	readonly #store: Store;
	readonly #steady: Clock;
	readonly #log: Log;
	readonly #filters: string[];
	readonly #onMessage: (message: Message) => Promise<void>;
	readonly #makeBroker: () => Broker;
	#broker: Broker | null = null;
	#heldAt = Number.NEGATIVE_INFINITY;
	#asking = false;
	#closed = false;

	/** `makeBroker` makes one connection, with the client id that all gateways use for this. */
	constructor(options: {
		id: string;
		store: Store;
		steady: Clock;
		log: Log;
		filters: string[];
		onMessage: (message: Message) => Promise<void>;
		makeBroker: () => Broker;
	}) {
		this.#id = options.id;
		this.#store = options.store;
		this.#steady = options.steady;
		this.#log = options.log;
		this.#filters = options.filters;
		this.#onMessage = options.onMessage;
		this.#makeBroker = options.makeBroker;
	}

	/** True while this gateway is the one. */
	get active(): boolean {
		return this.#broker !== null;
	}

	/** Call every 2 s. */
	async tick(): Promise<void> {
		if (this.#steady.now() - this.#heldAt > keepMs) await this.#stop();
		if (this.#asking || this.#closed) return;
		this.#asking = true;
		try {
			const askedAt = this.#steady.now();
			if (!(await this.#store.holdLease(leaseName, this.#id, leaseMs))) return;
			this.#heldAt = askedAt;
			if (this.#broker === null && !this.#closed) await this.#start();
		} finally {
			this.#asking = false;
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#stop();
	}

	async #start(): Promise<void> {
		this.#log.info({ id: this.#id }, "the broker shares nothing out: this gateway takes the reports for all");
		const broker = this.#makeBroker();
		this.#broker = broker;
		await broker.start({
			filters: this.#filters,
			onMessage: this.#onMessage,
			onConnect: () => {},
			onDisconnect: (error) => this.#log.warn({ url: broker.url }, `reports are not heard: ${error}`),
		});
	}

	async #stop(): Promise<void> {
		const broker = this.#broker;
		this.#broker = null;
		await broker?.close();
	}
}
