/**
 * In: where an ear is, and surfaces and points around it. Out: which echo an HC-SR04 reports: the first that is loud enough.
 * Never: knows what a car is, or what time it is.
 *
 * Levels are in dB over the loudness that ends the sensor's pulse; lengths are in cm; x runs along the spot, away from its
 * head, z up. Sound comes back from where a surface faces the ear, from rounded edges, and weakly from sharp ones.
 */
import { normal, type Random } from "../random.ts";

/** A sensor's place, and the unit vector along which it listens. */
export interface Ear {
	x: number;
	z: number;
	axisX: number;
	axisZ: number;
}

/** Echoes that one ping can have at most; further ones are dropped. */
export const echoLimit = 96;

/** Wavelength at 40 kHz, cm. */
const wavelengthCm = 0.86;

/** Air swallows that much of 40 kHz on each metre out and back, dB: 1.3 dB/m each way at 20 °C and 50 % humidity (ISO 9613-1). */
const airDbPerM = 2.6;

/** A wall that faces the sensor is just heard with this to spare at 4 m, dB: the datasheet's range, on a good day (assumed). */
const spareAt4mDb = 6;

const planeAt1mDb = spareAt4mDb + 20 * Math.log10(4) + 3 * airDbPerM;

/** Two-way loss at this angle from the axis is 12 dB: tests find the half angle of detection at about 20° (G. Dyrkacz, HC-SR04-beam-tests, 2020). */
const beamDeg = 20;

/** A sharp edge sends back that much less than a wall, dB (assumed from the knife-edge diffraction of a quarter-space). */
export const edgeDb = -26;

/** A bend of about 10 cm radius sends back 10·log(ρ/(ρ + r)) at r = 1 m, dB. */
export const bendDb = -10;

/** Each echo's loudness changes from ping to ping by that much, standard deviation in dB: air is never still (assumed). */
const flickerDb = 1.5;

/** Beyond this many dB from the threshold chance does not matter. */
const surelyDb = 5 * flickerDb;

/** Level of a large flat surface that faces the ear from `distanceCm`: as its mirror image, at twice the way. */
export function planeDb(distanceCm: number): number {
	return planeAt1mDb - 20 * Math.log10(distanceCm / 100) - (airDbPerM * (distanceCm - 100)) / 100;
}

/** Level of something small that sends back `strengthDb` (compared with a wall) at 1 m. */
export function pointDb(distanceCm: number, strengthDb: number): number {
	return planeDb(distanceCm) + strengthDb - 20 * Math.log10(distanceCm / 100);
}

