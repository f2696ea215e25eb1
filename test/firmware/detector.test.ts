import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	assumeAfter,
	clearanceOf,
	deepenAfter,
	driftLimit,
	hearingNeeded,
	learnAfter,
	mountAfter,
	moveAfter,
	taughtHush,
	teachLimit,
	toleranceOf,
} from "../../firmware/background.ts";
import { type Detector, echoDistanceCm, makeDetectors } from "../../firmware/detector.ts";
import { agreeCm, faultVotesNeeded, windowSize } from "../../firmware/evidence.ts";
import type { Mount } from "../../firmware/mounting.ts";
import { classifyEcho, type EchoKind, type Measurement } from "../../firmware/ranging.ts";
import { echoUs } from "./fake-sensor.ts";

/** Between two measurements of a full board, ms. */
const stepMs = 690;

const nothingHeard: Measurement = { sensor: 0, kind: "no_echo", echoUs: 38_000, high: false, atMs: 0 };
const silent: Measurement = { ...nothingHeard, echoUs: null };
const stuck: Measurement = { ...silent, kind: "stuck", high: true };
const tooShort: Measurement = { ...nothingHeard, kind: "too_short", echoUs: 60 };
const at = (distanceCm: number): Measurement => ({ ...nothingHeard, kind: "ok", echoUs: echoUs(distanceCm) });

/** One sensor's detector, fed at a full board's pace. */
class Spot {
	readonly detector: Detector;
	#nowMs = 0;

	constructor(floorCm?: number, mount?: Mount, learnt?: string) {
		const [detector] = makeDetectors({ spots: [{ height_cm: floorCm }], mount, learnt: learnt ? [learnt] : [] });
		if (!detector) throw new Error("one spot must have one detector");
		this.detector = detector;
	}

	/** How often the detector told of something new. */
	feed(...measurements: readonly Measurement[]): number {
		return measurements.filter((measurement) => this.detector.measure({ ...measurement, atMs: this.pass() }, 20))
			.length;
	}

	pass(ms = stepMs): number {
		this.#nowMs += ms;
		return this.#nowMs;
	}

	get says(): string {
		return `${this.detector.verdict.state} ${this.detector.verdict.reason}`;
	}
}

const times = (count: number, ...measurements: Measurement[]) =>
	Array.from({ length: count * measurements.length }, (_, i) => measurements[i % measurements.length] ?? nothingHeard);

function settled(measurement: Measurement, floorCm: number | null = 220, mount?: Mount): Spot {
	const spot = new Spot(floorCm ?? undefined, mount);
	spot.feed(...times(30, measurement));
	return spot;
}

/** Measurements until `done`, at most 10,000. */
function count(spot: Spot, measurement: Measurement, done: () => boolean): number {
	for (let measured = 0; measured < 10_000; measured++) {
		if (done()) return measured;
		spot.feed(measurement);
	}
	return Number.POSITIVE_INFINITY;
}

describe("distance", () => {
	it.each([
		[20, 250, 250],
		[-20, 250, 232.3],
		[0, 250, 241.2],
		[40, 250, 258.8],
	])("follows the temperature: at %i °C the pulse of %i cm at 20 °C is %f cm", (temperatureC, cm, expected) => {
		expect(echoDistanceCm(echoUs(cm), temperatureC)).toBeCloseTo(expected, 1);
	});

	it("refuses a negative time", () => {
		expect(() => echoDistanceCm(-1, 20)).toThrow(new RangeError("echoUs must be 0 or more, got -1"));
	});
});

