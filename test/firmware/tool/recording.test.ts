import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkHead, checkLine } from "../../../firmware/device/virtual/trace-file.ts";
import type { BoardTrace } from "../../../firmware/messages.ts";
import { boardOf, Recording, RecordingError, truthLimit } from "../../../firmware/tool/trace/recording.ts";

function setUp() {
	const lines: object[] = [];
	const clock = { ms: 1_000_000 };
	const recording = new Recording({ name: "test", write: (line) => lines.push(line), now: () => clock.ms });
	recording.begin({ spots: [{ spot_id: "A", height_cm: 230 }, { spot_id: "B" }] });
	const batch = (n: number, samples: BoardTrace["samples"], more: Partial<BoardTrace> = {}) =>
		recording.add({ boot: 5, n, temp_c: 20, samples, ...more });
	return { lines, clock, recording, batch };
}

describe("a recording", () => {
	it("begins with what is known of the board and goes on with its measurements", () => {
		const { lines, batch } = setUp();
		batch(1, [
			[7000, 0, 13_390],
			[7080, 1, null],
		]);
		batch(2, [[8000, 0, 38_000]], { temp_c: -5 });
		expect(lines).toEqual([
			{ trace: 1, name: "test", spots: [{ spot_id: "A", height_cm: 230 }, { spot_id: "B" }] },
			{ t: 7000, spot: "A", echo_us: 13_390 },
			{ t: 7080, spot: "B", echo_us: null },
			{ t: 8000, spot: "A", echo_us: 38_000, temp_c: -5 },
		]);
		expect(() => checkHead(lines[0])).not.toThrow();
		for (const line of lines.slice(1)) expect(checkLine(line)).toEqual(line);
	});

	it("names the mount where the board does", () => {
		const lines: object[] = [];
		const recording = new Recording({ name: "test", write: (line) => lines.push(line), now: () => 0 });
		recording.begin({ spots: [{ spot_id: "A" }], mount: "wall" });
		expect(lines).toEqual([{ trace: 1, name: "test", mount: "wall", spots: [{ spot_id: "A" }] }]);
	});

	it("counts the messages that are missing", () => {
		const { recording, batch } = setUp();
		batch(4, [[1000, 0, 1]]);
		batch(5, [[2000, 0, 1]]);
		batch(9, [[6000, 0, 1]]);
		expect(recording.summary).toMatchObject({ messages: 3, missing: 3, samples: 3 });
	});

	it("writes no measurement twice, and none from before the last one", () => {
		const { lines, batch } = setUp();
		batch(1, [[1000, 0, 1]]);
		batch(2, [[2000, 0, 2]]);
		batch(1, [[1000, 0, 1]]);
		expect(lines.slice(1)).toEqual([
			{ t: 1000, spot: "A", echo_us: 1 },
			{ t: 2000, spot: "A", echo_us: 2 },
		]);
	});

	it("goes on in time when the board begins anew", () => {
		const { lines, clock, recording, batch } = setUp();
		batch(1, [[90_000, 0, 1]]);
		clock.ms += 30_000;
		batch(
			1,
			[
				[3000, 0, 2],
				[3500, 0, 3],
			],
			{ boot: 6 },
		);
		expect(lines.slice(1)).toMatchObject([{ t: 90_000 }, { t: 119_500 }, { t: 120_000 }]);
		expect(recording.summary).toMatchObject({ restarts: 1, missing: 0 });
	});

	it("refuses to go on with other spots", () => {
		const { recording } = setUp();
		recording.begin({ spots: [{ spot_id: "A" }, { spot_id: "B" }] });
		const text = "the board's spots must stay A, B, got B, A: begin another trace";
		expect(() => recording.begin({ spots: [{ spot_id: "B" }, { spot_id: "A" }] })).toThrow(new RecordingError(text));
	});

	it.each([
		null,
		7,
		{},
		{ boot: 5, n: 1, temp_c: 20, samples: [] },
		{ boot: 0, n: 1, temp_c: 20, samples: [[1, 0, 1]] },
		{ boot: 5, n: 1, temp_c: "20", samples: [[1, 0, 1]] },
		{ boot: 5, n: 1, temp_c: 20, samples: [[1, 2, 1]] },
		{ boot: 5, n: 1, temp_c: 20, samples: [[1, 0]] },
		{ boot: 5, n: 1, temp_c: 20, samples: [[1, 0, -1]] },
		{
			boot: 5,
			n: 1,
			temp_c: 20,
			samples: [
				[2, 0, 1],
				[1, 0, 1],
			],
		},
	])("counts what is no message of a board: %j", (message) => {
		const { lines, recording } = setUp();
		recording.add(message);
		expect(recording.summary.bad).toBe(1);
		expect(lines).toHaveLength(1);
	});

	it("throws at nothing that comes, and its lines stay in order", () => {
		const trace = fc.record({
			boot: fc.integer({ min: 0, max: 3 }),
			n: fc.nat(9),
			temp_c: fc.constantFrom<unknown>(20, 5, "x"),
			samples: fc.array(fc.tuple(fc.nat(5000), fc.nat(2), fc.option(fc.nat(40_000))), { maxLength: 4 }),
		});
		fc.assert(
			fc.property(fc.array(fc.oneof(trace, fc.anything())), (messages) => {
				const { lines, clock, recording } = setUp();
				for (const message of messages) {
					clock.ms += 500;
					recording.add(message);
					recording.truth("A", "free");
				}
				recording.end();
				const times = lines.slice(1).map((line) => (line as { t: number }).t);
				expect(times).toEqual(times.toSorted((a, b) => a - b));
				for (const line of lines.slice(1)) expect(checkLine(line)).toEqual(line);
			}),
		);
	});
});

