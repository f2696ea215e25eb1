/** Trap: boards whose clocks are a day off, or not set at all. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HistoryEntry, Stats } from "../../../gateway/contract/resources.ts";
import { until } from "../../support/processes.ts";
import { startGateway } from "../app.ts";
import { TestBoard } from "./site.ts";

const dayMs = 86_400_000;

let running: Awaited<ReturnType<typeof startGateway>>;
let boards: TestBoard[];

beforeEach(async () => {
	boards = [];
	running = await startGateway();
	const lot = { lot_id: "LOT001", name: "Tower", spots: 4, time_zone: "UTC" };
	await running.app.inject({ method: "POST", url: "/api/lots", payload: lot });
});
afterEach(async () => {
	for (const board of boards) await board.close();
	await running.close();
});

const get = async <T>(url: string) => (await running.app.inject({ url })).json<T>();

/** A board with one spot, whose clock is `offMs` off; null: nobody told it the time. */
function makeBoard(index: number, offMs: number | null): TestBoard {
	const clock = () => (offMs === null ? null : Date.now() + offMs);
	const options = { url: running.mqttUrl, boardId: `b${index}`, spotIds: [`SPOT00${index + 1}`] };
	const board = new TestBoard({ ...options, clock });
	boards.push(board);
	return board;
}

test("boards whose clocks are a day off change nothing of order, event times, history or statistics", async () => {
	const offsMs = [dayMs, -dayMs, null, 0];
	const since = Date.now();
	for (const [index, offMs] of offsMs.entries()) makeBoard(index, offMs);
	/** Each spot's cars come and go, one board after the other. */
	for (const state of ["free", "occupied", "free", "occupied"] as const) {
		for (const board of boards) {
			board.say(0, state);
			await until("a confirmed report", () => board.link.outboxSize === 0);
		}
	}
	const history = (await get<HistoryEntry[]>("/api/lots/LOT001/history")).reverse();
	const spotIds = ["SPOT001", "SPOT002", "SPOT003", "SPOT004"];
	expect(history.map(({ spot_id, state }) => [spot_id, state])).toEqual(
		["free", "occupied", "free", "occupied"].flatMap((state) => spotIds.map((spotId) => [spotId, state])),
	);
	for (const { timestamp } of history) {
		// Not a day off. On a busy machine a board's start is learnt from messages that took their time.
		expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(since - 10_000);
		expect(Date.parse(timestamp)).toBeLessThanOrEqual(Date.now());
	}
	for (const spotId of spotIds) {
		const times = history.filter(({ spot_id }) => spot_id === spotId).map(({ timestamp }) => timestamp);
		expect(times).toEqual(times.toSorted());
	}
	const daysOff = history.map(({ timestamp, reported_at }) =>
		reported_at === null ? null : Math.round((Date.parse(reported_at) - Date.parse(timestamp)) / dayMs),
	);
	expect(daysOff).toEqual(Array.from({ length: 4 }, () => [1, -1, null, 0]).flat());
	const from = new Date(since - 60_000).toISOString();
	const stats = await get<Stats>(`/api/stats/LOT001?from=${from}`);
	expect(stats).toMatchObject({ arrivals: 8, departures: 4, occupied_spots: 4, occupancy_rate: 1 });
	expect(running.gateway.ingest.counts.refused).toEqual({ clock_skew: 8 });
});