describe("a detector over a known floor", () => {
	it("is unknown and starting before it has heard enough", () => {
		const spot = new Spot(220);
		expect(spot.detector.verdict).toEqual({ state: "unknown", confidence: 0, reason: "starting", distanceCm: null });
		spot.feed(...times(3, at(220)));
		expect(spot.says).toBe("unknown starting");
	});

	it.each([
		["free", 220],
		["free", 206],
		["free", 236],
		["occupied", 60],
		["occupied", 150],
		["occupied", 190],
		["occupied", 20.1],
	])("says %s at %i cm, surely", (state, distanceCm) => {
		const { verdict } = settled(at(distanceCm)).detector;
		expect(verdict).toMatchObject({ state, reason: "echo" });
		expect(verdict.confidence).toBeGreaterThan(0.99);
		expect(verdict.distanceCm).toBeCloseTo(distanceCm, 1);
	});

	it("decides on a car that drives in by the third measurement after it has come to rest", () => {
		const spot = settled(at(220));
		spot.feed(at(140), at(90));
		expect(count(spot, at(60), () => spot.detector.verdict.state === "occupied")).toBeLessThanOrEqual(4);
	});

	it("lets what stands there all at once stand for seven measurements, as it may be a person", () => {
		const spot = settled(at(220));
		expect(count(spot, at(60), () => spot.detector.verdict.state === "occupied")).toBe(7);
	});

	it("decides that a car has left by the fourth measurement", () => {
		const spot = settled(at(60));
		expect(count(spot, at(220), () => spot.detector.verdict.state === "free")).toBe(4);
	});

	it("counts measurements by the time between them: ten in a second are a second's", () => {
		const spot = settled(at(60));
		let passedMs = 0;
		for (; spot.detector.verdict.state === "occupied"; passedMs += 100) {
			spot.detector.measure({ ...at(220), atMs: spot.pass(100) }, 20);
		}
		expect(passedMs).toBeGreaterThanOrEqual(1500);
		expect(passedMs).toBeLessThan(2500);
	});

	it("tells of a change once", () => {
		expect(settled(at(220)).feed(...times(10, at(60)))).toBe(1);
	});

	it.each([
		["one of the floor", at(220)],
		["one from nowhere", at(300)],
		["a silent one", nothingHeard],
		["a short one", tooShort],
	])("is delayed by %s among a car's echoes by two measurements at most", (_, stray) => {
		const straight = settled(at(220));
		straight.feed(at(60), at(60));
		const needed = count(straight, at(60), () => straight.detector.verdict.state === "occupied");
		const spot = settled(at(220));
		spot.feed(at(60), at(60), stray);
		expect(count(spot, at(60), () => spot.detector.verdict.state === "occupied")).toBeLessThanOrEqual(needed + 2);
	});

	it("is as quick for a car that lets the floor be heard at times, and then does not take those echoes for its leaving", () => {
		const spot = settled(at(220));
		spot.feed(...times(1000, at(220)));
		// A motorbike at the edge of the beam: three in ten echoes are the floor's, at times three in a row.
		const bike = [at(130), at(130), at(220), at(130), at(220), at(130), at(130), at(130), at(220), at(130)];
		spot.feed(...times(20, ...bike));
		expect(spot.says).toBe("occupied echo");
		expect(spot.feed(...times(20, at(130), at(220), at(220), at(220), at(130)))).toBe(0);
		expect(count(spot, at(220), () => spot.detector.verdict.state === "free")).toBeLessThan(30);
	});

	it("does not take a person who passes for a car", () => {
		const spot = settled(at(220));
		for (let i = 0; i < 50; i++) spot.feed(at(55 + ((i * 7) % 30)), at(70 + ((i * 11) % 40)), ...times(5, at(220)));
		expect(spot.says).toBe("free echo");
	});

	it("does not take pings of other sensors for a car, however many", () => {
		const spot = settled(at(220));
		let told = 0;
		for (let i = 0; i < 3000; i++) told += spot.feed(i % 3 === 0 ? at(30 + ((i * 37) % 160)) : at(220));
		expect(told).toBe(0);
	});

	it("does not call a spot free because nothing is heard, nor taken without a car's echo", () => {
		const spot = settled(at(220));
		spot.feed(...times(100, nothingHeard));
		expect(spot.says).toBe("unknown no_echo");
	});

	it("takes silence after a hood's echoes for glass or a soft roof, for as long as it lasts", () => {
		const spot = settled(at(220));
		spot.feed(at(140), at(139), at(141), ...times(8, nothingHeard));
		expect(spot.says).toBe("occupied no_echo");
		expect(spot.feed(...times(2000, nothingHeard))).toBe(0);
		spot.feed(...times(4, at(220)));
		expect(spot.says).toBe("free echo");
	});

	it("keeps a car through long echoes of a slope", () => {
		const spot = settled(at(70));
		for (let i = 0; i < 300; i++) spot.feed(i % 3 === 0 ? at(71) : at(240 + ((i * 53) % 160)), nothingHeard);
		expect(spot.detector.verdict.state).toBe("occupied");
	});

	it("knows no more when a car that was heard all the time falls silent and no floor comes back", () => {
		const spot = settled(at(70));
		spot.feed(...times(100, at(70)), ...times(60, nothingHeard));
		expect(spot.says).toBe("unknown no_echo");
	});

	it("is less sure while measurements speak against it", () => {
		const spot = settled(at(220));
		spot.feed(at(60));
		expect(spot.detector.verdict.confidence).toBeCloseTo(0.75, 2);
		spot.feed(at(60));
		expect(spot.detector.verdict).toMatchObject({ state: "free" });
		expect(spot.detector.verdict.confidence).toBeCloseTo(0.56, 2);
	});

	it.each([
		["unplugged", 6, silent],
		["stuck", faultVotesNeeded, stuck],
		["too_short", 6, tooShort],
		["blocked", 6, at(8)],
	])("is unknown, %s, after %i such measurements", (reason, needed, measurement) => {
		const spot = settled(at(220));
		expect(count(spot, measurement, () => spot.detector.verdict.state === "unknown")).toBe(needed);
		expect(spot.says).toBe(`unknown ${reason}`);
	});

	it("knows a wire that is off by the third measurement when the sensor has shown what it does instead", () => {
		const spot = settled(at(220));
		spot.feed(nothingHeard, ...times(10, at(220)));
		expect(count(spot, silent, () => spot.says === "unknown unplugged")).toBe(faultVotesNeeded);
	});

	it("is unknown where echoes come from anywhere, as from a pin that nothing holds", () => {
		const spot = settled(at(220));
		for (let i = 0; i < 300; i++) spot.feed(at(25 + ((i * 173) % 370)));
		expect(spot.says).toBe("unknown unclear");
		spot.feed(...times(20, at(220)));
		expect(spot.says).toBe("free echo");
	});

	it("tells when the reason to know nothing changes", () => {
		const spot = settled(stuck);
		expect(spot.feed(...times(20, silent))).toBe(1);
		expect(spot.says).toBe("unknown unplugged");
	});

	it.each([
		["unplugged", silent],
		["stuck", stuck],
		["no_echo", nothingHeard],
		["too_short", tooShort],
		["blocked", at(5)],
	])("knows again when %s has gone", (_, measurement) => {
		const spot = settled(measurement);
		expect(spot.detector.verdict.state).toBe("unknown");
		spot.feed(...times(10, at(220)));
		expect(spot.says).toBe("free echo");
	});

	it("has no distance when nothing is heard", () => {
		expect(settled(nothingHeard).detector.verdict.distanceCm).toBeNull();
	});

	it("gives the median, whatever one stray ping says", () => {
		const spot = settled(at(220));
		spot.feed(at(60));
		expect(spot.detector.verdict.distanceCm).toBeCloseTo(220, 1);
	});

	it("hangs when it says the same to the µs for half a minute, though it never did before", () => {
		const spot = new Spot(220);
		for (let i = 0; i < 100; i++) spot.feed({ ...at(220), echoUs: echoUs(220) + ((i * 5) % 7) });
		spot.feed(...times(60, at(220)));
		expect(spot.says).toBe("unknown stuck");
		spot.feed(...Array.from({ length: 12 }, (_, i) => ({ ...at(220), echoUs: echoUs(220) + (i % 3) })));
		expect(spot.says).toBe("free echo");
	});

	it("takes a roof just under the sensor for a van's when its hood came first, and for a spider otherwise", () => {
		const van = settled(at(220));
		van.feed(at(165), at(142), ...times(20, at(8)));
		expect(van.says).toBe("occupied echo");
		const spider = settled(at(220));
		spider.feed(...times(20, at(8)));
		expect(spider.says).toBe("unknown blocked");
	});

	it("takes a person who shifts about under it for none for some ten seconds", () => {
		const spot = settled(at(220));
		const sway = [97, 104, 75, 102, 74, 103, 99, 76, 101, 75, 97, 104, 75, 102];
		expect(spot.feed(...sway.map(at), ...times(10, at(220)))).toBe(0);
	});

	it("takes a silence without a pulse for what this clone does when nothing comes back, once echoes came after it", () => {
		const clone = new Spot(220);
		clone.feed(...times(30, at(220)));
		for (let i = 0; i < 6; i++) clone.feed(silent, ...times(10, at(220)));
		clone.feed(at(140), at(140), at(141), ...times(10, silent));
		expect(clone.says).toBe("occupied no_echo");
	});

	it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a floor at %f cm", (floorCm) => {
		expect(() => new Spot(floorCm)).toThrow(new RangeError(`floorCm must be a positive number of cm, got ${floorCm}`));
	});
});

