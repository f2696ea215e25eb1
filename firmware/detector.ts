/**
 * In: one sensor's raw measurements. Out: free, occupied or unknown, how sure, and why.
 * Never: waits, remembers more than a few numbers, or calls a spot free because it heard nothing.
 */
import type { SensorState } from "./messages.ts";
import type { Measurement } from "./ranging.ts";

/**
 * Why a verdict is what it is: `echo` by what was measured. The rest are reasons to know nothing: `starting` too few
 * measurements yet, `no_echo` nothing comes back, `unplugged` not even the pulse that says so, `stuck` the echo pin
 * stays high, `too_short` only pulses shorter than sound could make, `floor_unknown` nothing learnt to compare with,
 * `beyond_floor` echoes from further away than the floor, `unclear` echoes that do not agree.
 */
export type Reason =
	| "echo"
	| "starting"
	| "no_echo"
	| "unplugged"
	| "stuck"
	| "too_short"
	| "floor_unknown"
	| "beyond_floor"
	| "unclear";

/** What the detector holds of its spot. The detector changes the same object: whoever keeps it copies it. */
export interface Verdict {
	state: SensorState;
	/** 0 to 1: the share of the last {@link windowSize} measurements that speak for the state; 0 while it is unknown. */
	confidence: number;
	reason: Reason;
	/** Median of the last measured distances in cm; null when none of them had an echo. */
	distanceCm: number | null;
}

/** Where sensors are: over the cars at 2 to 3.5 m, or in front of them at the height of a bumper, where an empty spot is silent. */
export type Mount = "overhead" | "wall";

export interface DetectorOptions {
	/** Height of the sensor over the empty floor in cm; learnt when left out, see {@link Detector}. */
	floorCm?: number;
	/** Found out when left out. */
	mount?: Mount;
	/** What {@link Detector.learnt} said before a restart. */
	learnt?: string;
}

/** Measurements that have a vote: with eight sensors in a sweep of 0.64 s, the last 3.2 s. */
export const windowSize = 5;

/** Votes for a change. One stray ping neither makes nor stops one, and a clear change is decided in 4 × 0.64 = 2.56 s. */
export const votesNeeded = 4;

/** Votes for a wire that is off or a pin that hangs: a sound sensor never looks like that, so it shows within 3 sweeps. */
export const faultVotesNeeded = 3;

/** Echoes that differ by no more than this are calm, cm: HC-SR04s scatter by 0.1 to 0.5 cm, a walking person by far more. */
export const calmSpreadCm = 6;

/** Floors that are learnt lie in this range, cm: overhead sensors hang 2 to 3.5 m high and measure to 4 m; nearer is a roof or a hood. */
export const learntFloorCm = Object.freeze({ min: 190, max: 400 });

/** Calm measurements before the first floor is taken for one. */
export const learnAfter = 8;

/** Calm measurements before a learnt floor is given up for one further down: about 5 min. The first one may have been a hood. */
export const deepenAfter = 480;

/** The floor follows calm echoes of a free spot by this share each, about 3 min for a step: temperature and snow, not cars. */
const followShare = 1 / 256;

/** It follows no further than this share from where it began: a temperature error of 60 °C makes 10 %. */
const followLimit = 0.15;

// What one measurement tells, apart from its distance.
const empty = 0;
const echo = 1;
const noEcho = 2;
const silent = 3;
const tooShort = 4;
const stuck = 5;

/** Speed of sound at `temperatureC` (°C) in cm/µs. v = 331.3 + 0.606·T m/s, good to 0.2 % from −20 to 40 °C. */
export function soundCmPerUs(temperatureC: number): number {
	return (331.3 + 0.606 * temperatureC) / 10_000;
}

/** Distance for a round trip of `echoUs` (µs) at `temperatureC` (°C), in cm; throws RangeError on a negative time. */
export function echoDistanceCm(echoUs: number, temperatureC: number): number {
	if (echoUs < 0) throw new RangeError(`echoUs must be 0 or more, got ${echoUs}`);
	return (echoUs * soundCmPerUs(temperatureC)) / 2;
}

/** How far from the floor an echo may be and still be the floor's, cm: noise, slush, and 10 % for a wrong temperature. */
export function floorToleranceCm(floorCm: number): number {
	return Math.max(20, 0.1 * floorCm);
}

/** How much nearer than the tolerance an echo must be to be a vehicle's, cm. Echoes between the two speak for what was before. */
export const hysteresisCm = 15;

