/**
 * In: one sensor's raw measurements. Out: free, occupied or unknown, how sure, and why.
 * Never: waits, remembers more than a few numbers, or lets one measurement change its mind.
 */
import { Background, type Heard, lowestFloorCm, zones } from "./background.ts";
import {
	agreeCm,
	calmSpreadCm,
	carHeard,
	carRate,
	clear,
	dropCm,
	edgeRun,
	edgeShare,
	erraticCm,
	erraticFactor,
	erraticShare,
	evidenceNeeded,
	farthestCm,
	faultVotesLimit,
	faultVotesNeeded,
	fineStepsNeeded,
	fineStepUs,
	frozenAfter,
	fullWeightMs,
	ghostPriorAge,
	ghostRate,
	goneAfter,
	hauntedShare,
	heardLimit,
	knownAfter,
	logOdds,
	longestLimit,
	longestRun,
	lostAfter,
	lostLimit,
	mostFloorShare,
	movingShare,
	nuisanceVotesNeeded,
	oddRate,
	priorFloorShare,
	priorGhostShare,
	priorSilentShare,
	quietAfter,
	runLimit,
	sameCarCm,
	silenceClear,
	slowFromMs,
	slowMs,
	startingLimit,
	strangeWithin,
	suddenShare,
	unclear,
	vanWithin,
	windowSize,
} from "./evidence.ts";
import type { SensorState } from "./messages.ts";
import { type Mount, Mounting } from "./mounting.ts";
import { longestEchoUs, type Measurement } from "./ranging.ts";

export type { Mount };

/**
 * Why a verdict is what it is. `echo`: by what was measured; `no_echo`: by silence, which is a slope, glass or a soft roof
 * over a floor that can be heard, and an empty spot where there is none. The rest are reasons to know nothing: `starting`
 * too few measurements yet, `no_echo` a silence that means nothing yet, `unplugged` not even the pulse that says so, `stuck`
 * the echo pin stays high, `too_short` only pulses shorter than sound could make, `blocked` something sits on the sensor,
 * `floor_unknown` nothing learnt to compare with, `beyond_floor` echoes from further away than the floor, `unclear` echoes
 * that do not agree.
 */
export type Reason =
	| "echo"
	| "starting"
	| "no_echo"
	| "unplugged"
	| "stuck"
	| "too_short"
	| "blocked"
	| "floor_unknown"
	| "beyond_floor"
	| "unclear";

/** What the detector holds of its spot. The detector changes the same object: whoever keeps it copies it. */
export interface Verdict {
	state: SensorState;
	/** 0 to 1: how far the last measurements speak for the state; 0 while it is unknown. */
	confidence: number;
	reason: Reason;
	/** Median of the last measured distances in cm; null when none of them had an echo. */
	distanceCm: number | null;
}

export interface DetectorOptions {
	/** Height of the sensor over the empty floor in cm; learnt when left out. */
	floorCm?: number;
	/** Found out, together with the board's other detectors, when left out. */
	mounting?: Mounting;
	/** What {@link Detector.learnt} said before a restart. */
	learnt?: string;
	/** What to leave out, to see what it is good for: following the floor, or asking more than one measurement. */
	without?: "learning" | "votes";
}

/** Speed of sound at `temperatureC` (°C) in cm/µs. v = 331.3 + 0.606·T m/s, good to 0.2 % from −20 to 40 °C. */
export function soundCmPerUs(temperatureC: number): number {
	return (331.3 + 0.606 * temperatureC) / 10_000;
}

/** Distance for a round trip of `echoUs` (µs) at `temperatureC` (°C), in cm; throws RangeError on a negative time. */
export function echoDistanceCm(echoUs: number, temperatureC: number): number {
	if (echoUs < 0) throw new RangeError(`echoUs must be 0 or more, got ${echoUs}`);
	return (echoUs * soundCmPerUs(temperatureC)) / 2;
}

/**
 * Judges a spot by what is likelier: that it is as it was, or that it has changed. How likely a measurement is in an empty
 * and in a taken spot is learnt where it can be: how the empty spot sounds, how often it is silent or haunted, how
 * often this car is silent or lets the floor be heard.
 */
