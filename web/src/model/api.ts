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

	constructor(body: Pick<ErrorBody, "statusCode" | "code" | "message">, options?: ErrorOptions) {
		super(body.message, options);
		this.name = "ApiError";
		this.statusCode = body.statusCode;
		this.code = body.code;
	}
}

export interface ApiOptions {
	fetch: (path: string, init: RequestInit) => Promise<Response>;
	/** A signal that aborts after `ms`, like AbortSignal.timeout. */
	timeout: (ms: number) => AbortSignal;
}

/** The gateway's REST resources. Every method rejects with {@link ApiError}. */
export class Api {
	readonly #options: ApiOptions;

	constructor(options: ApiOptions) {
		this.#options = options;
	}

	lots(): Promise<Lot[]> {
		return this.#ask("/api/lots");
	}

	/** Today's numbers in the lot's time zone. */
	stats(lotId: string): Promise<Stats> {
		return this.#ask(`/api/stats/${encodeURIComponent(lotId)}`);
	}

	/** The lot's newest changes, newest first, at most `limit`. */
	history(lotId: string, limit: number): Promise<HistoryEntry[]> {
		return this.#ask(`/api/lots/${encodeURIComponent(lotId)}/history?limit=${limit}`);
	}

	/** Sets or clears the owner's word; gives the spot as it is then. */
	override(lotId: string, request: OverrideRequest): Promise<Spot> {
		return this.#ask(`/api/lots/${encodeURIComponent(lotId)}/override`, request);
	}

	/** Makes the sample lots and gives them. */
	makeSampleLots(): Promise<{ lots: Lot[] }> {
		return this.#ask("/api/init", {});
	}

	async #ask<T>(path: string, body?: object): Promise<T> {
		const { fetch, timeout } = this.#options;
		const init: RequestInit = { signal: timeout(answerTimeoutMs), headers: { accept: "application/json" } };
		if (body !== undefined) {
			init.method = "POST";
			init.headers = { accept: "application/json", "content-type": "application/json" };
			init.body = JSON.stringify(body);
		}
		let response: Response;
		let answer: unknown;
		try {
			response = await fetch(path, init);
			answer = await response.json().catch(() => null);
		} catch (cause) {
			throw new ApiError({ statusCode: 0, code: "NO_ANSWER", message: "The gateway did not answer." }, { cause });
		}
		if (!response.ok) throw new ApiError(errorIn(answer, response));
		if (answer === null) {
			throw new ApiError({ statusCode: 0, code: "NOT_JSON", message: `The answer to ${path} was not JSON.` });
		}
		return answer as T;
	}
}

/** The gateway's own words, or the status where something else (a proxy) answered. */
function errorIn(answer: unknown, response: Response): Pick<ErrorBody, "statusCode" | "code" | "message"> {
	const { status: statusCode, statusText } = response;
	const { code, message } = (typeof answer === "object" && answer !== null ? answer : {}) as Partial<ErrorBody>;
	return {
		statusCode,
		code: typeof code === "string" ? code : "HTTP_ERROR",
		message: typeof message === "string" ? message : `The gateway answered ${statusCode} ${statusText}.`,
	};
}
