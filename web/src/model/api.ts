/**
 * In: what a page wants to know or do. Out: the gateway's answer, typed by its contract, or one kind of error.
 * Never: tries again by itself; queues a write.
 */
import type { ErrorBody } from "../../../gateway/contract/errors.ts";
import type { HistoryEntry, Lot, Spot, Stats } from "../../../gateway/contract/resources.ts";

/** No answer within this time is a failure. */
export const answerTimeoutMs = 15_000;

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

async function ask<T>({ fetch, timeout }: Http, path: string, body?: object): Promise<T> {
	const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
	let response: Response;
	let answer: Partial<ErrorBody> | null;
	try {
		response = await fetch(path, { signal: timeout(answerTimeoutMs), ...(body === undefined ? {} : post) });
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