describe("a floor", () => {
	it("is followed slowly while the spot is free, and not while a car stands there", () => {
		const spot = settled(at(250), 250);
		for (let i = 0; i < 6000; i++) spot.feed(at(250 - (20 * i) / 6000));
		expect(spot.detector.floorCm).toBeCloseTo(231, 0);
		expect(spot.says).toBe("free echo");
		spot.feed(...times(3000, at(80)));
		expect(spot.detector.floorCm).toBeCloseTo(231, 0);
	});

	it("raises an alarm when it has moved far, and is followed no further than it can be believed", () => {
		const spot = settled(at(240), 240);
		expect(spot.detector.alarm).toBeNull();
		for (let i = 0; i < 30_000; i++) spot.feed(at(240 - i / 300));
		expect(spot.detector.alarm).toBe("drift");
		expect(spot.detector.floorCm).toBeGreaterThanOrEqual(240 * (1 - driftLimit));
	});

	it("that answers ever less often raises an alarm before anything is wrong", () => {
		const spot = settled(at(240), 240);
		for (let i = 0; i < 2000; i++) spot.feed(i % 5 < 2 ? nothingHeard : at(240));
		expect(spot.says).toBe("free echo");
		expect(spot.detector.alarm).toBe("dirt");
	});

	it("is learnt from calm echoes, and the spot is free then", () => {
		const spot = new Spot();
		spot.feed(...times(learnAfter - 1, at(250)));
		expect(spot.detector.verdict.state).toBe("unknown");
		spot.feed(at(250));
		expect(spot.says).toBe("free echo");
		expect(spot.detector.floorCm).toBeCloseTo(250, 0);
	});

	it("is not what a car that stands there at the first start echoes", () => {
		const spot = new Spot();
		spot.feed(...times(2000, at(70)));
		expect(spot.says).toBe("unknown floor_unknown");
		spot.feed(...times(learnAfter + windowSize, at(220)));
		expect(spot.says).toBe("free echo");
		spot.feed(...times(8, at(70)));
		expect(spot.says).toBe("occupied echo");
	});

	it("is not learnt from echoes that are not calm", () => {
		const spot = new Spot();
		for (let i = 0; i < 200; i++) spot.feed(at(i % 2 === 0 ? 250 : 265));
		expect(spot.detector.floorCm).toBeNull();
	});

	it("turns out to have been a roof when what is heard next is deeper", () => {
		const spot = new Spot();
		spot.feed(...times(20, at(200)));
		expect(count(spot, at(320), () => (spot.detector.floorCm ?? 0) > 300)).toBeLessThan(
			deepenAfter.roof + windowSize + 2,
		);
		expect(spot.says).toBe("free echo");
	});

	it("over which cars have come and gone is not given up for what glass may echo", () => {
		const spot = settled(at(220));
		spot.feed(...times(100, at(80)), ...times(20, at(220)), ...times(50, at(80)), ...times(200, at(330)));
		expect(spot.detector.floorCm).toBeCloseTo(220, 0);
		expect(spot.detector.verdict.state).toBe("occupied");
	});

	it("has moved when calm echoes come from where no vehicle can be", () => {
		const spot = settled(at(80), 240);
		expect(toleranceOf(240)).toBeLessThan(25);
		expect(clearanceOf(240)).toBeGreaterThan(25);
		expect(count(spot, at(215), () => spot.detector.verdict.state === "free")).toBeLessThan(moveAfter + 6);
	});

	it("is kept over a restart, with what is known of it", () => {
		const before = settled(at(240), 240);
		before.feed(...times(2000, at(235)));
		expect(before.detector.learnt.length).toBeLessThanOrEqual(40);
		const after = new Spot(240, undefined, before.detector.learnt);
		expect(after.detector.floorCm).toBeCloseTo(235, 0);
		expect(after.says).toBe("unknown starting");
		after.feed(...times(8, at(90)));
		expect(after.says).toBe("occupied echo");
	});

	it.each(["", "x", "-5 240 0 0", "240 1 0 0", "240 240 7 0", "240 240 0 9", "NaN NaN NaN NaN"])(
		"is not taken from %j",
		(learnt) => {
			expect(new Spot(undefined, undefined, learnt).detector.floorCm).toBeNull();
		},
	);

	it("that a person has measured anew counts more than what was learnt", () => {
		const { learnt } = settled(at(240), 240).detector;
		expect(new Spot(300, undefined, learnt).detector.floorCm).toBe(300);
	});
});

