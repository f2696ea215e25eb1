import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextFree } from "../../web/src/driver/next.ts";
import { bestBet, labelsOf, rowLength, zonesOf } from "../../web/src/spots.ts";

const ids = (...names: string[]) =>
	names.map((spot_id) => ({ spot_id, label: null as string | null, zone: null as string | null }));
const labels = (...names: string[]) => [...labelsOf(ids(...names)).values()];

describe("labels", () => {
	test.each([
		["the letters that all begin with go", ["SPOT001", "SPOT020"], ["001", "020"]],
		["letters that differ stay", ["A1", "B1"], ["A1", "B1"]],
		["digits are never taken for letters", ["P1-01", "P1-02"], ["1-01", "1-02"]],
		["a single spot keeps its name", ["SPOT001"], ["SPOT001"]],
		["nothing is left empty", ["SPOT", "SPOT1"], ["T", "T1"]],
	])("%s", (_name, names, expected) => {
		expect(labels(...names)).toEqual(expected);
	});

	test("a spot's own label wins", () => {
		expect([
			...labelsOf([
				{ spot_id: "SPOT001", label: "Ramp" },
				{ spot_id: "SPOT002", label: null },
			]).values(),
		]).toEqual(["Ramp", "002"]);
	});

	test("are never empty, and differ as the names do", () => {
		const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/);
		fc.assert(
			fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 30 }), (names) => {
				const given = labels(...names);
				expect(given.every((label) => label !== "")).toBe(true);
				expect(new Set(given).size).toBe(names.length);
			}),
		);
	});
});

describe("zones", () => {
	test("are rows of ten in natural order where none is named", () => {
		const zones = zonesOf(ids(...Array.from({ length: 25 }, (_, index) => `P${25 - index}`)));
		expect(zones.map((zone) => [zone.name, zone.spotIds.length])).toEqual([
			["Row A", rowLength],
			["Row B", rowLength],
			["Row C", 5],
		]);
		expect(zones[0]?.spotIds.slice(0, 3)).toEqual(["P1", "P2", "P3"]);
	});

	test("go on with two letters after the 26th row", () => {
		const zones = zonesOf(ids(...Array.from({ length: 261 }, (_, index) => `P${index}`)));
		expect(zones.at(-1)?.name).toBe("Row AA");
	});

	test("come in natural order of their names, those without a name last", () => {
		const spots = [
			{ spot_id: "S1", zone: "Level 10" },
			{ spot_id: "S2", zone: null },
			{ spot_id: "S3", zone: "Level 2" },
		];
		expect(zonesOf(spots).map((zone) => zone.name)).toEqual(["Level 2", "Level 10", "Other spots"]);
	});

	test("hold every spot once", () => {
		const spots = fc.uniqueArray(
			fc.record({ spot_id: fc.stringMatching(/^[A-Z0-9]{1,4}$/), zone: fc.option(fc.constantFrom("A", "B", "C")) }),
			{
				selector: (spot) => spot.spot_id,
				maxLength: 60,
			},
		);
		fc.assert(
			fc.property(spots, (given) => {
				expect(
					zonesOf(given)
						.flatMap((zone) => zone.spotIds)
						.sort(),
				).toEqual(given.map((spot) => spot.spot_id).sort());
			}),
		);
	});

	test("of an empty lot are none", () => {
		expect(zonesOf([])).toEqual([]);
	});
});

describe("the best bet", () => {
	test.each([
		["is the zone with most free spots", [3, 6, 2], -1, 1],
		["stays where it was while no other has more", [6, 6], 1, 1],
		["moves when another has more", [7, 6], 1, 0],
		["is none where nothing is free", [0, 0], 0, -1],
		["is none in an empty lot", [], -1, -1],
	])("%s", (_name, counts, previous, expected) => {
		expect(bestBet(counts, previous)).toBe(expected);
	});
});

describe("the next free spot", () => {
	const zones = [
		{ name: "A", spotIds: ["1", "2", "3"] },
		{ name: "B", spotIds: ["4", "5"] },
	];
	const among =
		(...free: string[]) =>
		(id: string) =>
			free.includes(id);

	test.each([
		["is the next one in the same zone", "1", ["3", "4"], "3"],
		["goes round in its zone before it leaves it", "3", ["1", "4"], "1"],
		["is in the next zone when its own is full", "2", ["5"], "5"],
		["is in an earlier zone when the later ones are full", "4", ["2"], "2"],
		["is never the spot itself", "1", ["1"], null],
		["is the first free one for a spot that is gone", "9", ["2"], "2"],
	])("%s", (_name, from, free, expected) => {
		expect(nextFree(zones, from, among(...free))).toBe(expected);
	});
});
