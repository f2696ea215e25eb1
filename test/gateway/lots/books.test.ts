import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Books, spotResource } from "../../../gateway/lots/books.ts";
import { count } from "../../../gateway/lots/counters.ts";
import { Draft } from "../../../gateway/lots/draft.ts";
import {
	addSpot,
	changeLot,
	changeSpot,
	createLot,
	createSample,
	override,
	removeLot,
	removeSpot,
} from "../../../gateway/lots/manage.ts";
import { sampleLots } from "../../../gateway/lots/sample.ts";
import { takeReport } from "../../../gateway/lots/spot.ts";
import { boardReport, booksWithLot, commit, noon, report } from "../books.ts";

function take(draft: Draft, one = report()): void {
	const spot = draft.spot(one.lot_id, one.spot_id);
	if (spot === undefined) throw new Error("no such spot");
	const outcome = takeReport(spot, one);
	if (outcome.kind === "change") draft.update(outcome.spot, outcome.entry, true);
	if (outcome.kind === "repeat") draft.update(outcome.spot, null, false);
}

describe("a draft", () => {
	test("is seen by its own later steps and by nobody else before it is applied", () => {
		const books = booksWithLot();
		const draft = new Draft(books);
		take(draft);
		expect(draft.spot("LOT001", "SPOT001")?.state).toBe("occupied");
		expect(draft.lot("LOT001")?.occupied_spots).toBe(1);
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("unknown");
		expect(books.lot("LOT001")?.occupied_spots).toBe(0);
	});

	test("that touches a spot twice writes it once, one version up, with both steps numbered", () => {
		const books = booksWithLot();
		const before = books.lot("LOT001")?.lot_version ?? 0;
		const draft = commit(books, (draft) => {
			take(draft);
			take(draft, report({ state: "free" }));
		});
		expect(draft.batch().spots).toHaveLength(1);
		expect(books.spot("LOT001", "SPOT001")?.version).toBe(2);
		expect(draft.steps.spots.map((step) => step.lot_version)).toEqual([before + 1, before + 2]);
		expect(draft.steps.spots.map((step) => step.counters.occupied_spots)).toEqual([1, 0]);
		expect(draft.steps.lamps.map((spot) => spot.state)).toEqual(["occupied", "free"]);
	});

	test("that removes a lot and makes it anew leaves only the new spots", () => {
		const books = booksWithLot(3);
		const draft = commit(books, (draft) => {
			removeLot(draft, "LOT001");
			createLot(draft, { lot_id: "LOT001", name: "Again", spots: 1 }, noon);
		});
		expect(books.spots("LOT001").map((spot) => spot.spot_id)).toEqual(["SPOT001"]);
		expect(draft.batch().removedLots).toEqual([]);
		expect(draft.batch().removedSpots).toHaveLength(2);
		expect(books.lot("LOT001")).toMatchObject({ name: "Again", total_spots: 1, unknown_spots: 1 });
	});
});

