/**
 * In: what boards say of themselves. Out: the last of it, their answers to commands, their traces.
 * Never: stores anything; decides what a spot is; waits for a board without an end.
 */
import type { BoardHealth, BoardResult, BoardStatus, BoardTrace, Topics } from "../../firmware/messages.ts";
import type { Clock } from "../lots/manage.ts";
import { BoardStarts } from "../lots/time.ts";
import { Claims, type Contest } from "./claims.ts";
import { type Asked, type BoardWish, Commands } from "./commands.ts";
import { Traces } from "./traces.ts";

/** Boards remembered. Of more, the one that is offline longest goes first, then the one heard longest ago. */
export const maxBoards = 10_000;

/** What the gateway remembers of a board. */
export interface KnownBoard {
	board_id: string;
	online: boolean;
	boot: number;
	firmware: string | null;
	restarted: string | null;
	lot_id: string | null;
	/** In the order of its sensors; none until it said them. */
	spots: readonly string[];
	/** Since when it is in this state and start, ms since 1970. */
	sinceMs: number;
	/** Of this start; null until it came. */
	health: BoardHealth | null;
	/** When that was heard, ms since 1970. */
	healthMs: number | null;
}

export interface BoardsOptions {
	topics: Topics;
	clock: Clock;
	/** Counts ms evenly while `clock` may be set anew; `clock` itself where it is left out. */
	steady?: Clock;
	/** Rejects where it can't be sent now. */
	publish: (topic: string, payload: string) => Promise<void>;
	/** Calls `action` after `delayMs`, unless what it returns is called before. */
	setTimer: (action: () => void, delayMs: number) => () => void;
	/** A name for a command that no other one has. */
	makeId: () => string;
	/** Two boards begin to speak for one spot. */
	onContest: (contest: Contest) => void;
}

/** All boards that were heard since the gateway's start. */
export class Boards {
	readonly commands: Commands;
	readonly traces: Traces;
	readonly claims: Claims;
	/** When the gateway began to listen, ms since 1970. */
	readonly startedMs: number;
	readonly #clock: Clock;
	readonly #steady: Clock;
	/** By the steady clock: the earliest start seen is the truest one only where nobody sets the time. */
	readonly #starts = new BoardStarts();
	/** Heard longest ago first. */
	readonly #online = new Map<string, KnownBoard>();
	/** Offline longest first. */
	readonly #offline = new Map<string, KnownBoard>();

