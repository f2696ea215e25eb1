import { type Signal, signal } from "@preact/signals";
import { beforeEach, describe, expect, test } from "vitest";
import type { SensorState } from "../../../firmware/messages.ts";
import type { HistoryEntry, SpotTrace } from "../../../gateway/contract/resources.ts";
import { maxWatched, spansOf, Watch, watchEveryMs, watchSpanMs, watchWords } from "../../../web/src/owner/watch.ts";
import { FakePage, startMs, VirtualClock } from "../model/fakes.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));
const sample = (atMs: number, cm: number | null = 218) => ({
	t: new Date(atMs).toISOString(),
	echo_us: cm === null ? 38_000 : 12_700,
	distance_cm: cm,
});
const change = (atMs: number, state: SensorState, source: "sensor" | "override" = "sensor") =>
	({ timestamp: new Date(atMs).toISOString(), sensor_state: state, source }) as HistoryEntry;

let clock: VirtualClock;
let trace: Pick<SpotTrace, "samples" | "trace_until">;
let since: number[];
let changes: HistoryEntry[];
let changesAsked: number;
let state: Signal<SensorState>;

/** A watch that was begun, with its first answers. */
async function begin(): Promise<Watch> {
	const watch = new Watch({
		load: async (sinceMs) => {
			since.push(sinceMs);
			return { board_id: "b1", spot_id: "SPOT001", at: new Date(clock.now()).toISOString(), lost: 0, ...trace };
		},
		loadChanges: async () => {
			changesAsked++;
			return changes;
		},
		state: () => state.value,
		clock,
		page: new FakePage(),
		isVisible: () => true,
	});
	await settle();
	return watch;
}

beforeEach(() => {
	clock = new VirtualClock();
	trace = { samples: [], trace_until: new Date(startMs + watchSpanMs).toISOString() };
	since = [];
	changes = [];
	changesAsked = 0;
	state = signal<SensorState>("free");
});

describe("a watch", () => {
	test("asks each second for what it does not have yet", async () => {
		trace.samples = [sample(startMs - 640), sample(startMs)];
		const watch = await begin();
		trace.samples = [sample(startMs + 640)];
		clock.advance(watchEveryMs);
		await settle();
		expect(since).toEqual([0, startMs]);
		expect(watch.points.value.map(({ atMs }) => atMs - startMs)).toEqual([-640, 0, 640]);
	});

	test("keeps the last minutes, and never more than so many measurements", async () => {
		trace.samples = [sample(startMs - watchSpanMs), sample(startMs - watchSpanMs + 1)];
		const watch = await begin();
		expect(watch.points.value).toHaveLength(1);
		trace.samples = Array.from({ length: maxWatched + 5 }, (_, index) => sample(startMs + index));
		clock.advance(watchEveryMs);
		await settle();
		expect(watch.points.value).toHaveLength(maxWatched);
		expect(watch.points.value.at(-1)?.atMs).toBe(startMs + maxWatched + 4);
	});

	test("ends when the board has stopped telling, and keeps what it has", async () => {
		trace = { samples: [sample(startMs)], trace_until: null };
		const watch = await begin();
		expect(watch.isRunning.value).toBe(false);
		expect(watch.points.value).toHaveLength(1);
		clock.advance(10 * watchEveryMs);
		expect(since).toHaveLength(1);
	});

	test("looks again at what the sensor said when that changes", async () => {
		const watch = await begin();
		expect(watch.spans.value).toEqual([{ fromMs: 0, state: "free" }]);
		changes = [change(startMs, "occupied"), change(startMs - 60_000, "free")];
		state.value = "occupied";
		await settle();
		expect(watch.spans.value).toEqual([
			{ fromMs: startMs - 60_000, state: "free" },
			{ fromMs: startMs, state: "occupied" },
		]);
	});

	test("asks nothing more when it is closed", async () => {
		const watch = await begin();
		watch.close();
		clock.advance(10 * watchEveryMs);
		state.value = "occupied";
		expect([since.length, changesAsked, clock.pending]).toEqual([1, 1, 0]);
	});
});

test("what a sensor said is told without what its owner said", () => {
	expect(spansOf([change(2, "free"), change(1, "occupied", "override")], "free")).toEqual([
		{ fromMs: 2, state: "free" },
	]);
});

test.each([
	["nothing yet", [], "Waiting for the first measurement…"],
	["one echo", [sample(1)], "1 measurement: 218 cm."],
	["echoes", [sample(1, 217), sample(2, 219.4)], "2 measurements, from 217 to 219 cm."],
	["some silence", [sample(1, 217), sample(2, null)], "2 measurements, from 217 to 217 cm; 1 without an echo."],
	["silence alone", [sample(1, null)], "1 measurement, without an echo."],
	["much silence", [sample(1, null), sample(2, null)], "2 measurements, none with an echo."],
])("the plot in a sentence: %s", (_name, samples, words) => {
	const points = samples.map(({ t, echo_us, distance_cm }) => ({
		atMs: Date.parse(t),
		echoUs: echo_us,
		cm: distance_cm,
	}));
	expect(watchWords(points)).toBe(words);
});
