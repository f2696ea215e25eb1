/** Lots as the bytes that `GET /api/lots/:id` sends: made once for each change of a lot, however often they are asked for. */
import { hash } from "node:crypto";
import type { OutgoingHttpHeaders, RequestListener } from "node:http";
import { type Books, lotWithSpots } from "../lots/books.ts";
import type { LotRecord } from "../lots/records.ts";

/** Bytes that are kept for all lots together: some 2,000 lots of 20 spots, or two of 20,000. What was made longest ago goes first. */
export const maxKeptBytes = 16 * 1024 * 1024;

export interface LotAnswer {
	/** JSON. */
	body: string;
	/** Of the body. */
	bytes: number;
	/** Strong (RFC 9110, 8.8.3): a digest of the body, so that it also tells apart two lots that had the same name one after the other. */
	etag: string;
	/** With which it went out last to a request that told of no other page; null while it did not. */
	headers: OutgoingHttpHeaders | null;
}

/** Where lots are, before their name. */
const address = "/api/lots/";

export class LotAnswers {
	readonly #books: Books;
	readonly #maxBytes: number;
	/** By `lot_id`, made longest ago first. */
	readonly #kept = new Map<string, { lot: LotRecord; answer: LotAnswer }>();
	#bytes = 0;

	constructor(options: { books: Books; maxBytes?: number }) {
		this.#books = options.books;
		this.#maxBytes = options.maxBytes ?? maxKeptBytes;
	}

	/** Bytes that are kept now. */
	get bytes(): number {
		return this.#bytes;
	}

	/** The lot of that name with all its spots, as committed last; null where there is none. */
	get(lotId: string): LotAnswer | null {
		const lot = this.#books.lot(lotId);
		const kept = this.#kept.get(lotId);
		// Each change of a lot or of one of its spots makes a new record of the lot.
		if (kept !== undefined && kept.lot === lot) return kept.answer;
		this.#drop(lotId);
		if (lot === undefined) return null;
		const body = JSON.stringify(lotWithSpots(this.#books, lot));
		const etag = `"${hash("sha1", body, "base64url")}"`;
		const answer = { body, bytes: Buffer.byteLength(body), etag, headers: null };
		this.#keep(lot, answer);
		return answer;
	}

	/** What was sent from this address before, as long as it still holds; null where Fastify must make it. */
	again(url: string): LotAnswer | null {
		if (!url.startsWith(address)) return null;
		const kept = this.#kept.get(url.slice(address.length));
		return kept === undefined || kept.lot !== this.#books.lot(kept.lot.lot_id) ? null : kept.answer;
	}

	#keep(lot: LotRecord, answer: LotAnswer): void {
		this.#kept.set(lot.lot_id, { lot, answer });
		this.#bytes += answer.bytes;
		for (const lotId of this.#kept.keys()) {
			if (this.#bytes <= this.#maxBytes) return;
			this.#drop(lotId);
		}
	}

	#drop(lotId: string): void {
		const kept = this.#kept.get(lotId);
		if (kept === undefined) return;
		this.#kept.delete(lotId);
		this.#bytes -= kept.answer.bytes;
	}
}

/** Whether a request's `If-None-Match` names this entity: the client has it already. Weak comparison, as RFC 9110, 13.1.2 wants it. */
export function knows(ifNoneMatch: string | undefined, etag: string): boolean {
	if (ifNoneMatch === undefined) return false;
	if (ifNoneMatch.trim() === "*") return true;
	return ifNoneMatch.split(",").some((known) => known.trim().replace(/^W\//, "") === etag);
}

/**
 * Answers what it can before `handle`, Fastify, sees it: routing, hooks and validation cost a third of such an answer's time, and come to
 * the same each time. Hooks do not run for it, so this is only for what anybody may read, and what all get alike: a plain GET,
 * from no other page, of a lot as it was sent before.
 */
export function answerAgain(answers: LotAnswers, handle: RequestListener): RequestListener {
	return (request, response) => {
		const { method, url = "", headers } = request;
		const isPlain = method === "GET" && headers.origin === undefined && headers["if-none-match"] === undefined;
		const answer = isPlain ? answers.again(url) : null;
		if (answer === null || answer.headers === null) {
			handle(request, response);
			return;
		}
		response.writeHead(200, answer.headers);
		response.end(answer.body);
	};
}
