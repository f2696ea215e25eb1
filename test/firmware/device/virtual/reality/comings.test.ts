import { describe, expect, it } from "vitest";
import {
	bootLids,
	corrections,
	offCentre,
	officeShare,
	overBonnets,
	overBoots,
	townVehicles,
	traffic,
} from "../../../../../firmware/device/virtual/reality/comings.ts";
import type { ShapeName } from "../../../../../firmware/device/virtual/reality/shapes.ts";
import type { Effect } from "../../../../../firmware/device/virtual/scenarios.ts";
import { distances, every, listen, median, share } from "./listen.ts";

const comings = (vehicles: readonly ShapeName[] = townVehicles) => traffic({ cycleMin: 10, vehicles, first: "free" });
const hear = (effects: Effect[], hours = 3) => listen({ hours, effects }).heard;
/** While vehicles rest, without the moments at the ends. */
const parked = (effects: Effect[], hours = 3) =>
	hear(effects, hours).filter(({ occupied, sinceMs }) => occupied && sinceMs < 60_000);

describe("comings and goings", () => {
	it("traffic: taken spots sound of roofs, empty ones of the floor", () => {
		const heard = hear([comings(["saloon"])]).filter(({ sinceMs }) => sinceMs > 15_000);
		const roofs = heard.filter(({ occupied }) => occupied);
		const floors = heard.filter(({ occupied }) => !occupied);
		expect(median(distances(roofs))).toBeGreaterThan(95);
		expect(median(distances(roofs))).toBeLessThan(125);
		expect(median(distances(floors))).toBeGreaterThan(240);
		expect(roofs.length / heard.length).toBeGreaterThan(0.3);
		expect(roofs.length / heard.length).toBeLessThan(0.7);
	});

	it("traffic: office spots are full by day and empty by night", () => {
		const effects = [traffic({ cycleMin: 60, shareAt: officeShare, first: "free" })];
		const { heard } = listen({ hours: 96, firstHour: 0, cadence: every(20_000), effects });
		const taken = (fromH: number, toH: number) =>
			share(
				heard.filter(({ t }) => (t / 3_600_000) % 24 >= fromH && (t / 3_600_000) % 24 < toH),
				({ occupied }) => occupied,
			);
		expect(taken(10, 16)).toBeGreaterThan(0.7);
		expect(taken(0, 5)).toBeLessThan(0.3);
	});

	it("corrections: a car over the sensor is gone once more before it comes to rest", () => {
		const goings = (effects: Effect[]) => {
			const heard = hear([comings(["suv"]), ...effects]);
			return heard.filter(({ occupied, cm }, i) => {
				const before = heard[i - 1];
				return !occupied && !before?.occupied && cm !== null && cm > 230 && (before?.cm ?? 250) < 200;
			}).length;
		};
		expect(goings([])).toBe(0);
		expect(goings([corrections(1)])).toBeGreaterThan(5);
	});

	it("bootLids: what is heard of a parked car changes while its lid is open, where sensors hang towards the lane", () => {
		const shut = hear([comings(["suv", "hatchback"]), overBoots()]);
		const open = hear([comings(["suv", "hatchback"]), overBoots(), bootLids(1)]);
		const changed = shut.filter(({ cm }, i) => Math.abs((cm ?? 400) - (open[i]?.cm ?? 400)) > 5);
		expect(shut.map(({ t }) => t)).toEqual(open.map(({ t }) => t));
		expect(changed.filter(({ occupied }) => occupied).length).toBeGreaterThan(100);
		expect(changed.filter(({ occupied }) => !occupied).length).toBeLessThan(20);
	});

	it("overBoots: rear windows and boots are further down than roofs", () => {
		const cm = (effects: Effect[]) => median(distances(parked([comings(["saloon"]), ...effects])));
		expect(cm([overBoots()])).toBeGreaterThan(cm([]) + 5);
	});

	it("overBonnets: windscreens throw the sound away, so that many pings over a parked car are lost", () => {
		const lost = (effects: Effect[]) => share(parked([comings(["saloon"]), ...effects]), ({ cm }) => cm === null);
		expect(lost([])).toBeLessThan(0.05);
		expect(lost([overBonnets()])).toBeGreaterThan(0.1);
	});

	it("offCentre: motorbikes in the middle of their spots are seldom heard", () => {
		const near = (effects: Effect[]) =>
			share(parked([comings(["motorbike"]), ...effects]), ({ cm }) => cm !== null && cm < 200);
		expect(near([offCentre()])).toBeLessThan(0.7 * near([]));
	});

	it("soft tops swallow most pings", () => {
		expect(share(parked([comings(["softTop"])]), ({ cm }) => cm === null)).toBeGreaterThan(0.5);
	});
});
