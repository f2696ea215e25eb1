import { beforeEach, expect, test } from "vitest";
import type { BoardResult } from "../../../firmware/messages.ts";
import { ApiError, type CommandRequest } from "../../../web/src/model/api.ts";
import { type OpenSensor, Sensors } from "../../../web/src/owner/sensors.ts";
import { FakePage, spot, startMs, VirtualClock } from "../model/fakes.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

let clock: VirtualClock;
let page: FakePage;
let sent: {
	boardId: string;
	request: CommandRequest;
	answer(result: Partial<BoardResult>): void;
	refuse(e: unknown): void;
}[];
let said: string[];
let traceUntil: string | null;
let sensors: Sensors;

beforeEach(() => {
	clock = new VirtualClock();
	page = new FakePage();
	sent = [];
	said = [];
	traceUntil = null;
	sensors = new Sensors({
		loadBoard: () => new Promise(() => {}),
		loadTrace: async (board_id, spot_id) => ({
			board_id,
			spot_id,
			at: new Date(clock.now()).toISOString(),
			trace_until: traceUntil,
			lost: 0,
			samples: [],
		}),
		loadChanges: async () => [],
		send: (boardId, request) =>
			new Promise((resolve, refuse) => {
				sent.push({ boardId, request, answer: (result) => resolve({ id: "c1", ok: true, ...result }), refuse });
			}),
		stateOf: () => "free",
		labelOf: (spotId) => spotId.slice(4),
		clock,
		page,
		isVisible: () => true,
		say: (text) => said.push(text),
	});
});

function open(more: { board_id: string | null } = { board_id: "board-1" }): OpenSensor {
	sensors.open(spot(1, "free", more));
	const sensor = sensors.opened.value;
	if (sensor === null) throw new Error("nothing was opened");
	return sensor;
}

test("finding a sensor asks its board, and says that the lamp blinks", async () => {
	const sensor = open();
	void sensor.find();
	expect(sent[0]).toMatchObject({ boardId: "board-1", request: { command: "identify", spot_id: "SPOT001" } });
	expect([...sensor.busy.value]).toEqual(["identify"]);
	sent[0]?.answer({});
	await settle();
	expect(sensor.done.value).toBe("The lamp of 001 blinks for 10 seconds.");
	expect(said).toEqual([sensor.done.value]);
	expect(sensor.busy.value.size).toBe(0);
});

test("a floor is learnt only after the question whether the spot is empty", async () => {
	const sensor = open();
	sensor.askToLearn();
	expect([sensor.learning.value.step, sent.length]).toEqual(["asking", 0]);
	sensor.dropLearning();
	expect(sensor.learning.value.step).toBe("idle");
	sensor.askToLearn();
	void sensor.learn();
	expect(sensor.learning.value).toEqual({ step: "busy", sinceMs: startMs });
	expect(sent[0]?.request).toEqual({ command: "learn_floor", spot_id: "SPOT001" });
	sent[0]?.answer({ floors: { SPOT001: 219.4 } });
	await settle();
	expect(sensor.learning.value).toEqual({ step: "learnt", floorCm: 219.4 });
	expect(said).toEqual(["The floor is learnt: 219 cm."]);
});

test("a floor that is near for one is said to be", async () => {
	const sensor = open();
	void sensor.learn();
	sent[0]?.answer({ floors: { SPOT001: 64 } });
	await settle();
	expect(said).toEqual([
		"The floor is learnt: 64 cm. That is near for a floor: if a car stands there, learn it again when it is gone.",
	]);
});

test("a spot whose silence is learnt is said to sound like nothing", async () => {
	const sensor = open();
	void sensor.learn();
	sent[0]?.answer({ floors: { SPOT001: null } });
	await settle();
	expect(said).toEqual(["Learnt: here an empty spot sounds like nothing."]);
});

test("a floor that was not learnt says why, in the board's words", async () => {
	const sensor = open();
	void sensor.learn();
	sent[0]?.refuse(new ApiError(502, "BOARD_REFUSED", 'board "board-1": SPOT001: no calm echo'));
	await settle();
	expect(sensor.learning.value).toEqual({ step: "idle" });
	expect(sensor.failure.value).toBe('The floor was not learnt. board "board-1": SPOT001: no calm echo');
	sensor.askToLearn();
	expect(sensor.failure.value).toBeNull();
});

test("watching asks for five minutes, begins when the board said yes, and ends on demand", async () => {
	const sensor = open();
	await settle();
	expect(sensor.watch.value).toBeNull();
	void sensor.startWatch();
	expect(sent[0]?.request).toEqual({ command: "trace", spot_id: "SPOT001", seconds: 300 });
	expect(sensor.watch.value).toBeNull();
	traceUntil = new Date(startMs + 300_000).toISOString();
	sent[0]?.answer({});
	await settle();
	expect(sensor.watch.value?.isRunning.value).toBe(true);
	void sensor.stopWatch();
	expect(sent[1]?.request).toEqual({ command: "trace", spot_id: "SPOT001", seconds: 0 });
});

test("a sensor that is told of already is watched at once", async () => {
	traceUntil = new Date(startMs + 60_000).toISOString();
	const sensor = open();
	await settle();
	expect(sensor.watch.value?.isRunning.value).toBe(true);
	expect(sent).toEqual([]);
});

test("a command is not sent again while its answer is due", () => {
	const sensor = open();
	void sensor.find();
	void sensor.find();
	expect(sent).toHaveLength(1);
});

test("a plain sensor is asked for nothing", async () => {
	const sensor = open({ board_id: null });
	await sensor.find();
	expect([sensor.board, sent.length]).toEqual([null, 0]);
});

test("one that is closed asks no more, also when an answer comes late", async () => {
	const sensor = open();
	void sensor.startWatch();
	sensors.close();
	sensors.close();
	traceUntil = new Date(startMs + 300_000).toISOString();
	sent[0]?.answer({});
	await settle();
	expect([sensors.opened.value, sensor.watch.value]).toEqual([null, null]);
	expect([clock.pending, page.listeners]).toEqual([0, 0]);
});
