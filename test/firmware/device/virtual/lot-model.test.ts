import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	demoPace,
	driveMs,
	firstHour,
	floorCm,
	lifePace,
	SpotModel,
	shortestMs,
	targetOccupancy,
} from "../../../../firmware/device/virtual/lot-model.ts";

const spots = (count: number, seed = 1, pace = demoPace) =>
	Array.from({ length: count }, (_, index) => new SpotModel({ seed, name: `L/S${index}`, pace }));

/** When each change of the truth happened while time ran to `untilMs`, and the share of taken spots each second. */
function watch(models: SpotModel[], untilMs: number) {
	const taken = models.map((model) => model.look(0).occupied);
	const changesMs: number[] = [];
	const shares: number[] = [];
	for (let atMs = 0; atMs < untilMs; atMs += 500) {
		for (const [index, model] of models.entries()) {
			const { occupied } = model.look(atMs);
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
						expect(seldom?.look(next)).toEqual(often?.look(next));
					}
					often?.look(atMs);
				}
			}),
			{ numRuns: 30 },
		);
	});

	it("tells another story for each spot and each seed", () => {
		const story = (model: SpotModel | undefined) =>
			Array.from({ length: 100 }, (_, i) => model?.look(i * 3000).distanceCm.toFixed(2)).join();
		expect(new Set([...spots(5), ...spots(5, 2)].map(story)).size).toBe(10);
	});

	it("begins partly full", () => {
		const share = spots(1000).filter((model) => model.look(0).occupied).length / 1000;
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

	it("lets a car drive in 3 to 12 s, with hood and roof before the sensor, and stay long enough to be seen", () => {
		for (const model of spots(10)) {
			let phaseMs = 0;
			let inside = model.look(0).distanceCm !== floorCm;
			for (let atMs = 0; atMs < 600_000; atMs += 100) {
				const { distanceCm, echoShare } = model.look(atMs);
				expect(distanceCm).toBeGreaterThanOrEqual(30);
				expect(distanceCm).toBeLessThanOrEqual(floorCm);
				expect(echoShare).toBeGreaterThanOrEqual(0.5);
				const now = distanceCm !== floorCm;
				if (now === inside) continue;
				if (phaseMs > 0) expect(atMs - phaseMs).toBeGreaterThanOrEqual(shortestMs);
				phaseMs = atMs;
				inside = now;
			}
		}
		expect(driveMs).toEqual({ min: 3000, max: 12_000 });
	});

	it("goes on after a long sleep without living through all of it", () => {
		const [model] = spots(1);
		const begun = performance.now();
		model?.look(1e13);
		expect(model?.look(1e13 + 1000).distanceCm).toBeGreaterThan(0);
		expect(performance.now() - begun).toBeLessThan(1000);
	});

	it("sees the last again when time goes back", () => {
		const [model] = spots(1);
		model?.look(500_000);
		expect(model?.look(-1).distanceCm).toBeGreaterThan(0);
	});
});
