import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../../firmware/device/virtual/random.ts";
import {
	type Change,
	driveMs,
	type Habits,
	shortestMs,
	Traffic,
} from "../../../../../firmware/device/virtual/reality/traffic.ts";

function begin(changes: Partial<Habits> = {}, seed = 1) {
	const heard: Change[] = [];
	const habits: Habits = {
		cycleMs: 120_000,
		shareAt: () => 0.5,
		vehicles: ["saloon", "suv", "van"],
		correctingShare: 0,
		lidShare: 0,
		restCm: ({ lengthCm }) => -lengthCm / 2,
		asideCm: () => 25,
		clearanceCm: 500,
		taken: false,
		...changes,
	};
	const traffic = new Traffic({
		random: seededRandom(seed, "traffic"),
		habits,
		onChange: (change) => heard.push(change),
	});
	return { traffic, heard };
}

/** Fronts of each arrival, one list each, every 50 ms. */
function arrivals(changes: Partial<Habits>, count = 20): number[][] {
	const { traffic } = begin(changes);
	const all: number[][] = [];
	let wasMoving = false;
	for (let atMs = 0; all.length <= count; atMs += 50) {
		traffic.advance(atMs);
		const { isMoving, frontCm, vehicle } = traffic.scene;
		const isArriving = vehicle !== null && isMoving && !traffic.occupied;
		if (isArriving && !wasMoving) all.push([]);
		if (isArriving) all.at(-1)?.push(frontCm);
		wasMoving = isArriving;
	}
	return all.slice(0, count);
}

describe("traffic", () => {
	it("says when a vehicle came to rest and when one has left, in turn and in time order", () => {
		fc.assert(
			fc.property(fc.nat(), (seed) => {
				const { traffic, heard } = begin({}, seed);
				traffic.advance(3_600_000);
				expect(heard.length).toBeGreaterThan(10);
				for (const [index, { atMs, occupied }] of heard.entries()) {
					expect(occupied).toBe(index % 2 === 0);
					expect(atMs - (heard[index - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(shortestMs);
				}
			}),
			{ numRuns: 20 },
		);
	});

	it("is occupied only by a vehicle that has come to rest, until it is gone", () => {
		const { traffic, heard } = begin();
		traffic.advance(3_600_000);
		for (const { atMs, occupied } of heard) {
			const { traffic: again } = begin();
			again.advance(atMs - 1);
			const before = { ...again.scene };
			again.advance(atMs + 1);
			expect([before.isMoving, again.occupied]).toEqual([true, occupied]);
			if (occupied) expect([again.scene.isMoving, again.scene.vehicle !== null]).toEqual([false, true]);
			else expect(again.scene.vehicle).toBeNull();
		}
	});

	it("drives in within 3 to 12 s, straight to where it rests", () => {
		for (const fronts of arrivals({})) {
			expect(fronts.length * 50).toBeGreaterThan(driveMs.min - 100);
			expect(fronts.length * 50).toBeLessThan(driveMs.max + 100);
			expect(fronts.every((cm, i) => i === 0 || cm <= (fronts[i - 1] ?? 0))).toBe(true);
			expect(fronts[0]).toBeGreaterThan(200);
		}
	});

	it("backs up on the way in where drivers correct", () => {
		for (const fronts of arrivals({ correctingShare: 1 })) {
			expect(fronts.some((cm, i) => cm > (fronts[i - 1] ?? 1000))).toBe(true);
		}
	});

	it("opens lids only while parked, and not right at the ends of a stay", () => {
		const openMs = (lidShare: number) => {
			const { traffic } = begin({ lidShare, cycleMs: 600_000 });
			let open = 0;
			for (let atMs = 0; atMs < 3_600_000; atMs += 1000) {
				traffic.advance(atMs);
				if (!traffic.scene.isLidOpen || !traffic.scene.vehicle) continue;
				expect(traffic.scene.isMoving).toBe(false);
				open++;
			}
			return open;
		};
		expect(openMs(0)).toBe(0);
		expect(openMs(1)).toBeGreaterThan(100);
	});

	it("lets in only what fits under the sensor", () => {
		const { traffic } = begin({ clearanceCm: 170 });
		for (let atMs = 0; atMs < 3_600_000; atMs += 1000) {
			traffic.advance(atMs);
			expect(traffic.scene.vehicle?.heightCm ?? 0).toBeLessThanOrEqual(170);
		}
	});

	it("begins as it is told", () => {
		expect([begin({ taken: true }).traffic.occupied, begin({ taken: false }).traffic.occupied]).toEqual([true, false]);
	});
});
