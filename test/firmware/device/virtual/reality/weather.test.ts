import { describe, expect, it } from "vitest";
import { traffic } from "../../../../../firmware/device/virtual/reality/comings.ts";
import * as sky from "../../../../../firmware/device/virtual/reality/weather.ts";
import { deviation, distances, every, hours, listen, median, share } from "./listen.ts";

const slow = every(2000);

describe("without any effect", () => {
	it("the empty floor is heard on nearly all pings, scattered by 0.1 to 0.5 cm, within some percent of the truth", () => {
		for (let seed = 1; seed <= 10; seed++) {
			const { heard } = listen({}, seed);
			const cm = distances(heard);
			expect(cm.length / heard.length).toBeGreaterThan(0.98);
			expect(Math.abs(median(cm) / 250 - 0.987)).toBeLessThan(0.06);
			expect(deviation(cm)).toBeGreaterThan(0.08);
			expect(deviation(cm)).toBeLessThan(0.6);
		}
	});
});

describe("weather", () => {
	it("day: sound is slower in the cold of the night than in the afternoon", () => {
		const { heard } = listen({ hours: 24, firstHour: 0, cadence: slow, effects: [sky.day(-20, 40)] });
		const us = (fromH: number) => median(hours(heard, fromH, fromH + 0.5).map(({ echo_us }) => echo_us ?? 0));
		expect(us(3) / us(15)).toBeCloseTo((331.3 + 0.606 * 40) / (331.3 + 0.606 * -20), 2);
	});

	it("day: a thermometer tells the air's temperature to half a degree, and nobody does without one", () => {
		const told = { firstHour: 3, effects: [sky.day(-20, 40)] };
		const { heard } = listen({ ...told, thermometer: true });
		expect(heard.every(({ temp_c = 99 }) => Math.abs(temp_c + 20) < 0.7)).toBe(true);
		expect(listen(told).heard.some((sample) => "temp_c" in sample)).toBe(false);
	});

	it("wind: distances scatter at least twice as far", () => {
		const calm = deviation(distances(listen().heard));
		expect(deviation(distances(listen({ effects: [sky.wind()] }).heard))).toBeGreaterThan(2 * calm);
	});

	it("heatShimmer: a high sensor loses echoes at noon and not at night", () => {
		const silent = (firstHour: number) => {
			const { heard } = listen({ heightCm: [350, 350], firstHour, hours: 0.5, effects: [sky.heatShimmer()] });
			return share(heard, ({ cm }) => cm === null);
		};
		expect(silent(13)).toBeGreaterThan(0.02);
		expect(silent(2)).toBeLessThan(0.02);
	});

	it("rain: drops are heard near the sensor on some pings of a hundred, while it rains", () => {
		const { heard } = listen({ hours: 0.6, effects: [sky.rain(0.2, 0.4)] });
		const near = (fromH: number) => share(hours(heard, fromH, fromH + 0.2), ({ cm }) => cm !== null && cm < 45);
		expect([near(0), near(0.4)]).toEqual([0, 0]);
		expect(near(0.2)).toBeGreaterThan(0.02);
		expect(near(0.2)).toBeLessThan(0.06);
	});

	it("leaning: the floor is heard further away or not at all", () => {
		const upright = listen().heard;
		const { heard } = listen({ effects: [sky.leaning(22, 26)] });
		expect(median(distances(heard))).toBeGreaterThan(median(distances(upright)));
		expect(share(heard, ({ cm }) => cm === null)).toBeGreaterThan(0.05);
	});

	it("puddles: under a leaning sensor the floor falls silent until they have dried", () => {
		const { heard } = listen({ hours: 4, cadence: slow, effects: [sky.leaning(23, 24), sky.puddles(1, 3, 1)] });
		const answered = (fromH: number) => share(hours(heard, fromH, fromH + 0.5), ({ cm }) => cm !== null);
		expect(answered(0)).toBeGreaterThan(0.5);
		expect(answered(1.5)).toBeLessThan(0.2);
		expect(answered(3.2)).toBeGreaterThan(0.5);
	});

	it("snow: the floor comes nearer by what has fallen, until it is cleared", () => {
		const { heard } = listen({ hours: 8, cadence: slow, effects: [sky.snow(1, 4, 5, 6)] });
		const floor = (fromH: number) => median(distances(hours(heard, fromH, fromH + 0.5)));
		expect(floor(0) - floor(5)).toBeCloseTo(15, 0);
		expect(floor(6.5)).toBeCloseTo(floor(0), 0);
	});

	it("snow: it lies on roofs too, for as long as they stand there", () => {
		const parked = traffic({ cycleMin: 10_000, vehicles: ["van"], first: "occupied" });
		const { heard } = listen({ hours: 8, cadence: slow, effects: [parked, sky.snow(1, 4, 5, 6)] });
		const roof = (fromH: number) => median(distances(hours(heard, fromH, fromH + 0.5)));
		expect(roof(0) - roof(7)).toBeCloseTo(15, 0);
	});

	it("settling: the sensor comes down by the centimetres told, or half of them", () => {
		const { heard } = listen({ hours: 10, cadence: slow, effects: [sky.settling(6)] });
		const downCm = median(distances(hours(heard, 0, 0.2))) - median(distances(hours(heard, 9.8, 10)));
		expect(downCm).toBeGreaterThan(2.5);
		expect(downCm).toBeLessThan(6.5);
	});
});
