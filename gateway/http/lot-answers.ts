/** Lots as the bytes that `GET /api/lots/:id` sends: made once for each change of a lot, however often they are asked for. */
import { hash } from "node:crypto";
import { type Books, lotWithSpots } from "../lots/books.ts";
import type { LotRecord } from "../lots/records.ts";

/** Bytes that are kept for all lots together: some 2,000 lots of 20 spots, or two of 20,000. What was made longest ago goes first. */
export const maxKeptBytes = 16 * 1024 * 1024;

export interface LotAnswer {
	/** JSON. */
	body: Buffer;
	/** Strong (RFC 9110, 8.8.3): a digest of the body, so that it also tells apart two lots that had the same name one after the other. */
	etag: string;
}

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
		const body = Buffer.from(JSON.stringify(lotWithSpots(this.#books, lot)));
		const answer = { body, etag: `"${hash("sha1", body, "base64url")}"` };
		this.#keep(lot, answer);
		return answer;
	}

	#keep(lot: LotRecord, answer: LotAnswer): void {
		this.#kept.set(lot.lot_id, { lot, answer });
		this.#bytes += answer.body.length;
		for (const lotId of this.#kept.keys()) {
			if (this.#bytes <= this.#maxBytes) return;
			this.#drop(lotId);
		}
	}

	#drop(lotId: string): void {
		const kept = this.#kept.get(lotId);
		if (kept === undefined) return;
		this.#kept.delete(lotId);
		this.#bytes -= kept.answer.body.length;
	}
}

/** Whether a request's `If-None-Match` names this entity: the client has it already. Weak comparison, as RFC 9110, 13.1.2 wants it. */
export function knows(ifNoneMatch: string | undefined, etag: string): boolean {
	if (ifNoneMatch === undefined) return false;
	if (ifNoneMatch.trim() === "*") return true;
	return ifNoneMatch.split(",").some((known) => known.trim().replace(/^W\//, "") === etag);
}
