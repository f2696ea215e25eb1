import { expect, test } from "vitest";
import { Audit } from "../../gateway/audit.ts";
import type { HistoryEntry } from "../../gateway/contract/resources.ts";
import type { Books } from "../../gateway/lots/books.ts";
import { override } from "../../gateway/lots/manage.ts";
import type { HistoryQuery } from "../../gateway/store/store.ts";
import { StoreError } from "../../gateway/store/store.ts";
import { booksWithLot, commit, MemoryLog, noon } from "./books.ts";

/** Occupies or frees a spot; gives the entry of that. */
function say(books: Books, spotId: string, occupied: boolean): HistoryEntry {
	const draft = commit(books, (draft) => override(draft, "LOT001", spotId, { occupied }, noon));
	const [entry] = draft.batch().history;
	if (entry === undefined) throw new Error("expected an entry, got none");
	return { id: "1", ...entry };
}

/** An audit of books whose history is what `answer` gives. */
function audit(books: Books, answer: (query: HistoryQuery) => HistoryEntry[], settled = async () => {}) {
	const log = new MemoryLog();
	const store = { history: async (query: HistoryQuery) => answer(query) };
	return { audit: new Audit({ books, store, log, settled }), log };
}

test("a spot that changed while its history was read contradicts nothing", async () => {
	const books = booksWithLot();
	const before = say(books, "SPOT001", true);
	say(books, "SPOT001", false);
	// Stored already, and taken over by the books while the audit waits for that.
	const settled = async () => void say(books, "SPOT001", true);
	const { audit: tested, log } = audit(books, () => [before], settled);
	await tested.run();
	expect(tested.state).toEqual({ spots: 1, contradictions: 0, ended: true });
	expect(log.lines).toEqual([]);
});

test("a spot that contradicts its history and stays as it is does so once all that was stored is in the books", async () => {
	const books = booksWithLot();
	const before = say(books, "SPOT001", true);
	say(books, "SPOT001", false);
	const { audit: tested, log } = audit(books, () => [before]);
	await tested.run();
	expect(tested.state).toEqual({ spots: 1, contradictions: 1, ended: true });
	expect(log.lines).toHaveLength(1);
});

test("an audit that is stopped reads no further", async () => {
	const books = booksWithLot();
	const entry = say(books, "SPOT001", true);
	let reads = 0;
	const { audit: tested } = audit(books, () => {
		reads++;
		tested.stop();
		return [entry];
	});
	await tested.run();
	expect(reads).toBe(1);
	expect(tested.state.ended).toBe(false);
});

test("an audit that can't read the history says so", async () => {
	const books = booksWithLot();
	say(books, "SPOT001", true);
	const { audit: tested } = audit(books, () => {
		throw new StoreError("STORE_MOVED", "parkmate.db was moved");
	});
	await expect(tested.run()).rejects.toThrow("parkmate.db was moved");
	expect(tested.state.ended).toBe(false);
});
