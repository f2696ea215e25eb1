/** Effects: what moves on a parking lot and is no vehicle. None of it makes a spot occupied. */
import { between, type Random } from "../random.ts";
import type { Echoes } from "./acoustics.ts";
import type { Effect } from "./site.ts";
import { Spells } from "./spells.ts";
import { pointStrengthDb, type Spot } from "./spot.ts";

const hourMs = 3_600_000;

/** People walk at 1.2 m/s (the usual figure for pedestrian crossings). */
const walkCmPerMs = 0.12;

/** A person is near the sensor for 5 m of the way. */
const walkMs = 500 / walkCmPerMs;

interface Crossing {
	/** Nearest to the sensor along the spot and aside, cm. */
	x: number;
	aside: number;
	/** Body height, cm. */
	tall: number;
}

/** Where somebody may pass: anywhere in an empty spot, beside the vehicle in a taken one. */
function crossing(spot: Spot, random: Random): Crossing {
	const { vehicle } = spot.traffic.scene;
	const side = random() < 0.5 ? -1 : 1;
	const reach = spot.mount === "overhead" ? 120 : 60;
	return {
		x: spot.mount === "overhead" ? between(random, -100, 100) : between(random, 40, 350),
		aside: vehicle ? side * (vehicle.halfWidthCm + between(random, 25, 60)) : between(random, -reach, reach),
		tall: between(random, 155, 190),
	};
}

/** Head and shoulders for a sensor above, legs for one at the wall. Clothes and hair make them weak. */
function addPerson(echoes: Echoes, spot: Spot, x: number, aside: number, tall: number): void {
	if (spot.mount === "overhead") {
		spot.addPoint(echoes, x, aside, tall, pointStrengthDb.head);
		spot.addPoint(echoes, x, aside - 18, tall - 28, pointStrengthDb.shoulder);
		spot.addPoint(echoes, x, aside + 18, tall - 28, pointStrengthDb.shoulder);
	} else {
		spot.addPoint(echoes, x, aside - 12, spot.ear.z, pointStrengthDb.leg);
		spot.addPoint(echoes, x, aside + 12, spot.ear.z, pointStrengthDb.leg);
	}
}

/** A wire trolley: 60 by 95 cm, its rim 100 cm high, a child seat and a bottom that send back more. */
function addTrolley(echoes: Echoes, spot: Spot, x: number, aside: number): void {
	for (const [dx, dy, z] of trolleyCorners) spot.addPoint(echoes, x + dx, aside + dy, z, pointStrengthDb.basket);
}

const trolleyCorners = [
	[-45, -28, 100],
	[-45, 28, 100],
	[45, -25, 90],
	[45, 25, 90],
	[-30, 0, 92],
	[10, 0, 55],
	[0, 0, 45],
] as const;

/** Something that happens at each spot now and then; `draw` gets how long it has lasted and is called for each ping while it does. */
function now(
	name: string,
	perHour: number,
	lengthMs: readonly [min: number, max: number],
	draw: (echoes: Echoes, spot: Spot, sinceMs: number, lengthMs: number, where: Crossing) => void,
): Effect {
	return {
		name,
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const spells = new Spells(random(`${index}/times`), hourMs / perHour, lengthMs);
				let where: Crossing = { x: 0, aside: 0, tall: 170 };
				let number = 0;
				spot.things.push((echoes, atMs) => {
					const sinceMs = spells.at(atMs);
					if (sinceMs < 0) return;
					if (number !== spells.number) where = crossing(spot, chance);
					number = spells.number;
					draw(echoes, spot, sinceMs, spells.toMs - spells.fromMs, where);
				});
			}
		},
	};
}

/** People cross under or past the sensor: about 4 s from side to side, half a second in the beam at the height of their heads. */
export function walkers(perHour = 6): Effect {
	return now("walkers", perHour, [walkMs, walkMs], (echoes, spot, sinceMs, lengthMs, { x, aside, tall }) => {
		const way = walkCmPerMs * (sinceMs - lengthMs / 2);
		// Around a vehicle people go along it, over an empty spot across it.
		if (spot.traffic.scene.vehicle) addPerson(echoes, spot, way, aside, tall);
		else addPerson(echoes, spot, x, aside + way, tall);
	});
}

/**
 * Somebody stands under the sensor for 5 to 20 s, on the phone or at a door. People who stand shift their weight every few
 * seconds and move head and arms by some 10 cm (assumed; anybody can watch it), so that another part of them is heard each time.
 * Under one sensor, five times a week (assumed): people stand beside vehicles, or on the way, far more often.
 */
export function standers(perHour = 0.03): Effect {
	return now("standers", perHour, [5000, 20_000], (echoes, spot, sinceMs, _lengthMs, { x, aside, tall }) => {
		const near = spot.traffic.scene.vehicle ? 1 : 0.4;
		const alongCm = 9 * Math.sin(sinceMs / 700) + 5 * Math.sin(sinceMs / 270);
		const acrossCm = 8 * Math.sin(sinceMs / 900 + 1) + 4 * Math.sin(sinceMs / 310);
		const nodCm = 4 * Math.sin(sinceMs / 520);
		const fromWallCm = spot.mount === "wall" ? 60 : 0;
		addPerson(echoes, spot, fromWallCm + x * 0.4 + alongCm, aside * near + acrossCm, tall - 4 + nodCm);
	});
}