export class Detector {
	readonly #verdict: Verdict = { state: "unknown", confidence: 0, reason: "starting", distanceCm: null };
	readonly #background: Background;
	readonly #needed: number;
	/** Last distances, cm; 0 for a measurement without an echo. */
	readonly #distancesCm = new Float32Array(windowSize);
	#place = 0;
	/** How many of them are echoes. */
	#echoes = 0;
	readonly #heard: Heard = { zone: zones.silence, distanceCm: 0, agrees: false, calmCm: 0, weight: 1 };
	/** What the last one was measured at, °C, and half the speed of sound then, cm/µs. */
	#temperatureC = Number.NaN;
	#cmPerUs = 0;
	#lastMs = Number.NaN;
	#lastUs = 0;
	/** How often that came, one after the other. */
	#same = 0;
	#fineSteps = 0;
	/** Of the measurement that is being taken. */
	#weight = 1;
	#forOccupied = 0;
	#forFree = 0;
	/** Votes for {@link #fault}. */
	#faultVotes = 0;
	#fault: Reason = "starting";
	/** Measurements of silence, less four for each echo. */
	#lost = 0;
	/** Share of the last echoes that agree with nothing. */
	#odd = 0;
	/** Share of near echoes while the spot was free. */
	#ghostShare = priorGhostShare;
	/** Measurements that it comes from, up to 1 / {@link ghostRate}. */
	#ghostAge = 0;
	/** Near echoes since the empty spot was last heard. */
	#ghostRun = 0;
	/** Shares of the floor's echoes and of silence in what is heard of the car that is there. */
	#floorShare = priorFloorShare;
	#silentShare = priorSilentShare;
	/** Echoes of the floor and measurements of silence since the car was last heard. */
	#floorRun = 0;
	#silentRun = 0;
	/** Echoes of the floor between a car's leaving and what is heard from the same place now. */
	#awayRun = 0;
	/** The most echoes of the floor after which this car was heard again. */
	#longestRun = 0;
	/** Near echoes since the car was there, up to {@link carHeard}. */
	#heardOften = 0;
	/** Measurements since the state changed, up to {@link knownAfter}. */
	#age = 0;
	#came = false;
	/** Share of the last near echoes that were not where the one before was. */
	#erratic = 0;
	/** A near echo was heard since the floor was. */
	#heardCar = false;
	#isVan = false;
	/** Something else was heard since the floor was: see {@link meetStrange}. */
	#strange = false;
	/** Where the last near echo came from, cm. */
	#nearCm = 0;
	/** Near echoes within the last seconds, see {@link carHeard}. */
	#heardNear = 0;
	/** How far the last measurements speak for a car, 0 to 1. */
	#taken = 0.5;
	/** How often no pulse at all was followed by an echo: from {@link faultVotesNeeded} on that is how this clone says that nothing came back. −1 once it has said so by a long pulse. */
	#missing = 0;

	/** @throws RangeError on a floor that is not a positive number. */
	constructor({ floorCm, mounting = new Mounting(undefined), learnt, without }: DetectorOptions = {}) {
		if (floorCm !== undefined && !(floorCm > 0 && floorCm < Number.POSITIVE_INFINITY)) {
			throw new RangeError(`floorCm must be a positive number of cm, got ${floorCm}`);
		}
		this.#needed = without === "votes" ? 0.1 : evidenceNeeded;
		this.#background = new Background({ mounting, floorCm, learnt, learns: without !== "learning" });
	}

	/** The same object each time. */
	get verdict(): Readonly<Verdict> {
		// Only who asks pays for it.
		this.#verdict.distanceCm = this.medianCm();
		return this.#verdict;
	}

	/** The empty floor in cm as it is believed now; null while it is unknown, or where there is none to hear. */
	get floorCm(): number | null {
		return this.#background.floorCm || null;
	}

	/** Whether it is known what the empty spot sounds like: a floor, or silence. */
	get knowsEmpty(): boolean {
		return this.#background.isKnown;
	}

