/**
 * In: MQTT messages. Out: stored reports, then PUBACK; the rest is counted and refused.
 * Never: judges whether a car is there.
 */
import type { Topics } from "../../firmware/messages.ts";
import type { Boards } from "../boards/boards.ts";
import type { Contest } from "../boards/claims.ts";
import type { Message } from "../broker/broker.ts";
import type { Books } from "../lots/books.ts";
import type { Draft } from "../lots/draft.ts";
import type { Clock } from "../lots/manage.ts";
import { type Report, takeReport } from "../lots/spot.ts";
import { eventTime, iso } from "../lots/time.ts";
import { decodeStatus, Refusal, type Sent } from "./decode.ts";
import { type BoardWord, boardLeaves, decodeBoard } from "./decode-board.ts";
import { type Log, Refusals } from "./refusals.ts";
import type { UnclaimedSpots } from "./unclaimed.ts";
import type { Writer } from "./writer.ts";

export interface IngestCounts {
	/** Messages heard. */
	received: number;
	/** Reports that changed what a sensor says. */
	changes: number;
	/** Reports of what was known. */
	repeats: number;
	/** Reports that the books had already. */
	duplicates: number;
	/** Everything that was refused, by cause. */
	refused: Record<string, number>;
}

/** Nothing to wait for. */
const done = Promise.resolve();

export class Ingest {
	readonly #topics: Topics;
	readonly #statusTopic: string;
	readonly #books: Books;
	readonly #writer: Writer;
	readonly #unclaimed: UnclaimedSpots;
	readonly #boards: Boards;
	readonly #clock: Clock;
	readonly #refusals: Refusals;
	#received = 0;
	#changes = 0;
	#repeats = 0;
	#duplicates = 0;

	constructor(options: {
		topics: Topics;
		books: Books;
		writer: Writer;
		unclaimed: UnclaimedSpots;
		boards: Boards;
		clock: Clock;
		/** Says when something was logged long ago. */
		steady?: Clock;
		log: Log;
	}) {
		this.#topics = options.topics;
		this.#statusTopic = options.topics.status();
		this.#books = options.books;
		this.#writer = options.writer;
		this.#unclaimed = options.unclaimed;
		this.#boards = options.boards;
		this.#clock = options.clock;
		this.#refusals = new Refusals({ clock: options.steady ?? options.clock, log: options.log });
	}

