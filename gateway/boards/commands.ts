/** Asks boards to do something, and brings each answer to whoever asked. */
import type { BoardCommand, BoardResult, Topics } from "../../firmware/messages.ts";
import type { Board } from "../contract/resources.ts";
import { DomainError } from "../lots/errors.ts";
import type { BoardsOptions } from "./boards.ts";

/** How long a board may take to answer, ms. A floor is learnt within 20 s, or the board says why not. */
export const answerWithinMs = { identify: 5_000, trace: 5_000, learn_floor: 25_000 } as const;
/** Commands to one board that wait for their answers; further ones are refused. */
export const maxWaitingPerBoard = 4;
/** Commands to all boards that wait for their answers; further ones are refused. */
export const maxWaiting = 1_000;

/** What a person can ask a board for. */
export interface BoardWish {
	command: keyof typeof answerWithinMs;
	spot_id?: string;
	seconds?: number;
}

/** What must be known of a board to ask it. */
export type Asked = Pick<Board, "board_id" | "spots" | "online" | "since">;

interface Waiting {
	boardId: string;
	take(result: BoardResult): void;
	fail(error: DomainError): void;
}

export class Commands {
	readonly #topics: Topics;
	readonly #publish: BoardsOptions["publish"];
	readonly #setTimer: BoardsOptions["setTimer"];
	readonly #makeId: () => string;
	readonly #waiting = new Map<string, Waiting>();
	#closed = false;

	constructor({
		topics,
		publish,
		setTimer,
		makeId,
	}: Pick<BoardsOptions, "topics" | "publish" | "setTimer" | "makeId">) {
		this.#topics = topics;
		this.#publish = publish;
		this.#setTimer = setTimer;
		this.#makeId = makeId;
	}

	/** Sends the wish to the board. @throws DomainError, see {@link Boards.ask} */
	async ask(board: Asked, wish: BoardWish): Promise<BoardResult> {
		const { board_id: boardId, spots } = board;
		const { spot_id } = wish;
		if (spot_id !== undefined && !spots.includes(spot_id)) {
			throw new DomainError(
				404,
				"SPOT_NOT_FOUND",
				`spot_id must be one of ${spots.join(", ")} for board "${boardId}", got "${spot_id}"`,
			);
		}
		if (!board.online)
			throw new DomainError(409, "BOARD_OFFLINE", `board "${boardId}" is offline since ${board.since}`);
		const waiting = [...this.#waiting.values()];
		if (waiting.filter((one) => one.boardId === boardId).length >= maxWaitingPerBoard) {
			throw new DomainError(409, "BOARD_BUSY", `board "${boardId}" still has ${maxWaitingPerBoard} commands to answer`);
		}
		if (this.#closed || waiting.length >= maxWaiting) {
			throw new DomainError(
				503,
				"TOO_MANY_COMMANDS",
				`${waiting.length} commands wait for their answers; try again later`,
			);
		}
		const id = this.#makeId();
		const result = await this.#send({ id, ...wish }, boardId);
		if (!result.ok) {
			const message = result.message ?? "it did not say why";
			throw new DomainError(502, "BOARD_REFUSED", `board "${boardId}": ${message}`);
		}
		return result;
	}

	/** A board's answer. One that nobody waits for, or not any more, changes nothing. */
	take(boardId: string, result: BoardResult): void {
		const waiting = this.#waiting.get(result.id);
		if (waiting?.boardId === boardId) waiting.take(result);
	}

	/** Whoever waits hears that there will be no answer. Twice is fine. */
	close(): void {
		this.#closed = true;
		for (const { fail } of this.#waiting.values()) {
			fail(new DomainError(503, "CLOSING", "the gateway ends; ask again when it is back"));
		}
	}

	#send(command: BoardCommand, boardId: string): Promise<BoardResult> {
		const { promise, resolve, reject } = Promise.withResolvers<BoardResult>();
		const withinMs = answerWithinMs[command.command as keyof typeof answerWithinMs];
		const cancel = this.#setTimer(
			() =>
				reject(new DomainError(504, "BOARD_SILENT", `board "${boardId}" did not answer within ${withinMs / 1000} s`)),
			withinMs,
		);
		this.#waiting.set(command.id, { boardId, take: resolve, fail: reject });
		this.#publish(this.#topics.board(boardId, "command"), JSON.stringify(command)).catch((cause: unknown) => {
			const why = cause instanceof Error ? cause.message : String(cause);
			reject(new DomainError(503, "BROKER_UNAVAILABLE", `the command could not be sent: ${why}`));
		});
		return promise.finally(() => {
			cancel();
			this.#waiting.delete(command.id);
		});
	}
}
