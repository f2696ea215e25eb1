import { describe, expect, test } from "vitest";
import type { Override, Spot } from "../../../gateway/contract/resources.ts";
import {
	type Alarms,
	contradictionAfterMs,
	forgottenAfterMs,
	needOf,
	overrideWords,
	sensorWords,
} from "../../../web/src/owner/judge.ts";
import { inOrder, movedCount, type Wanted } from "../../../web/src/owner/order.ts";
import { stepsOf } from "../../../web/src/owner/steps.ts";
import { endOf, isOffered, untilLabel } from "../../../web/src/owner/until.ts";
import { spot } from "../model/fakes.ts";

const now = Date.parse("2026-03-03T13:32:10Z");
const zone = "Europe/Berlin";

function overridden(one: Spot, override: Partial<Override>, ageMs: number): Spot {
	const at = new Date(now - ageMs).toISOString();
	return {
		...one,
		manual_override: true,
		override: { occupied: true, reserved: false, until: null, reason: null, by: null, at, ...override },
	};
}

describe("a spot needs its owner", () => {
	test.each([
		["not while all is well", spot(1, "free"), null],
		["when its sensor knows nothing", spot(1, "unknown"), "silent"],
		[
			"when its sensor knows nothing under an override",
			overridden(spot(1, "free", { sensor_state: "unknown", sensor_occupied: null }), { occupied: false }, 0),
			"silent",
		],
		[
			"when its sensor contradicts the override for long",
			overridden(spot(1, "free"), {}, contradictionAfterMs + 1),
			"disagrees",
		],
		["not when the contradiction is young", overridden(spot(1, "free"), {}, contradictionAfterMs), null],
		["not when its sensor agrees", overridden(spot(1, "occupied"), {}, 3_600_000), null],
		[
			"not when it is reserved and empty, as it should be",
			overridden(spot(1, "free"), { reserved: true }, 3_600_000),
			null,
		],
		[
			"when a week old override has no end",
			overridden(spot(1, "free"), { reserved: true }, forgottenAfterMs + 1),
			"forgotten",
		],
		[
			"not when it has an end",
			overridden(spot(1, "free"), { reserved: true, until: "2027-01-01T00:00:00Z" }, forgottenAfterMs + 1),
			null,
		],
	])("%s", (_name, one, expected) => {
		expect(needOf(one, now, new Map())).toBe(expected);
	});

	const dirty: Alarms = new Map([["SPOT001", "dirt"]]);

	test.each([
		["while its sensor has an alarm", spot(1, "occupied"), "dirt"],
		["not while another one's sensor has", spot(2, "occupied"), null],
		["for its silence rather than for an alarm", spot(1, "unknown"), "silent"],
		[
			"for an alarm rather than for a forgotten override",
			overridden(spot(1, "occupied"), {}, forgottenAfterMs + 1),
			"dirt",
		],
	])("%s", (_name, one, expected) => {
		expect(needOf(one, now, dirty)).toBe(expected);
	});
});

describe("words on a sensor", () => {
	test.each([
		["state and distance", spot(1, "free", { distance: 218.4 }), "Free · 218 cm"],
		["the state alone", spot(1, "occupied", { distance: null }), "Occupied"],
		["why it knows nothing", spot(1, "unknown", { reason: "no_echo" }), "No echo"],
		[
			"that it knows nothing, for a reason that is not known here",
			spot(1, "unknown", { reason: "moonlight" }),
			"Unknown",
		],
		["that it never spoke", spot(1, "unknown", { last_heard: null }), "Never heard"],
	])("tell %s", (_name, one, expected) => {
		expect(sensorWords(one)).toBe(expected);
	});
});

test("an override is told by its state and its end", () => {
	const { override } = overridden(spot(1, "free"), { until: "2026-03-03T15:00:00Z" }, 0);
	expect(override && overrideWords(override, now, zone)).toBe("Occupied until 16:00");
	const open = overridden(spot(1, "free"), { reserved: true }, 0).override;
	expect(open && overrideWords(open, now, zone)).toBe("Reserved, no end");
});

