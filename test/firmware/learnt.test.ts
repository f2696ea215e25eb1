import { describe, expect, it } from "vitest";
import { learntKey, learntLimit, loadLearnt, saveLearnt } from "../../firmware/learnt.ts";
import { idPattern } from "../../firmware/messages.ts";
import { sensorLimit } from "../../firmware/ranging.ts";

/** A memory that counts what is written. */
function setUp(text?: string) {
	const values = new Map<string, string>(text === undefined ? [] : [[learntKey, text]]);
	const written: string[] = [];
	const store = {
		get: (key: string) => values.get(key),
		set: (key: string, value: string) => {
			values.set(key, value);
			written.push(value);
		},
	};
	return { store, written };
}

const spots = (...ids: string[]) => ids.map((spot_id) => ({ spot_id }));

describe("what was learnt", () => {
	it("comes back to the spot that it was learnt at, wherever that is on the board now", () => {
		const { store } = setUp();
		saveLearnt(store, spots("A", "B", "C"), ["a", "", "c"]);
		expect(loadLearnt(store, spots("C", "D", "A", "B"))).toEqual(["c", "", "a", ""]);
	});

	it("is written only when it has changed", () => {
		const { store, written } = setUp();
		saveLearnt(store, spots("A"), [""]);
		saveLearnt(store, spots("A"), ["1"]);
		saveLearnt(store, spots("A"), ["1"]);
		saveLearnt(store, spots("A"), ["2"]);
		expect(written).toEqual(['{"A":"1"}', '{"A":"2"}']);
	});

	it("forgets spots that are no longer there", () => {
		const { store } = setUp('{"A":"a","B":"b"}');
		saveLearnt(store, spots("B"), ["b"]);
		expect(loadLearnt(store, spots("A", "B"))).toEqual(["", "b"]);
	});

	it.each(["", "{", "null", "7", '["a"]', '{"A":5}', `{"A":"${"x".repeat(learntLimit + 1)}"}`])(
		"is nothing where the memory holds %j",
		(text) => {
			const { store } = setUp(text);
			expect(loadLearnt(store, spots("A"))).toEqual([""]);
		},
	);

	it("is nothing where the memory can't be read", () => {
		const get = () => {
			throw new Error("flash worn out");
		};
		expect(loadLearnt({ get, set: () => {} }, spots("A"))).toEqual([""]);
	});

	it("does not find the engine's own names", () => {
		const names = spots("constructor", "toString", "__proto__");
		for (const { spot_id } of names) expect(spot_id).toMatch(new RegExp(idPattern));
		expect(loadLearnt(setUp("{}").store, names)).toEqual(["", "", ""]);
	});

	it("fits into an ESP32's preferences, whose keys have 15 characters and values 4000", () => {
		const { store, written } = setUp();
		const ids = Array.from({ length: sensorLimit }, (_, index) => `${index}`.padStart(64, "S"));
		saveLearnt(
			store,
			spots(...ids),
			ids.map(() => "x".repeat(learntLimit)),
		);
		expect(written[0]?.length).toBeLessThan(1000);
		expect(learntKey.length).toBeLessThanOrEqual(15);
	});
});
