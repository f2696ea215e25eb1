/**
 * In: what a sensor hears, and whether its spot is believed free. Out: what the empty spot sounds like: a floor at so many cm, or silence.
 * Never: judges the spot; takes silence for an empty spot before this board was heard to hear.
 */
import type { SensorState } from "./messages.ts";
import { hearsFloor, hearsNothingYet, hearsSilence, type Mounting, nearSoFar, quietSoFar } from "./mounting.ts";

/** Where an echo comes from. `nowhere`: nobody knows, as there is no floor to compare it with. */
export const zones = Object.freeze({ silence: 0, blocked: 1, near: 2, between: 3, floor: 4, beyond: 5, nowhere: 6 });

/** Floors that are learnt lie in this range, cm: overhead sensors hang 2 to 3.5 m high, 5 % for cold or hot air; nearer is a roof or a hood. */
export const learntFloorCm = Object.freeze({ min: 190, max: 450 });

/** No car fits under a sensor that hangs lower, nor between a wall and ground that is nearer, cm. */
export const lowestFloorCm = 150;

/** What a person may call a floor by *learn floor now*, cm: no parked car, whatever the person says. */
const taughtFloorCm = Object.freeze({ min: lowestFloorCm, max: 450 });

/** Echoes from one distance, less those from others, before the first floor is taken for one. */
export const learnAfter = 8;

/** How far they may be apart, cm: a rough floor, wind. */
const levelCm = 3;

/** Near echoes that must have hidden the ground before it counts for it, half a minute. */
const hiddenNeeded = 45;

/** Measurements for which a first floor must have been heard where silence was heard before: 40 s. */
const lastingAfter = 60;

/** What each measurement of silence takes away from a first floor: one that is heard less than once in 20 is none. */
const forgetShare = 0.05;

/** Calm measurements from further down before the floor is there: when it may have been a roof, and when the sensor may have been knocked. 10 s, and 5 min. */
export const deepenAfter = Object.freeze({ roof: 16, floor: 450 });

/** What is further from the sensor than this was never a roof, cm: overhead sensors hang at most 350 cm high, cars are 115 cm high at least. */
const roofLimitCm = 240;

/** How high a roof is that may have been taken for a floor, cm: sensors hang 350 cm high at most, so that vans are nearer than any floor. */
const roofHeightCm = Object.freeze({ min: 100, max: 180 });

/** A sensor that was knocked by 25° looks at a floor that is further away by this share (1 / cos 25°), and a third more. */
const knockShare = 0.14;

/** Calm measurements in the gap between floor and vehicles before the floor has moved there: no vehicle is that low. 16 s. */
export const moveAfter = 24;

/** Measurements within which *learn floor now* comes to an end, about 17 s. */
export const teachLimit = 24;

/** Measurements of silence that a person who says *learn floor now* means by it, about 6 s. */
export const taughtHush = 8;

/** Near echoes that agree prove that a sensor hears, measurements of silence that it hears nothing else when the spot is empty. 6 s, 17 s. */
export const hearingNeeded = Object.freeze({ near: 8, hush: 24 });

/**
 * Measurements of nothing but silence after a first start before a spot is taken for one that is silent when empty, about 2
 * min: far likelier than a car that swallows every ping, or a sensor that is deaf from its first day on. Any echo ends the assumption's right.
 */
export const assumeAfter = 170;

/** Measurements of silence, or of near echoes, after which a sensor counts for how its board is mounted, about 30 s. */
export const mountAfter = 45;

/** The floor follows calm echoes of a free spot by this share each, about 3 min for a step: temperature and snow, not cars. */
const followShare = 1 / 256;

/** How fast the share of silent measurements of a free spot is learnt, per measurement: about a minute. */
const missRate = 1 / 100;

/** It follows no further than this share from where it began. 60 °C make 10 %, a foot of snow 12 %. */
export const driftLimit = 0.25;

/** From this share on the drift raises an alarm. */
export const driftAlarm = 0.12;

/** Share of measurements of a free spot without an echo that raises an alarm: dirt on the sensor, or a floor that swallows sound. */
export const dirtAlarm = 0.3;

/** A vehicle in front of a wall sensor is nearer than this, cm; what is further away is the lane, or who stands opposite. */
export const wallReachCm = 230;

/** From here on what is heard before a wall from the first start on may be the ground before a sensor that leans, cm. */
const doubtfulCm = 150;

