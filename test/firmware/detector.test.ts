import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	calmSpreadCm,
	Detector,
	deepenAfter,
	echoDistanceCm,
	faultVotesNeeded,
	learnAfter,
	votesNeeded,
	windowSize,
} from "../../firmware/detector.ts";
import { classifyEcho, type EchoKind, type Measurement, sensorLimit, slotMs } from "../../firmware/ranging.ts";
import { echoUs } from "./fake-sensor.ts";

const nothingHeard: Measurement = { sensor: 0, kind: "no_echo", echoUs: 38_000, high: false, atMs: 0 };
const unplugged: Measurement = { ...nothingHeard, echoUs: null };
const stillSounding: Measurement = { ...unplugged, high: true };
const stuck: Measurement = { ...unplugged, kind: "stuck", high: true };
const tooShort: Measurement = { ...nothingHeard, kind: "too_short", echoUs: 60 };
const at = (distanceCm: number): Measurement => ({ ...nothingHeard, kind: "ok", echoUs: echoUs(distanceCm) });

function feed(detector: Detector, ...measurements: Measurement[]): number {
	return measurements.filter((measurement) => detector.measure(measurement, 20)).length;
}

const times = (count: number, measurement: Measurement) => Array.from({ length: count }, () => measurement);

function settled(measurement: Measurement, floorCm: number | undefined = 220): Detector {
	const detector = new Detector({ floorCm });
	feed(detector, ...times(20, measurement));
	return detector;
}

