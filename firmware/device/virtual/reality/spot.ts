/**
 * In: where a sensor hangs, who parks there, and what weather, people and faults do to it. Out: the pulse of each ping.
 * Never: decides when to ping, or what it means.
 */
import type { Mount } from "../../../detector.ts";
import { noiseCm, nothingHeardUs } from "../hc-sr04.ts";
import { between, normal, type Random } from "../random.ts";
import { addOutline, beamDb, type Ear, Echoes, type Placing, planeDb, pointDb } from "./acoustics.ts";
import { type Change, type Habits, type Scene, Traffic } from "./traffic.ts";

/** Air and ground at one moment. Effects change it before each ping; then it begins anew. */
export interface Moment {
	atMs: number;
	temperatureC: number;
	/** Scatter of a distance, standard deviation in cm. */
	noiseCm: number;
	/** All echoes are that much weaker, dB. */
	lossDb: number;
	/** Slow changes of loudness, standard deviation in dB. */
	fadeDb: number;
	/** Snow on the empty ground, and all that has fallen so far, cm. */
	snowCm: number;
	fallenCm: number;
	/** The ground as a mirror, and as something rough that scatters, dB less than a wall. */
	mirrorDb: number;
	roughDb: number;
}

/** From `fromMs` up to `toMs`. */
export interface Span {
	fromMs: number;
	toMs: number;
}

export interface SpotOptions {
	/** Names its chance. */
	random: (name: string) => Random;
	mount: Mount;
	/** From the sensor down to the ground, cm. */
	heightCm: number;
}

/** Unevenness of asphalt and concrete scatters that much less than a wall sends back, dB (assumed: a tilted sensor still hears a rough yard). */
export const groundRoughDb = -11;

/** Slow fading, standard deviation in dB, and its time constant, ms: warm air that rises (assumed: what jumps over a parked car does so "for a second or two", ratgdo #373). */
const fade = { db: 1.5, ms: 1500 };

/** Weak echoes are noticed up to two of their waves later: 25 µs each. */
const waveUs = 25;

/** An echo of this level is heard on one ping of five: flicker and fading have a standard deviation of 2.1 dB together. */
const rarelyDb = -1.8;

const nobody: Readonly<Scene> = { vehicle: null, frontCm: 0, asideCm: 0, isMoving: false, isLidOpen: false };

/** v = 331.3 + 0.606·T m/s, in cm/µs. */
function soundCmPerUs(temperatureC: number): number {
	return (331.3 + 0.606 * temperatureC) / 10_000;
}

/** One spot and its sensor. Effects hang themselves into its lists before {@link begin}. */
export class Spot {
	readonly mount: Mount;
	/** Where the sensor is; effects may turn it. */
	readonly ear: Ear;
	/** The sensor hangs that much aside of the spot's middle, cm. */
	earAsideCm = 0;
	readonly habits: Habits;
	/** What a wall's sensor sees at the other end of an empty spot, cm; null where there is nothing. */
	farWallCm: number | null = null;
	/** Small things that are always there. */
	readonly fixtures: { x: number; aside: number; z: number; strengthDb: number }[] = [];
	/** When nobody could know from the echoes whether the spot is taken. */
	readonly blind: Span[] = [];
	readonly moment: Moment = {
		atMs: 0,
		temperatureC: 20,
		noiseCm: 0,
		lossDb: 0,
		fadeDb: 0,
		snowCm: 0,
		fallenCm: 0,
		mirrorDb: 0,
		roughDb: 0,
	};
	/** Called before each ping, in order, to change {@link moment}. */
	readonly airs: ((moment: Moment) => void)[] = [];
	/** Called for each ping, to add echoes. */
	readonly things: ((echoes: Echoes, atMs: number) => void)[] = [];
	/** What becomes of a pulse on its way through the sensor, the wires and the board, in order. */
	readonly pulses: ((echoUs: number | null, atMs: number) => number | null)[] = [];
	/** The pulse where nothing is heard. */
	nothingHeard: () => number | null = () => nothingHeardUs;
	/** Every distance is that much off: the sensor's own clock. */
	#scale: number;
	#noiseCm: number;
	readonly #random: Random;
	readonly #echoes = new Echoes();
	readonly #placing: Placing = { x: 0, riseCm: 0, asideCm: 0, narrowDb: 0, detourCm: 0 };
	readonly #chance: SpotOptions["random"];
	#traffic: Traffic | null = null;
	#fade = 0;
	#fadedMs = 0;
	/** Snow that had fallen when the vehicle came, cm. */
	#fallenCm = 0;
	#vehicle: unknown = null;

