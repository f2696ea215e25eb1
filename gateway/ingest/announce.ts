/** MQTT out: what boards may forget, what lamps show, what changed. Always after the commit that it speaks of. */
import { type LedCommand, lampFor, type Stored, type Topics } from "../../firmware/messages.ts";
import type { Broker, Outgoing } from "../broker/broker.ts";
import type { SpotFrame } from "../live/frames.ts";
import type { Books } from "../lots/books.ts";
import type { Steps } from "../lots/draft.ts";
import type { Cursor, SpotRecord } from "../lots/records.ts";

/** Lamps told between two breaths after a reconnection, so that a large lot does not stop everything else. */
export const resyncChunk = 200;

export class Announcer {
	readonly #topics: Topics;
	readonly #broker: Broker;
	readonly #books: Books;
	readonly #news: (steps: Steps, frames: readonly SpotFrame[]) => Outgoing[];
	/** Lamps that were told what another gateway may just have changed, by `lot_id/spot_id`: of this time, and of the one before. */
	#doubtful = new Set<string>();
	#doubtfulBefore = new Set<string>();
	#unsent = 0;
	#resyncs = 0;

	/** `news` makes what gateways and integrations hear of a commit. */
	constructor(options: {
		topics: Topics;
		broker: Broker;
		books: Books;
		news?: (steps: Steps, frames: readonly SpotFrame[]) => Outgoing[];
	}) {
		this.#topics = options.topics;
		this.#broker = options.broker;
		this.#books = options.books;
		this.#news = options.news ?? ((_, frames) => frames.map((frame) => this.#update(frame)));
	}

	/** Messages of which no broker may know. Lamps are said again on reconnection, `stored` when the board sends again. */
	get unsent(): number {
		return this.#unsent;
	}

	/** Tells boards and integrations what a commit did. */
	tell(steps: Steps, frames: readonly SpotFrame[]): void {
		// First, so that another gateway knows before the board says its next report. Who misses one sees it by the lot's version.
		const messages = this.#news(steps, frames);
		for (const { boardId, stored } of storedMessages(steps.stored)) messages.push(this.#stored(boardId, stored));
		for (const [boardId, boot] of steps.behind) messages.push(this.#stored(boardId, { boot, seqs: [] }));
		if (steps.refreshed.size > 0) for (const spot of steps.lamps) this.#doubt(spot);
		for (const spot of steps.lamps) if (this.#isThere(spot)) messages.push(this.#lamp(spot));
		if (this.#doubtful.size + this.#doubtfulBefore.size > 0) this.#makeSure(steps, messages);
		for (const spot of steps.removedSpots) if (!this.#isThere(spot)) messages.push(this.#dark(spot));
		void this.#publish(messages);
	}

	/** Call now and then: after two calls a lamp is out of doubt. */
	settle(): void {
		this.#doubtfulBefore = this.#doubtful;
		this.#doubtful = new Set();
	}

	/** After a (re)connection: every lamp's desired state, as it is at that moment. A newer call ends an older one. With `doubtful`, other gateways may tell them, too. */
	async resync(doubtful = false): Promise<void> {
		const turn = ++this.#resyncs;
		let messages: Outgoing[] = [];
		for (const lot of this.#books.lots()) {
			for (const { spot_id } of this.#books.spots(lot.lot_id)) {
				const spot = this.#books.spot(lot.lot_id, spot_id);
				if (spot !== undefined && (spot.topic_form !== null || spot.override !== null)) messages.push(this.#lamp(spot));
				if (spot !== undefined && doubtful) this.#doubt(spot);
				if (messages.length < resyncChunk) continue;
				await this.#publish(messages);
				messages = [];
				if (turn !== this.#resyncs) return;
			}
		}
		await this.#publish(messages);
	}

	#doubt({ lot_id, spot_id }: SpotRecord): void {
		this.#doubtful.add(`${lot_id}/${spot_id}`);
	}

	/** What another gateway told a lamp may have come before what was told here, which was older. */
	#makeSure(steps: Steps, messages: Outgoing[]): void {
		for (const { spot, adopted } of steps.spots) {
			const key = `${spot.lot_id}/${spot.spot_id}`;
			if (adopted && (this.#doubtful.has(key) || this.#doubtfulBefore.has(key))) messages.push(this.#lamp(spot));
		}
	}

	#update({ lot_id, text }: SpotFrame): Outgoing {
		return { topic: this.#topics.update(lot_id), payload: text, qos: 0 };
	}

	#isThere({ lot_id, spot_id }: SpotRecord): boolean {
		return this.#books.spot(lot_id, spot_id) !== undefined;
	}

	#stored(boardId: string, stored: Stored): Outgoing {
		return { topic: this.#topics.board(boardId, "stored"), payload: JSON.stringify(stored) };
	}

	/** A lamp is told in the form that its sensor speaks; the long form is retained, as it is the state that the lamp must have. */
	#lamp(spot: SpotRecord): Outgoing {
		const { lot_id, spot_id } = spot;
		const command: LedCommand = { spot_id, lot_id, ...lampFor(spot.state) };
		const payload = JSON.stringify(command);
		if (spot.topic_form === "short") return { topic: this.#topics.led(), payload };
		return { topic: this.#topics.led(lot_id, spot_id), payload, retain: true };
	}

	/** A spot that is gone leaves no retained command behind. */
	#dark({ lot_id, spot_id }: SpotRecord): Outgoing {
		return { topic: this.#topics.led(lot_id, spot_id), payload: "", retain: true };
	}

	async #publish(messages: readonly Outgoing[]): Promise<void> {
		if (messages.length === 0) return;
		await this.#broker.publish(messages).catch(() => {
			this.#unsent += messages.length;
		});
	}
}

/** One message for each board and boot: the numbers as inclusive ranges, rising. */
export function storedMessages(reports: readonly Cursor[]): { boardId: string; stored: Stored }[] {
	const groups = new Map<string, { boardId: string; boot: number; seqs: number[] }>();
	for (const { board_id, boot, seq } of reports) {
		const key = `${board_id}/${boot}`;
		const group = groups.get(key);
		if (group === undefined) groups.set(key, { boardId: board_id, boot, seqs: [seq] });
		else group.seqs.push(seq);
	}
	return [...groups.values()].map(({ boardId, boot, seqs }) => ({ boardId, stored: { boot, seqs: ranges(seqs) } }));
}

function ranges(seqs: number[]): [number, number][] {
	const out: [number, number][] = [];
	for (const seq of seqs.sort((a, b) => a - b)) {
		const last = out.at(-1);
		if (last !== undefined && seq <= last[1] + 1) last[1] = Math.max(last[1], seq);
		else out.push([seq, seq]);
	}
	return out;
}
