/** MQTT out: what boards may forget, what lamps show, what changed. Always after the commit that it speaks of. */
import { type LedCommand, lampFor, type Stored, type Topics } from "../../firmware/messages.ts";
import type { Broker } from "../broker/broker.ts";
import type { SpotFrame } from "../live/frames.ts";
import type { Books, Steps } from "../lots/books.ts";
import type { Cursor, SpotRecord } from "../lots/records.ts";

/** Lamps told between two breaths after a reconnection, so that a large lot does not stop everything else. */
export const resyncChunk = 200;

export class Announcer {
	readonly #topics: Topics;
	readonly #broker: Broker;
	readonly #books: Books;
	#unsent = 0;
	#resyncs = 0;

	constructor(options: { topics: Topics; broker: Broker; books: Books }) {
		this.#topics = options.topics;
		this.#broker = options.broker;
		this.#books = options.books;
	}

	/** Messages that found no broker. Lamps are said again on reconnection, `stored` when the board sends again. */
	get unsent(): number {
		return this.#unsent;
	}

	/** Tells boards and integrations what a commit did. */
	tell(steps: Steps, frames: readonly SpotFrame[]): void {
		for (const { boardId, stored } of storedMessages(steps.stored)) this.#stored(boardId, stored);
		for (const [boardId, boot] of steps.behind) this.#stored(boardId, { boot, seqs: [] });
		for (const spot of steps.lamps.values()) this.#lamp(spot);
		for (const spot of steps.removedSpots) this.#darken(spot);
		for (const frame of frames) this.#publish(this.#topics.update(frame.lot_id), frame.text);
	}

	/** After a (re)connection: every lamp's desired state, as it is at that moment. A newer call ends an older one. */
	async resync(): Promise<void> {
		const turn = ++this.#resyncs;
		let sent: Promise<void>[] = [];
		for (const lot of this.#books.lots()) {
			for (const { spot_id } of this.#books.spots(lot.lot_id)) {
				const spot = this.#books.spot(lot.lot_id, spot_id);
				if (spot !== undefined && (spot.topic_form !== null || spot.override !== null)) sent.push(this.#lamp(spot));
				if (sent.length < resyncChunk) continue;
				await Promise.all(sent);
				sent = [];
				if (turn !== this.#resyncs) return;
			}
		}
		await Promise.all(sent);
	}

	#stored(boardId: string, stored: Stored): void {
		this.#publish(this.#topics.board(boardId, "stored"), JSON.stringify(stored));
	}

	/** A lamp is told in the form that its sensor speaks; the long form is retained, as it is the state that the lamp must have. */
	#lamp(spot: SpotRecord): Promise<void> {
		const { lot_id, spot_id } = spot;
		const command: LedCommand = { spot_id, lot_id, ...lampFor(spot.state) };
		const payload = JSON.stringify(command);
		if (spot.topic_form === "short") return this.#publish(this.#topics.led(), payload);
		return this.#publish(this.#topics.led(lot_id, spot_id), payload, true);
	}

	/** A spot that is gone leaves no retained command behind. */
	#darken(spot: SpotRecord): void {
		if (this.#books.spot(spot.lot_id, spot.spot_id) !== undefined) return;
		this.#publish(this.#topics.led(spot.lot_id, spot.spot_id), "", true);
	}

	#publish(topic: string, payload: string, retain = false): Promise<void> {
		return this.#broker.publish(topic, payload, { retain }).catch(() => {
			this.#unsent++;
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
