import { expect, test } from "vitest";
import { recordKeeper } from "../../../gateway/lots/held.ts";
import type { SpotRecord } from "../../../gateway/lots/records.ts";
import { takeReport } from "../../../gateway/lots/spot.ts";
import { boardReport, booksWithLot, commit } from "../books.ts";

/** A spot of which a board and an owner have spoken: no field is as it was made. */
function toldSpot(): SpotRecord {
	const books = booksWithLot();
	commit(books, (draft) => {
		const spot = draft.spot("LOT001", "SPOT001");
		const outcome = spot && takeReport(spot, boardReport(3, 7, { confidence: 0.9, reason: "echo" }));
		if (outcome?.kind !== "change") throw new Error(`expected a change, got ${outcome?.kind}`);
		const override = { occupied: true, reserved: true, until: null, reason: null, by: "Ada", at: outcome.spot.since };
		draft.update({ ...outcome.spot, label: "7", zone: "Roof", override, manual_override: true }, null, false);
	});
	const told = books.spot("LOT001", "SPOT001");
	if (told === undefined) throw new Error("expected SPOT001 in the books, got none");
	return told;
}

test("a record that is kept says the same in every field", () => {
	const told = toldSpot();
	const kept = recordKeeper()(told);
	expect(kept).toEqual(told);
	expect(kept).not.toBe(told);
});

test("a record that is kept has all fields, so that none can be forgotten", () => {
	const told = toldSpot();
	expect(Object.keys(recordKeeper()(told)).sort()).toEqual(Object.keys(told).sort());
});

test("records with different times keep each of them", () => {
	const times = { since: "2026-03-03T12:00:01.000Z", last_event: "2026-03-03T12:00:02.000Z" };
	const heard = { last_heard: "2026-03-03T12:00:03.000Z", last_update: "2026-03-03T12:00:04.000Z" };
	expect(recordKeeper()({ ...toldSpot(), ...times, ...heard })).toMatchObject({ ...times, ...heard });
});
