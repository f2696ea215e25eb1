import { describe, expect, it } from "vitest";
import { offCentre, traffic } from "../../../../../firmware/device/virtual/reality/comings.ts";
import * as people from "../../../../../firmware/device/virtual/reality/people.ts";
import type { Effect } from "../../../../../firmware/device/virtual/scenarios.ts";
import { distances, type Heard, listen, median, share } from "./listen.ts";

/** Lengths of the runs in which something is nearer than the floor by more than 30 cm, s; pauses of 4 s don't end one. */
function runs(heard: readonly Heard[], belowCm = 215): number[] {
	const near = heard.filter(({ cm }) => cm !== null && cm < belowCm).map(({ t }) => t / 1000);
	const all: [from: number, to: number][] = [];
	for (const s of near) {
		const last = all.at(-1);
		if (last && s - last[1] < 4) last[1] = s;
		else all.push([s, s]);
	}
	return all.map(([from, to]) => to - from);
}

const empty = (effect: Effect, hours = 4) => listen({ hours, effects: [effect] });

describe("people and things on an empty spot", () => {
	it.each([
		["standers", people.standers(6), 5, 21],
		["trolleys", people.trolleys(20), 0.5, 5],
		["leftTrolleys", people.leftTrolleys(3), 30, 91],
	] as const)("%s are heard over the floor for as long as they are there", (_name, effect, fromS, toS) => {
		const { heard, truths } = empty(effect);
		const lengths = runs(heard).filter((s) => s > 0);
		expect(lengths.length).toBeGreaterThan(3);
		expect(Math.max(...lengths)).toBeGreaterThan(fromS);
		expect(Math.max(...lengths)).toBeLessThan(toS);
		// They pass: it is the floor that is heard nearly all of the time, and the truth stays free.
		expect(share(heard, ({ cm }) => cm !== null && cm > 235)).toBeGreaterThan(0.9);
		expect(truths.map(({ truth }) => truth)).toEqual(["free"]);
	});

	it("walkers are heard on a ping or two each", () => {
		const { heard, truths } = empty(people.walkers(30));
		const lengths = runs(heard);
		expect(lengths.length).toBeGreaterThan(20);
		expect(Math.max(...lengths)).toBeLessThan(2);
		expect(truths).toHaveLength(1);
	});

	it("standers move: what is heard of them is scattered by centimetres", () => {
		const { heard } = empty(people.standers(6));
		const steps = heard.flatMap(({ cm }, i) => {
			const before = heard[i - 1]?.cm ?? null;
			return cm !== null && before !== null && cm < 215 && before < 215 ? [Math.abs(cm - before)] : [];
		});
		expect(median(steps)).toBeGreaterThan(1);
	});

	it("walkers are heard by their legs at a wall", () => {
		const { heard } = listen({ mount: "wall", heightCm: [45, 45], hours: 2, effects: [people.walkers(30)] });
		const near = distances(heard);
		expect(near.length).toBeGreaterThan(20);
		expect(near.length / heard.length).toBeLessThan(0.1);
	});

	it("neighboursMirror is heard now and then by sensors that hang aside", () => {
		const near = (mirror: Effect[]) => {
			const { heard } = listen({ spots: 8, hours: 3, effects: [offCentre(), ...mirror] });
			return share(heard, ({ cm }) => cm !== null && cm > 120 && cm < 200);
		};
		expect(near([])).toBe(0);
		expect(near([people.neighboursMirror()])).toBeGreaterThan(0.0005);
		expect(near([people.neighboursMirror()])).toBeLessThan(0.1);
	});
});

describe("at a wall", () => {
	const wall = { mount: "wall", heightCm: [45, 45], hours: 0.2 } as const;

	it("an empty spot is silent", () => {
		expect(share(listen(wall).heard, ({ cm }) => cm === null)).toBeGreaterThan(0.99);
	});

	it("farWall: an empty spot sounds of what is behind, a taken one of the bumper", () => {
		const far = listen({ ...wall, effects: [people.farWall()] }).heard;
		expect(share(far, ({ cm }) => cm !== null && cm > 240 && cm < 400)).toBeGreaterThan(0.97);
		const parked = traffic({ cycleMin: 10_000, vehicles: ["suv"], first: "occupied" });
		const { heard } = listen({ ...wall, effects: [people.farWall(), parked] });
		expect(share(heard, ({ cm }) => cm !== null && cm < 125)).toBeGreaterThan(0.9);
	});

	it("groundClutter: stones and kerbs are heard on some pings", () => {
		const { heard } = listen({ ...wall, spots: 8, effects: [people.groundClutter()] });
		const answered = share(heard, ({ cm }) => cm !== null);
		expect(answered).toBeGreaterThan(0.02);
		expect(answered).toBeLessThan(0.6);
		expect(distances(heard).every((cm) => cm > 70 && cm < 270)).toBe(true);
	});

	it("gettingOut: some drivers go between the bumper and the wall", () => {
		const between = (more: Effect[]) => {
			const comings = traffic({ cycleMin: 4, vehicles: ["suv"], first: "free" });
			const { heard } = listen({ ...wall, hours: 3, effects: [comings, ...more] });
			const bumpers = heard.filter(({ occupied, sinceMs }) => occupied && sinceMs < 20_000);
			return bumpers.filter(({ cm }, i) => cm !== null && cm < 0.75 * (bumpers[i - 1]?.cm ?? 0)).length;
		};
		expect(between([people.gettingOut()])).toBeGreaterThan(between([]) + 5);
	});
});
