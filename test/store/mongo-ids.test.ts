import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkId, EntryIds, idStart } from "../../gateway/store/mongo-ids.ts";

const at = Date.parse("2026-05-04T12:00:00.000Z");

describe("an entry's id", () => {
	test("sorts by its entry's time, and in the order of writing where that is equal", () => {
		const time = fc.integer({ min: 0, max: 4 }).map((ms) => at + ms);
		fc.assert(
			fc.property(fc.array(time, { maxLength: 30 }), fc.array(fc.integer({ min: -2, max: 2 })), (times, clockSteps) => {
				let now = at;
				const ids = new EntryIds({ clock: { now: () => (now += clockSteps.pop() ?? 0) }, random: () => 0.5 });
				const entries = times.map((timestamp, order) => ({ timestamp, order, id: ids.next(timestamp) }));
				const byId = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
				const byTime = entries.toSorted((a, b) => a.timestamp - b.timestamp || a.order - b.order);
				expect(byId).toEqual(byTime);
			}),
		);
	});

	test("of two gateways at the same moment is another one", () => {
		const clock = { now: () => at };
		const [one, two] = [0.1, 0.9].map((chance) => new EntryIds({ clock, random: () => chance }).next(at));
		expect(one).not.toBe(two);
	});

	test.each([
		["before 1970", -1, "000000000"],
		["in 1970", 0, "000000000"],
		["today", at, "0mor5dhc0"],
		["when the characters are used up", 36 ** 9, "zzzzzzzzz"],
	])("begins with its time %s", (_, ms, start) => {
		expect(idStart(ms)).toBe(start);
		const id = new EntryIds({ clock: { now: () => at }, random: () => 0 }).next(ms);
		expect(id.startsWith(start)).toBe(true);
		// As REST takes it.
		expect(checkId(id)).toMatch(/^[A-Za-z0-9]{1,32}$/);
	});
});
