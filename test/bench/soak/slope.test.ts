import { describe, expect, it } from "vitest";
import { slope } from "./slope.ts";

/** Points at 0, 1, 2 … */
const points = (values: readonly number[]) => values.map((y, x) => ({ x, y }));

describe("the slope of a soak", () => {
	it("is that of the line where the points lie on one", () => {
		const { perX, plusMinus } = slope(points([3, 5, 7, 9, 11, 13]), 1);
		expect(perX).toBeCloseTo(2, 10);
		expect(plusMinus).toBeCloseTo(0, 10);
	});

	it("is none, as far as one can tell, where a sawtooth does not rise", () => {
		const { perX, plusMinus } = slope(points(Array.from({ length: 300 }, (_, index) => index % 10)), 10);
		expect(perX).toBeCloseTo(0, 10);
		expect(plusMinus).toBeCloseTo(0, 10);
	});

	it("is as sure as a textbook has it", () => {
		// Residuals 1, -1, -1, 1 around y = x: SE = sqrt(4 / 2 / 5); t(2) is 4.30 in tables.
		const { perX, plusMinus } = slope(points([1, 0, 1, 4]), 1);
		expect(perX).toBeCloseTo(1, 10);
		expect(plusMinus).toBeGreaterThan(0.63 * 1.96);
		expect(plusMinus).toBeLessThan(0.63 * 4.31);
	});

	it("is not known of two blocks", () => {
		expect(slope(points([1, 2, 3, 4]), 2)).toEqual({ perX: Number.NaN, plusMinus: Number.NaN });
	});
});