const sees = (detector: Detector) => `${detector.verdict.state} ${detector.verdict.reason}`;

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
		const detector = new Detector({ floorCm: 220 });
		expect(detector.verdict).toEqual({ state: "unknown", confidence: 0, reason: "starting", distanceCm: null });
		feed(detector, ...times(votesNeeded - 1, at(220)));
		expect(sees(detector)).toBe("unknown starting");
	});

	it.each([
		["free", 220],
		["free", 205],
		["free", 240],
		["occupied", 60],
		["occupied", 150],
		["occupied", 2],
	])("says %s at %i cm, surely", (state, distanceCm) => {
		const { verdict } = settled(at(distanceCm));
		expect(verdict).toMatchObject({ state, reason: "echo", confidence: 1 });
		expect(verdict.distanceCm).toBeCloseTo(distanceCm, 1);
	});

	it.each([
		[220, 60, "occupied"],
		[60, 220, "free"],
	])("decides a clear change from %i to %i cm within 3.2 s on a full board", (before, after, state) => {
		const detector = settled(at(before));
		let measurements = 0;
		for (; detector.verdict.state !== state; measurements++) feed(detector, at(after));
		expect(measurements * sensorLimit * slotMs).toBe(2560);
	});

	it("tells of a change once", () => {
		const detector = settled(at(220));
		expect(feed(detector, ...times(10, at(60)))).toBe(1);
	});

	it("makes its mind up over stray pings", () => {
		const detector = settled(at(220));
		feed(detector, at(60), at(60), nothingHeard, at(60), at(60));
		expect(sees(detector)).toBe("occupied echo");
	});

	it("keeps its mind between floor and vehicle", () => {
		const free = settled(at(220));
		const occupied = settled(at(60));
		feed(free, ...times(50, at(190)));
		feed(occupied, ...times(50, at(190)));
		expect([free.verdict.state, occupied.verdict.state]).toEqual(["free", "occupied"]);
	});

	it("is unclear at its start between floor and vehicle", () => {
		const detector = new Detector({ floorCm: 220 });
		feed(detector, ...times(votesNeeded - 1, at(190)));
		expect(sees(detector)).toBe("unknown starting");
		feed(detector, at(190));
		expect(sees(detector)).toBe("unknown unclear");
	});

	it.each([
		[100, 81, "free"],
		[100, 70, "unknown"],
		[100, 64, "occupied"],
		[400, 361, "free"],
		[400, 439, "free"],
		[400, 340, "occupied"],
	])("with the floor at %i cm takes %i cm for %s", (floorCm, distanceCm, state) => {
		expect(settled(at(distanceCm), floorCm).verdict.state).toBe(state);
	});

	it("does not call a spot free because nothing is heard", () => {
		const detector = settled(at(60));
		feed(detector, ...times(windowSize - 1, nothingHeard));
		expect(sees(detector)).toBe("occupied echo");
		feed(detector, nothingHeard);
		expect(sees(detector)).toBe("unknown no_echo");
	});

	it("takes echoes that are lost on a slope for a vehicle, beside echoes from it", () => {
		const detector = settled(at(220));
		feed(detector, ...times(5, nothingHeard), at(130), nothingHeard, at(130), nothingHeard);
		expect(sees(detector)).toBe("occupied echo");
		expect(detector.verdict.confidence).toBeCloseTo(0.7, 5);
	});

	it("is less sure while measurements speak against it", () => {
		const detector = settled(at(220));
		feed(detector, at(60), at(60));
		expect(detector.verdict).toMatchObject({ state: "free", confidence: 0.6 });
	});

	it.each([
		["unplugged", unplugged, faultVotesNeeded],
		["stuck", stuck, faultVotesNeeded],
		["no_echo", nothingHeard, windowSize],
		["no_echo", stillSounding, windowSize],
		["too_short", tooShort, windowSize],
		["beyond_floor", at(330), windowSize],
	] as const)("is unknown, %s, after as many measurements as that takes (case %#)", (reason, measurement, needed) => {
		for (const before of [at(220), at(60)]) {
			const detector = settled(before);
			feed(detector, ...times(needed - 1, measurement));
			expect(detector.verdict.state).not.toBe("unknown");
			expect(feed(detector, measurement)).toBe(1);
			expect(sees(detector)).toBe(`unknown ${reason}`);
			expect(detector.verdict.confidence).toBe(0);
		}
	});

	it("tells when the reason to know nothing changes", () => {
		const detector = settled(unplugged);
		expect(feed(detector, ...times(10, stuck))).toBe(1);
		expect(sees(detector)).toBe("unknown stuck");
	});

	it.each([
		["unplugged", unplugged],
		["stuck", stuck],
		["no_echo", nothingHeard],
		["too_short", tooShort],
	])("knows again when %s has gone", (_, fault) => {
		const detector = settled(fault);
		feed(detector, ...times(votesNeeded, at(220)));
		expect(sees(detector)).toBe("free echo");
	});

	it("has no distance when nothing is heard", () => {
		expect(settled(nothingHeard).verdict.distanceCm).toBeNull();
	});

	it("gives the median, whatever one stray ping says", () => {
		const detector = settled(at(60));
		feed(detector, at(390));
		expect(detector.verdict.distanceCm).toBeCloseTo(60, 1);
	});

	it("follows the floor slowly while the spot is free, and not while a car stands there", () => {
		const detector = settled(at(220));
		feed(detector, ...times(2000, at(205)));
		expect(detector.floorCm).toBeCloseTo(205, 0);
		feed(detector, ...times(2000, at(100)));
		expect(detector.floorCm).toBeCloseTo(205, 0);
		expect(detector.verdict.state).toBe("occupied");
	});

	it("does not follow the floor further than 15 %", () => {
		const detector = settled(at(220));
		for (let cm = 220; cm > 150; cm -= 0.02) feed(detector, at(cm));
		expect(detector.floorCm).toBeGreaterThan(220 * 0.85 - 0.1);
	});

	it("never takes a measured floor for wrong", () => {
		expect(sees(settled(at(330)))).toBe("unknown beyond_floor");
		const detector = settled(at(330));
		feed(detector, ...times(2 * deepenAfter, at(330)));
		expect(sees(detector)).toBe("unknown beyond_floor");
	});

	it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a floor at %f cm", (floorCm) => {
		expect(() => new Detector({ floorCm })).toThrow(
			new RangeError(`floorCm must be a positive number of cm, got ${floorCm}`),
		);
	});
});

