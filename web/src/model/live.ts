/**
 * In: a lot's id. Out: the lot as it is, and how far to trust it.
 * Never: calls old values live.
 */
import { signal } from "@preact/signals";
import type { ServerFrame } from "../../../gateway/contract/events.ts";
import type { Clock } from "./clock.ts";
import { Connection } from "./connection.ts";
import { LotModel } from "./lot.ts";
import type { Page, Transport } from "./transport.ts";

/** A missing frame is asked for and usually here in no time; only after this long is the page called late. */
export const gapGraceMs = 2_000;
/** After this long without being live, a number is a guess and is withheld. */
export const withholdAfterMs = 120_000;

/**
 * `loading`: nothing known yet. `live`: open and heard. `late`: open, but silent, or a frame is missing. `reconnecting`: closed.
 * `offline`: no network, or not live for {@link withholdAfterMs}. `missing`: the gateway has no such lot.
 */
export type Phase = "loading" | "live" | "late" | "reconnecting" | "offline" | "missing";

export interface LiveLotOptions {
	lotId: string;
	url: string;
	transport: Transport;
	page: Page;
	clock: Clock;
	random: () => number;
	schedule: (flush: () => void) => void;
}

/** One lot, live as long as it can be. */
export class LiveLot {
	readonly lotId: string;
	readonly model: LotModel;
	readonly #clock: Clock;
	readonly #page: Page;
	readonly #connection: Connection;
	#timer = 0;
	/** Since the line opened: a reconnected page is live only from its snapshot on. */
	#synced = false;
	#gapSince: number | null = null;
	#lastLiveAt: number;
	#serverOffsetMs = 0;
	readonly phase = signal<Phase>("loading");
	/** When the lot was last heard, by the clock; null before its first word. */
	readonly heardAt = signal<number | null>(null);
	/** When the next try is due, by the clock; null while none is planned. */
	readonly nextTryAt = signal<number | null>(null);

	constructor(options: LiveLotOptions) {
		this.lotId = options.lotId;
		this.#clock = options.clock;
		this.#page = options.page;
		this.#lastLiveAt = options.clock.now();
		const resync = JSON.stringify({ event: "resync", lot_id: options.lotId });
		this.model = new LotModel({
			lotId: options.lotId,
			schedule: options.schedule,
			onGap: () => this.#connection.send(resync),
		});
		const { url, transport, page, clock, random } = options;
		// The first call of onChange comes from inside the constructor, before #connection is there: nothing to judge yet.
		let ready = false;
		this.#connection = new Connection({
			url,
			transport,
			page,
			clock,
			random,
			onText: (text) => this.#take(text),
			onChange: () => ready && this.#judge(),
		});
		ready = true;
		this.#judge();
	}

	/** The gateway's time at `atMs` of the clock, in ms since 1970: this device's clock may be wrong by a day. */
	serverTime(atMs = this.#clock.now()): number {
		return atMs + this.#serverOffsetMs;
	}

	tryNow(): void {
		this.#connection.tryNow();
	}

	/** Twice is fine. */
	close(): void {
		this.#clock.clearTimeout(this.#timer);
		this.#connection.close();
	}

	#take(text: string): void {
		const frame = decode(text);
		if (frame === null) return;
		const at = "at" in frame ? Date.parse(frame.at) : Number.NaN;
		if (!Number.isNaN(at)) this.#serverOffsetMs = at - this.#clock.now();
		this.model.take(frame);
		if (frame.event === "snapshot" && frame.lot_id === this.lotId) this.#synced = true;
	}

	/** Decides the phase anew and when to look again. */
	#judge(): void {
		const now = this.#clock.now();
		const { link, heardAt, nextTryAt, isHeard, refused } = this.#connection;
		if (link !== "open") this.#synced = false;
		if (!this.model.inGap || link !== "open") this.#gapSince = null;
		else this.#gapSince ??= now;
		const gapTooOld = this.#gapSince !== null && now - this.#gapSince >= gapGraceMs;
		const isLive = this.#synced && isHeard && !gapTooOld;
		if (isLive) this.#lastLiveAt = now;
		if (heardAt !== null && this.#synced) this.heardAt.value = heardAt;
		this.nextTryAt.value = nextTryAt;
		this.phase.value = this.#decide(now, isLive, refused);

		this.#clock.clearTimeout(this.#timer);
		const dueAt = isLive && this.#gapSince !== null ? this.#gapSince + gapGraceMs : this.#lastLiveAt + withholdAfterMs;
		if (dueAt > now) this.#timer = this.#clock.setTimeout(() => this.#judge(), dueAt - now);
	}

	#decide(now: number, isLive: boolean, refused: boolean): Phase {
		const { link } = this.#connection;
		if ((refused && !this.#synced) || this.model.removed.peek()) return "missing";
		if (isLive) return "live";
		const known = this.model.lot.peek() !== null;
		// A network that the device says is away may still reach a gateway on the same machine: the first try is let finish.
		const noNetwork = !this.#page.isOnline() && (known || link === "waiting");
		if (noNetwork || now - this.#lastLiveAt >= withholdAfterMs) return "offline";
		if (!known) return "loading";
		return link === "open" && this.#synced ? "late" : "reconnecting";
	}
}

/** The frame in a text, or null when it is none. The gateway's own frames are trusted to be of their shape. */
function decode(text: string): ServerFrame | null {
	try {
		const frame: unknown = JSON.parse(text);
		return typeof frame === "object" && frame !== null && "event" in frame ? (frame as ServerFrame) : null;
	} catch {
		return null;
	}
}
