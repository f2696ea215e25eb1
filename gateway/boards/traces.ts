/** The last minutes of the sensors that somebody watches: every pulse, as boards tell them. */
import type { BoardTrace } from "../../firmware/messages.ts";
import type { Clock } from "../lots/manage.ts";
import type { KnownBoard } from "./boards.ts";
import { Ring, type RingSample } from "./ring.ts";

/** How far back a trace goes, ms. */
export const traceSpanMs = 5 * 60_000;
/** Measurements of one spot that are kept: twice what our boards make in that time. */
export const maxSamples = 1_000;
/** Spots traced at once, over all boards: 10 MB. Of more, the board heard longest ago loses its traces. */
export const maxTracedSpots = 512;

interface Traced {
	boot: number;
	rings: Map<string, Ring>;
	/** Number of the last message. */
	n: number;
	lost: number;
	heardMs: number;
}

export class Traces {
	readonly #clock: Clock;
	/** Heard longest ago first. */
	readonly #traced = new Map<string, Traced>();
	/** Until when boards were asked to tell of their spots, ms since 1970. */
	readonly #until = new Map<string, Map<string, number>>();
	#spots = 0;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Boards with a trace. */
	get size(): number {
		return this.#traced.size;
	}

	/** A board said that it tells every measurement of these spots until then, ms since 1970. */
	asked(boardId: string, spotIds: readonly string[], untilMs: number): void {
		const spots = this.#until.get(boardId) ?? new Map<string, number>();
		this.#until.set(boardId, spots);
		for (const spotId of spotIds) spots.set(spotId, untilMs);
	}

	/** Until when a board tells every measurement of a spot, or of any, ms since 1970; null when it was not asked to, or that is over. */
	untilMs(boardId: string, spotId?: string): number | null {
		const spots = this.#until.get(boardId);
		if (spots === undefined) return null;
		const untilMs = spotId === undefined ? Math.max(...spots.values()) : (spots.get(spotId) ?? 0);
		return untilMs > this.#clock.now() ? untilMs : null;
	}

	/** Measurements of a known board; each names one of its spots by index. */
	take({ board_id, spots }: KnownBoard, { boot, n, temp_c, samples }: BoardTrace): void {
		const before = this.#traced.get(board_id);
		if (before !== undefined && before.boot !== boot) this.#drop(board_id);
		const traced = this.#traced.get(board_id) ?? { boot, rings: new Map(), n: 0, lost: 0, heardMs: 0 };
		this.#traced.delete(board_id);
		this.#traced.set(board_id, traced);
		// A new trace counts from 1 again; the first message heard may be any.
		if (n > traced.n && traced.n > 0) traced.lost += n - traced.n - 1;
		traced.n = n;
		traced.heardMs = this.#clock.now();
		for (const [atMs, index, echoUs] of samples) {
			const spotId = spots[index];
			if (spotId !== undefined) this.#ring(traced, spotId).push(atMs, echoUs, temp_c);
		}
		while (this.#spots > maxTracedSpots && this.#traced.size > 1) {
			const [oldest] = this.#traced.keys();
			if (oldest !== undefined) this.#drop(oldest);
		}
	}

	/** What a spot's sensor measured after `afterMs`, oldest first; both times in ms since the start `boot` of its board. */
	samples(boardId: string, boot: number, spotId: string, afterMs: number): { lost: number; samples: RingSample[] } {
		const traced = this.#traced.get(boardId);
		if (traced === undefined || traced.boot !== boot) return { lost: 0, samples: [] };
		return { lost: traced.lost, samples: traced.rings.get(spotId)?.after(afterMs) ?? [] };
	}

	forget(boardId: string): void {
		this.#drop(boardId);
		this.#until.delete(boardId);
	}

	/** Forgets traces whose last measurement is older than what a trace shows. */
	tick(): void {
		const now = this.#clock.now();
		for (const [boardId, { heardMs }] of this.#traced) if (heardMs < now - traceSpanMs) this.#drop(boardId);
		for (const boardId of this.#until.keys()) if (this.untilMs(boardId) === null) this.#until.delete(boardId);
	}

	#ring(traced: Traced, spotId: string): Ring {
		const known = traced.rings.get(spotId);
		if (known !== undefined) return known;
		const ring = new Ring(maxSamples);
		traced.rings.set(spotId, ring);
		this.#spots++;
		return ring;
	}

	#drop(boardId: string): void {
		const traced = this.#traced.get(boardId);
		if (traced === undefined) return;
		this.#spots -= traced.rings.size;
		this.#traced.delete(boardId);
	}
}
