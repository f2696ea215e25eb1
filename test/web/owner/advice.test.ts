import { describe, expect, test } from "vitest";
import type { Reason } from "../../../firmware/detector.ts";
import { adviceFor, adviceForAlarm } from "../../../web/src/owner/advice.ts";

/** Every reason that a board can give; a new one makes this incomplete. */
const reasons: Record<Reason, true> = {
	echo: true,
	starting: true,
	no_echo: true,
	unplugged: true,
	stuck: true,
	too_short: true,
	blocked: true,
	floor_unknown: true,
	beyond_floor: true,
	unclear: true,
};
const faults = (Object.keys(reasons) as Reason[]).filter((reason) => reason !== "echo");

describe("a sensor's word", () => {
	test.each(faults)("for knowing nothing, %s, has a meaning of its own and something to do", (reason) => {
		const { means, todo } = adviceFor("unknown", reason);
		expect(means).not.toContain(reason);
		expect(todo).toMatch(/\.$/);
		const others = faults.filter((other) => other !== reason).map((other) => adviceFor("unknown", other).means);
		expect(others).not.toContain(means);
	});

	test.each([
		["free", "echo", "It hears the empty floor."],
		["occupied", "echo", "It hears something that is not the empty floor."],
		["free", "no_echo", "It hears nothing, and that is how the empty spot sounds here."],
		["occupied", "no_echo", "It no longer hears the floor: glass, a slope or a soft roof swallows the echo."],
		["free", null, "It hears the empty floor."],
	] as const)("%s by %s needs nothing done", (state, reason, means) => {
		expect(adviceFor(state, reason)).toEqual({ means, todo: null });
	});

	test("for a reason that is not known here is given as it came", () => {
		expect(adviceFor("unknown", "moonlight")).toEqual({ means: "It says moonlight.", todo: null });
	});

	test("is nothing yet where it never spoke", () => {
		expect(adviceFor("unknown", null)).toEqual({ means: "Nothing is known of it yet.", todo: null });
	});
});

test("an alarm says what goes wrong slowly, and what to do", () => {
	expect(adviceForAlarm("dirt")).toEqual({
		means: "It answers ever less often.",
		todo: "Wipe both eyes: dust, dew and webs are the usual causes.",
	});
	expect(adviceForAlarm("drift").means).toBe("The floor is no longer where it was learnt.");
});
