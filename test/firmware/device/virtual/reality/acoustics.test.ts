import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../../firmware/device/virtual/random.ts";
import {
	addOutline,
	beamDb,
	type Ear,
	Echoes,
	echoLimit,
	planeDb,
	pointDb,
} from "../../../../../firmware/device/virtual/reality/acoustics.ts";
import { makeVehicle, type ShapeName, shapes } from "../../../../../firmware/device/virtual/reality/shapes.ts";

const above: Ear = { x: 0, z: 250, axisX: 0, axisZ: -1 };
const still = { x: 0, riseCm: 0, asideCm: 0, narrowDb: 0, detourCm: 100 };
const random = seededRandom(1, "test");

/** Distance that is surely heard of a surface through these points, cm. */
function hear(points: [x: number, z: number][], ear = above, overDb = 5): number | null {
	const echoes = new Echoes();
	const outline = {
		xs: Float64Array.from(points, ([x]) => x),
		zs: Float64Array.from(points, ([, z]) => z),
		lossDb: new Float64Array(points.length),
	};
	addOutline(echoes, ear, outline, still);
	return echoes.firstOver(overDb);
}

describe("loudness", () => {
	it("falls with distance, faster for small things", () => {
		fc.assert(
			fc.property(fc.double({ min: 110, max: 800, noNaN: true }), (cm) => {
				expect(planeDb(cm)).toBeLessThan(planeDb(cm - 5));
				expect(pointDb(cm, 0)).toBeLessThan(planeDb(cm));
			}),
		);
	});

	it("lets a wall be heard at 4 m and not at 7", () => {
		expect(planeDb(400)).toBeCloseTo(6, 5);
		expect(planeDb(700)).toBeLessThan(-6);
	});

	it("is 12 dB less at 20° from the axis, and nothing behind", () => {
		expect(beamDb(Math.cos((20 * Math.PI) / 180))).toBeCloseTo(-12, 5);
		expect(beamDb(1)).toBeCloseTo(0, 10);
		expect(beamDb(-0.5)).toBe(-200);
	});
});

describe("echoes", () => {
	it("are reported first come, if loud enough", () => {
		const echoes = new Echoes();
		echoes.add(200, 20);
		echoes.add(100, 20);
		echoes.add(50, -14);
		echoes.add(150, 20);
		expect(echoes.first(random, 0)).toBe(100);
		expect(echoes.first(random, 40)).toBeNull();
		echoes.clear();
		expect(echoes.first(random, 0)).toBeNull();
	});

	it("come and go at the threshold", () => {
		const echoes = new Echoes();
		echoes.add(100, 0);
		const heard = Array.from({ length: 2000 }, () => echoes.first(random, 0)).filter((cm) => cm !== null).length;
		expect(heard / 2000).toBeGreaterThan(0.45);
		expect(heard / 2000).toBeLessThan(0.55);
	});

	it("are kept up to the limit", () => {
		const echoes = new Echoes();
		for (let i = 0; i < echoLimit; i++) echoes.add(300, 20);
		echoes.add(100, 20);
		expect(echoes.firstOver(-1)).toBe(300);
	});
});

describe("a surface", () => {
	it("that faces the ear is heard where it is nearest", () => {
		expect(
			hear([
				[-100, 100],
				[100, 100],
			]),
		).toBe(150);
	});

	it("that slopes by 30° throws the sound away", () => {
		const slope: [number, number][] = [
			[-60, 80],
			[60, 150],
		];
		expect(hear(slope)).toBeNull();
		expect(hear(slope, above, -30)).not.toBeNull();
	});

	it("that ends beside the beam is heard weakly by its edge", () => {
		const beside: [number, number][] = [
			[30, 100],
			[200, 100],
		];
		expect(hear(beside)).toBeNull();
		expect(hear(beside, above, -10)).toBeCloseTo(Math.hypot(30, 150), 5);
	});

	it("that bends over the ear's place is heard at the bend", () => {
		expect(
			hear([
				[-100, 60],
				[0, 100],
				[100, 60],
			]),
		).toBeCloseTo(150, 5);
	});

	it("is not heard from behind", () => {
		const below: Ear = { x: 0, z: 50, axisX: 0, axisZ: 1 };
		const roof: [number, number][] = [
			[-100, 100],
			[100, 100],
		];
		expect(hear(roof, below, -15)).toBeNull();
	});

	it("is heard from a wall as from above", () => {
		const wall: Ear = { x: 0, z: 45, axisX: 1, axisZ: 0 };
		expect(
			hear(
				[
					[80, 20],
					[80, 70],
				],
				wall,
			),
		).toBe(80);
	});
});

describe("a vehicle", () => {
	const names = Object.keys(shapes) as ShapeName[];

	it("of each shape is as long and high as its class, give or take 6 %", () => {
		fc.assert(
			fc.property(fc.constantFrom(...names), fc.nat(), (shape, seed) => {
				const { lengthCm, heightCm, outline } = makeVehicle(shape, seededRandom(seed, "vehicle"));
				const corners = shapes[shape].corners;
				const usualCm = Math.max(...corners.map(([x]) => x));
				expect(Math.abs(lengthCm / usualCm - 1)).toBeLessThanOrEqual(0.0601);
				expect(heightCm).toBeCloseTo(Math.max(...outline.zs), 5);
				expect(Math.min(...outline.xs)).toBeGreaterThanOrEqual(-0.001);
				expect(Math.max(...outline.xs)).toBeLessThanOrEqual(lengthCm + 0.001);
			}),
		);
	});

	it.each(["saloon", "hatchback", "suv", "van", "sports", "trailer"] as const)(
		"%s is heard from above, whichever way it stands",
		(shape) => {
			for (let seed = 0; seed < 30; seed++) {
				const vehicle = makeVehicle(shape, seededRandom(seed, "vehicle"));
				const echoes = new Echoes();
				addOutline(echoes, above, vehicle.outline, { ...still, x: -vehicle.lengthCm / 2 });
				const cm = echoes.firstOver(3) ?? Number.NaN;
				expect(cm).toBeGreaterThanOrEqual(250 - vehicle.heightCm - 0.001);
				expect(cm).toBeLessThan(250 - vehicle.heightCm + 45);
			}
		},
	);

	it("with a soft roof swallows most of the sound", () => {
		const levels = (shape: ShapeName) =>
			Array.from({ length: 40 }, (_, seed) => {
				const vehicle = makeVehicle(shape, seededRandom(seed, "vehicle"));
				const echoes = new Echoes();
				addOutline(echoes, above, vehicle.outline, { ...still, x: -vehicle.lengthCm / 2 });
				return echoes.firstOver(3) === null;
			}).filter(Boolean).length;
		expect(levels("softTop")).toBeGreaterThan(20);
		expect(levels("saloon")).toBe(0);
	});
});
