import { describe, expect, it } from "vitest";
import * as comings from "../../../../firmware/device/virtual/reality/comings.ts";
import * as faults from "../../../../firmware/device/virtual/reality/faults.ts";
import * as people from "../../../../firmware/device/virtual/reality/people.ts";
import * as weather from "../../../../firmware/device/virtual/reality/weather.ts";
import { scenarios } from "../../../../firmware/device/virtual/scenarios.ts";
import { sensorLimit } from "../../../../firmware/ranging.ts";

describe("the scenarios", () => {
	it("are 44 or more, each with a name of its own and a story in one line", () => {
		expect(scenarios.length).toBeGreaterThanOrEqual(44);
		expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
		for (const { name, story } of scenarios) {
			expect(name).toMatch(/^[a-zA-Z0-9 ,-]{4,40}$/);
			expect(story).toMatch(/^[^\n]{10,120}\.$/);
		}
	});

	it("use every effect there is", () => {
		const { officeShare, shopShare, townVehicles, ...others } = comings;
		const there = Object.keys({ ...others, ...faults, ...people, ...weather });
		const used = new Set(scenarios.flatMap(({ effects }) => effects.map(({ name }) => name)));
		expect([...used].sort()).toEqual(there.sort());
		expect(scenarios.some(({ hours }) => hours === 168)).toBe(true);
		expect([townVehicles.length > 0, officeShare(12) > officeShare(3), shopShare(12) > shopShare(3)]).toEqual([
			true,
			true,
			true,
		]);
	});

	it("have as many spots as a board takes, at heights at which sensors are mounted", () => {
		for (const { spots, mount, heightCm } of scenarios) {
			expect(spots).toBeGreaterThanOrEqual(1);
			expect(spots).toBeLessThanOrEqual(sensorLimit);
			const [min, max] = mount === "overhead" ? [200, 350] : [30, 60];
			expect(heightCm[0]).toBeGreaterThanOrEqual(min);
			expect(heightCm[1]).toBeLessThanOrEqual(max);
		}
	});

	it("tell a board nothing in most of them: no mount, no thermometer", () => {
		const share = (count: number) => count / scenarios.length;
		expect(share(scenarios.filter(({ tells }) => tells?.mount).length)).toBeLessThan(0.3);
		expect(share(scenarios.filter(({ thermometer }) => thermometer).length)).toBeLessThan(0.1);
		expect(share(scenarios.filter(({ mount }) => mount === "wall").length)).toBeGreaterThan(0.1);
	});
});
