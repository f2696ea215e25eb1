import { describe, expect, it } from "vitest";
import { echoDistanceCm } from "../../../../firmware/detector.ts";
import { dropoutShare, HcSr04, noiseCm, nothingHeardUs } from "../../../../firmware/device/virtual/hc-sr04.ts";
import { seededRandom } from "../../../../firmware/device/virtual/random.ts";
import { classifyEcho } from "../../../../firmware/ranging.ts";

function echoes(distanceCm: number, echoShare: number, count = 20_000): number[] {
	const sensor = new HcSr04({
		look: () => ({ distanceCm, echoShare }),
		random: seededRandom(1, "test"),
		temperatureC: 5,
	});
	return Array.from({ length: count }, () => {
		sensor.trigger();
		return sensor.read() ?? 0;
	});
}

describe("a virtual HC-SR04", () => {
	it("measures what the model shows, with a sensor's scatter", () => {
		const cm = echoes(150, 1)
			.filter((echoUs) => echoUs !== nothingHeardUs)
			.map((echoUs) => echoDistanceCm(echoUs, 5));
		const mean = cm.reduce((sum, value) => sum + value, 0) / cm.length;
		const deviation = Math.sqrt(cm.reduce((sum, value) => sum + (value - mean) ** 2, 0) / cm.length);
		expect(mean).toBeCloseTo(150, 1);
		expect(deviation).toBeGreaterThan(noiseCm * 0.95);
		expect(deviation).toBeLessThan(noiseCm * 1.05);
	});

	it.each([1, 0.5])("loses its share of pings when %f come back", (echoShare) => {
		const lost = echoes(150, echoShare).filter((echoUs) => echoUs === nothingHeardUs).length / 20_000;
		expect(Math.abs(lost - (1 - echoShare * (1 - dropoutShare)))).toBeLessThan(0.01);
	});

	it("makes pulses that ranging takes for what they are", () => {
		expect(classifyEcho(nothingHeardUs, false)).toBe("no_echo");
		expect(echoes(2, 1, 100).every((echoUs) => echoUs === nothingHeardUs || classifyEcho(echoUs, false) === "ok")).toBe(
			true,
		);
	});

	it("has nothing to read that was not triggered", () => {
		const sensor = new HcSr04({
			look: () => ({ distanceCm: 100, echoShare: 1 }),
			random: seededRandom(1, "test"),
			temperatureC: 20,
		});
		expect(sensor.read()).toBeNull();
		sensor.trigger();
		sensor.read();
		expect(sensor.read()).toBeNull();
	});
});
