/** The gateway's own wall clock is set anew while boards speak. */
import { expect, test } from "vitest";
import { Topics } from "../../../firmware/messages.ts";
import { Boards } from "../../../gateway/boards/boards.ts";
import { fixedClock, noon } from "../books.ts";

const dayMs = 86_400_000;

test.each([dayMs, -dayMs])("the start of a board follows the wall clock by %d ms, and back", (jumpMs) => {
	const clock = fixedClock();
	const steady = fixedClock(0);
	const boards = new Boards({
		topics: new Topics(),
		clock,
		steady,
		publish: async () => {},
		setTimer: () => () => {},
		makeId: () => "c1",
		onContest: () => {},
	});
	const health = (uptime_ms: number) => boards.takeHealth("b1", { boot: 1, uptime_ms, sensors: {} });
	const pass = (ms: number) => {
		clock.ms += ms;
		steady.ms += ms;
	};
	health(60_000);
	expect(boards.startMs("b1", 1)).toBe(noon - 60_000);
	clock.ms += jumpMs;
	pass(10_000);
	health(70_000);
	expect(boards.startMs("b1", 1)).toBe(noon + jumpMs - 60_000);
	clock.ms -= jumpMs;
	pass(10_000);
	health(80_000);
	expect(boards.startMs("b1", 1)).toBe(noon - 60_000);
});
