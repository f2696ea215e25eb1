import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { echoDistanceCm } from "../../../../firmware/detector.ts";
import {
	demoPace,
	firstHour,
	floorCm,
	lifePace,
	SpotModel,
	targetOccupancy,
} from "../../../../firmware/device/virtual/lot-model.ts";
import { longestEchoUs } from "../../../../firmware/ranging.ts";

const spots = (count: number, seed = 1, pace = demoPace) =>
	Array.from({ length: count }, (_, index) => new SpotModel({ seed, name: `L/S${index}`, pace }));

/** When each change of the truth happened while time ran to `untilMs`, and the share of taken spots each second. */
function watch(models: SpotModel[], untilMs: number) {
	const taken = models.map((model) => model.occupiedAt(0));
	const changesMs: number[] = [];
	const shares: number[] = [];
	for (let atMs = 0; atMs < untilMs; atMs += 500) {
		for (const [index, model] of models.entries()) {
			const occupied = model.occupiedAt(atMs);
			if (occupied !== taken[index]) changesMs.push(atMs);
			taken[index] = occupied;
		}
		shares.push(taken.filter(Boolean).length / models.length);
	}
	return { changesMs, shares };
}

describe("a lot's model", () => {
	it("tells the same story under the same seed, whoever looks when", () => {
		fc.assert(
			fc.property(fc.nat(), fc.array(fc.nat(500_000), { minLength: 1, maxLength: 30 }), (seed, looks) => {
				const times = looks.sort((a, b) => a - b);
				const [often] = spots(1, seed);
				const [seldom] = spots(1, seed);
				for (let atMs = 0; atMs <= (times.at(-1) ?? 0); atMs += 1000) {
					while (times[0] !== undefined && times[0] <= atMs) {
						const next = times.shift() ?? 0;
						expect(seldom?.occupiedAt(next)).toBe(often?.occupiedAt(next));
					}
					often?.occupiedAt(atMs);
				}
			}),
			{ numRuns: 30 },
		);
	});

	it("makes the same pulses under the same seed, and others for each spot and each seed", () => {
		const story = (model: SpotModel) => Array.from({ length: 100 }, (_, i) => model.ping(i * 3000)).join();
		expect(spots(5).map(story)).toEqual(spots(5).map(story));
		expect(new Set([...spots(5), ...spots(5, 2)].map(story)).size).toBe(10);
	});

	it("begins partly full", () => {
		const share = spots(1000).filter((model) => model.occupiedAt(0)).length / 1000;
		expect(Math.abs(share - targetOccupancy(firstHour))).toBeLessThan(0.05);
	});

	it("changes every 3 to 8 s with 20 spots at the demo's pace, around its day", () => {
		const { changesMs } = watch(spots(20), demoPace.dayMs);
		const meanMs = demoPace.dayMs / changesMs.length;
		expect(meanMs).toBeGreaterThan(3000);
		expect(meanMs).toBeLessThan(8000);
	});

	it("is as full as the hour wants it", () => {
		const { shares } = watch(spots(200), 2 * demoPace.dayMs);
		const secondDay = shares.slice(shares.length / 2);
		const hourOf = (index: number) => (firstHour + (index / secondDay.length) * 24) % 24;
		const around = (hour: number) => {
			const some = secondDay.filter((_, index) => Math.abs(hourOf(index) - hour) < 1.5);
			return some.reduce((sum, share) => sum + share, 0) / some.length;
		};
		expect(around(3)).toBeGreaterThan(0.35);
		expect(around(3)).toBeLessThan(0.55);
		expect(around(15)).toBeGreaterThan(0.7);
		expect(around(15)).toBeLessThan(0.88);
	});

	it("has cars come about ten times a day at a spot at life's pace", () => {
		const { changesMs } = watch(
			spots(3, 1, { ...lifePace, cycleMs: lifePace.cycleMs / 100, dayMs: lifePace.dayMs / 100 }),
			lifePace.dayMs / 100,
		);
		expect(changesMs.length / 3 / 2).toBeGreaterThan(5);
		expect(changesMs.length / 3 / 2).toBeLessThan(15);
	});

	it("hears the floor of an empty spot and a car's roof in a taken one, on nearly all pings", () => {
		const distancesCm = { free: [] as number[], taken: [] as number[] };
		let silent = 0;
		let pings = 0;
		for (const model of spots(40)) {
			let since = { occupied: false, atMs: 0 };
			for (let atMs = 0; atMs < 300_000; atMs += 640) {
				const pulseUs = model.ping(atMs) ?? 0;
				const occupied = model.occupiedAt(atMs);
				if (occupied !== since.occupied) since = { occupied, atMs };
				pings++;
				if (pulseUs > longestEchoUs) silent++;
				else if (atMs - since.atMs > 10_000) {
					distancesCm[occupied ? "taken" : "free"].push(echoDistanceCm(pulseUs, 20));
				}
			}
		}
		const near = (cm: number[], from: number, to: number) =>
			cm.filter((value) => value > from && value < to).length / cm.length;
		expect(near(distancesCm.free, 0.93 * floorCm, 1.02 * floorCm)).toBeGreaterThan(0.93);
		expect(near(distancesCm.taken, 10, 150)).toBeGreaterThan(0.85);
		expect(silent / pings).toBeLessThan(0.05);
	});

	it("takes the air's temperature as it is told", () => {
		const [cold, warm] = [-20, 40].map((temperatureC) => {
			const model = new SpotModel({ seed: 1, name: "L/S1", pace: { cycleMs: 1e9, dayMs: 1e9 }, temperatureC });
			return model.ping(0) ?? 0;
		});
		expect((cold ?? 0) / (warm ?? 1)).toBeGreaterThan(1.1);
	});

	it("goes on after a long sleep without living through all of it", () => {
		const [model] = spots(1);
		const begun = performance.now();
		model?.ping(1e13);
		expect(model?.ping(1e13 + 1000)).toBeGreaterThan(0);
		expect(performance.now() - begun).toBeLessThan(1000);
	});

	it("stands still when time goes back", () => {
		const [model] = spots(1);
		const occupied = model?.occupiedAt(500_000);
		expect(model?.ping(-1)).toBeGreaterThan(0);
		expect(model?.occupiedAt(-1)).toBe(occupied);
	});
});