	constructor({ random, mount, heightCm }: SpotOptions) {
		this.mount = mount;
		this.ear =
			mount === "overhead" ? { x: 0, z: heightCm, axisX: 0, axisZ: -1 } : { x: 0, z: heightCm, axisX: 1, axisZ: 0 };
		this.#chance = random;
		this.#random = random("sensor");
		// A test of one found −1.3 % beside the scatter; the clock is an RC oscillator.
		this.#scale = 1 - 0.013 + 0.01 * normal(this.#random);
		this.#noiseCm = between(this.#random, noiseCm / 3, noiseCm * 1.5);
		this.habits = {
			cycleMs: 1e12,
			shareAt: () => 0,
			vehicles: ["saloon"],
			correctingShare: 0,
			lidShare: 0,
			restCm: mount === "overhead" ? restBelow : restBefore,
			asideCm: ({ shape }) => (shape === "motorbike" ? 40 : 25),
			// Sensors hang out of the way of whatever drives in.
			clearanceCm: mount === "overhead" ? heightCm - 8 : Number.POSITIVE_INFINITY,
		};
	}

	/** Lets the traffic begin: habits are settled. `onChange` hears of arrivals and departures in time order. */
	begin(onChange?: (change: Change) => void): void {
		this.#traffic = new Traffic({ random: this.#chance("traffic"), habits: this.habits, onChange });
	}

