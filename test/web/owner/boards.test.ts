import { beforeEach, expect, test } from "vitest";
import type { SensorHealth } from "../../../firmware/messages.ts";
import type { Board } from "../../../gateway/contract/resources.ts";
import { boardsAtOnce, LotBoards, maxTroubled, offlineAfterMs } from "../../../web/src/owner/boards.ts";
import { makeSensor } from "../fake-boards.ts";
import { FakePage, startMs, VirtualClock } from "../model/fakes.ts";

const settle = () => new Promise((resolve) => setImmediate(resolve));

function board(boardId: string, more: Partial<Board> = {}, sensors: Record<string, SensorHealth> = {}): Board {
	return {
		board_id: boardId,
		lot_id: "LOT001",
		spots: Object.keys(sensors),
		online: true,
		boot: 1,
		since: new Date(startMs).toISOString(),
		started_at: null,
		firmware: null,
		restarted: null,
		health: { boot: 1, uptime_ms: 1, sensors },
		health_at: null,
		trace_until: null,
		contested: [],
		...more,
	};
}

let asked: { limit: number; trouble: boolean }[];
let all: Board[];
let troubled: Board[];

beforeEach(() => {
	asked = [];
	all = [];
	troubled = [];
});

/** A lot's boards, with their first answers. */
async function begin(): Promise<LotBoards> {
	const boards = new LotBoards({
		load: async (limit, trouble) => {
			asked.push({ limit, trouble });
			return trouble ? troubled : all.slice(0, limit);
		},
		clock: new VirtualClock(),
		page: new FakePage(),
		isVisible: () => true,
	});
	await settle();
	return boards;
}

test("asks for the first boards, and apart from them for those in trouble", async () => {
	await begin();
	expect(asked).toEqual([
		{ limit: boardsAtOnce, trouble: false },
		{ limit: maxTroubled, trouble: true },
	]);
});

test("offers more boards while there may be some, and asks for them", async () => {
	all = Array.from({ length: boardsAtOnce + 1 }, (_, index) => board(`b${index}`));
	const boards = await begin();
	expect(boards.hasMore).toBe(true);
	boards.showMore();
	await settle();
	expect(boards.list.value.value).toHaveLength(boardsAtOnce + 1);
	expect(boards.hasMore).toBe(false);
});

test("knows the boards that share a spot with another one", async () => {
	const contested = [{ lot_id: "LOT001", spot_id: "SPOT002", with: "b2" }];
	troubled = [board("b1", { contested }), board("gone", { online: false })];
	expect((await begin()).contested.map(({ board_id }) => board_id)).toEqual(["b1"]);
});

test("calls a board offline when it is so for long, and not while it may only start again", async () => {
	troubled = [board("gone", { online: false }), board("here", {}, { SPOT001: makeSensor({ alarm: "dirt" }) })];
	const boards = await begin();
	expect(boards.offline(startMs + offlineAfterMs - 1)).toEqual([]);
	expect(boards.offline(startMs + offlineAfterMs).map(({ board_id }) => board_id)).toEqual(["gone"]);
});

test("knows the alarms of boards that are online, by spot", async () => {
	troubled = [
		board("b1", {}, { SPOT001: makeSensor({ alarm: "dirt" }), SPOT002: makeSensor() }),
		board("b2", { health: null }),
		board("b3", { online: false }, { SPOT003: makeSensor({ alarm: "drift" }) }),
	];
	const boards = await begin();
	expect([...boards.alarms.value]).toEqual([["SPOT001", "dirt"]]);
});