/**
 * Judges a spot from a sensor above it, relative to the empty floor. Holds the last {@link windowSize} measurements and
 * changes its mind when {@link votesNeeded} of them agree. Without a floor in its options it takes the first calm echo
 * from {@link learntFloorCm} for it and says unknown until then, so that a car which stands there at the first start is
 * not taken for the floor.
 */
export class Detector {
	readonly verdict: Readonly<Verdict>;
	readonly #verdict: Verdict = { state: "unknown", confidence: 0, reason: "starting", distanceCm: null };
	readonly #kinds = new Uint8Array(windowSize);
	readonly #distancesCm = new Float64Array(windowSize);
	readonly #sortedCm = new Float64Array(windowSize);
	/** How many of {@link #sortedCm} count. */
	#echoes = 0;
	#place = 0;
	/** Where the floor is, cm; 0 while unknown. */
	#floorCm: number;
	/** Where the floor was when it was set or learnt, cm. */
	#anchorCm: number;
	/** Only a floor that nobody measured may turn out to be deeper. */
	readonly #learns: boolean;
	/** Calm measurements, less those that were not. */
	#calm = 0;

	/** @throws RangeError on a floor that is not a positive number. */
	constructor({ floorCm }: DetectorOptions = {}) {
		if (floorCm !== undefined && !(floorCm > 0 && floorCm < Number.POSITIVE_INFINITY)) {
			throw new RangeError(`floorCm must be a positive number of cm, got ${floorCm}`);
		}
		this.verdict = this.#verdict;
		this.#learns = floorCm === undefined;
		this.#floorCm = this.#anchorCm = floorCm ?? 0;
	}

	/** Height over the floor in cm as it is believed now; null while it is unknown. */
	get floorCm(): number | null {
		return this.#floorCm || null;
	}

	/** Forgets the floor and takes what it hears next for it: a person says that the spot is empty now. */
	learnFloor(): void {
		this.#floorCm = this.#anchorCm = 0;
	}

	/** From {@link learnFloor} until that is done, one way or the other. */
	get learning(): boolean {
		return false;
	}

	/** What has been learnt, to be kept over restarts: at most 40 characters, empty while there is nothing. */
	get learnt(): string {
		return "";
	}

	/** What goes wrong slowly, before it makes the verdict wrong. */
	get alarm(): "drift" | "dirt" | null {
		return null;
	}

	/**
	 * Takes one measurement made at `temperatureC` (°C). True when the state changed, or why it is unknown.
	 * Takes any numbers, also such as no sensor makes, and never throws.
	 */
	measure(measurement: Readonly<Measurement>, temperatureC: number): boolean {
		this.#remember(measurement, temperatureC);
		this.#sort();
		this.#learn();
		return this.#decide();
	}

