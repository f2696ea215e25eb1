/**
 * Other gateways on the same database and broker. In: what they say they have stored, and the store's own versions. Out: the same
 * in this gateway's books and browsers, and how many of them there are.
 * Never: writes to the store; takes another gateway's word over the store's.
 */
import type { Topics } from "../../firmware/messages.ts";
import type { Message, Outgoing } from "../broker/broker.ts";
import type { Log } from "../ingest/refusals.ts";
import type { Writer } from "../ingest/writer.ts";
import type { SpotFrame } from "../live/frames.ts";
import type { Books } from "../lots/books.ts";
import type { Draft, Steps } from "../lots/draft.ts";
import type { Clock } from "../lots/manage.ts";
import type { SpotRecord } from "../lots/records.ts";
import type { LotVersion, Store } from "../store/store.ts";
import { lotNews, readNews, spotNews } from "./news.ts";

/** How often {@link Peers.tick} is to be called, ms. */
export const peersTickMs = 2_000;
/** How often a gateway says that it is there, ms. */
const presenceMs = 30_000;
/** A gateway of which nothing was heard for so long is gone, ms: it died, and its broker with it. */
export const silenceMs = 100_000;
/**
 * How long a broker keeps what comes for one of several gateways, s: others take what it would have got, and its part of what comes
 * must not wait for one that has died. Enough to connect anew.
 */
export const sharedSessionS = 2;
/** A lone gateway's session never ends: nobody else is there to hear. MQTT 5 §3.1.2.11.2. */
const endlessSessionS = 0xffffffff;
/** A gateway that has gone may be back soon, or not be heard yet, ms; until then it counts for the session. */
export const returnMs = 10_000;

export class Peers {
	readonly id: string;
	readonly #topics: Topics;
	readonly #books: Books;
	readonly #writer: Writer;
	readonly #store: Store;
	readonly #steady: Clock;
	readonly #log: Log;
	readonly #publish: (messages: readonly Outgoing[]) => Promise<void>;
	readonly #renewSession: () => void;
	readonly #lasting: boolean;
	/** When each was heard last. */
	readonly #heard = new Map<string, number>();
	/** What the store's versions were at the last check: the news of them must be here by the next. */
	#expected: readonly LotVersion[] = [];
	/** Others may have been there before this gateway. */
	#lastSeen: number;
	#saidAt = Number.NEGATIVE_INFINITY;
	#session: number | null = null;
	#checking = false;
	#adopted = 0;
	#refreshed = 0;

	/**
	 * `id` is this gateway's own, at most 64 letters, digits and `-`; `lasting` where it is the same after a restart. `renewSession`
	 * connects anew, so that the broker hears of a new {@link sessionExpiryS}.
	 */
	constructor(options: {
		id: string;
		lasting: boolean;
		topics: Topics;
		books: Books;
		writer: Writer;
		store: Store;
		steady: Clock;
		log: Log;
		publish: (messages: readonly Outgoing[]) => Promise<void>;
		renewSession: () => void;
	}) {
		this.id = options.id;
		this.#topics = options.topics;
		this.#books = options.books;
		this.#writer = options.writer;
		this.#store = options.store;
		this.#steady = options.steady;
		this.#lastSeen = options.steady.now();
		this.#log = options.log;
		this.#publish = options.publish;
		this.#renewSession = options.renewSession;
		this.#lasting = options.lasting;
	}

