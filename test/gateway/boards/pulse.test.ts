import fc from "fast-check";
import { expect, test } from "vitest";
import { echoDistanceCm } from "../../../firmware/detector.ts";
import { classifyEcho } from "../../../firmware/ranging.ts";
import { pulseDistanceCm } from "../../../gateway/boards/pulse.ts";

test("a pulse is the distance that the firmware takes it for, and none where it takes it for no echo", () => {
	const echoUs = fc.oneof(
		fc.constant(null),
		fc.integer({ min: 0, max: 120_000 }),
		fc.constantFrom(107, 108, 35_999, 36_000),
	);
	fc.assert(
		fc.property(echoUs, fc.integer({ min: -40, max: 60 }), (us, tempC) => {
			const cm = pulseDistanceCm(us, tempC);
			if (us === null || classifyEcho(us, false) !== "ok") expect(cm).toBeNull();
			else expect(cm).toBeCloseTo(echoDistanceCm(us, tempC), 9);
		}),
	);
});