	/** What the broker must deliver: boards tell every gateway how they are. */
	get filters(): string[] {
		return boardLeaves.map((leaf) => this.#topics.board("+", leaf));
	}

	/** What one of several gateways must hear: who stores a report tells the others. */
	get sharedFilters(): string[] {
		return [`${this.#statusTopic}/#`];
	}

	get counts(): IngestCounts {
		return {
			received: this.#received,
			changes: this.#changes,
			repeats: this.#repeats,
			duplicates: this.#duplicates,
			refused: this.#refusals.counts(),
		};
	}

	/** Takes one message; resolves when it may be acknowledged: stored, or refused for good. */
	take(message: Message): Promise<void> {
		this.#received++;
		if (message.payload.byteLength === 0) return done; // what was retained was cleared
		if (message.topic.startsWith(this.#statusTopic)) return this.#takeStatus(message);
		const word = decodeBoard(this.#topics, message.topic, message.payload);
		const wrong = word instanceof Refusal ? null : this.#takeWord(word, message.retained);
		if (word instanceof Refusal) this.#refuse(word, message.topic);
		else if (wrong !== null) this.#refuse(new Refusal("contradiction", wrong), message.topic);
		return done;
	}

	/** @returns what is wrong with it, in words; null when it was taken. */
	#takeWord(word: BoardWord, retained: boolean): string | null {
		const { board_id } = word;
		if (word.leaf === "status") this.#boards.takeStatus(board_id, word.said, retained);
		// Only a status is kept by brokers: anything else that is retained is as old as it is.
		else if (retained) return `expected ${word.leaf} from the board itself, got one that the broker kept`;
		else if (word.leaf === "health") this.#boards.takeHealth(board_id, word.said);
		else if (word.leaf === "result") this.#boards.commands.take(board_id, word.said);
		else return this.#boards.takeTrace(board_id, word.said);
		return null;
	}

	/** Reports that came before their spot was made count now. Call after lots or spots were made. */
	async adopt(): Promise<void> {
		const claimed = this.#unclaimed.takeClaimed((sent) => this.#lotOf(sent) !== null);
		await Promise.all(claimed.map((sent) => this.#store(sent)));
	}

	/** Two boards begin to speak for one spot. Both are taken, the newest word counts: which is right, only a person can say. */
	noteContest({ lot_id, spot_id, boards: [one, other] }: Contest): void {
		this.#refusals.count(
			"spot_contested",
			{ lot_id, spot_id, boards: [one, other] },
			`two boards speak for spot "${spot_id}" of lot "${lot_id}", the newest report counts: expected one, got "${one}" and "${other}"`,
		);
	}

	#takeStatus(message: Message): Promise<void> {
		const sent = decodeStatus(this.#topics, message.topic, message.payload);
		if (sent instanceof Refusal) {
			this.#refuse(sent, message.topic);
			return done;
		}
		// What the broker kept says nothing of now.
		if (sent.identity !== null && !message.retained) this.#boards.takeSign(sent.identity.board_id, sent.identity.boot);
		return this.#store(sent);
	}

	#store(sent: Sent): Promise<void> {
		const lotId = this.#lotOf(sent);
		if (lotId === null) {
			this.#leave(sent);
			return done;
		}
		const report = this.#report(sent, lotId);
		return this.#writer.submit((draft) => {
			// Its spot or lot may go while it waits.
			if (!this.#enter(draft, report)) this.#leave(sent);
		});
	}

	/** One report into the draft. False where its spot is gone. */
	#enter(draft: Draft, report: Report): boolean {
		const spot = draft.spot(report.lot_id, report.spot_id);
		if (spot === undefined) return false;
		const outcome = takeReport(spot, report);
		if (outcome.kind === "old_boot") {
			this.#refusals.count(
				"old_boot",
				{ board_id: report.board_id, boot: report.identity?.boot, seq: report.identity?.seq },
				`refused: expected boot ${outcome.boot} or later from this board, got ${report.identity?.boot}`,
			);
			if (report.board_id !== null)
				draft.fellBehind(report.board_id, newestBoot(draft, report.lot_id, report.board_id));
			return true;
		}
		if (report.identity !== null) draft.acknowledge(report.identity);
		if (outcome.kind === "duplicate") {
			this.#duplicates++;
			this.#refusals.count(
				"duplicate",
				{ board_id: report.board_id, spot_id: report.spot_id, boot: report.identity?.boot, seq: report.identity?.seq },
				"a report came again, or after a newer one of its spot; it is said stored, and nothing changes",
			);
			return true;
		}
		const { spot: next } = outcome;
		if (spot.board_id !== null && next.board_id !== null && spot.board_id !== next.board_id) {
			this.#boards.claims.change(spot.lot_id, spot.spot_id, spot.board_id, next.board_id);
		}
		// A plain sensor hears its lamp only when it is told: nothing is retained for it, so each of its reports is answered.
		const lamp = next.state !== spot.state || next.topic_form !== spot.topic_form || next.topic_form === "short";
		if (outcome.kind === "change") this.#changes++;
		else this.#repeats++;
		draft.update(next, outcome.kind === "change" ? outcome.entry : null, lamp);
		return true;
	}

	#report(sent: Sent, lotId: string): Report {
		const receivedMs = this.#clock.now();
		const { identity } = sent;
		const time = eventTime({
			receivedMs,
			timestamp: sent.timestamp,
			uptimeMs: sent.uptime_ms,
			startMs: identity === null ? null : this.#boards.startMs(identity.board_id, identity.boot),
		});
		if (time.skewed) {
			this.#refusals.count(
				"clock_skew",
				{ board_id: sent.board_id, spot_id: sent.spot_id },
				`a board's clock is off, its report is taken: expected about ${time.timestamp}, got ${sent.timestamp}`,
			);
		}
		return {
			lot_id: lotId,
			spot_id: sent.spot_id,
			state: sent.state,
			distance: sent.distance,
			confidence: sent.confidence,
			reason: sent.reason,
			board_id: sent.board_id,
			identity,
			topic_form: sent.topic_form,
			timestamp: time.timestamp,
			received_at: iso(receivedMs),
			reported_at: sent.timestamp,
		};
	}

	/** The lot that a report means, if it is there and has the spot; without `lot_id` the only one that has it. */
	#lotOf(sent: Sent): string | null {
		if (sent.lot_id !== null) return this.#books.spot(sent.lot_id, sent.spot_id) === undefined ? null : sent.lot_id;
		const lots = this.#books.lotsWithSpot(sent.spot_id);
		return lots.length === 1 ? (lots[0] ?? null) : null;
	}

	#leave(sent: Sent): void {
		const lots = sent.lot_id === null ? this.#books.lotsWithSpot(sent.spot_id) : [];
		if (lots.length > 1) {
			this.#refusals.count(
				"ambiguous_spot",
				{ spot_id: sent.spot_id },
				`refused: spot "${sent.spot_id}" without lot_id: expected exactly one lot that has it, got ${lots.length}`,
			);
			return;
		}
		this.#unclaimed.keep(sent, new Date(this.#clock.now()).toISOString());
		this.#refusals.count(
			"unknown_spot",
			{ lot_id: sent.lot_id, spot_id: sent.spot_id, board_id: sent.board_id },
			`refused: nobody made spot "${sent.spot_id}"${sent.lot_id === null ? "" : ` of lot "${sent.lot_id}"`}; it waits in /api/unclaimed`,
		);
	}

	#refuse(refusal: Refusal, topic: string): void {
		this.#refusals.count(refusal.cause, { topic: topic.slice(0, 120) }, `refused: ${refusal.detail}`);
	}
}

/**
 * The newest start of a board over all of its spots. A start that ended early was heard of some spots only; a board that went on
 * with a number that one of them has had already would have its reports there taken for old ones.
 */
function newestBoot(draft: Draft, lotId: string, boardId: string): number {
	let newest = 0;
	for (const { cursors } of draft.spots(lotId)) {
		for (const { board_id, boot } of cursors) if (board_id === boardId) newest = Math.max(newest, boot);
	}
	return newest;
}
