import { describe, expect, it } from "vitest";
import { askLimit, Calibration, learnForMs, showResultMs } from "../../firmware/calibration.ts";
import type { Reason } from "../../firmware/detector.ts";
import type { BoardResult } from "../../firmware/messages.ts";

/** A detector that learns when the test says so. */
class Pupil {
	learning = false;
	knowsEmpty = false;
	floorCm: number | null = null;
	lessons = 0;
	readonly verdict = { state: "unknown" as const, confidence: 0, reason: "floor_unknown" as Reason, distanceCm: null };

	learnFloor(): void {
		this.lessons++;
		this.learning = true;
		this.knowsEmpty = false;
	}

	end(floorCm: number | null, knowsEmpty = true): void {
		this.learning = false;
		this.knowsEmpty = knowsEmpty;
		this.floorCm = floorCm;
	}
}

function setUp() {
	const pupils = [new Pupil(), new Pupil(), new Pupil()];
	const [a, b, c] = pupils as [Pupil, Pupil, Pupil];
	const answers: BoardResult[] = [];
	const signals: string[] = [];
	const calibration = new Calibration({
		detectors: pupils,
		spots: [{ spot_id: "A" }, { spot_id: "B" }, { spot_id: "C" }],
		lamps: { signal: (spot, signal, durationMs) => signals.push(`${spot} ${signal} ${durationMs}`) },
		link: { answer: (result) => void answers.push(result) },
	});
	return { a, b, c, answers, signals, calibration };
}

describe("learning floors", () => {
	it("is answered with the floors when all that were asked have learnt", () => {
		const { a, c, answers, calibration } = setUp();
		calibration.learn("x", 0b101, 0);
		a.end(221.26);
		expect(calibration.check(1000)).toBe(true);
		expect(answers).toEqual([]);
		c.end(null);
		expect(calibration.check(2000)).toBe(false);
		expect(answers).toEqual([{ id: "x", ok: true, floors: { A: 221.3, C: null } }]);
	});

	it("leaves the other spots alone", () => {
		const { a, b, calibration } = setUp();
		calibration.learn("x", 0b001, 0);
		expect([a.lessons, b.lessons]).toEqual([1, 0]);
	});

	it.each([
		["floor_unknown", "no floor was heard; does something stand or move under it?"],
		["unclear", "no floor was heard; does something stand or move under it?"],
		["unplugged", "no pulse at all; are its wires off?"],
		["stuck", "its echo pin stays high; is it wired right?"],
		["too_short", "something sits on the sensor or close before it; what is it?"],
		["blocked", "something sits on the sensor or close before it; what is it?"],
	] as const)("says of a spot that could not learn and is %s where to look", (reason, text) => {
		const { a, b, answers, calibration } = setUp();
		calibration.learn("x", 0b011, 0);
		a.end(220);
		b.verdict.reason = reason;
		b.end(null, false);
		calibration.check(1000);
		expect(answers).toEqual([{ id: "x", ok: false, message: `B: ${text}`, floors: { A: 220 } }]);
	});

	it("is answered after its time, whatever the detectors do", () => {
		const { answers, calibration } = setUp();
		calibration.learn("x", 0b011, 500);
		expect(calibration.check(500 + learnForMs - 1)).toBe(true);
		expect(calibration.check(500 + learnForMs)).toBe(false);
		const why = "no floor was heard; does something stand or move under it?";
		expect(answers).toEqual([{ id: "x", ok: false, message: `A: ${why}; B: ${why}`, floors: {} }]);
	});

	it("answers each of several commands when its own spots are done, and teaches none twice at once", () => {
		const { a, b, answers, calibration } = setUp();
		calibration.learn("all", 0b011, 0);
		calibration.learn("one", 0b001, 5000);
		expect(a.lessons).toBe(1);
		a.end(220);
		expect(calibration.check(6000)).toBe(true);
		expect(answers).toEqual([{ id: "one", ok: true, floors: { A: 220 } }]);
		// Again, while the first command still waits: it keeps what it has heard of this spot.
		calibration.learn("again", 0b001, 7000);
		expect(a.lessons).toBe(2);
		b.end(230);
		calibration.check(8000);
		expect(answers.at(-1)).toEqual({ id: "all", ok: true, floors: { A: 220, B: 230 } });
		a.end(219);
		expect(calibration.check(9000)).toBe(false);
		expect(answers.at(-1)).toEqual({ id: "again", ok: true, floors: { A: 219 } });
	});

	it("refuses more commands than can wait", () => {
		const { answers, calibration } = setUp();
		for (let index = 0; index <= askLimit; index++) calibration.learn(String(index), 0b001, 0);
		const message = `at most ${askLimit} learn_floor commands can wait for their answers, got one more`;
		expect(answers).toEqual([{ id: String(askLimit), ok: false, message }]);
		calibration.check(learnForMs);
		expect(answers).toHaveLength(askLimit + 1);
	});

	it("tells those who wait when the board is closed", () => {
		const { answers, calibration } = setUp();
		calibration.learn("x", 0b001, 0);
		calibration.close();
		calibration.close();
		const message = "the board was closed or got other settings while it learnt";
		expect(answers).toEqual([{ id: "x", ok: false, message }]);
	});

	it("shows on the lamps that it goes on, and how it went", () => {
		const { a, b, signals, calibration } = setUp();
		calibration.learn("x", 0b011, 0);
		a.end(220);
		calibration.check(1000);
		b.end(null, false);
		calibration.check(2000);
		expect(signals).toEqual([
			`0 learning ${learnForMs}`,
			`1 learning ${learnForMs}`,
			`0 learnt ${showResultMs}`,
			`1 not_learnt ${showResultMs}`,
		]);
	});
});