/** Two-way loss in the direction whose cosine to the axis is `cosine`, dB. Behind the sensor is silence. */
export function beamDb(cosine: number): number {
	if (cosine <= 0) return -200;
	const degrees = (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
	return -12 * (degrees / beamDeg) ** 2;
}

/** The echoes of one ping. The same object is filled again and again. */
export class Echoes {
	#count = 0;
	readonly #distancesCm = new Float64Array(echoLimit);
	readonly #levelsDb = new Float64Array(echoLimit);
	/** Of the echo that {@link first} found, dB. */
	foundDb = 0;

	clear(): void {
		this.#count = 0;
	}

	add(distanceCm: number, levelDb: number): void {
		if (this.#count === echoLimit || levelDb < -surelyDb * 2) return;
		this.#distancesCm[this.#count] = distanceCm;
		this.#levelsDb[this.#count++] = levelDb;
	}

	/** Distance of the first echo that has more than `levelDb`, cm; null when none has. */
	firstOver(levelDb: number): number | null {
		let firstCm: number | null = null;
		for (let i = 0; i < this.#count; i++) {
			const distanceCm = this.#distancesCm[i] ?? 0;
			if ((this.#levelsDb[i] ?? 0) > levelDb && (firstCm === null || distanceCm < firstCm)) firstCm = distanceCm;
		}
		return firstCm;
	}

	/** Distance of the first echo that is loud enough, cm; null when none is. `lossDb` weakens all of them. */
	first(random: Random, lossDb: number): number | null {
		let firstCm: number | null = null;
		for (let i = 0; i < this.#count; i++) {
			const distanceCm = this.#distancesCm[i] ?? 0;
			if (firstCm !== null && distanceCm >= firstCm) continue;
			let levelDb = (this.#levelsDb[i] ?? 0) - lossDb;
			if (levelDb < -surelyDb) continue;
			if (levelDb < surelyDb) levelDb += flickerDb * normal(random);
			if (levelDb <= 0) continue;
			firstCm = distanceCm;
			this.foundDb = levelDb;
		}
		return firstCm;
	}
}

/** A line of surfaces seen from the side, its outside up and to the front. */
export interface Outline {
	/** Corners, from front to rear, cm. */
	xs: Float64Array;
	zs: Float64Array;
	/** What each surface swallows, dB, and how this one happens to add up its waves. */
	lossDb: Float64Array;
}

/** Where an outline stands, and what of it is over or before the ear. */
export interface Placing {
	x: number;
	/** What lies on it, cm: snow. */
	riseCm: number;
	/** Sideways from the ear to the outline's nearest part, cm; 0 when the ear is over it. */
	asideCm: number;
	/** For what is narrow: sound that goes past it, dB. */
	narrowDb: number;
	/** Way that a sound goes further that a slope has thrown elsewhere, cm. */
	detourCm: number;
}

/** From this angle on a surface throws the middle of the beam past the ear, as a cosine: 12°. */
const throwCosine = Math.cos((12 * Math.PI) / 180);

/** A sound that came back by way of another surface lost that much there, dB (assumed: it shows on some pings, as 750 mm that jump to 4500 over a parked car, ratgdo #373). */
const detourDb = -17;

/** Adds what comes back from an outline: from surfaces that face the ear, from bends and edges, and from the beam that a slope threw elsewhere. */
export function addOutline(echoes: Echoes, ear: Ear, { xs, zs, lossDb }: Outline, placing: Placing): void {
	const { asideCm, narrowDb } = placing;
	// From the side only a rounded flank faces the ear.
	const sideDb = narrowDb + (asideCm > 0 ? bendDb : 0);
	let hitCm = Number.POSITIVE_INFINITY;
	let hitCosine = 1;
	let hitDb = 0;
	let wasBefore = false;
	for (let i = 0; i + 1 < xs.length; i++) {
		const px = (xs[i] ?? 0) + placing.x - ear.x;
		const pz = (zs[i] ?? 0) + placing.riseCm - ear.z;
		const dx = (xs[i + 1] ?? 0) - (xs[i] ?? 0);
		const dz = (zs[i + 1] ?? 0) - (zs[i] ?? 0);
		const length = Math.hypot(dx, dz);
		// The ear lies at the origin: how far along the surface is it nearest, and how high over its outside?
		const along = -(px * dx + pz * dz) / length;
		const over = (px * dz - pz * dx) / length;
		const isFacing = over > 0;
		const surfaceDb = sideDb - (lossDb[i] ?? 0);
		if (isFacing && along >= 0 && along <= length) {
			const way = Math.hypot(over, asideCm);
			const cosine = (-dz * -over * ear.axisX + dx * -over * ear.axisZ) / length / way;
			// The first Fresnel zone that is cut by the surface's end is half as loud there.
			const zoneCm = Math.sqrt((wavelengthCm * over) / 2);
			const cutDb = 6 * Math.max(0, 1 - Math.min(along, length - along) / zoneCm);
			echoes.add(way, planeDb(way) + beamDb(cosine) + surfaceDb - cutDb);
		}
		// The corner in which the surface begins. A bend faces the ear when it lies past the end of the one before and before this one.
		if (isFacing || wasBefore) {
			const way = Math.hypot(px, pz, asideCm);
			const cosine = (px * ear.axisX + pz * ear.axisZ) / way;
			const isBend = wasBefore && along < 0;
			echoes.add(way, planeDb(way) + beamDb(cosine) + surfaceDb + (isBend ? bendDb : edgeDb));
		}
		wasBefore = isFacing && along > length;
		// Where the axis meets the surface.
		const across = ear.axisX * dz - ear.axisZ * dx;
		if (isFacing && across > 0) {
			const way = (px * dz - pz * dx) / across;
			const at = (px * ear.axisZ - pz * ear.axisX) / across;
			if (way > 0 && way < hitCm && at >= 0 && at <= 1) {
				hitCm = way;
				hitCosine = across / length;
				hitDb = surfaceDb;
			}
		}
	}
	if (hitCosine < throwCosine) {
		const way = hitCm + placing.detourCm;
		echoes.add(way, planeDb(way) + detourDb + hitDb);
	}
}
