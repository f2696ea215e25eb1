/**
 * In: chance, and how full the lot wants to be at an hour. Out: one spot's vehicle at a time: where it is, and when it came to rest or left.
 * Never: knows of sensors.
 */
import { between, type Random } from "../random.ts";
import { makeVehicle, type ShapeName, type Vehicle } from "./shapes.ts";
import { longestLeapMs } from "./spells.ts";

/** Who comes to a spot, and how they park. */
export interface Habits {
	/** From one arrival to the next, mean, ms. */
	cycleMs: number;
	/** Share of the time that the spot is taken, at `atMs` of the model's time. */
	shareAt: (atMs: number) => number;
	/** Each is as likely as often as it stands here. */
	vehicles: readonly ShapeName[];
	/** Share of drivers who stop, back up and correct. */
	correctingShare: number;
	/** Share of stays with a boot lid open for a while after the arrival, and again before the departure. */
	lidShare: number;
	/** Where the front comes to rest, cm from the sensor along the spot, for a vehicle of that length. */
	restCm: (vehicle: Vehicle, random: Random) => number;
	/** Furthest from the middle of the spot that vehicles stand, cm. */
	asideCm: (vehicle: Vehicle) => number;
	/** Higher vehicles don't fit under the sensor, cm. */
	clearanceCm: number;
	/** Whether a vehicle stands there at the beginning; by its share when left out. */
	taken?: boolean;
}

/** How long it takes to drive in or out, ms. */
export const driveMs = { min: 3000, max: 12_000 };

/** No stay and no gap is shorter, ms: a sensor needs 3.2 s to be sure. */
export const shortestMs = 4000;

/** The way in and out, cm: the length of a spot and a bit of the lane. */
const driveCm = 560;

/** What is seen of a spot from a bird's eye. */
export interface Scene {
	vehicle: Vehicle | null;
	/** Its front, cm from the sensor along the spot. */
	frontCm: number;
	/** Its middle, cm aside from the spot's. */
	asideCm: number;
	isMoving: boolean;
	isLidOpen: boolean;
}

export interface Change {
	atMs: number;
	occupied: boolean;
}

type Phase = "free" | "arriving" | "parked" | "leaving";

const following: Record<Phase, Phase> = { free: "arriving", arriving: "parked", parked: "leaving", leaving: "free" };

/** Vehicles come, stay and go; each spot by its own chance, so that it does not matter who looks when. */
export class Traffic {
	readonly scene: Readonly<Scene>;
	readonly #scene: Scene = { vehicle: null, frontCm: 0, asideCm: 0, isMoving: false, isLidOpen: false };
	readonly #random: Random;
	readonly #habits: Habits;
	readonly #onChange: (change: Change) => void;
	#phase: Phase;
	#sinceMs = 0;
	#untilMs: number;
	#restCm = 0;
	/** When the drive turns, as shares of its time, and how far the vehicle is then from its rest, cm. */
	#turns: readonly (readonly [share: number, cm: number])[] = [];
	/** Lids are open for that long after a stay's beginning and before its end, ms; 0 for not at all. */
	#lidMs = 0;