	/** What every gateway must hear. */
	get filters(): string[] {
		return [this.#topics.update("+"), this.#presence("+")];
	}

	/** Said for this gateway when it dies. */
	get will(): Outgoing {
		return { topic: this.#presence(this.id), payload: "", retain: true };
	}

	get state(): { others: number; adopted: number; refreshed: number } {
		return { others: this.#heard.size, adopted: this.#adopted, refreshed: this.#refreshed };
	}

	/** See {@link sharedSessionS}. The broker learns it at the next connection. */
	sessionExpiryS(): number {
		this.#session = this.#wantedSession();
		return this.#session;
	}

	/** After each connection. Resolves when the books have what was missed meanwhile. */
	async connected(): Promise<void> {
		this.#sayHere();
		const stored = await this.#store.lotVersions();
		this.#expected = stored;
		await this.#refresh(this.#lacking(stored));
	}

	/** Takes a message of {@link filters}; false for any other. */
	take({ topic, payload }: Message): boolean {
		const here = this.#presence("");
		if (topic.startsWith(here)) {
			this.#takePresence(topic.slice(here.length), payload.byteLength > 0);
			return true;
		}
		if (!topic.startsWith(this.#topics.update(""))) return false;
		const news = readNews(payload);
		if (news === null || news.from === this.id) return true;
		if ("spot" in news) {
			this.#adopted++;
			this.#background(this.#writer.submit((draft) => this.#adopt(draft, news.spot)));
		} else this.#background(this.#refresh([news.lot_id]));
		return true;
	}

	/** What the others must know of a commit; before the boards hear of it, as their next report may go to another gateway. */
	news(steps: Steps, frames: readonly SpotFrame[]): Outgoing[] {
		const out: Outgoing[] = [];
		for (const [index, { spot, adopted }] of steps.spots.entries()) {
			const frame = frames[index];
			if (adopted || frame === undefined) continue;
			const payload = spotNews(this.id, spot, frame.text);
			out.push({ topic: this.#topics.update(spot.lot_id), payload, qos: 0 });
		}
		const lots = new Set([...steps.lots, ...steps.removedLots]);
		for (const lotId of lots) {
			if (steps.refreshed.has(lotId)) continue;
			out.push({ topic: this.#topics.update(lotId), payload: lotNews(this.id, lotId), qos: 0 });
		}
		return out;
	}

	/** Call every {@link peersTickMs}. */
	tick(): void {
		const now = this.#steady.now();
		for (const [id, heardAt] of this.#heard) if (now - heardAt > silenceMs) this.#heard.delete(id);
		if (this.#heard.size > 0) this.#lastSeen = now;
		if (now - this.#saidAt >= presenceMs) this.#sayHere();
		if (this.#session !== null && this.#session !== this.#wantedSession()) this.#renewSession();
		this.#background(this.#check());
	}

	/** Says goodbye. */
	async close(): Promise<void> {
		await this.#publish([this.will]).catch(() => {});
	}

	#wantedSession(): number {
		const alone = this.#heard.size === 0 && this.#steady.now() - this.#lastSeen > returnMs;
		// A session under a name that never comes back would keep its part for ever.
		return alone && this.#lasting ? endlessSessionS : sharedSessionS;
	}

	#takePresence(id: string, isHere: boolean): void {
		if (id === this.id) return;
		if (!isHere) this.#heard.delete(id);
		else if (!this.#heard.has(id)) this.#log.info({ id }, "another gateway is there");
		if (!isHere) return;
		this.#lastSeen = this.#steady.now();
		this.#heard.set(id, this.#lastSeen);
	}

	#sayHere(): void {
		this.#saidAt = this.#steady.now();
		const payload = JSON.stringify({ online: true });
		this.#background(this.#publish([{ topic: this.#presence(this.id), payload, retain: true }]));
	}

	#adopt(draft: Draft, spot: SpotRecord): void {
		const before = draft.spot(spot.lot_id, spot.spot_id);
		// Something was missed: a spot that was made, or a version in between.
		if (before === undefined || spot.version > before.version + 1) this.#background(this.#refresh([spot.lot_id]));
		draft.adopt(spot);
	}

	/** Reads again what is not here that the store had at the last check. */
	async #check(): Promise<void> {
		if (this.#checking) return;
		this.#checking = true;
		try {
			const stored = await this.#store.lotVersions();
			const lacking = this.#lacking(stored);
			this.#expected = stored;
			await this.#refresh(lacking);
		} finally {
			this.#checking = false;
		}
	}

	/** Lots of which the books do not hold what the store had at the last check, and those that it had neither then nor now. */
	#lacking(now: readonly LotVersion[]): string[] {
		const there = new Set([...this.#expected, ...now].map(({ lot_id }) => lot_id));
		const gone = this.#books.lots().filter(({ lot_id }) => !there.has(lot_id));
		const behind = this.#expected.filter(
			({ lot_id, lot_version }) => (this.#books.lot(lot_id)?.lot_version ?? 0) < lot_version,
		);
		return [...gone, ...behind].map(({ lot_id }) => lot_id);
	}

	#refresh(lotIds: readonly string[]): Promise<void> {
		this.#refreshed += lotIds.length;
		return this.#writer.refresh(lotIds);
	}

	#presence(id: string): string {
		return `${this.#topics.prefix}/gateway/${id}`;
	}

	/** What fails here is made good by the next check. */
	#background(work: Promise<unknown>): void {
		work.catch((error: unknown) => this.#log.warn({ err: error }, "other gateways' changes could not be taken now"));
	}
}
