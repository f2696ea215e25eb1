import { describe, expect, test } from "vitest";
import type { Books } from "../../../gateway/lots/books.ts";
import { Draft } from "../../../gateway/lots/draft.ts";
import { override } from "../../../gateway/lots/manage.ts";
import type { SpotRecord } from "../../../gateway/lots/records.ts";
import { booksWithLot, commit, noon } from "../books.ts";

const occupy = (spotId: string) => (draft: Draft) => override(draft, "LOT001", spotId, { occupied: true }, noon);

/** The spot as another gateway stored it: occupied, in this version. */
function foreign(books: Books, spotId: string, version: number, changes: Partial<SpotRecord> = {}): SpotRecord {
	const known = books.spot("LOT001", spotId);
	if (known === undefined) throw new Error(`no ${spotId}`);
	return { ...known, state: "occupied", occupied: true, sensor_state: "occupied", version, ...changes };
}

describe("a spot that another gateway stored", () => {
	test("is in the books with its lot's counters and version, and not for the store again", () => {
		const books = booksWithLot(3);
		const draft = new Draft(books);
		draft.adopt(foreign(books, "SPOT001", 2));
		expect(draft.empty).toBe(true);
		expect(draft.batch()).toMatchObject({ lots: [], moves: [], spots: [], history: [] });
		books.apply(draft.changes());
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("occupied");
		expect(books.lot("LOT001")).toMatchObject({ occupied_spots: 1, unknown_spots: 2, lot_version: 2 });
		expect(draft.steps.spots).toMatchObject([{ adopted: true, lot_version: 2, counters: { occupied_spots: 1 } }]);
		expect(draft.steps.lamps).toEqual([]);
	});

	test.each([
		["older than what is known", 1, {}],
		["what is known", 2, {}],
	])("changes nothing when it is %s", (_, version, changes) => {
		const books = booksWithLot(3);
		commit(books, occupy("SPOT001"));
		const known = books.spot("LOT001", "SPOT001");
		const lot = books.lot("LOT001");
		const draft = commit(books, (draft) => draft.adopt({ ...(known as SpotRecord), version, ...changes }));
		expect(draft.steps.spots).toEqual([]);
		expect(books.lot("LOT001")).toEqual(lot);
	});

	test("is what an own change of the same commit goes on from", () => {
		const books = booksWithLot(3);
		const draft = new Draft(books);
		draft.adopt(foreign(books, "SPOT001", 5));
		occupy("SPOT001")(draft);
		occupy("SPOT002")(draft);
		const { spots, moves, lots } = draft.batch();
		expect(spots.map(({ spot_id, version }) => [spot_id, version])).toEqual([
			["SPOT001", 6],
			["SPOT002", 2],
		]);
		expect(moves).toMatchObject([{ lot_id: "LOT001", steps: 2, counters: { occupied_spots: 1, unknown_spots: -1 } }]);
		expect(lots).toEqual([]);
	});

	test("that is nowhere in the books changes nothing", () => {
		const books = booksWithLot(1);
		const spot = foreign(books, "SPOT001", 2, { spot_id: "SPOT099" });
		expect(commit(books, (draft) => draft.adopt(spot)).steps.spots).toEqual([]);
	});
});

describe("a lot read again from the store", () => {
	test("is taken whole: spots that came, changed and went, the store's version, and counters of its spots", () => {
		const books = booksWithLot(3);
		const lot = books.lot("LOT001");
		if (lot === undefined) throw new Error("no lot");
		const spots = [foreign(books, "SPOT001", 4), foreign(books, "SPOT002", 1, { spot_id: "SPOT009", position: 7 })];
		const draft = commit(books, (draft) =>
			draft.refresh("LOT001", { lot: { ...lot, name: "Renamed", lot_version: 9, occupied_spots: 77 }, spots }),
		);
		expect(books.lot("LOT001")).toMatchObject({
			...{ name: "Renamed", lot_version: 9, total_spots: 2, occupied_spots: 2, unknown_spots: 0 },
		});
		expect(books.spots("LOT001").map(({ spot_id }) => spot_id)).toEqual(["SPOT001", "SPOT009"]);
		expect([...draft.steps.refreshed]).toEqual(["LOT001"]);
		expect(draft.steps.lamps.map(({ spot_id }) => spot_id)).toEqual(["SPOT001"]);
		expect(draft.steps.removedSpots.map(({ spot_id }) => spot_id)).toEqual(["SPOT002", "SPOT003"]);
	});

	test("goes when the store has it no more", () => {
		const books = booksWithLot(2);
		const draft = commit(books, (draft) => draft.refresh("LOT001", null));
		expect(books.lots()).toEqual([]);
		expect(books.spot("LOT001", "SPOT001")).toBeUndefined();
		expect(draft.steps.removedLots).toEqual(["LOT001"]);
	});
});
