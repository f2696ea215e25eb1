/**
 * One gateway: books, writer, ingest, boards, hub and announcer, wired to a store and a broker.
 * In: a store, a broker, a clock. Out: a running gateway that `app.ts` shows over HTTP. Never: knows which store or broker it has.
 */
import { randomUUID } from "node:crypto";
import { Topics } from "../firmware/messages.ts";
import { Audit } from "./audit.ts";
import { Boards } from "./boards/boards.ts";
import type { Broker, Message } from "./broker/broker.ts";
import { Announcer } from "./ingest/announce.ts";
import { Ingest } from "./ingest/ingest.ts";
import { type Log, Refusals } from "./ingest/refusals.ts";
import { UnclaimedSpots } from "./ingest/unclaimed.ts";
import { type Task, Writer } from "./ingest/writer.ts";
import { spotFrame } from "./live/frames.ts";
import { Hub } from "./live/hub.ts";
import { Books } from "./lots/books.ts";
import type { Steps } from "./lots/draft.ts";
import { OverrideEnds } from "./lots/ends.ts";
import { type Clock, expireOverride, recount } from "./lots/manage.ts";
import { Ingester } from "./peers/ingester.ts";
import { Peers, peersTickMs } from "./peers/peers.ts";
import { type Store, StoreError } from "./store/store.ts";

/** How often overrides are checked for their end. */
export const overrideTickMs = 250;
/** How often the hub looks after its clients. */
export const liveTickMs = 1000;
/** How often traces that are over are forgotten. */
export const boardsTickMs = 60_000;

/** Nothing to wait for. */
const taken = Promise.resolve();

export interface PeerOptions {
	/** This gateway's own name among them. */
	id: string;
	/** It has the same name after a restart. */
	lasting: boolean;
	/** Connects to the broker anew, which then asks for {@link Peers.sessionExpiryS}. */
	renewSession: () => void;
	/** A further connection, for {@link Ingester}. */
	makeIngestBroker: () => Broker;
}

export class Gateway {
	readonly books = new Books();
	readonly unclaimed = new UnclaimedSpots();
	readonly store: Store;
	readonly broker: Broker;
	readonly clock: Clock;
	/** Counts ms evenly, from any moment on, while the wall clock may be set anew at any time. */
	readonly steady: Clock;
	readonly hub: Hub;
	/** Null where this gateway is the only one. */
	readonly peers: Peers | null;
	readonly boards: Boards;
	readonly ingest: Ingest;
	/** What clients of REST, WebSocket and the broker's own rules were refused; ingest counts refused messages itself. */
	readonly refusals: Refusals;
	readonly #writer: Writer;
	readonly #announcer: Announcer;
	readonly #audit: Audit;
	readonly #ends = new OverrideEnds();
	readonly #log: Log;
	readonly #makeIngestBroker: (() => Broker) | null;
	#ingester: Ingester | null = null;
	#timers: NodeJS.Timeout[] = [];
	#stopWaiting = (): void => {};
	#closing: Promise<void> | null = null;

