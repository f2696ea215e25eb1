import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BoardTrace } from "../../firmware/messages.ts";
import { classifyEcho, sensorLimit } from "../../firmware/ranging.ts";
import { batchLimit, batchMs, Recorder } from "../../firmware/recorder.ts";

function setUp() {
	const texts: string[] = [];
	const sink = { boot: 7, sendTrace: (text: string) => void texts.push(text) };
	const recorder = new Recorder({ sink, temperatureC: -7.5 });
	const take = (atMs: number, sensor = 0, echoUs: number | null = 12_800) =>
		recorder.take({ sensor, kind: classifyEcho(echoUs, false), echoUs, high: false, atMs });
	const batches = () => texts.map((text) => JSON.parse(text) as BoardTrace);
	return { recorder, take, batches, reboot: () => sink.boot++ };
}

describe("a recorder", () => {
	it("tells a second's measurements in one message, with what they are measured by", () => {
		const { recorder, take, batches } = setUp();
		recorder.record(0, 10_000);
		for (let atMs = 1000; atMs < 3100; atMs += 500) take(atMs);
		expect(batches()).toEqual([
			{ boot: 7, n: 1, temp_c: -7.5, samples: [1000, 1500].map((atMs) => [atMs, 0, 12_800]) },
			{ boot: 7, n: 2, temp_c: -7.5, samples: [2000, 2500].map((atMs) => [atMs, 0, 12_800]) },
		]);
	});

	it("tells pulses as they were timed, however short or long, and null where none ended", () => {
		const { recorder, take, batches } = setUp();
		recorder.record(0, 5000);
		for (const [index, echoUs] of [38_000, 12, 12_800.4, null, Number.NaN, Number.POSITIVE_INFINITY].entries()) {
			take(index, 0, echoUs);
		}
		take(5000);
		expect(batches()[0]?.samples.map(([, , echoUs]) => echoUs)).toEqual([38_000, 12, 12_800, null, null, null]);
	});

	it("says when it is over, and has passed everything on then", () => {
		const { recorder, take, batches } = setUp();
		recorder.record(0, 200);
		expect([take(100), take(199), take(200)]).toEqual([true, true, false]);
		expect(batches()).toHaveLength(1);
		expect(batches()[0]?.samples).toHaveLength(2);
	});

	it("records each sensor for its own time", () => {
		const { recorder, take, batches } = setUp();
		recorder.record(1, 300);
		recorder.record(2, 10_000);
		for (let atMs = 0; atMs < 600; atMs += 100) for (const sensor of [0, 1, 2]) take(atMs, sensor);
		recorder.record(2, 0);
		expect(take(600, 2)).toBe(false);
		const sensors = batches().flatMap(({ samples }) => samples.map(([, sensor]) => sensor));
		expect([0, 1, 2].map((sensor) => sensors.filter((one) => one === sensor).length)).toEqual([0, 3, 6]);
	});

	it("names the start as it is when the message is made", () => {
		const { recorder, take, batches, reboot } = setUp();
		recorder.record(0, 10_000);
		take(0);
		reboot();
		take(batchMs);
		expect(batches()[0]?.boot).toBe(8);
	});

	it("gives every measurement once and in order, in messages that are numbered and bounded", () => {
		const steps = fc.array(
			fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.nat(30) }, fc.nat(1500)), fc.nat(sensorLimit - 1)),
			{ maxLength: 200, size: "max" },
		);
		fc.assert(
			fc.property(steps, (measurements) => {
				const { recorder, take, batches } = setUp();
				for (let sensor = 0; sensor < sensorLimit; sensor++) recorder.record(sensor, Number.MAX_SAFE_INTEGER);
				let atMs = 2 ** 33;
				const told = measurements.map(([passedMs, sensor], index) => {
					atMs += passedMs;
					take(atMs, sensor, index);
					return [atMs, sensor, index];
				});
				for (let sensor = 0; sensor < sensorLimit; sensor++) recorder.record(sensor, 0);
				take(atMs);
				expect(batches().flatMap(({ samples }) => samples)).toEqual(told);
				expect(batches().map(({ n }) => n)).toEqual(batches().map((_, index) => index + 1));
				for (const { samples } of batches()) {
					expect(samples.length).toBeLessThanOrEqual(batchLimit);
					expect((samples.at(-1)?.[0] ?? 0) - (samples[0]?.[0] ?? 0)).toBeLessThan(batchMs);
				}
			}),
		);
	});
});