describe("learn floor now", () => {
	it("takes what is heard now for the floor, nearer than one that is found out by itself", () => {
		const spot = settled(at(160));
		spot.detector.learnFloor();
		expect(spot.detector.learning).toBe(true);
		spot.feed(...times(windowSize, at(160)));
		expect(spot.detector.learning).toBe(false);
		expect(spot.detector.floorCm).toBeCloseTo(160, 0);
		expect(spot.says).toBe("free echo");
	});

	it("takes no parked car for the floor, whatever a person says", () => {
		const spot = settled(at(80));
		spot.detector.learnFloor();
		spot.feed(...times(teachLimit, at(80)));
		expect(spot.detector.learning).toBe(false);
		expect(spot.detector.knowsEmpty).toBe(false);
	});

	it("takes silence for an empty spot when a person says so", () => {
		const spot = settled(nothingHeard, null);
		spot.detector.learnFloor();
		spot.feed(...times(taughtHush, nothingHeard));
		expect(spot.detector.learning).toBe(false);
		expect(spot.detector.knowsEmpty).toBe(true);
		spot.feed(...times(30, nothingHeard));
		expect(spot.says).toBe("free no_echo");
	});

	it("ends without a floor when nothing calm is heard", () => {
		const spot = settled(at(220));
		spot.detector.learnFloor();
		for (let i = 0; i < teachLimit; i++) spot.feed(at(100 + 20 * (i % 6)));
		expect(spot.detector.learning).toBe(false);
		expect(spot.detector.knowsEmpty).toBe(false);
		expect(spot.detector.verdict.state).toBe("unknown");
	});
});

