import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { Claims, type Contest, maxNamed, maxTurns, turnsHoldMs } from "../../../gateway/boards/claims.ts";
import { fixedClock } from "../books.ts";

let clock: ReturnType<typeof fixedClock>;
let begun: Contest[];
let claims: Claims;

beforeEach(() => {
	clock = fixedClock();
	begun = [];
	claims = new Claims({ clock, onContest: (contest) => begun.push(contest) });
});

describe("two boards that list one spot", () => {
	test("contest it, and each is shown with the other", () => {
		claims.list("old", "L", ["S1", "S2"]);
		claims.list("new", "L", ["S2", "S3"]);
		expect(begun).toEqual([{ lot_id: "L", spot_id: "S2", boards: ["old", "new"] }]);
		expect(claims.of("old")).toEqual([{ lot_id: "L", spot_id: "S2", with: "new" }]);
		expect(claims.of("new")).toEqual([{ lot_id: "L", spot_id: "S2", with: "old" }]);
		expect(claims.size).toBe(1);
	});

	test("are told of once, however often they say it", () => {
		for (let time = 0; time < 3; time++) {
			claims.list("a", "L", ["S1"]);
			claims.list("b", "L", ["S1"]);
		}
		expect(begun).toHaveLength(1);
	});

	test("no longer do when one of them is offline", () => {
		claims.list("a", "L", ["S1"]);
		claims.list("b", "L", ["S1"]);
		claims.leave("a");
		expect([claims.size, claims.of("a"), claims.of("b")]).toEqual([0, [], []]);
		claims.list("a", "L", ["S1"]);
		expect(begun).toHaveLength(2);
	});

	test("no longer do when one of them lists it no more, or stands elsewhere", () => {
		claims.list("a", "L", ["S1"]);
		claims.list("b", "L", ["S1"]);
		claims.list("b", "L", ["S2"]);
		expect(claims.size).toBe(0);
		claims.list("b", "L", ["S1"]);
		claims.list("b", "M", ["S1"]);
		expect([claims.size, claims.of("a"), begun.length]).toEqual([0, [], 2]);
	});

	test("still do while a third goes", () => {
		for (const board of ["a", "b", "c"]) claims.list(board, "L", ["S1"]);
		claims.leave("b");
		expect(claims.of("a")).toEqual([{ lot_id: "L", spot_id: "S1", with: "c" }]);
	});

	test("are named up to a limit, however many claim it", () => {
		for (let board = 0; board < 2 * maxNamed; board++) claims.list(`b${board}`, "L", ["S1"]);
		expect(claims.of("b7")).toHaveLength(maxNamed);
	});

	test("in different lots, or after one another, contest nothing", () => {
		claims.list("a", "L", ["S1"]);
		claims.list("b", "M", ["S1"]);
		claims.list("c", null, ["S1"]);
		claims.list("old", "L", ["S9"]);
		claims.leave("old");
		claims.list("new", "L", ["S9"]);
		expect([claims.size, begun]).toEqual([0, []]);
	});
});

describe("two boards whose reports of one spot come in turn", () => {
	test("contest it from the first board's second turn on", () => {
		claims.change("L", "S1", "a", "b");
		expect([claims.size, begun]).toEqual([0, []]);
		claims.change("L", "S1", "b", "a");
		claims.change("L", "S1", "a", "b");
		expect(begun).toEqual([{ lot_id: "L", spot_id: "S1", boards: ["b", "a"] }]);
		expect(claims.of("a")).toEqual([{ lot_id: "L", spot_id: "S1", with: "b" }]);
		expect(claims.size).toBe(1);
	});

	test("are those that list it, counted and shown once", () => {
		claims.list("a", "L", ["S1"]);
		claims.list("b", "L", ["S1"]);
		claims.change("L", "S1", "a", "b");
		claims.change("L", "S1", "b", "a");
		expect([claims.size, begun.length, claims.of("a").length]).toEqual([1, 1, 1]);
	});

	test("no longer do when one of them is offline, or says that it has other spots", () => {
		const contest = () => {
			claims.change("L", "S1", "a", "b");
			claims.change("L", "S1", "b", "a");
			expect(claims.size).toBe(1);
		};
		contest();
		claims.leave("b");
		expect(claims.size).toBe(0);
		contest();
		claims.list("b", "L", ["S2"]);
		expect(claims.size).toBe(0);
	});

	test("no longer do when there was no turn for long", () => {
		claims.change("L", "S1", "a", "b");
		claims.change("L", "S1", "b", "a");
		clock.ms += turnsHoldMs + 1;
		expect([claims.size, claims.of("a")]).toEqual([0, []]);
		claims.change("L", "S1", "a", "b");
		expect(claims.size).toBe(0);
	});

	test("do not when a third one follows: boards are being swapped", () => {
		claims.change("L", "S1", "a", "b");
		claims.change("L", "S1", "b", "c");
		expect(claims.size).toBe(0);
	});

	test("are remembered for so many spots and no more", () => {
		claims.change("L", "first", "a", "b");
		for (let spot = 0; spot < maxTurns; spot++) claims.change("L", `S${spot}`, "a", "b");
		claims.change("L", "first", "b", "a");
		claims.change("L", `S${maxTurns - 1}`, "b", "a");
		expect(begun.map(({ spot_id }) => spot_id)).toEqual([`S${maxTurns - 1}`]);
	});
});

test("whatever boards list and leave, a spot is contested while two or more of them have it", () => {
	const boards = ["a", "b", "c"];
	const step = fc.record({
		board: fc.constantFrom(...boards),
		spots: fc.option(fc.uniqueArray(fc.constantFrom("S1", "S2", "S3"))),
	});
	fc.assert(
		fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
			const claims = new Claims({ clock, onContest: () => {} });
			const lists = new Map<string, readonly string[]>();
			for (const { board, spots } of steps) {
				if (spots === null) claims.leave(board);
				else claims.list(board, "L", spots);
				lists.set(board, spots ?? []);
			}
			const others = (board: string, spot: string) =>
				boards.filter((other) => other !== board && lists.get(other)?.includes(spot));
			let contested = 0;
			for (const spot of ["S1", "S2", "S3"])
				if (boards.filter((b) => lists.get(b)?.includes(spot)).length > 1) contested++;
			expect(claims.size).toBe(contested);
			for (const board of boards) {
				const expected = (lists.get(board) ?? []).flatMap((spot_id) =>
					others(board, spot_id).map((other) => ({ lot_id: "L", spot_id, with: other })),
				);
				const key = (one: { spot_id: string; with: string }) => `${one.spot_id}/${one.with}`;
				expect(claims.of(board).map(key).sort()).toEqual(expected.map(key).sort());
			}
		}),
	);
});
