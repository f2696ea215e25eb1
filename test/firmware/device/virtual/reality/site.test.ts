import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { traffic } from "../../../../../firmware/device/virtual/reality/comings.ts";
import { reboots } from "../../../../../firmware/device/virtual/reality/faults.ts";
import { standers } from "../../../../../firmware/device/virtual/reality/people.ts";
import { rain } from "../../../../../firmware/device/virtual/reality/weather.ts";
import { type Effect, type Scenario, scenarios, traceOf } from "../../../../../firmware/device/virtual/scenarios.ts";
import { every, listen } from "./listen.ts";

const lively: Partial<Scenario> = { spots: 3, hours: 0.3, effects: [traffic({ cycleMin: 3 }), standers(4)] };
const cars = traffic({ cycleMin: 4, vehicles: ["suv"], first: "free" });

function take<T>(all: Iterable<T>, limit: number): T[] {
	const some: T[] = [];
	for (const one of all) {
		some.push(one);
		if (some.length === limit) break;
	}
	return some;
}

describe("a trace", () => {
	it("is the same under the same seed, and another under each", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 0xffffffff }), (seed) => {
				const text = JSON.stringify(listen(lively, seed));
				expect(JSON.stringify(listen(lively, seed))).toBe(text);
				expect(JSON.stringify(listen(lively, seed ^ 1))).not.toBe(text);
			}),
			{ numRuns: 5 },
		);
	});

	it("begins with its head and each spot's truth, and goes on in time order", () => {
		fc.assert(
			fc.property(fc.nat(), fc.constantFrom(...scenarios), (seed, scenario) => {
				const [head, ...lines] = take(traceOf(scenario, seed), 3000);
				expect(head).toMatchObject({ trace: 1, name: scenario.name });
				const firsts = lines.slice(0, scenario.spots);
				expect(firsts.every((line) => "truth" in line && line.t === 0)).toBe(true);
				let lastT = 0;
				for (const line of lines) {
					if (!("t" in line)) throw new Error("a head must come once, got two");
					expect(line.t).toBeGreaterThanOrEqual(lastT);
					lastT = line.t;
					if ("echo_us" in line && line.echo_us !== null) {
						expect(Number.isInteger(line.echo_us) && line.echo_us > 0).toBe(true);
					}
				}
			}),
			{ numRuns: 40 },
		);
	});

	it("pings one sensor at a time, 80 to 95 ms apart, a sweep in 0.65 to 0.77 s", () => {
		const { heard } = listen({ spots: 8 });
		const gaps = heard.slice(1).map(({ t }, i) => t - (heard[i]?.t ?? 0));
		expect(Math.min(...gaps)).toBeGreaterThanOrEqual(79);
		const first = heard.filter(({ spot }) => spot === "SPOT001").map(({ t }) => t);
		const sweeps = first.slice(1).map((t, i) => t - (first[i] ?? 0));
		expect(Math.min(...sweeps)).toBeGreaterThan(630);
		expect(Math.max(...sweeps)).toBeLessThan(790);
	});

	it("keeps another board's cadence", () => {
		const { heard } = listen({ cadence: every(5000) });
		expect(heard.slice(1).every(({ t }, i) => t - (heard[i]?.t ?? 0) === 5000)).toBe(true);
	});

	it("tells what a person has set, and nothing else", () => {
		expect(listen().head).toEqual({ trace: 1, name: "test", spots: [{ spot_id: "SPOT001" }] });
		const { head } = listen({ tells: { mount: true, height: true } });
		expect(head.mount).toBe("overhead");
		expect(Math.abs((head.spots[0]?.height_cm ?? 0) - 250)).toBeLessThan(7);
	});

	it("tells the truth at each change, and only then", () => {
		const { truths } = listen({ hours: 2, effects: [cars] });
		expect(truths.length).toBeGreaterThan(20);
		expect(truths.map(({ truth }) => truth)).toEqual(truths.map((_, i) => (i % 2 ? "occupied" : "free")));
	});

	it("has the same cars whatever else happens", () => {
		const alone = listen({ hours: 1, effects: [cars] }).truths;
		const effects = [rain(0, 1), standers(10), reboots(0.2), cars];
		expect(listen({ hours: 1, effects }).truths).toEqual(alone);
	});
});

describe("what nobody could know", () => {
	const unknowable = (told: Partial<Scenario>) =>
		listen({ hours: 1, ...told }).truths.map(({ truth, unknowable }) => (unknowable ? `${truth}?` : truth));
	const covered = traffic({ cycleMin: 20, vehicles: ["suv"], first: "occupied" });

	it("is a vehicle under a sensor of unknown height since the first start, until it has left", () => {
		const said = unknowable({ effects: [covered] });
		expect(said[0]).toBe("occupied?");
		expect(said.length).toBeGreaterThan(2);
		expect(said.slice(1).some((word) => word.endsWith("?"))).toBe(false);
	});

	it("is not that where the height is known, nor at a wall", () => {
		expect(unknowable({ effects: [covered], tells: { height: true } })[0]).toBe("occupied");
		expect(unknowable({ effects: [covered], mount: "wall", heightCm: [48, 48] })[0]).toBe("occupied");
	});

	it("is a vehicle that changes nothing of what is heard", () => {
		// A sensor at an open yard's wall, put up with its face to it.
		const away: Effect = {
			name: "away",
			apply: ({ spots }) => {
				for (const { ear } of spots) ear.axisX = -1;
			},
		};
		const said = unknowable({ mount: "wall", heightCm: [48, 48], effects: [cars, away] });
		expect(said).toContain("occupied?");
		expect(said).not.toContain("occupied");
		expect(unknowable({ effects: [cars] })).not.toContain("occupied?");
	});
});
