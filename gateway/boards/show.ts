/** Boards and traces as REST shows them: what boards said, and whose spots they speak for by the books. */
import type { Board, SpotTrace } from "../contract/resources.ts";
import type { Books } from "../lots/books.ts";
import type { Boards, KnownBoard } from "./boards.ts";
import { pulseDistanceCm } from "./pulse.ts";
import { traceSpanMs } from "./traces.ts";

/** Characters of a board's name at most. */
const longestId = 64;

/** What the books know of a board: the spots whose last report was its. */
interface Speaker {
	lot_id: string;
	spots: string[];
	/** Its start in the newest of those reports; null where it numbers none. */
	boot: number | null;
	/** When the newest of them was heard, ms since 1970. */
	heardMs: number;
}

export interface BoardQuery {
	lot_id?: string;
	/** Only boards that are offline, of which a sensor knows nothing or has an alarm, or that share a spot with another one. */
	trouble?: boolean;
	/** Only those behind this one. */
	after?: string;
	limit: number;
}

/**
 * Boards in the order of their names. A lot's are those that speak for its spots, and those that are online and say that they stand there:
 * one that was replaced and is gone is nobody's any more.
 */
export function listBoards(boards: Boards, books: Books, query: BoardQuery): Board[] {
	const { lot_id, after = "", limit } = query;
	const speakers = speakersOf(books, lot_id);
	const ids = new Set(speakers.keys());
	for (const known of boards.all()) {
		if (lot_id === undefined || (known.online && known.lot_id === lot_id)) ids.add(known.board_id);
	}
	const found: Board[] = [];
	for (const boardId of inOrder(ids, after)) {
		const speaker = speakers.get(boardId);
		const known = knownBoard(boards, boardId, speaker);
		if (known === null || (query.trouble === true && !isTroubled(boards, known))) continue;
		if (found.push(show(boards, known, speaker)) === limit) break;
	}
	return found;
}

/** One board; null where nobody heard of it. */
export function showBoard(boards: Boards, books: Books, boardId: string): Board | null {
	const known = boards.board(boardId);
	const isWhole = known !== undefined && known.lot_id !== null && known.spots.length > 0;
	const speaker = isWhole ? undefined : speakersOf(books).get(boardId);
	const found = knownBoard(boards, boardId, speaker);
	return found === null ? null : show(boards, found, speaker);
}

/** The last minutes of one of its sensors, those measured after `sinceMs` (ms since 1970) only. */
export function showTrace(
	boards: Boards,
	options: { board: Board; spotId: string; sinceMs: number; nowMs: number },
): SpotTrace {
	const { board, spotId, nowMs } = options;
	const { board_id, boot } = board;
	const untilMs = boards.traces.untilMs(board_id, spotId);
	const startMs = boards.startMs(board_id, boot) ?? nowMs;
	const fromMs = Math.max(options.sinceMs, nowMs - traceSpanMs);
	const { lost, samples } = boards.traces.samples(board_id, boot, spotId, fromMs - startMs);
	return {
		board_id,
		spot_id: spotId,
		at: iso(nowMs),
		trace_until: board.online && untilMs !== null ? iso(untilMs) : null,
		lost,
		samples: samples.map(({ atMs, echoUs, tempC }) => ({
			t: iso(startMs + atMs),
			echo_us: echoUs,
			distance_cm: tenths(pulseDistanceCm(echoUs, tempC)),
		})),
	};
}

/** Those behind `after`, as people count: board-2 before board-10. */
function inOrder(ids: Iterable<string>, after: string): string[] {
	// Digits of one length make plain texts that sort so; a collator takes ten times as long for thousands.
	const placeOf = (id: string) => `${id.replace(/\d+/g, (digits) => digits.padStart(longestId, "0"))} ${id}`;
	const places = Array.from(ids, (id) => ({ id, place: placeOf(id) }));
	const behind = after === "" ? places : places.filter(({ place }) => place > placeOf(after));
	return behind.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ id }) => id);
}

function isTroubled(boards: Boards, { board_id, online, health }: KnownBoard): boolean {
	if (!online || boards.claims.of(board_id).length > 0) return true;
	return Object.values(health?.sensors ?? {}).some(({ state, alarm }) => state === "unknown" || alarm !== null);
}

function show(boards: Boards, known: KnownBoard, speaker: Speaker | undefined): Board {
	const { board_id: boardId } = known;
	const startMs = boards.startMs(boardId, known.boot);
	const untilMs = boards.traces.untilMs(boardId);
	return {
		board_id: boardId,
		lot_id: known.lot_id ?? speaker?.lot_id ?? null,
		spots: [...(known.spots.length > 0 ? known.spots : (speaker?.spots ?? []))],
		online: known.online,
		boot: known.boot,
		since: iso(known.sinceMs),
		started_at: startMs === null ? null : iso(startMs),
		firmware: known.firmware,
		restarted: known.restarted,
		health: known.health,
		health_at: known.healthMs === null ? null : iso(known.healthMs),
		trace_until: known.online && untilMs !== null ? iso(untilMs) : null,
		contested: boards.claims.of(boardId),
	};
}

/** What is known of a board: heard, or a board of ours that the books know from before the gateway's start and that did not come back, offline for all that is known. */
function knownBoard(boards: Boards, boardId: string, speaker: Speaker | undefined): KnownBoard | null {
	const heard = boards.board(boardId);
	if (heard !== undefined) return heard;
	if (speaker === undefined || speaker.boot === null || speaker.heardMs >= boards.startedMs) return null;
	return {
		board_id: boardId,
		online: false,
		boot: speaker.boot,
		firmware: null,
		restarted: null,
		lot_id: speaker.lot_id,
		spots: speaker.spots,
		sinceMs: boards.startedMs,
		health: null,
		healthMs: null,
	};
}

function speakersOf(books: Books, lotId?: string): Map<string, Speaker> {
	const speakers = new Map<string, Speaker>();
	const lots = lotId === undefined ? books.lots().map((lot) => lot.lot_id) : [lotId];
	for (const lot_id of lots) {
		for (const { spot_id, board_id, cursors, last_heard } of books.spots(lot_id)) {
			if (board_id === null) continue;
			const speaker = speakers.get(board_id) ?? { lot_id, spots: [], boot: null, heardMs: 0 };
			speakers.set(board_id, speaker);
			speaker.spots.push(spot_id);
			speaker.heardMs = Math.max(speaker.heardMs, last_heard === null ? 0 : Date.parse(last_heard));
			const boot = cursors.find((cursor) => cursor.board_id === board_id)?.boot ?? null;
			if (boot !== null) speaker.boot = Math.max(speaker.boot ?? 0, boot);
		}
	}
	return speakers;
}

function iso(ms: number): string {
	return new Date(Math.round(ms)).toISOString();
}

function tenths(cm: number | null): number | null {
	return cm === null ? null : Math.round(cm * 10) / 10;
}
