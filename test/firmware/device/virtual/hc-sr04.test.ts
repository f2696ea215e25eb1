import { describe, expect, it } from "vitest";
import { HcSr04 } from "../../../../firmware/device/virtual/hc-sr04.ts";

describe("a virtual HC-SR04", () => {
	it("gives the pulse of its own ping, once", () => {
		const pulses = [8000, null, 38_000];
		const sensor = new HcSr04({ ping: () => pulses.shift() ?? null });
		const read = () => {
			sensor.trigger();
			return [sensor.read(), sensor.read()];
		};
		expect([read(), read(), read()]).toEqual([
			[8000, null],
			[null, null],
			[38_000, null],
		]);
	});

	it("has nothing to read that was not triggered, and a pin that is low", () => {
		const sensor = new HcSr04({ ping: () => 8000 });
		expect([sensor.read(), sensor.high]).toEqual([null, false]);
	});
});