/** Nearer echoes come from something on the sensor (spider, leaf, drops), cm: no vehicle fits between an overhead sensor and that. */
export const blockedCm = Object.freeze({ overhead: 20, wall: 5.5 });

/** One measurement, and what it has to do with the last ones. */
export interface Heard {
	/** One of the {@link zones}. */
	zone: number;
	/** 0 for silence. */
	distanceCm: number;
	/** An echo from the same distance came just before. */
	agrees: boolean;
	/** What all recent echoes agree on, cm; 0 while they don't, or one is missing. */
	calmCm: number;
	/** What the measurement counts for, 0 to 1. */
	weight: number;
}

export interface BackgroundOptions {
	mounting: Mounting;
	/** Height of the sensor over the empty floor in cm as a person measured it. */
	floorCm?: number;
	/** What {@link Background.learnt} said before a restart. */
	learnt?: string;
	/** False: the floor stays where it was given. */
	learns: boolean;
}

/** What one spot sounds like when it is empty. */
export class Background {
	readonly #mounting: Mounting;
	readonly #learns: boolean;
	/** Where the floor is, cm; 0 while unknown, or where none is heard. */
	#floorCm = 0;
	/** Where it was when it was given or learnt, cm. */
	#anchorCm = 0;
	/** Calm echoes that it was followed by, up to 1 / {@link followShare}: the first ones count for more. */
	#age = 0;
	/** Silence is what the empty spot sounds like. */
	#silent = false;
	/** And it has never been anything else: it comes from no puddle. */
	#wall = false;
	/** A car has come and gone over this floor, or a person vouches for it. */
	#proven = false;
	/** Share of a free spot's measurements that are silent. */
	#missShare = 0.03;
	/** Measurements of silence since the floor was last heard. */
	#missRun = 0;
	/** What may be the ground before a sensor that leans, cm, and for how many measurements something hid it. */
	#groundCm = 0;
	#hidden = 0;
	/** Measurements that speak for another floor, and for the first one where that would be, cm. */
	#calm = 0;
	#levelCm = 0;
	/** Measurements since that was first heard, up to {@link lastingAfter}. */
	#levelAge = 0;
	#near = 0;
	#hush = 0;
	/** Silence was all there was to hear for a while. */
	#heardHush = false;
	/** Measurements left to *learn floor now*. */
	#lessons = 0;
	#hears = -1;

	constructor({ mounting, floorCm, learnt, learns }: BackgroundOptions) {
		this.#mounting = mounting;
		this.#learns = learns;
		if (floorCm !== undefined) {
			this.#floorCm = this.#anchorCm = floorCm;
			this.#age = learnAfter;
		}
		if (learnt) this.restore(learnt);
		this.tell();
	}

	/** Where the floor is, cm; 0 while unknown, or where none is heard. */
	get floorCm(): number {
		return this.#floorCm;
	}

	/** True when silence means that the spot is empty. */
	get isSilent(): boolean {
		return this.#silent || (this.#floorCm === 0 && this.#mounting.isWall);
	}

	/** Silence is taken for an empty spot, though this sensor has never heard a thing. */
	get isAssumed(): boolean {
		return this.#floorCm === 0 && this.#silent && !this.#wall;
	}

	/** False while there is nothing to compare an echo with. */
	get isKnown(): boolean {
		return this.#floorCm > 0 || this.isSilent;
	}

	/** Share of a free spot's measurements that are silent, 0 to 1. */
	get missShare(): number {
		return this.#missShare;
	}

	get learning(): boolean {
		return this.#lessons > 0;
	}

