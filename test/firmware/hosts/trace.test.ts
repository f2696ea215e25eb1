import { describe, expect, it } from "vitest";
import { firstDifference, type Step } from "./trace.ts";

const step = (atMs: number, level = 1): Step => ({
	events: [["time", atMs]],
	reply: { actions: [[atMs, "lamp", 0, "green", level]], nextMs: atMs + 80, waiting: 0 },
});

describe("the first difference of two traces", () => {
	it("is none when they are the same", () => {
		expect(firstDifference([step(80), step(160)], [step(80), step(160)])).toBeNull();
	});

	it("names the first step that differs, and shows both sides", () => {
		expect(firstDifference([step(80), step(160), step(240)], [step(80), step(160, 0.5), step(240, 0.5)])).toBe(
			'step 2 of 3: reply must be …{"actions":[[160,"lamp",0,"green",1]],"nextMs":240,"waiting":0}…, ' +
				'got …{"actions":[[160,"lamp",0,"green",0.5]],"nextMs":240,"waiting":0}…',
		);
	});

	it("is the end of the shorter one where it goes no further", () => {
		expect(firstDifference([step(80)], [step(80), step(160)])).toMatch(
			/^step 2 of 2: events must be …nothing…, got …\[\["time",160\]\]…$/,
		);
	});
});
