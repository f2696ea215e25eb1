/** The checker must find what is wrong: each test doctors books that were right. */
import { describe, expect, it } from "vitest";
import type { HistoryEntry, LotWithSpots, Override, Spot } from "../../gateway/contract/resources.ts";
import { type Books, check, checkLamps, distanceOf, noFindings, type OwnerWord, type SensorWord } from "./check.ts";

const at = "2026-03-03T12:00:00.000Z";
const word = (serial: number, state: SensorWord["state"], more: Partial<SensorWord> = {}): SensorWord => ({
	...{ spotId: "S1", serial, state, stored: true, repeats: false },
	...more,
});
const ownerWord = (reason: string | null, more: Partial<OwnerWord> = {}): OwnerWord => ({
	...{ spotId: "S1", reason, ends: false, stored: true },
	...more,
});
const override = (reason: string): Override => ({ occupied: true, reserved: false, until: null, reason, by: null, at });

/** Books that hold these changes of S1, one after the other: a sensor's word, or an override that is set or ended. */
function booksOf(changes: (SensorWord | { set: string } | { cleared: string })[]): Books {
	let sensor: SensorWord = word(0, "unknown");
	let holds: Override | null = null;
	const effective = () => (holds === null ? sensor.state : "occupied");
	const history = changes.map((change, index): HistoryEntry => {
		const previous_state = effective();
		const told = "set" in change ? override(change.set) : "cleared" in change ? override(change.cleared) : null;
		if ("state" in change) sensor = change;
		else holds = "set" in change ? told : null;
		const isSensor = told === null;
		return {
			...{ id: String(index + 1), lot_id: "L", spot_id: "S1", timestamp: at, received_at: at, reported_at: null },
			...{ state: effective(), occupied: effective() === "occupied", previous_state, sensor_state: sensor.state },
			...{ source: isSensor ? "sensor" : "override", distance: distanceOf(sensor.serial), override: told },
			...{ action: isSensor ? null : "set" in change ? "set" : "cleared" },
			...{ board_id: "b", boot: 1, seq: sensor.serial },
		};
	});
	const spot: Spot = {
		...{ spot_id: "S1", lot_id: "L", label: null, zone: null, since: at, confidence: 1, reason: null },
		...{ occupied: effective() === "occupied", state: effective(), distance: distanceOf(sensor.serial) },
		...{ sensor_state: sensor.state, sensor_occupied: sensor.state === "occupied" },
		...{ manual_override: holds !== null, override: holds, board_id: "b", last_heard: at, last_update: at },
	};
	const counted = (state: Spot["state"]) => (spot.state === state ? 1 : 0);
	const lot: LotWithSpots = {
		...{ lot_id: "L", name: "L", address: "", price_per_hour: 0, currency: "EUR", time_zone: "UTC", lot_version: 1 },
		...{ total_spots: 1, available_spots: counted("free"), occupied_spots: counted("occupied") },
		...{ reserved_spots: 0, unknown_spots: counted("unknown"), spots: [spot] },
	};
	return { lot, history };
}

const said = [word(1, "free"), word(2, "occupied"), word(3, "free")];
const judge = (sensors: SensorWord[], books: Books, owners: OwnerWord[] = []) => check({ sensors, owners }, books);

describe("the checker of sensors", () => {
	it("finds nothing in books that are right", () => {
		expect(judge(said, booksOf(said))).toEqual(noFindings());
	});

	it("finds a confirmed report that is lost", () => {
		expect(judge(said, booksOf([word(1, "free"), word(3, "free")].slice(0, 1))).lost).toEqual(["S1: 2 (occupied)"]);
		expect(judge(said, booksOf(said.slice(0, 2))).lost).toEqual(["S1: 3 (free)"]);
	});

	it("does not miss what nobody confirmed, nor take it amiss", () => {
		const unsure = [word(1, "free"), word(2, "occupied", { stored: false }), word(3, "unknown")];
		expect(judge(unsure, booksOf([word(1, "free"), word(3, "unknown")]))).toEqual(noFindings());
		expect(judge(unsure, booksOf(unsure))).toEqual(noFindings());
	});

	it("expects no entry of a report that changed nothing", () => {
		const repeated = [word(1, "free"), word(2, "free", { repeats: true }), word(3, "occupied")];
		expect(judge(repeated, booksOf([word(1, "free"), word(3, "occupied")]))).toEqual(noFindings());
		expect(judge(repeated, booksOf(repeated)).doubled).toEqual(["S1: 2 (free) changed nothing"]);
	});

	it("finds a report that is there twice", () => {
		const books = booksOf([...said.slice(0, 2), word(1, "free"), word(2, "occupied"), word(3, "free")]);
		expect(judge(said, books).doubled).toEqual([
			"S1: 1 is there twice, again as 3",
			"S1: 2 is there twice, again as 4",
		]);
	});

	it("finds a report that nobody said", () => {
		expect(judge(said, booksOf([...said, word(9, "occupied")])).doubled).toEqual(["S1: entry 4 (9) was never said"]);
	});

	it("finds reports in another order than they were said", () => {
		const swapped = [word(1, "free"), word(3, "occupied"), word(2, "free"), word(4, "occupied")];
		const order = [word(1, "free"), word(2, "free"), word(3, "occupied"), word(4, "occupied")];
		expect(judge(order, booksOf(swapped)).misordered).toEqual(["S1: 2 comes after what was said later"]);
	});

	it("finds an entry with another state than was said", () => {
		const books = booksOf([word(1, "free"), word(2, "unknown"), word(3, "free")]);
		expect(judge(said, books).wrong).toEqual(["S1: 2 said occupied, its entry says unknown"]);
	});
});