describe("lots and spots", () => {
	test("start unknown, numbered from 001", () => {
		const books = booksWithLot(2);
		expect(books.spots("LOT001").map((spot) => [spot.spot_id, spot.state])).toEqual([
			["SPOT001", "unknown"],
			["SPOT002", "unknown"],
		]);
		expect(books.lot("LOT001")).toMatchObject({
			total_spots: 2,
			available_spots: 0,
			occupied_spots: 0,
			unknown_spots: 2,
		});
	});

	test("are refused twice under one name", () => {
		expect(() => commit(booksWithLot(), (draft) => createLot(draft, { lot_id: "LOT001", name: "x" }, noon))).toThrow(
			'lot "LOT001" exists already; change it with PATCH',
		);
	});

	test("keep what is known of a spot when the list changes around it", () => {
		const books = booksWithLot(3);
		commit(books, take);
		commit(books, (draft) =>
			changeLot(draft, "LOT001", { spots: [{ spot_id: "NEW" }, { spot_id: "SPOT001", label: "1" }] }, noon),
		);
		expect(books.spots("LOT001").map((spot) => [spot.spot_id, spot.state, spot.label])).toEqual([
			["NEW", "unknown", null],
			["SPOT001", "occupied", "1"],
		]);
		expect(books.lot("LOT001")).toMatchObject({ total_spots: 2, occupied_spots: 1, unknown_spots: 1 });
		expect(books.lotsWithSpot("SPOT002")).toEqual([]);
	});

	test("change only what is named", () => {
		const books = booksWithLot(3);
		const draft = commit(books, (draft) => changeLot(draft, "LOT001", { price_per_hour: 4 }, noon));
		expect(books.lot("LOT001")).toMatchObject({ name: "Central Parking Tower", price_per_hour: 4, total_spots: 3 });
		expect(draft.batch().spots).toEqual([]);
	});

	test("can be added, labelled and removed one by one", () => {
		const books = booksWithLot(1);
		commit(books, (draft) => addSpot(draft, "LOT001", { spot_id: "X1" }, noon));
		commit(books, (draft) => changeSpot(draft, "LOT001", "X1", { zone: "Roof" }));
		expect(books.spots("LOT001").map((spot) => [spot.spot_id, spot.zone])).toEqual([
			["SPOT001", null],
			["X1", "Roof"],
		]);
		const draft = commit(books, (draft) => removeSpot(draft, "LOT001", "SPOT001"));
		expect(books.lot("LOT001")?.total_spots).toBe(1);
		expect(draft.steps.removedSpots.map((spot) => spot.spot_id)).toEqual(["SPOT001"]);
	});

	test.each([
		[{ currency: "XXY" }, 'currency must be an ISO 4217 code like EUR, got "XXY"'],
		[{ time_zone: "Europe/Nowhere" }, 'time_zone must be an IANA zone like Europe/Berlin, got "Europe/Nowhere"'],
		[{ spots: [{ spot_id: "A" }, { spot_id: "A" }] }, 'spot_id must be unique in its lot, got "A" twice'],
		[{ spots: 20_001 }, "a lot takes at most 20000 spots, got 20001"],
	])("refuse %j and change nothing", (wish, text) => {
		const books = booksWithLot();
		const draft = new Draft(books);
		expect(() => changeLot(draft, "LOT001", wish, noon)).toThrow(text);
		expect(draft.empty).toBe(true);
	});

	test("of the sample have names of spots that no other sample lot has", () => {
		const names = sampleLots.flatMap(({ spots }) => (Array.isArray(spots) ? spots.map((spot) => spot.spot_id) : []));
		expect(new Set(names).size).toBe(names.length);
		expect(sampleLots[0]).toMatchObject({ lot_id: "LOT001", name: "Central Parking Tower" });
		expect(sampleLots[0]?.spots).toHaveLength(20);
	});

	test("made anew from the sample forget states and overrides, but not what was heard of each board", () => {
		const books = new Books();
		commit(books, (draft) => createSample(draft, noon));
		commit(books, (draft) => take(draft, boardReport(1, 9)));
		commit(books, (draft) => override(draft, "LOT001", "SPOT002", { occupied: true }, noon));
		const draft = commit(books, (draft) => createSample(draft, noon));
		expect(books.lot("LOT001")).toMatchObject({ total_spots: 20, unknown_spots: 20 });
		expect(books.spot("LOT001", "SPOT002")?.override).toBeNull();
		expect(draft.batch().history).toMatchObject([{ spot_id: "SPOT002", action: "cleared" }]);
		const spot = books.spot("LOT001", "SPOT001");
		expect(spot && takeReport(spot, boardReport(1, 9)).kind).toBe("duplicate");
	});
});