	/** A person says that the spot is empty: forgets the floor and takes what is heard next for it, within {@link learning} or not at all. */
	learnFloor(): void {
		this.#background.teach();
		this.change("unknown", "floor_unknown");
	}

	/** From {@link learnFloor} until that is done, 17 s at most; {@link knowsEmpty} tells whether it went well. */
	get learning(): boolean {
		return this.#background.learning;
	}

	/** What has been learnt, to be kept over restarts: at most 40 characters, empty while there is nothing. */
	get learnt(): string {
		return this.#background.learnt;
	}

	/** What goes wrong slowly, before it makes the verdict wrong. */
	get alarm(): "drift" | "dirt" | null {
		return this.#background.alarm;
	}

	/**
	 * Takes one measurement made at `temperatureC` (°C). True when the state changed, or why it is unknown.
	 * Takes any numbers, also such as no sensor makes, and never throws.
	 */
	dbg() {
		return {
			lost: this.#lost,
			ss: this.#silentShare,
			fo: this.#forOccupied,
			ff: this.#forFree,
			age: this.#age,
			hn: this.#heardNear,
			odd: this.#odd,
		};
	}
	measure(measurement: Readonly<Measurement>, temperatureC: number): boolean {
		const { state, reason } = this.#verdict;
		this.weigh(measurement.atMs);
		const isFrozen = this.isFrozen(measurement.echoUs);
		const distanceCm = isFrozen ? 0 : this.distanceOf(measurement, temperatureC);
		const fault = isFrozen ? "stuck" : distanceCm > 0 ? null : this.faultOf(measurement);
		let zone = this.zoneOf(distanceCm);
		if (this.countFault(distanceCm, zone === zones.blocked ? "blocked" : fault)) zone = this.zoneOf(distanceCm);
		if (fault === null) this.take(distanceCm, zone);
		else this.look(0);
		this.decide();
		return this.#verdict.state !== state || (state === "unknown" && this.#verdict.reason !== reason);
	}

	private weigh(atMs: number): void {
		const passedMs = atMs - this.#lastMs;
		this.#lastMs = atMs;
		// A clock that was set, or none: every measurement counts as one.
		if (!(passedMs > 0)) this.#weight = 1;
		else if (passedMs < fullWeightMs) this.#weight = passedMs / fullWeightMs;
		else this.#weight = 1 + Math.min(1, Math.max(0, passedMs - slowFromMs) / slowMs);
	}