	get alarm(): "drift" | "dirt" | null {
		if (this.#floorCm > 0 && Math.abs(this.#floorCm - this.#anchorCm) > driftAlarm * this.#anchorCm) return "drift";
		return !this.isSilent && this.#missShare > dirtAlarm ? "dirt" : null;
	}

	/** At most 40 characters: floor and where it began in cm, silent share, what is known of silence and floor. Empty while nothing is known. */
	get learnt(): string {
		if (this.#floorCm === 0 && !this.#silent) return "";
		const flags = (this.#silent ? 1 : 0) + (this.#proven ? 2 : 0) + (this.#wall ? 4 : 0);
		return `${this.#floorCm.toFixed(1)} ${this.#anchorCm.toFixed(1)} ${this.#missShare.toFixed(2)} ${flags}`;
	}

	/** A person says that the spot is empty: forgets the floor, and takes what is heard next for it. */
	teach(): void {
		this.forget();
		this.#heardHush = false;
		this.#lessons = teachLimit;
		this.tell();
	}

	/** Which of the {@link zones} an echo from `distanceCm` is in. */
	zoneOf(distanceCm: number): number {
		const floorCm = this.#floorCm;
		if (floorCm === 0 || this.#mounting.isWall) return this.zoneBefore(distanceCm);
		if (distanceCm < blockedCm.overhead) return zones.blocked;
		const toleranceCm = toleranceOf(floorCm);
		if (distanceCm < floorCm - toleranceCm) {
			return distanceCm < floorCm - clearanceOf(floorCm) ? zones.near : zones.between;
		}
		// Where it was before snow lay on it, too.
		const isBeyond = distanceCm > floorCm + toleranceCm && distanceCm > this.#anchorCm + toleranceCm;
		return isBeyond ? zones.beyond : zones.floor;
	}

	/** The same for a sensor that is, or may be, before the cars. */
	private zoneBefore(distanceCm: number): number {
		const floorCm = this.#floorCm;
		const wall = this.#mounting.isWall;
		if (distanceCm < blockedCm.wall) return zones.blocked;
		// Nobody parks so far from a wall that this could not be the ground, unless it comes out of a known silence.
		if (wall && floorCm === 0 && !this.#silent && distanceCm >= doubtfulCm) return zones.between;
		// What comes out of a long silence has come there: it is no floor.
		const reachCm = wall || this.#hush >= mountAfter ? wallReachCm : learntFloorCm.min;
		if (floorCm === 0) return distanceCm < reachCm ? zones.near : zones.nowhere;
		if (distanceCm < reachCm && distanceCm <= floorCm - toleranceOf(floorCm)) return zones.near;
		return distanceCm > floorCm + toleranceOf(floorCm) ? zones.beyond : zones.floor;
	}

	/** True for a distance that no floor can be at: further than a knock against the sensor or melting snow would move one that was heard. */
	isBeyondDoubt(distanceCm: number): boolean {
		const floorCm = Math.max(this.#floorCm, this.#anchorCm);
		if (this.#age <= learnAfter || this.#silent || this.#heardHush) return false;
		return distanceCm > floorCm * (1 + knockShare) && !this.mayBeRoof(distanceCm);
	}

	/**
	 * Takes one measurement of a spot believed to be `state`.
	 * True when what is known of the empty spot is new, so that what was thought of the spot counts no more.
	 */
	hear({ zone, distanceCm, agrees, calmCm, weight }: Readonly<Heard>, state: SensorState): boolean {
		if (this.#lessons > 0) return this.takeLesson(zone, calmCm);
		if (!this.#learns) return false;
		this.count(zone, agrees && (this.#floorCm === 0 || calmCm > 0), state, weight);
		let isNew = false;
		if (this.#floorCm === 0)
			isNew =
				this.learn(zone, distanceCm, weight) || this.learnGround(distanceCm, agrees, weight) || this.learnSilence(zone);
		else {
			if (state === "free") this.follow(zone, calmCm, weight);
			isNew = this.move(zone, calmCm, weight) || this.loseFloor();
		}
		this.tell();
		return isNew;
	}

	/** A car has come and gone: this is the floor. */
	prove(): void {
		if (this.#floorCm > 0) this.#proven = true;
	}

	private count(zone: number, agrees: boolean, state: SensorState, weight: number): void {
		if (zone === zones.silence || (zone === zones.nowhere && !agrees)) {
			// What is silent under a known state is explained by it.
			if (state !== "unknown") return;
			this.#hush = Math.min(this.#hush + weight, assumeAfter);
			// Over a floor that was heard, only a car that is heard after the silence explains it.
			if (this.#floorCm > 0) this.#near = 0;
			else if (this.#hush >= hearingNeeded.hush) this.#heardHush = true;
		} else if (zone === zones.near) {
			if (!agrees) return;
			this.#near = Math.min(this.#near + weight, 2 * mountAfter);
			// A car is silent at times, too; but what was heard before it came stays true.
			if (this.#hush < mountAfter) this.#hush = Math.max(0, this.#hush - 2 * weight);
		} else if (zone === zones.nowhere) {
			// Who passes in the lane is not heard for long.
			this.#hush = Math.max(0, this.#hush - weight);
		} else if (zone === zones.floor) {
			if (this.#hush > 0) this.#hush = Math.max(0, this.#hush - 4 * weight);
			else this.#heardHush = false;
			if (this.#near > 0) this.#near = Math.max(0, this.#near - weight);
		}
	}

	/** The first floor: a distance that echoes come from again and again, however many are lost between them. */
	private learn(zone: number, distanceCm: number, weight: number): boolean {
		this.#levelAge = Math.min(this.#levelAge + weight, lastingAfter);
		if (zone === zones.silence) {
			this.#calm = Math.max(0, this.#calm - forgetShare * weight);
			return false;
		}
		const isFloor = zone === zones.nowhere && distanceCm <= learntFloorCm.max;
		if (isFloor && Math.abs(distanceCm - this.#levelCm) <= levelCm) {
			this.#calm += weight;
			this.#levelCm += (distanceCm - this.#levelCm) / Math.min(this.#calm + 1, learnAfter);
		} else if (this.#calm >= 1) this.#calm -= weight;
		else if (isFloor) {
			this.#levelCm = distanceCm;
			this.#calm = weight;
			this.#levelAge = 0;
		}
		// Who passes in the lane before a silent spot stops for a moment, too.
		const lasts = this.#levelAge >= lastingAfter || !(this.#heardHush || this.isSilent);
		return lasts && this.#calm >= learnAfter && this.set(this.#levelCm);
	}

	/**
	 * A wall's sensor that leans hears the ground, as near as cars that stop far off. What stood before it, and is gone, was
	 * the car; what is heard again from exactly where it was from the first start on was behind it.
	 */
	private learnGround(distanceCm: number, agrees: boolean, weight: number): boolean {
		if (!agrees || distanceCm > learntFloorCm.min) return false;
		if (Math.abs(distanceCm - this.#groundCm) <= levelCm)
			return this.#hidden >= hiddenNeeded && this.set(this.#groundCm);
		if (this.#groundCm > 0) this.#hidden += distanceCm < doubtfulCm ? weight : 0;
		else if (distanceCm >= doubtfulCm && this.#hush === 0) this.#groundCm = distanceCm;
		return false;
	}

	/** Heard a car, and heard nothing at all before or after it: so does an empty spot sound. */
	private learnSilence(zone: number): boolean {
		if (this.#silent) {
			if (this.#near >= hearingNeeded.near) this.#wall = true;
			return false;
		}
		if (this.#hush >= assumeAfter && this.#near + this.#calm === 0 && this.#mounting.mayBeWall) {
			this.#silent = true;
			return true;
		}
		if (this.#near < hearingNeeded.near || !this.#heardHush) return false;
		if (zone === zones.silence && !this.#mounting.mayBeWall) {
			// Where others hear a floor, one that falls silent over a car may be deaf. The next car tells.
			this.#near = 0;
			return false;
		}
		this.#silent = this.#wall = true;
		return true;
	}

	/** The floor was silent for minutes, and now a car is heard: so the sensor hears, and it is the floor that is gone (a puddle). */
	private loseFloor(): boolean {
		if (this.#silent || this.#near < hearingNeeded.near || this.#hush < 2 * mountAfter) return false;
		this.#silent = true;
		return true;
	}

	private follow(zone: number, calmCm: number, weight: number): void {
		const heard = zone === zones.floor || zone === zones.between;
		// Silence counts for the floor only when the floor is heard again after it.
		if (zone === zones.silence) this.#missRun = Math.min(this.#missRun + weight, 1 / missRate);
		if (!heard) return;
		if (this.#missRun === 0) this.#missShare -= this.#missShare * missRate * weight;
		else {
			const run = this.#missRun + weight;
			this.#missShare += (this.#missRun / run - this.#missShare) * Math.min(1, run * missRate);
			this.#missRun = 0;
		}
		if (calmCm === 0) return;
		if (this.#age < 1 / followShare) this.#age++;
		const followedCm = this.#floorCm + ((calmCm - this.#floorCm) / this.#age) * weight;
		if (Math.abs(followedCm - this.#anchorCm) <= driftLimit * this.#anchorCm) this.#floorCm = followedCm;
		// The floor can be heard again, and not only who stands opposite.
		if (this.#age >= 1 / followShare && !this.#wall) this.#silent = false;
	}

	private move(zone: number, calmCm: number, weight: number): boolean {
		const moved = zone === zones.between || zone === zones.beyond;
		if (!moved || calmCm === 0 || this.zoneOf(calmCm) !== zone || calmCm > learntFloorCm.max) {
			if (this.#calm > 0) this.#calm = Math.max(0, this.#calm - weight);
			return false;
		}
		this.#calm += weight;
		if (zone === zones.beyond) {
			const needed = this.mayBeRoof(calmCm) || this.#age <= learnAfter ? deepenAfter.roof : deepenAfter.floor;
			return this.#calm > needed && !this.isBeyondDoubt(calmCm) && this.set(calmCm);
		}
		if (this.#calm <= moveAfter || this.#anchorCm - calmCm > driftLimit * this.#anchorCm) return false;
		this.#floorCm = calmCm;
		this.#calm = 0;
		return true;
	}

	/** What was taken for the floor at the first start may have been a roof, and `distanceCm` be the floor's. */
	private mayBeRoof(distanceCm: number): boolean {
		const height = distanceCm - this.#floorCm;
		return !this.#proven && this.#floorCm < roofLimitCm && height >= roofHeightCm.min && height <= roofHeightCm.max;
	}

	private takeLesson(zone: number, calmCm: number): boolean {
		this.#lessons--;
		this.#hush = zone === zones.silence ? this.#hush + 1 : 0;
		if (calmCm >= taughtFloorCm.min && calmCm <= taughtFloorCm.max) {
			this.#silent = this.#wall = false;
			this.set(calmCm);
		} else if (this.#hush >= taughtHush) this.#silent = true;
		else return false;
		this.#lessons = 0;
		this.#proven = true;
		this.tell();
		return true;
	}

	private set(floorCm: number): boolean {
		const silent = this.#silent;
		const wall = this.#wall;
		this.forget();
		this.#silent = silent;
		this.#wall = wall;
		this.#floorCm = this.#anchorCm = floorCm;
		this.#age = learnAfter + 1;
		return true;
	}

	private forget(): void {
		this.#floorCm = this.#anchorCm = 0;
		this.#silent = this.#wall = this.#proven = false;
		this.#missShare = 0.03;
		this.#missRun = this.#groundCm = this.#hidden = this.#calm = this.#near = this.#hush = this.#lessons = 0;
	}

	/** What makes no sense is as if nothing had been kept. */
	private restore(learnt: string): void {
		const [floorCm = -1, anchorCm = -1, missShare = -1, flags = -1] = learnt.split(" ").map(Number);
		const floorIsSane = floorCm === 0 || (floorCm >= taughtFloorCm.min && floorCm <= taughtFloorCm.max);
		const driftIsSane = Math.abs(floorCm - anchorCm) <= driftLimit * anchorCm + 0.2;
		if (!floorIsSane || !driftIsSane || !(missShare >= 0 && missShare <= 1) || !(flags >= 0 && flags <= 7)) return;
		// A person has measured anew.
		if (this.#anchorCm > 0 && Math.abs(this.#anchorCm - anchorCm) > toleranceOf(anchorCm)) return;
		this.#floorCm = floorCm;
		this.#anchorCm = anchorCm;
		this.#missShare = missShare;
		this.#silent = flags % 2 === 1;
		this.#proven = flags % 4 >= 2;
		this.#wall = flags >= 4;
		this.#age = 1 / followShare;
	}

	/** Lets the board's other sensors know what this one hears. */
	private tell(): void {
		if (this.#floorCm > 0 && this.#hears === hearsFloor) return;
		let hears = hearsNothingYet;
		if (this.#floorCm > 0) hears = hearsFloor;
		else if (this.#silent) hears = hearsSilence;
		else if (this.#near >= mountAfter) hears = nearSoFar;
		else if (this.#hush >= mountAfter) hears = quietSoFar;
		if (hears === this.#hears) return;
		this.#mounting.count(this.#hears, hears);
		this.#hears = hears;
	}
}
Object.freeze(Background.prototype);

/** How far from the floor an echo may be and still be the floor's, cm: noise, slush, and 7.5 % for air that is 40 °C colder than thought. */
export function toleranceOf(floorCm: number): number {
	return floorCm < 187.5 ? 15 : 0.08 * floorCm;
}

/** How far above the floor a vehicle's surfaces are at least, cm: a trailer's bed is 40 to 60 cm high. */
export function clearanceOf(floorCm: number): number {
	return floorCm < 200 ? 22 : 0.11 * floorCm;
}
