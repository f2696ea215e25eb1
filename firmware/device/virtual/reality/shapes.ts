/**
 * In: chance. Out: vehicles as ultrasound meets them, seen from the side: heights along their length, and what swallows sound.
 * Never: moves.
 *
 * Lengths, heights and slopes are those of common models of each class, from makers' side views, rounded to 5 cm; each
 * vehicle that comes is up to 6 % larger or smaller.
 */
import { between, normal, type Random } from "../random.ts";
import type { Outline } from "./acoustics.ts";

export type ShapeName = "saloon" | "hatchback" | "suv" | "van" | "softTop" | "sports" | "motorbike" | "trailer";

/** What cloth swallows at most, dB; vinyl or a wet roof a quarter less: HC-SR04s hear little of clothes and foam, most pings over a soft roof are lost (assumed from that). */
export const clothDb = 24;

/** Rubber, spokes and people's clothes: what a rough body swallows, dB (assumed). */
const roughDb = 5;

interface Shape {
	halfWidthCm: number;
	/** Bent sideways too, or narrower than the beam: dB less than a wall's (assumed: 3 for a car's crown of 3 to 5 m radius). */
	narrowDb: number;
	/** From front to rear, over the top: place, height, and what the surface to the next corner swallows, dB. */
	corners: readonly (readonly [x: number, z: number, lossDb?: number])[];
	/** Where the boot lid or tailgate turns, and where its end is when open. */
	lid?: readonly [hinge: readonly [x: number, z: number], end: readonly [x: number, z: number]];
}

export const shapes: Readonly<Record<ShapeName, Shape>> = {
	saloon: {
		halfWidthCm: 90,
		narrowDb: -3,
		corners: [
			[8, 20],
			[0, 45],
			[3, 57],
			[12, 70],
			[115, 92],
			[200, 140],
			[260, 145],
			[335, 138],
			[410, 105],
			[458, 100],
			[463, 62],
			[465, 48],
			[456, 25],
		],
		lid: [
			[415, 105],
			[395, 165],
		],
	},
	hatchback: {
		halfWidthCm: 88,
		narrowDb: -3,
		corners: [
			[8, 22],
			[0, 46],
			[3, 58],
			[12, 72],
			[100, 98],
			[170, 145],
			[240, 149],
			[345, 142],
			[395, 95],
			[401, 62],
			[403, 48],
			[394, 25],
		],
		lid: [
			[345, 142],
			[438, 172],
		],
	},
	suv: {
		halfWidthCm: 93,
		narrowDb: -3,
		corners: [
			[10, 26],
			[0, 52],
			[3, 72],
			[14, 95],
			[115, 110],
			[185, 160],
			[250, 169],
			[390, 164],
			[440, 118],
			[449, 75],
			[452, 52],
			[440, 28],
		],
		lid: [
			[390, 164],
			[478, 192],
		],
	},
	van: {
		halfWidthCm: 97,
		narrowDb: 0,
		corners: [
			[8, 25],
			[0, 50],
			[4, 80],
			[20, 105],
			[75, 125],
			[135, 180],
			[165, 190],
			[520, 190],
			[530, 180],
			[533, 60],
			[535, 45],
			[528, 30],
		],
	},
	softTop: {
		halfWidthCm: 88,
		narrowDb: -3,
		corners: [
			[8, 20],
			[0, 44],
			[3, 55],
			[14, 66],
			[120, 90],
			[180, 131, clothDb],
			[215, 136, clothDb],
			[285, 128, clothDb],
			[335, 100],
			[412, 95],
			[418, 60],
			[420, 46],
			[411, 24],
		],
	},
	sports: {
		halfWidthCm: 92,
		narrowDb: -4,
		corners: [
			[7, 15],
			[0, 38],
			[6, 48],
			[20, 58],
			[130, 84],
			[205, 120],
			[250, 123],
			[390, 95],
			[432, 90],
			[438, 58],
			[440, 44],
			[432, 20],
		],
	},
	motorbike: {
		halfWidthCm: 18,
		narrowDb: -6,
		corners: [
			[0, 30, roughDb],
			[12, 60, roughDb],
			[55, 105, roughDb],
			[75, 88],
			[105, 90, roughDb],
			[115, 78, roughDb],
			[175, 82, roughDb],
			[200, 62, roughDb],
			[212, 30],
		],
	},
	trailer: {
		halfWidthCm: 80,
		narrowDb: 0,
		corners: [
			[0, 40, roughDb],
			[140, 45],
			[142, 88],
			[146, 92],
			[340, 92],
			[346, 88],
			[348, 45],
		],
	},
};

/** Each surface adds its waves up in its own way, for as long as nothing moves: standard deviation, dB (assumed: speckle of a rough target). */
const speckleDb = 2.5;

/** One that came: its outline with its front at x = 0, and what is by chance about it. */
export interface Vehicle {
	readonly shape: ShapeName;
	readonly lengthCm: number;
	readonly heightCm: number;
	readonly halfWidthCm: number;
	readonly narrowDb: number;
	readonly outline: Outline;
	/** Its boot lid or tailgate when it is open, if it has one. */
	readonly lid: Outline | null;
	/** See `Placing.detourCm`; 40 to 300, from the bonnet to the ground and the next wall (assumed). */
	readonly detourCm: number;
}

/** One of `shape`, with its nose to the head of the spot or, in every fifth case, its tail. */
export function makeVehicle(shape: ShapeName, random: Random): Vehicle {
	const { corners, halfWidthCm, narrowDb, lid } = shapes[shape];
	const long = between(random, 0.94, 1.06);
	const high = between(random, 0.94, 1.06);
	const lengthCm = long * Math.max(...corners.map(([x]) => x));
	const swallowed = between(random, 0.75, 1);
	const isTurned = random() < 0.2;
	const points = corners.map(([x, z, loss = 0]) => ({
		x: x * long,
		z: z * high,
		loss: loss * swallowed + speckleDb * normal(random),
	}));
	const outline = (line: typeof points): Outline => ({
		xs: Float64Array.from(line, ({ x }) => (isTurned ? lengthCm - x : x)),
		zs: Float64Array.from(line, ({ z }) => z),
		lossDb: Float64Array.from(line, ({ loss }) => loss),
	});
	const turned = (line: typeof points) =>
		// A surface's loss stands at the corner in which it begins, which is its other end from behind.
		isTurned ? line.map((point, i) => ({ ...point, loss: line[i - 1]?.loss ?? 0 })).reverse() : line;
	const lidLine = lid?.map(([x, z]) => ({ x: x * long, z: z * high, loss: speckleDb * normal(random) }));
	return {
		shape,
		lengthCm,
		heightCm: high * Math.max(...corners.map(([, z]) => z)),
		halfWidthCm,
		narrowDb,
		outline: outline(turned(points)),
		lid: lidLine ? outline(turned(lidLine.sort((a, b) => a.x - b.x))) : null,
		detourCm: between(random, 40, 300),
	};
}