	/**
	 * A sensor that hangs gives the same time again and again. None that times to the µs does: sound scatters by 6 µs at
	 * least. One that has never shown so fine a step (it counts in steps of 58 µs, or is a simulator's) may.
	 */
	private isFrozen(echoUs: number | null): boolean {
		if (echoUs === null) return false;
		const stepUs = Math.abs(echoUs - this.#lastUs);
		this.#lastUs = echoUs;
		if (stepUs === 0) this.#same++;
		else {
			this.#same = 0;
			if (stepUs <= fineStepUs && this.#fineSteps < fineStepsNeeded) this.#fineSteps++;
		}
		return this.#same >= frozenAfter && this.#fineSteps >= fineStepsNeeded && echoUs < longestEchoUs;
	}

	/** 0 without an echo. */
	private distanceOf({ kind, echoUs }: Readonly<Measurement>, temperatureC: number): number {
		if (kind !== "ok" || echoUs === null || !(echoUs > 0)) return 0;
		if (temperatureC !== this.#temperatureC) {
			this.#temperatureC = temperatureC;
			this.#cmPerUs = soundCmPerUs(temperatureC) / 2;
		}
		const distanceCm = echoUs * this.#cmPerUs;
		return distanceCm > 0 && distanceCm < farthestCm ? distanceCm : 0;
	}

	/** Why a measurement without an echo says nothing of the spot; null when it does. */
	private faultOf({ kind, echoUs, high }: Readonly<Measurement>): Reason | null {
		if (kind === "stuck") return "stuck";
		if (kind === "too_short") return "too_short";
		if (echoUs !== null || high) {
			// This sensor says by a long pulse that nothing came back: no pulse at all is something else.
			this.#missing = -1;
			return null;
		}
		return this.#missing >= faultVotesNeeded ? null : "unplugged";
	}

	/** True when what seemed to block the sensor is a van. */
	private countFault(distanceCm: number, now: Reason | null): boolean {
		// Some clones send no pulse when nothing came back. One that is followed by echoes again and again is such a clone.
		if (distanceCm > 0 && this.#fault === "unplugged" && this.#faultVotes > 0 && this.#missing >= 0) {
			if (this.#missing < faultVotesNeeded) this.#missing++;
		}
		if (now === "blocked" && this.#fault === now && this.#faultVotes === nuisanceVotesNeeded - 1 && this.meetVan())
			return true;
		if (now === null) {
			if (this.#faultVotes > 0) this.#faultVotes = Math.max(0, this.#faultVotes - (distanceCm > 0 ? 2 : 1));
		} else if (now === this.#fault) this.#faultVotes = Math.min(this.#faultVotes + 1, faultVotesLimit);
		else if (this.#faultVotes <= 1) {
			this.#fault = now;
			this.#faultVotes = 1;
		} else this.#faultVotes--;
		return false;
	}

	/** A van's roof may be just under the sensor. It comes with its hood first, and a spider does not. */
	private meetVan(): boolean {
		const came = this.#heardCar && (this.#verdict.state !== "occupied" || this.#age < vanWithin);
		if (!came || this.#background.floorCm === 0) return false;
		this.#isVan = true;
		this.#faultVotes = 0;
		return true;
	}

	/** Puts a distance (0 for silence) into the window, and looks what it has to do with the others. */
	private look(distanceCm: number): void {
		const window = this.#distancesCm;
		const heard = this.#heard;
		const place = this.#place;
		let agrees = false;
		let echoes = 0;
		let min = Number.POSITIVE_INFINITY;
		let max = 0;
		for (let i = 0; i < windowSize; i++) {
			let otherCm = window[i] as number;
			const apartCm = otherCm - distanceCm;
			if (apartCm <= agreeCm && apartCm >= -agreeCm) agrees = true;
			if (i === place) window[i] = otherCm = distanceCm;
			if (otherCm > 0) echoes++;
			if (otherCm < min) min = otherCm;
			if (otherCm > max) max = otherCm;
		}
		this.#place = place + 1 < windowSize ? place + 1 : 0;
		this.#echoes = echoes;
		heard.distanceCm = distanceCm;
		heard.agrees = distanceCm > 0 && (agrees || Math.abs(this.#nearCm - distanceCm) <= agreeCm);
		heard.calmCm = echoes === windowSize && max - min <= calmSpreadCm ? (min + max) / 2 : 0;
	}

	/** A measurement that says something of the spot: an echo from `distanceCm`, or silence (0), in `zone`. */
	private take(distanceCm: number, zone: number): void {
		const heard = this.#heard;
		const { state } = this.#verdict;
		this.look(distanceCm);
		heard.weight = this.#weight;
		heard.zone = zone;
		if (this.#background.hear(heard, state)) this.startAnew(heard);
		const { isKnown } = this.#background;
		if (isKnown) this.weighEvidence(heard, state === "occupied");
		this.learnGhosts(heard, isKnown);
		this.learnCar(heard);
		if (heard.zone === zones.near) this.#nearCm = distanceCm;
		if (this.#age < knownAfter) this.#age++;
	}

	/** What was heard before was compared with another floor. The echoes that taught this one are the spot's. */
	private startAnew(heard: Heard): void {
		heard.zone = this.zoneOf(heard.distanceCm);
		this.#forFree = heard.zone === zones.floor ? this.#needed : 0;
		this.#forOccupied = heard.zone === zones.near && heard.calmCm > 0 ? this.#needed : 0;
		if (this.#background.floorCm > 0) this.#ghostShare = priorGhostShare;
	}

	private zoneOf(distanceCm: number): number {
		if (distanceCm === 0) return zones.silence;
		const zone = this.#background.zoneOf(distanceCm);
		return zone === zones.blocked && this.#isVan ? zones.near : zone;
	}

	/** A vehicle comes with more than one surface: a hood, a windscreen, a roof, or one that slows down. What stands there all at once is a person or a cart. */
	private watchComing(distanceCm: number): void {
		if (this.#verdict.state === "occupied") return;
		// The first one of its kind is no step.
		if (this.#heardNear <= 4) return;
		const stepCm = Math.abs(distanceCm - this.#nearCm);
		this.#erratic += ((stepCm > erraticCm ? 1 : 0) - this.#erratic) * Math.min(0.5, 0.3 * this.#weight);
		if (stepCm > 1.5 && stepCm < 60) this.#came = true;
	}

	private weighEvidence({ zone, agrees, distanceCm }: Readonly<Heard>, occupied: boolean): void {
		const isEcho = zone !== zones.silence;
		if (isEcho) {
			this.countOdd(zone, agrees, occupied);
			if (this.#lost > 0) this.#lost = Math.max(0, Math.min(this.#lost, 2 * goneAfter) - 4 * this.#weight);
		}
		if (zone === zones.near && distanceCm < dropCm && this.#echoes < 4) this.lean(0.5);
		else if (zone === zones.near) {
			this.#heardNear = Math.min(this.#heardNear + 4, heardLimit);
			this.meetStrange();
			if (this.#heardNear >= carHeard) this.#heardCar = true;
			this.watchComing(distanceCm);
			const isSure = this.#forFree === 0 && this.#forOccupied >= erraticFactor * this.#needed;
			if (!isSure) {
				const share = this.isMoving ? movingShare : this.#came ? 1 : suddenShare;
				this.add(agrees ? logOdds(0.9, this.#ghostShare) * share : 0.5, -clear);
			}
			this.lean(1);
		} else if (zone === zones.floor) {
			this.#strange = this.#heardCar = this.#isVan = false;
			this.#erratic = 0;
			if (this.#forOccupied > 0 || this.#forFree < this.#needed) this.hearFloor(agrees, distanceCm);
			else this.#came = false;
			this.lean(0);
		} else if (!isEcho || zone === zones.nowhere) {
			this.hearNothing();
		} else if (zone === zones.beyond) this.hearBeyond();
		if (this.#heardNear > 0) this.#heardNear--;
	}

	private hearFloor(agrees: boolean, distanceCm: number): void {
		const share = this.#came ? 1 : suddenShare;
		this.#came = this.#came && this.#heardNear > 8;
		const floorShare = this.#ghostShare < hauntedShare ? this.#floorShare : priorFloorShare;
		const isFloor = agrees || Math.abs(distanceCm - this.#background.floorCm) <= 2 * agreeCm;
		this.add(share * Math.max(-2.5, Math.log(floorShare / 0.95)), logOdds(0.9, floorShare) * (isFloor ? 1 : 0.3));
	}

	private countOdd(zone: number, agrees: boolean, occupied: boolean): void {
		// Glass and slopes let a car be heard from further away than the floor, here and there.
		if (zone === zones.beyond && occupied) return;
		// The usual case, made short.
		if (agrees && this.#odd < 0.001) return;
		const fits = agrees || zone === zones.floor || zone === zones.nowhere || zone === zones.silence;
		this.#odd += ((fits ? 0 : 1) - this.#odd) * oddRate * this.#weight;
	}

	private hearNothing(): void {
		const { isSilent, missShare } = this.#background;
		this.#lost = Math.min(this.#lost + this.#weight, lostLimit);
		if (isSilent) {
			this.countOdd(zones.silence, true, false);
			const forFree = Math.min(silenceClear, Math.max(0.2, logOdds(0.97, this.#silentShare)));
			// A car may well be silent two times out of three, if only it is heard more often than birds and weeds are.
			const heard = Math.max(0.35, Math.min(0.9, 2.5 * this.#ghostShare));
			this.add(Math.log((1 - heard) / (1 - Math.min(0.9, this.#ghostShare))), forFree);
			this.lean(0);
			return;
		}
		// Silence alone may be a sensor that has gone deaf: only with a car's echoes before it is it a car.
		const afterCar = this.#heardNear >= carHeard;
		const most = afterCar ? 0.9 : this.#strange ? 0.6 : 0;
		const forOccupied = Math.min(most, logOdds(priorSilentShare, missShare));
		// A car that nobody has heard (all glass, or none at all) hides no floor's echoes between its silences.
		const isHeard = this.#verdict.state === "occupied" && this.#heardOften > 1;
		const forFree = isHeard ? Math.min(0, Math.max(-0.5, Math.log(missShare / priorSilentShare))) : 0;
		this.add(Math.max(0, forOccupied), forFree);
		if (afterCar) {
			this.#heardNear++;
			this.lean(0.7);
		}
	}

	/**
	 * Sound that comes back from further than the floor has met something on its way that sent it elsewhere first: glass, a
	 * slope. So does a floor that is not where it was, which is why a car's echoes before it count.
	 */
	private hearBeyond(): void {
		this.meetStrange();
		if (this.#heardNear >= carHeard) {
			this.#heardNear++;
			this.add(1.5, -1);
			this.lean(0.8);
		} else if (this.#background.isBeyondDoubt(this.#heard.distanceCm)) {
			this.add(1.5, -1);
			this.lean(0.6);
		} else this.add(0, -0.5);
	}

	/** An echo that was not the floor's, where the floor's was just heard: should all be silent from now on, it was a car's. */
	private meetStrange(): void {
		if (this.#verdict.state !== "free" || this.#ghostShare >= hauntedShare) return;
		if (this.#lost < strangeWithin) this.#strange = true;
	}

	/** How often something is near that is no car: while the spot is free, or before anything is known. */
	private learnGhosts({ zone, calmCm }: Readonly<Heard>, isKnown: boolean): void {
		if (isKnown ? this.#verdict.state !== "free" : calmCm > 0) return;
		const { isSilent } = this.#background;
		const isNear = zone === zones.near;
		// Where there were no ghosts for minutes, a car that was thought to have left just now may be there still.
		const isThere = isKnown && this.#heardOften >= carHeard && this.#floorRun + this.#silentRun < runLimit;
		if (isThere && this.#ghostAge >= quietAfter && this.#ghostShare < hauntedShare) return;
		if (!isNear && zone !== zones.floor && !(zone === zones.silence && (isSilent || !isKnown))) return;
		// What is near may be a car that comes: it is a ghost when the empty spot is heard after it.
		if (isNear) {
			if (this.#ghostRun < runLimit) this.#ghostRun++;
			return;
		}
		const run = this.#ghostRun + 1;
		if (this.#ghostAge < 1 / ghostRate) this.#ghostAge += run;
		const rate = (run * this.#weight) / (this.#ghostAge + ghostPriorAge);
		// The usual case, made short: none.
		if (run === 1) {
			this.#ghostShare -= this.#ghostShare * rate;
			return;
		}
		this.#ghostShare += (this.#ghostRun / run - this.#ghostShare) * Math.min(1, rate);
		this.#ghostRun = 0;
	}

	/**
	 * What is heard after the last near echo of a car may be its leaving: it counts for the car only when the car is heard
	 * again, from where it was. One that was thought to have left is the same again.
	 */
	private learnCar({ zone, distanceCm, agrees }: Readonly<Heard>): void {
		if (zone === zones.floor) this.#floorRun = Math.min(this.#floorRun + this.#weight, runLimit);
		else if (zone === zones.silence) this.#silentRun = Math.min(this.#silentRun + this.#weight, runLimit);
		if (zone !== zones.near) return;
		if (this.#verdict.state !== "free" && this.#floorRun + this.#silentRun === 0 && this.#heardOften >= carHeard) {
			// The usual case, made short: a car that is heard all the time.
			this.#floorShare -= this.#floorShare * carRate * this.#weight;
			this.#silentShare -= this.#silentShare * carRate * this.#weight;
			return;
		}
		if (agrees && this.#heardOften < carHeard) this.#heardOften++;
		if (this.#verdict.state === "free" && Math.abs(distanceCm - this.#nearCm) > sameCarCm) this.forgetCar();
		if (this.#verdict.state === "free" && this.#awayRun === 0) this.#awayRun = this.emptyRun;
		if (this.#verdict.state === "occupied" && this.emptyRun > this.#longestRun)
			this.#longestRun = Math.min(this.emptyRun, longestLimit);
		const run = this.#floorRun + this.#silentRun + this.#weight;
		const rate = 1 - (1 - Math.max(carRate, 1 / (this.#age + 4))) ** Math.min(run, 20);
		this.#floorShare = Math.min(this.#floorShare + (this.#floorRun / run - this.#floorShare) * rate, mostFloorShare);
		this.#silentShare += (this.#silentRun / run - this.#silentShare) * rate;
		this.#floorRun = this.#silentRun = 0;
	}

	private forgetCar(): void {
		this.#floorShare = priorFloorShare;
		this.#silentShare = priorSilentShare;
		this.#floorRun = this.#silentRun = this.#longestRun = this.#awayRun = this.#heardOften = 0;
	}

	private add(forOccupied: number, forFree: number): void {
		const needed = this.#needed;
		const occupied = this.#forOccupied + forOccupied * this.#weight;
		const free = this.#forFree + forFree * this.#weight;
		this.#forOccupied = occupied > 0 ? Math.min(occupied, erraticFactor * needed) : 0;
		this.#forFree = free > 0 ? Math.min(free, needed) : 0;
	}

	private lean(taken: number): void {
		this.#taken += (taken - this.#taken) * 0.25 * this.#weight;
	}

	private decide(): void {
		const { state, reason } = this.#verdict;
		const wasFault = state === "unknown" && reason === this.#fault;
		if (this.#faultVotes > 0 && (wasFault || this.#faultVotes >= this.faultVotesNeeded))
			this.change("unknown", this.#fault);
		else if (!this.#background.isKnown) this.wonder();
		else if (this.#odd > (reason === "unclear" ? unclear.below : unclear.from)) this.change("unknown", "unclear");
		else if (state !== "occupied" && this.hasCome()) this.change("occupied", "echo");
		else if (state !== "free" && this.hasLeft()) this.change("free", "echo");
		else if (state === "unknown") this.waitForEvidence();
		else if (this.isLost(state)) this.change("unknown", "no_echo");
		else this.keep(state);
	}

	/** A car comes to rest. What keeps moving is none, unless it goes on for long. */
	private hasCome(): boolean {
		return this.#forOccupied >= (this.isMoving ? erraticFactor : 1) * this.#needed;
	}

	/** Echoes from ever other places, and not because slopes and glass swallow some. */
	private get isMoving(): boolean {
		return this.#erratic >= erraticShare && (this.#echoes === windowSize || this.#background.isSilent);
	}

	/** A car that came back into the beam after so many echoes of the floor may do so again. */
	private hasLeft(): boolean {
		if (this.#forFree < this.#needed) return false;
		if (this.#verdict.state !== "occupied" || this.#ghostShare >= hauntedShare) return true;
		const isOften = this.#floorShare + (this.#background.isSilent ? this.#silentShare : 0) > edgeShare;
		return this.emptyRun > Math.max(2 * this.#longestRun, isOften ? edgeRun : 0);
	}

	/** Measurements that sounded like an empty spot since something near was heard. */
	private get emptyRun(): number {
		return this.#floorRun + (this.#background.isSilent ? this.#silentRun : 0);
	}

	/** Whether a missing pulse means a wire is not known before the sensor has shown how it says that nothing came back. */
	private get faultVotesNeeded(): number {
		const isSure = this.#fault === "stuck" || (this.#fault === "unplugged" && this.#missing < 0);
		return isSure ? faultVotesNeeded : nuisanceVotesNeeded;
	}

	/** Nothing to compare with yet. */
	private wonder(): void {
		if (this.#age < startingLimit && this.#verdict.reason === "starting") return;
		this.change("unknown", this.#echoes === 0 ? "no_echo" : "floor_unknown");
	}

	private waitForEvidence(): void {
		if (this.#age < startingLimit) return;
		const distanceCm = this.medianCm();
		if (distanceCm === null) this.change("unknown", "no_echo");
		else this.change("unknown", this.#background.zoneOf(distanceCm) === zones.beyond ? "beyond_floor" : "unclear");
	}

	/** The sensor heard this spot, and does not any more. */
	private isLost(state: SensorState): boolean {
		if (this.#background.isSilent) return false;
		if (state === "free") return this.#lost >= lostAfter && this.#lost >= longestRun(this.#background.missShare);
		// A soft roof that swallows every ping is silent from the first one on.
		return (
			this.#heardOften >= carHeard && this.#silentRun >= goneAfter && this.#silentRun >= longestRun(this.#silentShare)
		);
	}

	private keep(state: SensorState): void {
		const taken = state === "occupied" ? this.#taken : 1 - this.#taken;
		const most = this.#background.isAssumed ? 0.5 : 1;
		this.#verdict.confidence = taken > 0.01 ? Math.min(taken, most) : 0.01;
		this.#verdict.reason = this.#echoes === 0 ? "no_echo" : "echo";
	}

	private change(state: SensorState, reason: Reason): void {
		const verdict = this.#verdict;
		verdict.reason = reason;
		if (state === "unknown") verdict.confidence = 0;
		if (verdict.state === state) return;
		const was = verdict.state;
		if (was === "occupied" && state === "free" && this.#age >= knownAfter) this.#background.prove();
		verdict.state = state;
		this.#forOccupied = this.#forFree = 0;
		// A car that hid the floor was no ghost.
		if (state === "free" && this.#age >= knownAfter && this.#floorShare <= edgeShare) this.#ghostRun = 0;
		this.#age = this.#lost = 0;
		this.#strange = false;
		if (state === "unknown") {
			this.#heardCar = false;
			this.#heardNear = 0;
			return;
		}
		if (was === "free") this.#heardOften = 0;
		// It had not left: it was out of the beam, and did not drive in.
		if (state === "occupied" && !this.#came && this.#awayRun > this.#longestRun && this.#awayRun < longestLimit) {
			this.#longestRun = this.#awayRun;
		}
		this.#awayRun = 0;
		this.keep(state);
	}

	/** Upper median of the window's echoes; null without any. */
	private medianCm(): number | null {
		let echoes = 0;
		for (let i = 0; i < windowSize; i++) if ((this.#distancesCm[i] ?? 0) > 0) echoes++;
		for (let i = 0; i < windowSize; i++) {
			const candidateCm = this.#distancesCm[i] ?? 0;
			if (candidateCm <= 0) continue;
			let below = 0;
			let equal = 0;
			for (let j = 0; j < windowSize; j++) {
				const distanceCm = this.#distancesCm[j] ?? 0;
				if (distanceCm > 0 && distanceCm < candidateCm) below++;
				else if (distanceCm === candidateCm) equal++;
			}
			if (below <= echoes >> 1 && below + equal > echoes >> 1) return candidateCm;
		}
		return null;
	}
}
Object.freeze(Detector.prototype);

export interface DetectorsOptions {
	/** In the sensors' order. */
	spots: readonly { height_cm?: number }[];
	mount?: Mount;
	/** What each detector's {@link Detector.learnt} said before a restart, in the same order. */
	learnt?: readonly string[];
	without?: DetectorOptions["without"];
}

/** A board's detectors, one for each of its spots: they find out together how the sensors are mounted. */
export function makeDetectors({ spots, mount, learnt = [], without }: DetectorsOptions): Detector[] {
	const isLow = ({ height_cm }: { height_cm?: number }) =>
		height_cm !== undefined && height_cm > 0 && height_cm < lowestFloorCm;
	const mounting = new Mounting(mount ?? (spots.some(isLow) ? "wall" : undefined));
	return spots.map((spot, index) => {
		const floorCm = isLow(spot) ? undefined : spot.height_cm;
		return new Detector({ floorCm, mounting, learnt: learnt[index], without });
	});
}