	constructor(options: BoardsOptions) {
		this.#clock = options.clock;
		this.#steady = options.steady ?? options.clock;
		this.startedMs = options.clock.now();
		this.commands = new Commands(options);
		this.traces = new Traces(options.clock);
		this.claims = new Claims({ clock: this.#steady, onContest: options.onContest });
	}

	/** `contested`: spots that two boards speak for. */
	get counts(): { known: number; online: number; traced: number; contested: number } {
		return {
			known: this.#online.size + this.#offline.size,
			online: this.#online.size,
			traced: this.traces.size,
			contested: this.claims.size,
		};
	}

	board(boardId: string): KnownBoard | undefined {
		return this.#online.get(boardId) ?? this.#offline.get(boardId);
	}

	/** In no special order. */
	*all(): Generator<KnownBoard> {
		yield* this.#online.values();
		yield* this.#offline.values();
	}

	/** Unix time of the board's start in ms, or null where it is not known for this boot. */
	startMs(boardId: string, boot: number): number | null {
		const startMs = this.#starts.startMs(boardId, boot);
		return startMs === null ? null : startMs + this.#clock.now() - this.#steady.now();
	}

	/** `retained`: the broker held it, so that its uptime says nothing of now. */
	takeStatus(boardId: string, said: BoardStatus, retained: boolean): void {
		const known = this.board(boardId);
		if (!said.online) {
			// A last will can come after the birth of the board's next start.
			if (known !== undefined && said.boot < known.boot) return;
			this.#keep({ ...(known ?? blank(boardId)), online: false, boot: said.boot }, known);
			return;
		}
		// A broker that was restored keeps what is long over; one that says it itself counts from too low, and is told so.
		if (retained && known !== undefined && said.boot < known.boot) return;
		if (said.uptime_ms !== undefined && !retained) {
			this.#starts.learn(boardId, said.boot, said.uptime_ms, this.#steady.now());
		}
		const { boot, firmware = null, restarted = null, lot_id = null, spots = [] } = said;
		this.#keep({ ...(known ?? blank(boardId)), online: true, boot, firmware, restarted, lot_id, spots }, known);
	}

	/** A report came from the board itself just now: it is online, even where a last will of an older connection came late. */
	takeSign(boardId: string, boot: number): void {
		const known = this.#offline.get(boardId);
		if (known !== undefined && boot === known.boot) this.#keep({ ...known, online: true }, known);
	}

	/** A board that tells of itself is online, even where a last will of an older connection came late. */
	takeHealth(boardId: string, health: BoardHealth): void {
		const known = this.board(boardId);
		if (known !== undefined && health.boot < known.boot) return;
		this.#starts.learn(boardId, health.boot, health.uptime_ms, this.#steady.now());
		const next = this.#keep({ ...(known ?? blank(boardId)), online: true, boot: health.boot }, known);
		next.health = health;
		next.healthMs = this.#clock.now();
	}

	/** @returns what is wrong with it, in words; null when it was taken. */
	takeTrace(boardId: string, trace: BoardTrace): string | null {
		const known = this.board(boardId);
		if (known === undefined) return `expected a status of board "${boardId}" before its trace, got none`;
		if (trace.boot !== known.boot) return `expected a trace of boot ${known.boot}, got boot ${trace.boot}`;
		const last = trace.samples.at(-1);
		if (last !== undefined) this.#starts.learn(boardId, trace.boot, last[0], this.#steady.now());
		const stranger = trace.samples.find(([, spot]) => spot >= known.spots.length);
		if (stranger !== undefined) {
			return `expected samples of spots 0 to ${known.spots.length - 1}, as the board's status has them, got ${stranger[1]}`;
		}
		this.traces.take(known, trace);
		return null;
	}

	/**
	 * Asks the board and waits for its answer.
	 * @throws DomainError SPOT_NOT_FOUND, BOARD_OFFLINE, BOARD_BUSY, TOO_MANY_COMMANDS, BROKER_UNAVAILABLE, BOARD_REFUSED, BOARD_SILENT
	 */
	async ask(board: Asked, wish: BoardWish): Promise<BoardResult> {
		const result = await this.commands.ask(board, wish);
		if (wish.command === "trace") {
			const spotIds = wish.spot_id === undefined ? board.spots : [wish.spot_id];
			this.traces.asked(board.board_id, spotIds, this.#clock.now() + (wish.seconds ?? 0) * 1000);
		}
		return result;
	}

	/** Forgets traces that are over. */
	tick(): void {
		this.traces.tick();
	}

	/** Ends what waits. Twice is fine. */
	close(): void {
		this.commands.close();
	}

	#keep(next: KnownBoard, before: KnownBoard | undefined): KnownBoard {
		const { board_id } = next;
		if (before?.boot !== next.boot) {
			next.health = null;
			next.healthMs = null;
		}
		if (before?.boot !== next.boot || before.online !== next.online) next.sinceMs = this.#clock.now();
		// One that is offline stays in its place, so that the longest offline is the first to go.
		if (next.online || before?.online === true) this.#offline.delete(board_id);
		this.#online.delete(board_id);
		(next.online ? this.#online : this.#offline).set(board_id, next);
		if (next.online) this.claims.list(board_id, next.lot_id, next.spots);
		else this.claims.leave(board_id);
		if (this.#online.size + this.#offline.size > maxBoards) this.#forgetOne();
		return next;
	}

	#forgetOne(): void {
		const shelf = this.#offline.size > 0 ? this.#offline : this.#online;
		const [oldest] = shelf.keys();
		if (oldest === undefined) return;
		shelf.delete(oldest);
		this.traces.forget(oldest);
		this.claims.leave(oldest);
	}
}

function blank(boardId: string): KnownBoard {
	return {
		board_id: boardId,
		online: false,
		boot: 0,
		firmware: null,
		restarted: null,
		lot_id: null,
		spots: [],
		sinceMs: 0,
		health: null,
		healthMs: null,
	};
}