/** A shopping trolley is pushed through, with a person behind it. */
export function trolleys(perHour = 3): Effect {
	return now("trolleys", perHour, [walkMs, walkMs], (echoes, spot, sinceMs, lengthMs, { x, aside, tall }) => {
		const way = walkCmPerMs * (sinceMs - lengthMs / 2);
		const isBeside = spot.traffic.scene.vehicle !== null;
		addTrolley(echoes, spot, isBeside ? way : x, isBeside ? aside : aside + way);
		addPerson(echoes, spot, isBeside ? way - 80 : x, isBeside ? aside : aside + way - 80, tall);
	});
}

/** A trolley is left on the spot for 40 to 90 s before somebody takes it away (rare; assumed). It is no vehicle. */
export function leftTrolleys(perHour = 0.5): Effect {
	return now("leftTrolleys", perHour, [40_000, 90_000], (echoes, spot, _sinceMs, _lengthMs, { x, aside }) => {
		const isBeside = spot.traffic.scene.vehicle !== null;
		addTrolley(echoes, spot, (spot.mount === "wall" ? 90 : 0) + x * 0.3, isBeside ? aside : aside * 0.3);
	});
}

/**
 * Drivers get out 2 to 8 s after the vehicle came to rest, stand at its side for 3 s, and cross behind it, or between it
 * and the wall where there is room. Riders of motorbikes do that in the beam; car drivers are seldom heard from above.
 */
export function gettingOut(): Effect {
	return {
		name: "gettingOut",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				let vehicle: unknown = null;
				let outMs = 0;
				let tall = 170;
				spot.things.push((echoes, atMs) => {
					const { scene } = spot.traffic;
					if (scene.isMoving || !scene.vehicle) return;
					if (scene.vehicle !== vehicle) {
						vehicle = scene.vehicle;
						outMs = atMs + between(chance, 2000, 8000);
						tall = between(chance, 155, 190);
					}
					const sinceMs = atMs - outMs;
					const { lengthCm, halfWidthCm } = scene.vehicle;
					const middleCm = scene.asideCm - spot.earAsideCm;
					if (sinceMs < 0 || sinceMs > standMs + walkMs) return;
					if (sinceMs < standMs) {
						addPerson(echoes, spot, scene.frontCm + 0.45 * lengthCm, middleCm + halfWidthCm + 30, tall);
						return;
					}
					const isBefore = spot.mount === "wall" && scene.frontCm > roomCm;
					const x = isBefore ? scene.frontCm / 2 : scene.frontCm + lengthCm + 40;
					addPerson(echoes, spot, x, middleCm + 250 - walkCmPerMs * (sinceMs - standMs), tall);
				});
			}
		},
	};
}

const standMs = 3000;

/** What a person takes to go between a bumper and a wall, cm. */
const roomCm = 60;

/** The neighbour parks on the line for minutes to hours: its mirror, about 1 m high, is 80 to 110 cm aside from the middle of this spot. */
export function neighboursMirror(): Effect {
	return {
		name: "neighboursMirror",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const stays = new Spells(random(`${index}/times`), 20 * 60_000, [5 * 60_000, 60 * 60_000]);
				let number = 0;
				let at = { x: 0, aside: 0, z: 0 };
				spot.things.push((echoes, atMs) => {
					if (stays.at(atMs) < 0) return;
					if (number !== stays.number) {
						at = { x: between(chance, -50, 50), aside: between(chance, 80, 110), z: between(chance, 92, 115) };
					}
					number = stays.number;
					spot.addPoint(echoes, at.x, at.aside - spot.earAsideCm, at.z, pointStrengthDb.mirror);
				});
			}
		},
	};
}

/** At a wall the beam brushes the ground: stones of 2 to 10 cm between 80 and 250 cm away, and at half of the spots a kerb, heard on some pings or on many (strengths as for spheres; a kerb's assumed). */
export function groundClutter(): Effect {
	return {
		name: "groundClutter",
		apply: ({ spots }, random) => {
			const chance = random("stones");
			for (const { fixtures } of spots) {
				for (let i = 0; i < 5; i++) {
					fixtures.push({
						x: between(chance, 80, 250),
						aside: between(chance, -50, 50),
						z: 3,
						strengthDb: between(chance, -30, -18),
					});
				}
				const x = between(chance, 130, 250);
				const strengthDb = between(chance, -10, -3);
				if (chance() < 0.5) fixtures.push({ x, aside: 0, z: 5, strengthDb });
			}
		},
	};
}

/** Behind an empty spot at the wall stands another wall, a pillar or a hedge, 250 to 390 cm away. */
export function farWall(): Effect {
	return {
		name: "farWall",
		apply: ({ spots }, random) => {
			const chance = random("where");
			for (const spot of spots) spot.farWallCm = between(chance, 250, 390);
		},
	};
}