describe("a detector at a wall", () => {
	it("that is said to be there takes silence for free and what is near for a car", () => {
		const spot = settled(nothingHeard, null, "wall");
		expect(spot.says).toBe("free no_echo");
		spot.feed(...times(8, at(60)));
		expect(spot.says).toBe("occupied echo");
		spot.feed(...times(30, nothingHeard));
		expect(spot.says).toBe("free no_echo");
	});

	it("is one when it hangs lower than any car fits under", () => {
		const spot = new Spot(50);
		spot.feed(...times(30, nothingHeard));
		expect(spot.says).toBe("free no_echo");
	});

	it("takes minutes of nothing but silence after its first start for an empty spot, with half a heart", () => {
		const spot = new Spot();
		spot.feed(...times(assumeAfter - 10, nothingHeard));
		expect(spot.says).toBe("unknown no_echo");
		spot.feed(...times(30, nothingHeard));
		expect(spot.detector.verdict).toMatchObject({ state: "free", reason: "no_echo", confidence: 0.5 });
	});

	it("makes nothing of a silence without pulses, as of a wire that is off", () => {
		const spot = new Spot();
		spot.feed(...times(1000, silent));
		expect(spot.says).toBe("unknown unplugged");
	});

	it("that is said to hang overhead makes nothing of silence", () => {
		const spot = new Spot(undefined, "overhead");
		spot.feed(...times(1000, nothingHeard));
		expect(spot.says).toBe("unknown no_echo");
	});

	it("knows what silence means once it has heard a car", () => {
		const spot = new Spot();
		spot.feed(...times(100, nothingHeard));
		expect(spot.says).toBe("unknown no_echo");
		spot.feed(...times(hearingNeeded.near + 4, at(60)));
		expect(spot.says).toBe("occupied echo");
		spot.feed(...times(40, nothingHeard));
		expect(spot.says).toBe("free no_echo");
	});

	it("finds out by a car that leaves and no floor that comes", () => {
		const spot = new Spot();
		spot.feed(...times(100, at(60)));
		expect(spot.says).toBe("unknown floor_unknown");
		spot.feed(...times(2 * hearingNeeded.hush, nothingHeard));
		expect(spot.says).toBe("free no_echo");
	});

	it("finds out by its neighbours", () => {
		const [first, second] = makeDetectors({ spots: [{}, {}] });
		for (let i = 0; i < 2 * mountAfter; i++) {
			first?.measure({ ...at(60), atMs: i * stepMs }, 20);
			second?.measure({ ...nothingHeard, atMs: i * stepMs }, 20);
		}
		expect([first?.verdict.state, second?.verdict.state]).toEqual(["occupied", "free"]);
	});

	it("is not one when a neighbour hears a floor", () => {
		const [first, second, third] = makeDetectors({ spots: [{}, {}, {}] });
		for (let i = 0; i < 2 * mountAfter; i++) {
			first?.measure({ ...at(60), atMs: i * stepMs }, 20);
			second?.measure({ ...nothingHeard, atMs: i * stepMs }, 20);
			third?.measure({ ...at(230), atMs: i * stepMs }, 20);
		}
		expect([first, second, third].map((detector) => detector?.verdict.state)).toEqual(["unknown", "unknown", "free"]);
	});

	it("keeps a car whose bumper throws half of the pings away", () => {
		const spot = settled(nothingHeard, null, "wall");
		spot.feed(...times(10, at(70)));
		let told = 0;
		for (let i = 0; i < 1000; i++) told += spot.feed((i * 7) % 10 < 5 ? nothingHeard : at(70));
		expect(told).toBe(0);
		expect(count(spot, nothingHeard, () => spot.detector.verdict.state === "free")).toBeLessThan(40);
	});

	it("over a floor that has become silent (a puddle) finds out when a car is heard", () => {
		const spot = settled(at(250), null);
		spot.feed(...times(300, nothingHeard));
		expect(spot.says).toBe("unknown no_echo");
		spot.feed(...times(30, at(100)), ...times(30, nothingHeard));
		expect(spot.says).toBe("free no_echo");
		spot.feed(...times(10, at(250)));
		expect(spot.says).toBe("free echo");
	});
});

