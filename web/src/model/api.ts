/**
 * In: what a page wants to know or do. Out: the gateway's answer, typed by its contract, or one kind of error.
 * Never: tries again by itself; queues a write.
 */
import type { BoardResult } from "../../../firmware/messages.ts";
import type { ErrorBody } from "../../../gateway/contract/errors.ts";
import type { Board, HistoryEntry, Lot, Spot, SpotTrace, Stats } from "../../../gateway/contract/resources.ts";

/** No answer within this time is a failure. */
export const answerTimeoutMs = 15_000;
/** The same for commands to boards: the gateway itself waits up to 25 s for one that learns a floor. */
export const commandTimeoutMs = 30_000;

/** The owner's word on one spot. `occupied: null` clears the word that holds. */
export interface OverrideRequest {
	spot_id: string;
	occupied: boolean | null;
	reserved?: boolean;
	/** ISO 8601, in the future; left out: until it is cleared. */
	until?: string;
	/** At most 120 characters. */
	reason?: string;
}

/** What a board can be asked for; `seconds` is for `trace` alone, 0 ends it. */
export interface CommandRequest {
	command: "identify" | "learn_floor" | "trace";
	spot_id: string;
	seconds?: number;
}

/** A request that failed. `statusCode` is 0 where no answer came at all. */
export class ApiError extends Error {
	readonly statusCode: number;
	readonly code: string;

	constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "ApiError";
		this.statusCode = statusCode;
		this.code = code;
	}
}

/** How requests reach the gateway. */
export interface Http {
	fetch: (path: string, init: RequestInit) => Promise<Response>;
	/** A signal that aborts after `ms`, like AbortSignal.timeout. */
	timeout: (ms: number) => AbortSignal;
}

/** All lots with their counters. Rejects with {@link ApiError}, like everything here. */
export function getLots(http: Http): Promise<Lot[]> {
	return ask(http, "/api/lots");
}

/** Today's numbers in the lot's time zone. */
export function getStats(http: Http, lotId: string): Promise<Stats> {
	return ask(http, `/api/stats/${encodeURIComponent(lotId)}`);
}

/** The lot's newest changes, newest first, at most `limit`. */
export function getHistory(http: Http, lotId: string, limit: number): Promise<HistoryEntry[]> {
	return ask(http, `/api/lots/${encodeURIComponent(lotId)}/history?limit=${limit}`);
}

/** Sets or clears the owner's word; gives the spot as it is then. */
export function postOverride(http: Http, lotId: string, request: OverrideRequest): Promise<Spot> {
	return ask(http, `/api/lots/${encodeURIComponent(lotId)}/override`, request);
}

/** Makes the sample lots and gives them. */
export function postInit(http: Http): Promise<{ lots: Lot[] }> {
	return ask(http, "/api/init", {});
}

/** A sensor's newest changes of state, newest first, at most `limit`; overrides are among them. */
export function getSpotHistory(http: Http, lotId: string, spotId: string, limit: number): Promise<HistoryEntry[]> {
	return ask(http, `/api/lots/${encodeURIComponent(lotId)}/spots/${encodeURIComponent(spotId)}/history?limit=${limit}`);
}

/** The lot's boards by name, at most `limit`; with `trouble` only those that somebody should look at. */
export function getBoards(http: Http, lotId: string, limit: number, trouble = false): Promise<Board[]> {
	return ask(http, `/api/boards?lot_id=${encodeURIComponent(lotId)}&limit=${limit}${trouble ? "&trouble=true" : ""}`);
}

/** What one board last said of itself. */
export function getBoard(http: Http, boardId: string): Promise<Board> {
	return ask(http, `/api/boards/${encodeURIComponent(boardId)}`);
}

/** Asks a board, and gives its answer. */
export function postCommand(http: Http, boardId: string, request: CommandRequest): Promise<BoardResult> {
	return ask(http, `/api/boards/${encodeURIComponent(boardId)}/command`, request, commandTimeoutMs);
}

/** What a sensor measured after `sinceMs` (ms since 1970), while its board tells. */
export function getTrace(http: Http, boardId: string, spotId: string, sinceMs: number): Promise<SpotTrace> {
	const query = `spot_id=${encodeURIComponent(spotId)}&since=${sinceMs}`;
	return ask(http, `/api/boards/${encodeURIComponent(boardId)}/trace?${query}`);
}

async function ask<T>({ fetch, timeout }: Http, path: string, body?: object, timeoutMs = answerTimeoutMs): Promise<T> {
	const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
	let response: Response;
	let answer: Partial<ErrorBody> | null;
	try {
		response = await fetch(path, { signal: timeout(timeoutMs), ...(body === undefined ? {} : post) });
		answer = await response.json().catch(() => null);
	} catch (cause) {
		throw new ApiError(0, "NO_ANSWER", "The gateway did not answer.", { cause });
	}
	const { ok, status } = response;
	if (ok && answer !== null) return answer as T;
	// Where something else answered (a proxy, a portal), there is only the status to tell.
	const isOurs = !ok && typeof answer?.code === "string" && typeof answer.message === "string";
	if (isOurs) throw new ApiError(status, answer?.code ?? "", answer?.message ?? "");
	throw new ApiError(status, "HTTP_ERROR", `The gateway answered ${status}, and not in its own words.`);
}