	#remember({ kind, echoUs, high }: Readonly<Measurement>, temperatureC: number): void {
		let what = noEcho;
		let distanceCm = 0;
		if (kind === "stuck") what = stuck;
		else if (kind === "too_short") what = tooShort;
		else if (kind === "no_echo") what = echoUs === null && !high ? silent : noEcho;
		else {
			distanceCm = echoUs !== null && echoUs > 0 ? echoDistanceCm(echoUs, temperatureC) : 0;
			if (distanceCm > 0 && distanceCm < Number.POSITIVE_INFINITY) what = echo;
		}
		this.#kinds[this.#place] = what;
		this.#distancesCm[this.#place] = distanceCm;
		this.#place = (this.#place + 1) % windowSize;
	}

	/** Distances of the window's echoes, rising: for the median, and for how calm they are. */
	#sort(): void {
		const sorted = this.#sortedCm;
		let count = 0;
		for (let i = 0; i < windowSize; i++) {
			if (this.#kinds[i] !== echo) continue;
			const distanceCm = this.#distancesCm[i] ?? 0;
			let at = count++;
			for (; at > 0 && (sorted[at - 1] ?? 0) > distanceCm; at--) sorted[at] = sorted[at - 1] ?? 0;
			sorted[at] = distanceCm;
		}
		this.#echoes = count;
		this.#verdict.distanceCm = count > 0 ? (sorted[count >> 1] ?? null) : null;
	}

	#learn(): void {
		const medianCm = this.#verdict.distanceCm ?? 0;
		const calm =
			this.#echoes === windowSize && (this.#sortedCm[windowSize - 1] ?? 0) - (this.#sortedCm[0] ?? 0) <= calmSpreadCm;
		if (calm && this.#verdict.state === "free" && this.#isFloor(medianCm)) {
			this.#calm = 0;
			const followedCm = this.#floorCm + (medianCm - this.#floorCm) * followShare;
			const limitCm = this.#anchorCm * followLimit;
			if (Math.abs(followedCm - this.#anchorCm) <= limitCm) this.#floorCm = followedCm;
			return;
		}
		const deeper = medianCm > this.#floorCm + floorToleranceCm(this.#floorCm);
		if (!this.#learns || !calm || !deeper || medianCm < learntFloorCm.min || medianCm > learntFloorCm.max) {
			if (this.#calm > 0) this.#calm--;
			return;
		}
		this.#calm++;
		// The window is full of calm echoes before the first one counts.
		if (this.#calm > (this.#floorCm === 0 ? learnAfter - windowSize : deepenAfter)) {
			this.#floorCm = this.#anchorCm = medianCm;
			this.#calm = 0;
		}
	}

	#isFloor(distanceCm: number): boolean {
		return Math.abs(distanceCm - this.#floorCm) <= floorToleranceCm(this.#floorCm);
	}

	#decide(): boolean {
		let near = 0;
		let floor = 0;
		let between = 0;
		let beyond = 0;
		let none = 0;
		let silence = 0;
		let hanging = 0;
		let short = 0;
		let measured = 0;
		for (let i = 0; i < windowSize; i++) {
			const kind = this.#kinds[i];
			const distanceCm = this.#distancesCm[i] ?? 0;
			if (kind === empty) continue;
			measured++;
			if (kind === noEcho) none++;
			else if (kind === silent) silence++;
			else if (kind === stuck) hanging++;
			else if (kind === tooShort) short++;
			else if (this.#isFloor(distanceCm)) floor++;
			else if (distanceCm > this.#floorCm) beyond++;
			else if (distanceCm < this.#floorCm - floorToleranceCm(this.#floorCm) - hysteresisCm) near++;
			else between++;
		}
		const { state } = this.#verdict;
		if (state === "occupied") near += between;
		if (state === "free") floor += between;

		if (hanging >= faultVotesNeeded) return this.#unknown("stuck");
		if (silence >= faultVotesNeeded) return this.#unknown("unplugged");
		if (this.#echoes === 0 && measured === windowSize) {
			return this.#unknown(short >= faultVotesNeeded ? "too_short" : "no_echo");
		}
		if (this.#floorCm === 0) return this.#echoes >= votesNeeded && this.#unknown("floor_unknown");
		// Over a floor that gives echoes, none is a sign of glass, a slope or a soft roof, but needs echoes beside it.
		const slopes = near >= 2 && floor + beyond === 0 ? none : 0;
		if (near + slopes >= votesNeeded) return this.#known("occupied", (near + none / 2) / windowSize);
		if (floor >= votesNeeded) return this.#known("free", floor / windowSize);
		if (beyond === windowSize) return this.#unknown("beyond_floor");
		if (state === "unknown" && near + floor + between >= votesNeeded) return this.#unknown("unclear");
		const votes = state === "occupied" ? near + none / 2 : state === "free" ? floor : 0;
		this.#verdict.confidence = votes / windowSize;
		return false;
	}

	#known(state: SensorState, confidence: number): boolean {
		const changed = this.#verdict.state !== state;
		this.#verdict.state = state;
		this.#verdict.reason = "echo";
		this.#verdict.confidence = Math.min(1, confidence);
		return changed;
	}

	#unknown(reason: Reason): boolean {
		const changed = this.#verdict.state !== "unknown" || this.#verdict.reason !== reason;
		this.#verdict.state = "unknown";
		this.#verdict.reason = reason;
		this.#verdict.confidence = 0;
		return changed;
	}
}
Object.freeze(Detector.prototype);

export interface DetectorsOptions {
	/** In the sensors' order. */
	spots: readonly { height_cm?: number }[];
	mount?: Mount;
	/** What each detector's {@link Detector.learnt} said before a restart, in the same order. */
	learnt?: readonly string[];
}

/** A board's detectors, one for each of its spots: they find out together how the sensors are mounted. */
export function makeDetectors({ spots, mount, learnt = [] }: DetectorsOptions): Detector[] {
	return spots.map(({ height_cm }, spot) => new Detector({ floorCm: height_cm, mount, learnt: learnt[spot] }));
}
