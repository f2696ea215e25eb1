import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newSpot } from "../../../gateway/lots/make.ts";
import type { SpotRecord } from "../../../gateway/lots/records.ts";
import { Shelf } from "../../../gateway/lots/shelf.ts";
import { booksWithLot, noon } from "../books.ts";

const at = new Date(noon).toISOString();

function shelf(): Shelf {
	const lot = booksWithLot().lot("LOT001");
	if (lot === undefined) throw new Error("expected LOT001 in the books, got none");
	return new Shelf(lot);
}

const spot = (spot_id: string, position = 0): SpotRecord => newSpot("LOT001", { spot_id }, position, at);

describe("a lot's spots", () => {
	test("are found by name and listed in the lot's order, whatever was added, replaced and dropped", () => {
		const names = fc.subarray(["A1", "A10", "A2", "B1", "a1", "Ä1", "SPOT001", "SPOT002", "SPOT010"]);
		const step = fc.record({ kind: fc.constantFrom("put" as const, "drop" as const), names, position: fc.nat(99) });
		fc.assert(
			fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
				const tested = shelf();
				const model = new Map<string, SpotRecord>();
				for (const { kind, names, position } of steps) {
					if (kind === "drop") {
						tested.drop(new Set(names));
						for (const name of names) model.delete(name);
						continue;
					}
					const given = names.map((name, index) => spot(name, position + 100 * index));
					const made = given.filter((one) => !tested.replace(one));
					expect(made.map(({ spot_id }) => model.has(spot_id))).toEqual(made.map(() => false));
					tested.add(made);
					for (const one of given) model.set(one.spot_id, one);
				}
				for (const name of ["A1", "A10", "Ä1", "SPOT002", "nobody", ""]) {
					expect(tested.spot(name)).toBe(model.get(name));
				}
				const listed = tested.inOrder();
				expect(new Set(listed)).toEqual(new Set(model.values()));
				const positions = listed.map(({ position }) => position);
				expect(positions).toEqual(positions.toSorted((a, b) => a - b));
				expect(tested.states()).toHaveLength(model.size);
			}),
		);
	});

	test("can be a list that stays as it is while the lot goes on", () => {
		const tested = shelf();
		tested.add([spot("B", 1), spot("A", 0)]);
		const listed = tested.inOrder();
		tested.drop(new Set(["A"]));
		expect(listed.map(({ spot_id }) => spot_id)).toEqual(["A", "B"]);
	});
});
