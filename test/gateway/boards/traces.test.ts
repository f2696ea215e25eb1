import { expect, test } from "vitest";
import type { BoardTrace } from "../../../firmware/messages.ts";
import { maxSamples, maxTracedSpots, traceSpanMs } from "../../../gateway/boards/traces.ts";
import { noon } from "../books.ts";
import { setUpBoards } from "./fakes.ts";

const trace = (n: number, samples: BoardTrace["samples"], boot = 1): BoardTrace => ({ boot, n, temp_c: 21, samples });

test("keeps each spot's measurements as they were timed", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	expect(
		boards.takeTrace(
			"b1",
			trace(1, [
				[640, 0, 12_700],
				[720, 1, null],
			]),
		),
	).toBeNull();
	expect(boards.traces.samples("b1", 1, "SPOT001", 0)).toEqual({
		lost: 0,
		samples: [{ atMs: 640, echoUs: 12_700, tempC: 21 }],
	});
	expect(boards.traces.samples("b1", 1, "SPOT002", 0).samples).toEqual([{ atMs: 720, echoUs: null, tempC: 21 }]);
});

test("gives only what was measured after a moment", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	boards.takeTrace(
		"b1",
		trace(1, [
			[640, 0, 1_000],
			[1_280, 0, 2_000],
			[1_920, 0, 3_000],
		]),
	);
	expect(boards.traces.samples("b1", 1, "SPOT001", 1_280).samples.map(({ echoUs }) => echoUs)).toEqual([3_000]);
});

test("counts messages that never came, and not those of the trace before", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	for (const n of [4, 5, 8, 1, 2]) boards.takeTrace("b1", trace(n, [[n * 640, 0, 1]]));
	expect(boards.traces.samples("b1", 1, "SPOT001", 0).lost).toBe(2);
});

test("keeps the newest measurements of a spot and no more", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	for (let at = 1; at <= maxSamples + 5; at++) boards.takeTrace("b1", trace(at, [[at, 0, at]]));
	const { samples } = boards.traces.samples("b1", 1, "SPOT001", 0);
	expect([samples.length, samples[0]?.atMs, samples.at(-1)?.atMs]).toEqual([maxSamples, 6, maxSamples + 5]);
});

test("has room for so many spots: the board heard longest ago makes place", () => {
	const { boards, announce } = setUpBoards();
	for (let board = 0; board <= maxTracedSpots / 2; board++) {
		announce(`b${board}`);
		boards.takeTrace(
			`b${board}`,
			trace(1, [
				[1, 0, 9],
				[2, 1, 9],
			]),
		);
	}
	expect(boards.traces.size).toBe(maxTracedSpots / 2);
	expect(boards.traces.samples("b0", 1, "SPOT001", 0).samples).toEqual([]);
	expect(boards.traces.samples("b1", 1, "SPOT001", 0).samples).toHaveLength(1);
});

test("begins anew with a new start of the board", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	boards.takeTrace("b1", trace(1, [[640, 0, 1]]));
	announce("b1", { boot: 2 });
	expect(boards.traces.samples("b1", 2, "SPOT001", 0).samples).toEqual([]);
	boards.takeTrace("b1", trace(1, [[700, 0, 2]], 2));
	expect(boards.traces.samples("b1", 2, "SPOT001", 0).samples).toHaveLength(1);
});

test("is forgotten when nothing of it could be shown any more", () => {
	const { boards, clock, announce } = setUpBoards();
	announce("b1");
	boards.takeTrace("b1", trace(1, [[640, 0, 1]]));
	clock.ms += traceSpanMs;
	boards.tick();
	expect(boards.traces.size).toBe(1);
	clock.ms += 1;
	boards.tick();
	expect(boards.traces.size).toBe(0);
});

test("refuses measurements of a board that never said its spots, or of a spot that it has not", () => {
	const { boards, announce } = setUpBoards();
	expect(boards.takeTrace("b1", trace(1, []))).toBe('expected a status of board "b1" before its trace, got none');
	announce("b1");
	expect(boards.takeTrace("b1", trace(1, [[640, 2, 1]]))).toBe(
		"expected samples of spots 0 to 1, as the board's status has them, got 2",
	);
	expect(boards.takeTrace("b1", trace(1, [], 9))).toBe("expected a trace of boot 1, got boot 9");
	expect(boards.traces.size).toBe(0);
});

test("is known to run for as long as it was asked for, spot by spot", async () => {
	const { boards, clock, announce } = setUpBoards();
	announce("b1");
	const asked = { board_id: "b1", spots: ["SPOT001", "SPOT002"], online: true, since: "" };
	let asks = 0;
	const ask = async (seconds: number, spot_id?: string) => {
		const answer = boards.ask(asked, { command: "trace", seconds, spot_id });
		boards.commands.take("b1", { id: `c${++asks}`, ok: true });
		await answer;
	};
	const until = () => [undefined, "SPOT001", "SPOT002"].map((spotId) => boards.traces.untilMs("b1", spotId));
	await ask(300, "SPOT001");
	expect(until()).toEqual([noon + 300_000, noon + 300_000, null]);
	await ask(60);
	expect(until()).toEqual([noon + 60_000, noon + 60_000, noon + 60_000]);
	await ask(0, "SPOT001");
	expect(until()).toEqual([noon + 60_000, null, noon + 60_000]);
	clock.ms += 60_000;
	expect(until()).toEqual([null, null, null]);
});