	/** Time begins at 0. `onChange` hears when a vehicle has come to rest, and when it has left. */
	constructor(options: { random: Random; habits: Habits; onChange?: (change: Change) => void }) {
		this.scene = this.#scene;
		this.#random = options.random;
		this.#habits = options.habits;
		this.#onChange = options.onChange ?? (() => {});
		const share = this.#habits.shareAt(0);
		const byChance = this.#random() < share;
		this.#phase = (this.#habits.taken ?? byChance) ? "parked" : "free";
		if (this.#phase === "parked") this.#arrive();
		// Somewhere in the middle of what is going on.
		const lengthMs = this.#length(0);
		this.#untilMs = lengthMs * between(this.#random, 0.1, 1);
		this.#sinceMs = this.#untilMs - lengthMs;
	}

	/** True from when a vehicle has come to rest until it has left. */
	get occupied(): boolean {
		return this.#phase === "parked" || this.#phase === "leaving";
	}

	/** Lets time pass. Time that goes back changes nothing. */
	advance(atMs: number): void {
		if (atMs - this.#untilMs > longestLeapMs) this.#untilMs = atMs;
		while (atMs >= this.#untilMs) this.#next();
		const scene = this.#scene;
		if (this.#phase === "free") return;
		const sinceMs = Math.max(0, atMs - this.#sinceMs);
		const leftMs = this.#untilMs - atMs;
		scene.isMoving = this.#phase !== "parked";
		scene.isLidOpen = isOpen(sinceMs, this.#lidMs) || isOpen(leftMs, this.#lidMs);
		if (this.#phase === "parked") {
			scene.frontCm = this.#restCm;
			return;
		}
		scene.isLidOpen = false;
		const done = sinceMs / (this.#untilMs - this.#sinceMs);
		scene.frontCm = this.#restCm + wayAt(this.#turns, this.#phase === "arriving" ? done : 1 - done);
	}

	#next(): void {
		this.#sinceMs = this.#untilMs;
		this.#phase = following[this.#phase];
		if (this.#phase === "arriving") this.#arrive();
		if (this.#phase === "leaving") this.#turns = straight;
		if (this.#phase === "free") this.#scene.vehicle = null;
		if (this.#phase === "parked" || this.#phase === "free") {
			this.#onChange({ atMs: this.#sinceMs, occupied: this.#phase === "parked" });
		}
		this.#untilMs = this.#sinceMs + this.#length(this.#sinceMs);
	}

	#arrive(): void {
		const { restCm, asideCm, correctingShare, lidShare } = this.#habits;
		const random = this.#random;
		const vehicle = this.#choose();
		this.#scene.vehicle = vehicle;
		this.#scene.asideCm = between(random, -1, 1) * asideCm(vehicle);
		this.#restCm = restCm(vehicle, random);
		this.#turns = random() < correctingShare ? correcting : straight;
		// As many draws in either case, so that the story goes on as it would.
		const lidMs = between(random, 8000, 60_000);
		this.#lidMs = random() < lidShare ? lidMs : 0;
	}

	/** The next one that fits; a saloon always does. */
	#choose(): Vehicle {
		const { vehicles, clearanceCm } = this.#habits;
		for (let i = 0; i < 20; i++) {
			const vehicle = makeVehicle(vehicles[Math.floor(this.#random() * vehicles.length)] ?? "saloon", this.#random);
			if (vehicle.heightCm <= clearanceCm) return vehicle;
		}
		return makeVehicle("saloon", this.#random);
	}

	/** How long a phase that begins at `atMs` lasts, ms. */
	#length(atMs: number): number {
		const random = this.#random;
		if (this.#phase === "arriving" || this.#phase === "leaving") return between(random, driveMs.min, driveMs.max);
		const { cycleMs, shareAt } = this.#habits;
		const share = shareAt(atMs);
		const meanMs = cycleMs * (this.#phase === "parked" ? share : 1 - share);
		return Math.max(shortestMs, meanMs * between(random, 0.4, 1.6));
	}
}

/** At walking pace, slower at the end. */
const straight = [
	[0, driveCm],
	[0.75, 60],
	[1, 0],
] as const;

/** In, a stop, some way out again, a stop, and in. */
const correcting = [
	[0, driveCm],
	[0.4, 90],
	[0.5, 90],
	[0.7, 260],
	[0.75, 260],
	[1, 0],
] as const;

/** Lids open 4 s after the engine is off, and are shut 4 s before it is on. */
const handleMs = 4000;

function isOpen(sinceMs: number, lidMs: number): boolean {
	return sinceMs > handleMs && sinceMs < lidMs;
}

function wayAt(turns: readonly (readonly [share: number, cm: number])[], done: number): number {
	for (let i = 1; i < turns.length; i++) {
		const [from = 0, fromCm = 0] = turns[i - 1] ?? [];
		const [to = 1, toCm = 0] = turns[i] ?? [];
		if (done <= to) return fromCm + ((toCm - fromCm) * (done - from)) / (to - from);
	}
	return 0;
}