describe("the truth", () => {
	it("is written at the board's time of the moment, between the measurements", () => {
		const { lines, clock, recording, batch } = setUp();
		batch(1, [[5000, 0, 1]]);
		clock.ms += 300;
		recording.truth("A", "occupied");
		clock.ms += 700;
		batch(2, [
			[5200, 0, 2],
			[6000, 0, 3],
		]);
		expect(lines.slice(2)).toEqual([
			{ t: 5200, spot: "A", echo_us: 2 },
			{ t: 5300, spot: "A", truth: "occupied" },
			{ t: 6000, spot: "A", echo_us: 3 },
		]);
	});

	it("may be said before the first measurement, and after the last", () => {
		const { lines, clock, recording, batch } = setUp();
		recording.truth("B", "free");
		batch(1, [[5000, 0, 1]]);
		clock.ms += 400;
		recording.truth("B", "occupied");
		recording.end();
		expect(lines.slice(1)).toEqual([
			{ t: 5000, spot: "B", truth: "free" },
			{ t: 5000, spot: "A", echo_us: 1 },
			{ t: 5400, spot: "B", truth: "occupied" },
		]);
	});

	it("is refused of a spot that there is not, and when too much waits", () => {
		const { recording } = setUp();
		expect(() => recording.truth("C", "free")).toThrow(new RecordingError("spot must be one of A, B, got C"));
		for (let index = 0; index < truthLimit; index++) recording.truth("A", "free");
		expect(() => recording.truth("A", "free")).toThrow(/^at most 1000 truths can wait/);
	});
});

describe("what a board says of itself", () => {
	it("is read from its status and from its serial port", () => {
		expect(boardOf({ online: true, boot: 1, spots: ["A"] })).toEqual({ spots: [{ spot_id: "A" }] });
		const spots = [{ spot_id: "A", height_cm: 220 }];
		expect(boardOf({ board_id: "b", mount: "wall", spots })).toEqual({ mount: "wall", spots });
	});

	it.each([
		null,
		7,
		{},
		{ spots: [] },
		{ spots: "A" },
		{ spots: [""] },
		{ spots: [7] },
		{ spots: [null] },
		{ spots: ["a b"] },
	])("is nothing in %j", (value) => expect(boardOf(value)).toBeNull());
});