	/** `steady` measures how long something lasts; where it is left out `clock` does, which then nobody may set. */
	constructor(options: {
		store: Store;
		broker: Broker;
		clock: Clock;
		steady?: Clock;
		log: Log;
		topicPrefix: string;
		/** Set where other gateways may work on the same database and broker. */
		peers?: PeerOptions | null;
	}) {
		const { store, broker, clock, steady = clock, log } = options;
		const topics = new Topics(options.topicPrefix);
		this.store = store;
		this.broker = broker;
		this.clock = clock;
		this.steady = steady;
		this.#log = log;
		this.refusals = new Refusals({ clock: steady, log });
		this.hub = new Hub({
			books: this.books,
			clock,
			steady,
			onRefuse: ({ code, message }) => this.refusals.count(`ws_${code.toLowerCase()}`, {}, `refused: ${message}`),
		});
		this.#announcer = new Announcer({
			topics,
			broker,
			books: this.books,
			news: options.peers == null ? undefined : (steps, frames) => this.peers?.news(steps, frames) ?? [],
		});
		this.#writer = new Writer({
			books: this.books,
			store,
			log,
			wait: (ms) => this.#wait(ms),
			onCommit: (steps) => this.#tell(steps),
		});
		this.#audit = new Audit({
			books: this.books,
			store,
			log,
			settled: () => this.#writer.submit(() => {}),
		});
		this.#makeIngestBroker = options.peers?.makeIngestBroker ?? null;
		this.peers =
			options.peers == null
				? null
				: new Peers({
						...options.peers,
						topics,
						books: this.books,
						writer: this.#writer,
						store,
						steady,
						log,
						publish: (messages) => broker.publish(messages),
					});
		this.boards = new Boards({
			topics,
			clock,
			steady,
			publish: (topic, payload) => broker.publish([{ topic, payload }]),
			setTimer: (action, delayMs) => {
				const timer = setTimeout(action, delayMs);
				return () => clearTimeout(timer);
			},
			makeId: randomUUID,
			onContest: (contest) => this.ingest.noteContest(contest),
		});
		this.ingest = new Ingest({
			topics,
			books: this.books,
			writer: this.#writer,
			unclaimed: this.unclaimed,
			boards: this.boards,
			clock,
			steady,
			log,
		});
	}

	/** Loads the books and starts to listen to the broker. @throws when the store or the embedded broker can't start. */
	async start(): Promise<void> {
		const repairs = this.books.load(await this.store.load());
		for (const repair of repairs) {
			this.#log.warn(repair, "a lot's counters were not those of its spots; the count of its spots holds");
		}
		this.#ends.load(this.books);
		// What another gateway is about to write can look like damage, too.
		if (this.peers === null) {
			if (repairs.length > 0) this.#background(this.#writer.submit((draft) => recount(draft, repairs)));
			this.#background(this.#audit.run());
		}
		await this.broker.start({
			filters: [...this.ingest.filters, ...(this.peers?.filters ?? [])],
			shared: this.ingest.sharedFilters,
			will: this.peers?.will,
			onMessage: (message) => this.#take(message),
			onConnect: ({ shares }) => {
				this.#log.info({ url: this.broker.url }, "connected to the broker");
				if (!shares) this.#elect();
				this.#background(this.#connected());
			},
			onDisconnect: (error) => this.#log.warn({ url: this.broker.url }, `the broker is away: ${error}`),
		});
		this.#timers = [
			setInterval(() => this.#endOverrides(), overrideTickMs),
			setInterval(() => this.hub.tick(), liveTickMs),
			setInterval(() => this.boards.tick(), boardsTickMs),
		];
		if (this.peers !== null) this.#timers.push(setInterval(() => this.#tickPeers(), peersTickMs));
	}

	/**
	 * Changes the books; resolves once that is stored.
	 * @throws DomainError; StoreError at once while the store refuses, as a person should know now rather than wait.
	 */
	async write<T>(task: Task<T>): Promise<T> {
		const { stalled } = this.#writer.state;
		if (stalled !== null) throw new StoreError("STORE_STALLED", stalled);
		return this.#writer.submit(task);
	}

	/** As {@link write}, for tasks that make spots: reports that came before count at once. */
	async make<T>(task: Task<T>): Promise<T> {
		const result = await this.write(task);
		await this.ingest.adopt();
		return result;
	}

	/** Each component's state, for health. */
	async state() {
		const store = await this.store.ping().then(
			() => null,
			(error: unknown) => (error instanceof Error ? error.message : String(error)),
		);
		const { stalled, waiting, commits } = this.#writer.state;
		const { connected, since, error } = this.broker.state;
		return {
			store: {
				ready: store === null && stalled === null,
				kind: this.store.kind,
				error: stalled ?? store,
				waiting,
				commits,
				audit: this.#audit.state,
			},
			broker: {
				ready: connected,
				kind: this.broker.kind,
				url: this.broker.url,
				since,
				error,
				unsent: this.#announcer.unsent,
			},
			ingest: this.ingest.counts,
			boards: this.boards.counts,
			live: this.hub.state,
			peers: this.peers?.state ?? null,
			clients: { refused: this.refusals.counts() },
		};
	}

	#take(message: Message): Promise<void> {
		return this.peers?.take(message) ? taken : this.ingest.take(message);
	}

	/** Who hears the reports is settled in the store, from now on. */
	#elect(): void {
		const { peers, store, steady } = this;
		if (this.#ingester !== null || peers === null || this.#makeIngestBroker === null) return;
		this.#ingester = new Ingester({
			id: peers.id,
			store,
			steady,
			log: this.#log,
			filters: this.ingest.sharedFilters,
			onMessage: (message) => this.ingest.take(message),
			makeBroker: this.#makeIngestBroker,
		});
		this.#background(this.#ingester.tick());
	}

	/** Lamps are told what holds now, not what held before the connection was lost. */
	async #connected(): Promise<void> {
		await this.peers?.connected();
		await this.#announcer.resync(this.peers !== null);
	}

	/** Finishes what was heard, then ends everything. Twice is fine. */
	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		for (const timer of this.#timers) clearInterval(timer);
		this.#audit.stop();
		this.hub.close();
		this.boards.close();
		this.#stopWaiting();
		await this.#ingester?.close();
		await this.#writer.close();
		await this.peers?.close();
		await this.broker.close();
		await this.store.close();
	}

	#tell(steps: Steps): void {
		const at = new Date(this.clock.now()).toISOString();
		const frames = steps.spots.map((step) => spotFrame(step, at));
		this.#ends.note(steps, this.books);
		this.#announcer.tell(steps, frames);
		this.hub.tell(steps, frames);
	}

	#tickPeers(): void {
		this.peers?.tick();
		if (this.#ingester !== null) this.#background(this.#ingester.tick());
		this.#announcer.settle();
	}

	#endOverrides(): void {
		const now = this.clock.now();
		for (const { lot_id, spot_id } of this.#ends.takeDue(now)) {
			this.#background(this.#writer.submit((draft) => expireOverride(draft, lot_id, spot_id, now)));
		}
	}

	#background(work: Promise<unknown>): void {
		work.catch((error: unknown) => {
			if (this.#closing === null) this.#log.error({ err: error }, "work in the background failed");
		});
	}

	/** A pause that {@link close} cuts short. */
	#wait(ms: number): Promise<void> {
		if (this.#closing !== null) return Promise.resolve();
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#stopWaiting = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}
}