describe("the checker of owners", () => {
	const owners = [ownerWord("a"), ownerWord(null), ownerWord("b")];

	it("finds nothing in books that are right", () => {
		expect(judge([], booksOf([{ set: "a" }, { cleared: "a" }, { set: "b" }]), owners)).toEqual(noFindings());
	});

	it("finds an acknowledged override that is lost", () => {
		const books = booksOf([{ set: "a" }, { cleared: "a" }]);
		expect(judge([], books, owners).lost).toEqual(["S1: override b set"]);
	});

	it("finds an acknowledged end of an override that is lost", () => {
		expect(judge([], booksOf([{ set: "a" }, { set: "b" }]), owners).lost).toEqual(["S1: override a cleared"]);
	});

	it("finds an override that should have ended by itself", () => {
		const books = booksOf([{ set: "a" }]);
		expect(judge([], books, [ownerWord("a", { ends: true })]).lost).toEqual(["S1: override a expired"]);
	});

	it("finds an override that is there twice, or that nobody made", () => {
		const books = booksOf([{ set: "a" }, { set: "a" }, { cleared: "a" }, { set: "x" }, { set: "b" }]);
		expect(judge([], books, owners).doubled).toEqual([
			"S1: override set a is there twice",
			"S1: override 4 (x) was never made",
		]);
	});

	it("leaves open what was not answered", () => {
		const unsure = [ownerWord("a", { stored: false }), ownerWord(null, { stored: false })];
		for (const changes of [[], [{ set: "a" }], [{ set: "a" }, { cleared: "a" }]]) {
			expect(judge([], booksOf(changes), unsure)).toEqual(noFindings());
		}
	});
});

describe("the checker of books", () => {
	it("finds a counter that has drifted", () => {
		const books = booksOf(said);
		books.lot.available_spots = 2;
		expect(judge(said, books).wrong).toEqual(["available_spots is 2, expected 1 from the spots"]);
	});

	it("finds a spot that is not where its history ended", () => {
		const books = booksOf(said);
		Object.assign(books.lot.spots[0] ?? {}, { state: "occupied", sensor_state: "occupied" });
		Object.assign(books.lot, { available_spots: 0, occupied_spots: 1 });
		expect(judge(said, books).wrong).toEqual([
			"S1: its sensor is occupied, expected free from the history",
			"S1: is occupied, expected free from the history",
		]);
	});

	it("finds an entry that does not start where the one before ended", () => {
		const books = booksOf(said);
		Object.assign(books.history[1] ?? {}, { previous_state: "unknown" });
		expect(judge(said, books).wrong).toEqual(["S1: entry 2 starts at unknown, expected free"]);
	});

	it("finds a spot that shows an older report than its newest", () => {
		const books = booksOf(said);
		Object.assign(books.lot.spots[0] ?? {}, { distance: distanceOf(2) });
		expect(judge(said, books).wrong).toEqual(["S1: shows word 2, expected 3 or later"]);
	});

	it("finds a time that a board's wrong clock has left", () => {
		for (const timestamp of ["2026-03-02T12:00:00.000Z", "2026-03-04T12:00:00.000Z"]) {
			const books = booksOf(said);
			Object.assign(books.history[1] ?? {}, { timestamp });
			expect(judge(said, books).wrong).toEqual([`S1: entry 2 happened at ${timestamp}, heard at ${at}`]);
		}
	});

	it("lets a spot's time stand still after the gateway's clock was set back", () => {
		const books = booksOf(said);
		const ahead = { timestamp: "2026-03-04T12:00:00.000Z", received_at: "2026-03-04T12:00:00.000Z" };
		Object.assign(books.history[1] ?? {}, ahead);
		Object.assign(books.history[2] ?? {}, { timestamp: ahead.timestamp });
		expect(judge(said, books)).toEqual(noFindings());
	});

	it("finds lamps that are dark or show something else", () => {
		const { lot } = booksOf(said);
		expect(checkLamps(lot, new Map([["S1", "green"]]))).toEqual([]);
		expect(checkLamps(lot, new Map([["S1", "red"]]))).toEqual(["S1: its lamp is red, expected free's"]);
		expect(checkLamps(lot, new Map())).toEqual(["S1: its lamp is dark, expected free's"]);
	});
});