describe("a detector without a floor", () => {
	it("learns it from calm echoes and then says free", () => {
		const detector = new Detector();
		feed(detector, ...times(learnAfter - 1, at(250)));
		expect(sees(detector)).toBe("unknown floor_unknown");
		feed(detector, at(250));
		expect(sees(detector)).toBe("free echo");
		expect(detector.floorCm).toBeCloseTo(250, 0);
	});

	it("does not take a car that stands there at the first start for the floor", () => {
		const detector = new Detector();
		feed(detector, ...times(2000, at(70)));
		expect(sees(detector)).toBe("unknown floor_unknown");
		feed(detector, ...times(learnAfter + windowSize, at(220)));
		expect(sees(detector)).toBe("free echo");
		feed(detector, ...times(votesNeeded, at(70)));
		expect(sees(detector)).toBe("occupied echo");
	});

	it("does not learn from echoes that are not calm", () => {
		const detector = new Detector();
		for (let i = 0; i < 200; i++) feed(detector, at(i % 2 === 0 ? 250 : 250 + 2 * calmSpreadCm));
		expect(detector.floorCm).toBeNull();
	});

	it("gives a floor up for a deeper one after minutes of calm", () => {
		const learnt = new Detector();
		feed(learnt, ...times(20, at(200)), ...times(windowSize, at(320)));
		expect(sees(learnt)).toBe("unknown beyond_floor");
		feed(learnt, ...times(deepenAfter - 1, at(320)));
		expect(learnt.floorCm).toBeCloseTo(200, 0);
		feed(learnt, ...times(2, at(320)));
		expect(learnt.floorCm).toBeCloseTo(320, 0);
		expect(sees(learnt)).toBe("free echo");
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
	const anyFloor = fc.option(fc.integer({ min: 100, max: 400 }), { nil: undefined });

	it("never throws, and always has a state, a reason and a confidence", () => {
		fc.assert(
			fc.property(anyFloor, fc.array(fc.tuple(anyMeasurement, fc.double()), { maxLength: 200 }), (floorCm, input) => {
				const detector = new Detector({ floorCm });
				for (const [measurement, temperatureC] of input) {
					detector.measure(measurement, temperatureC);
					const { state, reason, confidence, distanceCm } = detector.verdict;
					expect(["free", "occupied", "unknown"]).toContain(state);
					expect(reason).toMatch(/^[a-z_]+$/);
					expect(reason === "echo").toBe(state !== "unknown");
					expect(confidence >= 0 && confidence <= 1).toBe(true);
					expect(distanceCm === null || (distanceCm > 0 && Number.isFinite(distanceCm))).toBe(true);
				}
			}),
		);
	});

	it("is not moved by one stray ping", () => {
		const plausible = fc
			.tuple(fc.option(fc.integer({ min: 0, max: 40_000 })), fc.boolean())
			.map(
				([pulseUs, high]): Measurement => ({ ...unplugged, kind: classifyEcho(pulseUs, high), echoUs: pulseUs, high }),
			);
		fc.assert(
			fc.property(anyFloor, plausible, plausible, fc.integer({ min: 1, max: 10 }), (floorCm, steady, stray, after) => {
				const detector = settled(steady, floorCm);
				const before = sees(detector);
				feed(detector, stray);
				expect(sees(detector)).toBe(before);
				for (let i = 0; i < after; i++) {
					feed(detector, steady);
					expect(sees(detector)).toBe(before);
				}
			}),
			{ numRuns: 1000 },
		);
	});

	it("decides the same on the same measurements", () => {
		fc.assert(
			fc.property(anyFloor, fc.array(anyMeasurement, { maxLength: 100 }), (floorCm, input) => {
				const run = () => {
					const detector = new Detector({ floorCm });
					return input.map((measurement) => [detector.measure(measurement, 20), { ...detector.verdict }]);
				};
				expect(run()).toEqual(run());
			}),
		);
	});
});
