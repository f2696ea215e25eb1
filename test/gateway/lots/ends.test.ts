import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Books } from "../../../gateway/lots/books.ts";
import type { Draft } from "../../../gateway/lots/draft.ts";
import { OverrideEnds } from "../../../gateway/lots/ends.ts";
import { override, removeSpot } from "../../../gateway/lots/manage.ts";
import { booksWithLot, commit, noon } from "../books.ts";

const iso = (ms: number) => new Date(ms).toISOString();

function reserve(draft: Draft, spotId: string, untilMs: number | null): void {
	const until = untilMs === null ? null : iso(untilMs);
	override(draft, "LOT001", spotId, { occupied: true, until }, noon);
}

function told(books: Books, ends: OverrideEnds, task: (draft: Draft) => void): void {
	ends.note(commit(books, task).steps, books);
}

const due = (ends: OverrideEnds, nowMs: number) => ends.takeDue(nowMs).map(({ spot_id }) => spot_id);

describe("overrides", () => {
	test("are due at their end, each once", () => {
		const books = booksWithLot();
		const ends = new OverrideEnds();
		told(books, ends, (draft) => reserve(draft, "SPOT001", noon + 2000));
		told(books, ends, (draft) => reserve(draft, "SPOT002", noon + 1000));
		expect(due(ends, noon + 999)).toEqual([]);
		expect(due(ends, noon + 1000)).toEqual(["SPOT002"]);
		expect(due(ends, noon + 1999)).toEqual([]);
		expect(due(ends, noon + 2500)).toEqual(["SPOT001"]);
		expect(due(ends, noon + 9999)).toEqual([]);
	});

	test("that were in the store at start are due, too", () => {
		const books = booksWithLot();
		commit(books, (draft) => reserve(draft, "SPOT003", noon + 500));
		const ends = new OverrideEnds();
		ends.load(books);
		expect(due(ends, noon + 500)).toEqual(["SPOT003"]);
	});

	test("are never due when cleared, made endless, or their spot is removed", () => {
		const books = booksWithLot();
		const ends = new OverrideEnds();
		for (const spotId of ["SPOT001", "SPOT002", "SPOT003"]) {
			told(books, ends, (draft) => reserve(draft, spotId, noon + 1000));
		}
		told(books, ends, (draft) => override(draft, "LOT001", "SPOT001", { occupied: null }, noon));
		told(books, ends, (draft) => reserve(draft, "SPOT002", null));
		told(books, ends, (draft) => removeSpot(draft, "LOT001", "SPOT003"));
		expect(due(ends, noon + 5000)).toEqual([]);
	});

	test("are due exactly when their newest end has come, however often they were changed and looked for", () => {
		const step = fc.record({ spot: fc.integer({ min: 1, max: 3 }), endS: fc.integer({ min: 1, max: 50 }) });
		fc.assert(
			fc.property(fc.array(fc.tuple(step, fc.nat(5)), { maxLength: 30 }), (steps) => {
				const books = booksWithLot();
				const ends = new OverrideEnds();
				const model = new Map<string, number>();
				let nowS = 0;
				for (const [{ spot, endS }, passS] of steps) {
					const spotId = `SPOT00${spot}`;
					told(books, ends, (draft) => reserve(draft, spotId, noon + endS * 1000));
					model.set(spotId, endS);
					nowS += passS;
					const expected = [...model].filter(([, end]) => end <= nowS).map(([name]) => name);
					for (const name of expected) model.delete(name);
					expect(due(ends, noon + nowS * 1000).sort()).toEqual(expected.sort());
				}
			}),
		);
	});
});