test("counters are always the count of the spots, whatever happens to them", () => {
	const step = fc.oneof(
		fc.record({
			kind: fc.constant("report" as const),
			spot: fc.nat(4),
			state: fc.constantFrom("free", "occupied", "unknown"),
		}),
		fc.record({ kind: fc.constant("set" as const), spot: fc.nat(4), occupied: fc.boolean(), reserved: fc.boolean() }),
		fc.record({ kind: fc.constant("clear" as const), spot: fc.nat(4) }),
		fc.record({ kind: fc.constant("remove" as const), spot: fc.nat(4) }),
		fc.record({ kind: fc.constant("add" as const), spot: fc.nat(4) }),
		fc.record({ kind: fc.constant("commit" as const) }),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const books = booksWithLot(5);
			let draft = new Draft(books);
			for (const one of steps) {
				const spotId = "spot" in one ? `SPOT00${one.spot + 1}` : "";
				try {
					if (one.kind === "report") take(draft, report({ spot_id: spotId, state: one.state as "free" }));
					else if (one.kind === "set") {
						override(draft, "LOT001", spotId, { occupied: one.occupied, reserved: one.occupied && one.reserved }, noon);
					} else if (one.kind === "clear") override(draft, "LOT001", spotId, { occupied: null }, noon);
					else if (one.kind === "remove") removeSpot(draft, "LOT001", spotId);
					else if (one.kind === "add") addSpot(draft, "LOT001", { spot_id: spotId }, noon);
				} catch (error) {
					if (!/no spot|no such spot|exists already/.test(String(error))) throw error;
				}
				if (one.kind === "commit") {
					books.apply(draft.changes());
					draft = new Draft(books);
				}
			}
			books.apply(draft.changes());
			const counted = count(books.spots("LOT001").map((spot) => spot.state));
			expect(books.lot("LOT001")).toMatchObject(counted);
			expect(counted.available_spots + counted.occupied_spots + counted.unknown_spots).toBe(counted.total_spots);
		}),
	);
});

test("books whose stored counters drifted hold the recount and say so", () => {
	const source = booksWithLot(2);
	const lot = source.lot("LOT001");
	if (lot === undefined) throw new Error("no lot");
	const repairs = new Books().load({ lots: [{ ...lot, available_spots: 7 }], spots: source.spots("LOT001") });
	expect(repairs).toMatchObject([
		{ lot_id: "LOT001", stored: { available_spots: 7 }, counted: { available_spots: 0, unknown_spots: 2 } },
	]);
});

test("names of spots lead to their lots, from the first question on and through all changes", () => {
	const books = booksWithLot(2);
	commit(books, (draft) => createLot(draft, { lot_id: "LOT002", name: "Field", spots: 3 }, noon));
	expect(books.lotsWithSpot("SPOT001")).toEqual(["LOT001", "LOT002"]);
	expect(books.lotsWithSpot("SPOT003")).toEqual(["LOT002"]);
	expect(books.lotsWithSpot("SPOT004")).toEqual([]);
	commit(books, (draft) => addSpot(draft, "LOT001", { spot_id: "SPOT003" }, noon));
	commit(books, (draft) => removeSpot(draft, "LOT002", "SPOT001"));
	expect(books.lotsWithSpot("SPOT003")).toEqual(["LOT002", "LOT001"]);
	expect(books.lotsWithSpot("SPOT001")).toEqual(["LOT001"]);
	commit(books, (draft) => removeLot(draft, "LOT002"));
	expect(books.lotsWithSpot("SPOT002")).toEqual(["LOT001"]);
	commit(books, (draft) => removeSpot(draft, "LOT001", "SPOT002"));
	expect(books.lotsWithSpot("SPOT002")).toEqual([]);
});

test("a spot's resource has none of the gateway's own fields", () => {
	const spot = booksWithLot(1).spots("LOT001")[0];
	expect(spot && Object.keys(spotResource(spot))).not.toEqual(
		expect.arrayContaining(["cursors", "version", "position"]),
	);
});