describe("the end of an override", () => {
	const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

	test("is in an hour, to the minute", () => {
		expect(iso(endOf("hour", "", now, zone))).toBe("2026-03-03T14:32:00.000Z");
		expect(untilLabel("hour", now, zone)).toBe("15:32 (1 h)");
	});

	test("is this evening in the lot's own time, while it is still far", () => {
		expect(iso(endOf("evening", "", now, zone))).toBe("2026-03-03T17:00:00.000Z");
		expect(isOffered("evening", Date.parse("2026-03-03T16:29:00Z"), zone)).toBe(true);
		expect(isOffered("evening", Date.parse("2026-03-03T16:30:00Z"), zone)).toBe(false);
	});

	test("is tomorrow morning, over a night in which the clocks change", () => {
		expect(iso(endOf("morning", "", now, zone))).toBe("2026-03-04T05:00:00.000Z");
		expect(iso(endOf("morning", "", Date.parse("2026-03-28T20:00:00Z"), zone))).toBe("2026-03-29T04:00:00.000Z");
	});

	test("is what was picked, in the lot's own time", () => {
		expect(iso(endOf("pick", "2026-07-01T09:00", now, zone))).toBe("2026-07-01T07:00:00.000Z");
		expect(endOf("pick", "", now, zone)).toBeNaN();
	});

	test("is none when the owner clears it", () => {
		expect(endOf("open", "", now, zone)).toBeNull();
	});
});

describe("the table's order", () => {
	const wanted: Wanted = { filter: "all", query: "", sort: "default", isDescending: false };
	const spots = [
		spot(1, "free"),
		spot(10, "unknown"),
		spot(2, "occupied"),
		overridden(spot(8, "occupied", { zone: "Ramp" }), { reason: "Wet" }, 0),
	];
	const labels = new Map(spots.map((one) => [one.spot_id, one.spot_id.slice(4)]));
	const order = (change: Partial<Wanted>) =>
		[...inOrder(spots, labels, { ...wanted, ...change }, now, new Map()).keys()].map((id) => id.slice(4));

	test.each([
		["puts what needs the owner first, then overrides, then numbers", {}, ["010", "008", "001", "002"]],
		["counts as people do", { sort: "spot" as const }, ["001", "002", "008", "010"]],
		["turns round", { sort: "spot" as const, isDescending: true }, ["010", "008", "002", "001"]],
		["shows only what is filtered", { filter: "overrides" as const }, ["008"]],
		["finds by reason", { query: " wet" }, ["008"]],
		["finds by zone", { query: "RAMP" }, ["008"]],
		["finds by label", { query: "01" }, ["010", "001"]],
		["finds nothing where nothing is", { query: "zebra" }, []],
	])("%s", (_name, change, expected) => {
		expect(order(change)).toEqual(expected);
	});

	test("tells how many rows would move: changed places, new rows and gone ones", () => {
		const shown = new Map([
			["a", "1"],
			["b", "1"],
			["c", "1"],
		]);
		const fresh = new Map([
			["a", "1"],
			["b", "0"],
			["d", "1"],
		]);
		expect(movedCount(shown, fresh)).toBe(3);
		expect(movedCount(shown, shown)).toBe(0);
	});
});

test("occupancy leaves unknown spots out, and has a gap where all are unknown", () => {
	const point = (available_spots: number, occupied_spots: number, unknown_spots: number) => ({
		timestamp: "2026-03-03T00:00:00Z",
		available_spots,
		occupied_spots,
		unknown_spots,
	});
	expect(stepsOf({ occupancy: [point(5, 15, 0), point(5, 5, 10), point(0, 0, 20)] }).map((step) => step.share)).toEqual(
		[0.75, 0.5, null],
	);
});