describe("any detector", () => {
	const anyMeasurement: fc.Arbitrary<Measurement> = fc.record({
		sensor: fc.constant(0),
		kind: fc.constantFrom<EchoKind>("ok", "no_echo", "too_short", "stuck"),
		echoUs: fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.double(), fc.constant(null)),
		high: fc.boolean(),
		atMs: fc.double(),
	});
	const anyFloor = fc.option(fc.integer({ min: 100, max: 400 }));
	const anyMount = fc.constantFrom<Mount | undefined>("overhead", "wall", undefined);
	const plausible = fc
		.tuple(fc.option(fc.integer({ min: 0, max: 40_000 })), fc.boolean())
		.map(([pulseUs, high]): Measurement => ({ ...silent, kind: classifyEcho(pulseUs, high), echoUs: pulseUs, high }));

	it("never throws, and always has a state, a reason and a confidence", () => {
		fc.assert(
			fc.property(
				anyFloor,
				anyMount,
				fc.array(fc.tuple(fc.oneof(anyMeasurement, plausible), fc.double(), fc.boolean()), { maxLength: 200 }),
				(floorCm, mount, input) => {
					const { detector } = new Spot(floorCm ?? undefined, mount);
					for (const [measurement, temperatureC, taught] of input) {
						if (taught && measurement.high) detector.learnFloor();
						detector.measure(measurement, temperatureC);
						const { state, reason, confidence, distanceCm } = detector.verdict;
						expect(["free", "occupied", "unknown"]).toContain(state);
						expect(reason).toMatch(/^[a-z_]+$/);
						if (state !== "unknown") expect(["echo", "no_echo"]).toContain(reason);
						else expect(reason).not.toBe("echo");
						expect(state === "unknown" ? confidence === 0 : confidence > 0 && confidence <= 1).toBe(true);
						expect(distanceCm === null || (distanceCm > 0 && Number.isFinite(distanceCm))).toBe(true);
						expect(detector.learnt.length).toBeLessThanOrEqual(40);
					}
				},
			),
		);
	});

	it("is not moved by one stray ping, whatever it was sure of", () => {
		fc.assert(
			fc.property(
				anyFloor,
				anyMount,
				plausible,
				plausible,
				fc.integer({ min: 1, max: 10 }),
				(floorCm, mount, steady, stray, after) => {
					const spot = settled(steady, floorCm, mount);
					const before = spot.detector.verdict.state;
					spot.feed(...times(100, steady));
					fc.pre(spot.detector.verdict.state === before);
					spot.feed(stray);
					expect(spot.detector.verdict.state).toBe(before);
					for (let i = 0; i < after; i++) {
						spot.feed(steady);
						expect(spot.detector.verdict.state).toBe(before);
					}
				},
			),
			{ numRuns: 1000 },
		);
	});

	it("decides the same on the same measurements", () => {
		fc.assert(
			fc.property(anyFloor, anyMount, fc.array(anyMeasurement, { maxLength: 100 }), (floorCm, mount, input) => {
				const run = () => {
					const { detector } = new Spot(floorCm ?? undefined, mount);
					return input.map((measurement) => [detector.measure(measurement, 20), { ...detector.verdict }]);
				};
				expect(run()).toEqual(run());
			}),
		);
	});

	it("has an eye for a surface as sharp as a sensor's", () => {
		// An HC-SR04 scatters by 0.5 cm at most: two of its echoes differ by more than this once in 2,000.
		expect(agreeCm).toBeGreaterThan(3.5 * Math.SQRT2 * 0.5);
	});
});