	get traffic(): Traffic {
		if (!this.#traffic) throw new Error("begin() must come before the first ping");
		return this.#traffic;
	}

	/** Length of the pulse in µs that the board times for a ping at `atMs`, null for none. Time that goes back stands still. */
	ping(atMs: number): number | null {
		const { moment } = this;
		this.traffic.advance(atMs);
		moment.atMs = atMs;
		moment.temperatureC = 20;
		moment.noiseCm = moment.lossDb = moment.snowCm = moment.mirrorDb = 0;
		moment.fadeDb = fade.db;
		moment.roughDb = groundRoughDb;
		for (const air of this.airs) air(moment);
		const echoUs = this.#hear(atMs);
		let pulseUs = echoUs === null ? this.nothingHeard() : echoUs;
		for (const change of this.pulses) pulseUs = change(pulseUs, atMs);
		return pulseUs === null ? null : Math.max(1, Math.round(pulseUs));
	}

	#hear(atMs: number): number | null {
		const echoes = this.#echoes;
		const { moment } = this;
		const random = this.#random;
		echoes.clear();
		this.#addGround(this.traffic.scene);
		this.#addVehicle();
		for (const thing of this.things) thing(echoes, atMs);
		const kept = Math.exp(Math.min(0, this.#fadedMs - atMs) / fade.ms);
		this.#fade = kept * this.#fade + Math.sqrt(1 - kept * kept) * normal(random);
		this.#fadedMs = atMs;
		const distanceCm = echoes.first(random, moment.lossDb + moment.fadeDb * this.#fade);
		if (distanceCm === null) return null;
		const noisyCm = distanceCm * this.#scale + (this.#noiseCm + moment.noiseCm) * normal(random);
		const lateUs = echoes.foundDb < 4 ? waveUs * Math.floor(random() * 3) : 0;
		return (2 * Math.max(2, noisyCm)) / soundCmPerUs(moment.temperatureC) + lateUs;
	}

	/**
	 * Whether what stands there changes what is heard: a first echo that is 8 cm off, or comes, or falls silent. Where it
	 * doesn't, nobody could know: a motorbike beside the beam, a slanted bumper before a wall's sensor in an open yard.
	 */
	get isTelling(): boolean {
		const echoes = this.#echoes;
		echoes.clear();
		this.#addGround(nobody);
		const emptyCm = echoes.firstOver(this.moment.lossDb);
		echoes.clear();
		this.#addGround(this.traffic.scene);
		this.#addVehicle();
		const takenCm = echoes.firstOver(this.moment.lossDb + rarelyDb);
		if (emptyCm === null || takenCm === null) return emptyCm !== takenCm;
		return Math.abs(emptyCm - takenCm) > 8;
	}

	#addGround(scene: Readonly<Scene>): void {
		const { ear, moment } = this;
		for (const { x, aside, z, strengthDb } of this.fixtures) {
			if (this.#hiddenDb(x, scene) === 0) this.addPoint(this.#echoes, x, aside, z, strengthDb);
		}
		if (this.mount === "wall") {
			const { farWallCm } = this;
			if (farWallCm !== null) this.#echoes.add(farWallCm, planeDb(farWallCm) - this.#hiddenDb(farWallCm, scene));
			return;
		}
		const heightCm = ear.z - moment.snowCm;
		this.#echoes.add(heightCm, planeDb(heightCm) + beamDb(-ear.axisZ) + moment.mirrorDb - this.#hiddenDb(0, scene));
		const x = (-ear.axisX * heightCm) / ear.axisZ;
		const way = Math.hypot(x, heightCm);
		this.#echoes.add(way, planeDb(way) + moment.roughDb - this.#hiddenDb(x, scene));
	}

	/** How much of the ground or wall at `x` a vehicle hides, dB: all, once it covers 10 cm beyond the middle of what mirrors the sound. */
	#hiddenDb(x: number, { vehicle, frontCm }: Readonly<Scene>): number {
		if (!vehicle || this.#aside() > 0) return 0;
		const freshCm = this.mount === "wall" ? frontCm - x : Math.max(frontCm - x, x - frontCm - vehicle.lengthCm);
		if (freshCm >= 10) return 0;
		return freshCm <= -10 ? 100 : 6 * (1 + (10 - freshCm) / 20);
	}

	#aside(): number {
		const { vehicle, asideCm } = this.traffic.scene;
		return vehicle ? Math.max(0, Math.abs(asideCm - this.earAsideCm) - vehicle.halfWidthCm) : 0;
	}

	#addVehicle(): void {
		const { vehicle, frontCm, isLidOpen } = this.traffic.scene;
		if (vehicle !== this.#vehicle) {
			this.#vehicle = vehicle;
			this.#fallenCm = this.moment.fallenCm;
		}
		if (!vehicle) return;
		const placing = this.#placing;
		placing.x = frontCm;
		placing.riseCm = this.moment.fallenCm - this.#fallenCm;
		placing.asideCm = this.#aside();
		placing.narrowDb = vehicle.narrowDb - Math.min(snowDb, 2 * placing.riseCm);
		placing.detourCm = vehicle.detourCm;
		addOutline(this.#echoes, this.ear, vehicle.outline, placing);
		if (isLidOpen && vehicle.lid) addOutline(this.#echoes, this.ear, vehicle.lid, placing);
	}

	/** Adds something small, `x` and `aside` cm from the sensor and `z` cm over the ground, see `pointDb`. */
	addPoint(echoes: Echoes, x: number, aside: number, z: number, strengthDb: number): void {
		const { ear } = this;
		const dx = x - ear.x;
		const dz = z - ear.z;
		const way = Math.max(2, Math.hypot(dx, dz, aside));
		echoes.add(way, pointDb(way, strengthDb) + beamDb((dx * ear.axisX + dz * ear.axisZ) / way));
	}
}

/** Fresh snow swallows that much, dB: it is mostly air, as foam is (assumed). Each centimetre of it 2 dB, up to this. */
export const snowDb = 10;

/** Under an overhead sensor: its middle below, give or take half a metre. */
function restBelow({ lengthCm }: { lengthCm: number }, random: Random): number {
	return -lengthCm / 2 + between(random, -50, 50);
}

/** Before a wall: drivers leave 25 to 120 cm. */
function restBefore(_vehicle: unknown, random: Random): number {
	return between(random, 25, 120);
}

/** Strength of small things at 1 m, dB less than a wall: a sphere of radius a sends back 20·log(a / r); clothes and hair swallow some of it. */
export const pointStrengthDb = { head: -22, shoulder: -16, leg: -12, mirror: -12, basket: -12 } as const;
