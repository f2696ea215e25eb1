import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	classifyEcho,
	guardMs,
	jitterMs,
	longestEchoUs,
	type Measurement,
	Ranging,
	restMs,
	type Sensor,
	sensorLimit,
	shortestEchoUs,
	slotMs,
	sweepMs,
} from "../../firmware/ranging.ts";
import { echoUs, FakeSensor } from "./fake-sensor.ts";
import { VirtualTime } from "./virtual-time.ts";

function setUp(sensors: Sensor[], random = () => 0) {
	const time = new VirtualTime();
	const measurements: Measurement[] = [];
	const ranging = new Ranging({
		sensors,
		timer: time,
		random,
		onMeasurement: (measurement) => measurements.push({ ...measurement }),
	});
	return { time, ranging, measurements };
}

const eight = () => Array.from({ length: 8 }, () => new FakeSensor());

describe("ranging", () => {
	it("fires one sensor a slot and comes round after eight slots", () => {
		const sensors = eight();
		const { time, ranging, measurements } = setUp(sensors);
		ranging.start();
		for (let slot = 0; slot < 16; slot++) {
			expect(sensors.map((sensor) => sensor.triggers)).toEqual(
				sensors.map((_, index) => Math.floor(slot / 8) + (index <= slot % 8 ? 1 : 0)),
			);
			time.advance(slotMs);
		}
		expect(measurements.map((measurement) => measurement.sensor)).toEqual([
			0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
		]);
		expect(measurements.map((measurement) => measurement.atMs)).toEqual(measurements.map((_, i) => (i + 1) * slotMs));
		expect(sweepMs).toBe(640);
	});

	it("takes as long for a sweep with one sensor as with eight", () => {
		const sensor = new FakeSensor();
		const { time, ranging, measurements } = setUp([sensor]);
		ranging.start();
		time.advance(3 * sweepMs);
		expect(measurements.map((measurement) => measurement.atMs)).toEqual([80, 720, 1360]);
	});

	it("reports the pulse as it was timed", () => {
		const sensor = new FakeSensor(220);
		const { time, ranging, measurements } = setUp([sensor]);
		ranging.start();
		time.advance(slotMs);
		expect(measurements).toEqual([{ sensor: 0, kind: "ok", echoUs: echoUs(220), high: false, atMs: 80 }]);
	});

	it.each([
		["nothing ended", null, false, "no_echo"],
		["the pulse of nothing heard", 38_000, false, "no_echo"],
		["the shortest such pulse", longestEchoUs, false, "no_echo"],
		["a pulse just below it", longestEchoUs - 1, false, "ok"],
		["2 cm", shortestEchoUs, false, "ok"],
		["the trigger's bleed", shortestEchoUs - 1, false, "too_short"],
		["no time at all", 0, false, "too_short"],
		["a negative time", -5, false, "too_short"],
		["no number", Number.NaN, false, "no_echo"],
		["endless", Number.POSITIVE_INFINITY, false, "no_echo"],
		["a pulse on a pin that was high", 10_000, true, "stuck"],
		["a pin that stays high", null, true, "stuck"],
	] as const)("classifies %s", (_, pulseUs, stuck, kind) => {
		expect(classifyEcho(pulseUs, stuck)).toBe(kind);
	});

	it("tells a pin that was high before the trigger from one that is high after it", () => {
		const sensor = new FakeSensor();
		sensor.echoUs = null;
		const { time, ranging, measurements } = setUp([sensor]);
		ranging.start();
		sensor.high = true;
		time.advance(sweepMs + slotMs);
		expect(measurements.map(({ kind, high }) => ({ kind, high }))).toEqual([
			{ kind: "no_echo", high: true },
			{ kind: "stuck", high: true },
		]);
		expect(ranging.counters[0]).toMatchObject({ endless: 1, stuck: 1 });
	});

	it("waits for a pulse that goes on, up to the guard time, and then rests", () => {
		const [clone, next] = [new FakeSensor(), new FakeSensor()];
		const { time, ranging, measurements } = setUp([clone, next]);
		ranging.start();
		clone.echoUs = null;
		clone.high = true;
		time.advance(slotMs + 20);
		clone.high = false;
		expect(next.triggers).toBe(0);
		time.advance(guardMs + restMs - slotMs - 20 - 1);
		expect(next.triggers).toBe(0);
		time.advance(1);
		expect(next.triggers).toBe(1);
		expect(measurements).toEqual([{ sensor: 0, kind: "no_echo", echoUs: null, high: true, atMs: slotMs }]);
		expect(ranging.counters[0]).toMatchObject({ no_echo: 1, endless: 0 });
	});

	it("rests after a pulse that ends late in its slot", () => {
		const [clone, next] = [new FakeSensor(), new FakeSensor()];
		clone.echoUs = 76_000;
		const { time, ranging } = setUp([clone, next]);
		ranging.start();
		time.advance(slotMs + 5);
		expect(next.triggers).toBe(0);
		time.advance(1);
		expect(next.triggers).toBe(1);
	});

	it("makes each slot longer by chance, so that it keeps no step with a neighbour's sensors", () => {
		const chances = [0, 0.5, 0.999];
		const { time, ranging, measurements } = setUp(eight(), () => chances.shift() ?? 0);
		ranging.start();
		time.advance(4 * slotMs + 2 * jitterMs);
		const gaps = measurements.map(({ atMs }, index) => atMs - (measurements[index - 1]?.atMs ?? 0));
		expect(gaps).toEqual([slotMs, slotMs + jitterMs / 2, slotMs + jitterMs, slotMs]);
	});

	it("goes on when sensors are dead, hang or throw", () => {
		const sensors = eight();
		for (const [index, sensor] of sensors.entries()) {
			if (index === 1) sensor.echoUs = null;
			if (index === 2) sensor.high = true;
			if (index === 3) sensor.error = new Error("no such pin");
			if (index === 4) sensor.echoUs = 50;
		}
		const { time, ranging, measurements } = setUp(sensors);
		ranging.start();
		time.advance(10 * sweepMs);
		expect(measurements).toHaveLength(80);
		const none = { ok: 0, no_echo: 0, endless: 0, stuck: 0, too_short: 0, silent: 0 };
		expect(ranging.counters).toEqual([
			{ ...none, ok: 10 },
			{ ...none, silent: 10 },
			{ ...none, stuck: 10 },
			{ ...none, silent: 10 },
			{ ...none, too_short: 10 },
			{ ...none, ok: 10 },
			{ ...none, ok: 10 },
			{ ...none, ok: 10 },
		]);
	});

	it("does not blame a sensor that throws for what the pin was before", () => {
		const [hanging, broken] = [new FakeSensor(), new FakeSensor()];
		hanging.high = true;
		broken.error = new Error("no such pin");
		const { time, ranging, measurements } = setUp([hanging, broken]);
		ranging.start();
		time.advance(2 * slotMs);
		expect(measurements.map(({ kind, high }) => ({ kind, high }))).toEqual([
			{ kind: "stuck", high: true },
			{ kind: "no_echo", high: false },
		]);
	});

	it("has begun the next slot when a listener throws", () => {
		const time = new VirtualTime();
		const sensors = eight();
		const ranging = new Ranging({
			sensors,
			timer: time,
			random: () => 0,
			onMeasurement: () => {
				throw new Error("listener");
			},
		});
		ranging.start();
		expect(() => time.advance(slotMs)).toThrow("listener");
		expect(sensors[1]?.triggers).toBe(1);
		expect(time.pending).toBe(1);
	});

	it("hands out the same object each time", () => {
		const time = new VirtualTime();
		const seen = new Set<unknown>();
		const ranging = new Ranging({
			sensors: eight(),
			timer: time,
			random: () => 0,
			onMeasurement: (measurement) => seen.add(measurement),
		});
		ranging.start();
		time.advance(2 * sweepMs);
		expect(seen.size).toBe(1);
	});

	it("stops when closed, and twice is fine", () => {
		const sensors = eight();
		const { time, ranging, measurements } = setUp(sensors);
		ranging.start();
		time.advance(slotMs);
		ranging.close();
		ranging.close();
		time.advance(sweepMs);
		expect(measurements).toHaveLength(1);
		expect(time.pending).toBe(0);
	});

	it.each([0, sensorLimit + 1])("refuses %i sensors", (count) => {
		const sensors = Array.from({ length: count }, () => new FakeSensor());
		expect(() => setUp(sensors)).toThrow(new RangeError(`sensors must be 1 to 8, got ${count}`));
	});

	it("measures every sensor once a sweep, whatever the pulses are", () => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.option(fc.double({ max: 70_000 })), fc.boolean()), { minLength: 1, maxLength: 8 }),
				fc.integer({ min: 1, max: 5 }),
				(pulses, sweeps) => {
					const sensors = pulses.map(([pulseUs, high]) => {
						const sensor = new FakeSensor();
						sensor.echoUs = pulseUs;
						sensor.high = high;
						return sensor;
					});
					const { time, ranging, measurements } = setUp(sensors);
					ranging.start();
					time.advance(sweeps * sweepMs);
					expect(measurements).toHaveLength(sweeps * sensors.length);
					for (const counters of ranging.counters) {
						expect(Object.values(counters).reduce((sum, count) => sum + count)).toBe(sweeps);
					}
				},
			),
		);
	});
});
