import { describe, expect, test } from "vitest";
import { Topics } from "../../../firmware/messages.ts";
import { Boards } from "../../../gateway/boards/boards.ts";
import { Ingest } from "../../../gateway/ingest/ingest.ts";
import { quietMs } from "../../../gateway/ingest/refusals.ts";
import { maxUnclaimed, UnclaimedSpots } from "../../../gateway/ingest/unclaimed.ts";
import { Writer } from "../../../gateway/ingest/writer.ts";
import type { Steps } from "../../../gateway/lots/draft.ts";
import { addSpot, createLot } from "../../../gateway/lots/manage.ts";
import { booksWithLot, commit, FakeStore, fixedClock, MemoryLog, noon } from "../books.ts";

function setUp() {
	const books = booksWithLot(3);
	const store = new FakeStore();
	const log = new MemoryLog();
	const clock = fixedClock();
	const told: Steps[] = [];
	const topics = new Topics();
	const unclaimed = new UnclaimedSpots();
	const writer = new Writer({ books, store, log, wait: async () => {}, onCommit: (steps) => told.push(steps) });
	const boards = new Boards({
		topics,
		clock,
		publish: async () => {},
		setTimer: () => () => {},
		makeId: () => "c1",
		onContest: (contest) => ingest.noteContest(contest),
	});
	const ingest: Ingest = new Ingest({ topics, books, writer, unclaimed, boards, clock, log });
	const send = (topic: string, payload: unknown, retained = false) =>
		ingest.take({ topic, payload: new TextEncoder().encode(JSON.stringify(payload)), retained });
	return { books, store, log, clock, told, topics, unclaimed, boards, writer, ingest, send };
}

const plain = { spot_id: "SPOT001", lot_id: "LOT001", occupied: true, distance: 35, timestamp: "2026-03-03T12:00:00Z" };
const board = (seq: number, more: object = {}) => ({
	...plain,
	board_id: "b1",
	boot: 1,
	seq,
	uptime_ms: seq * 1000,
	...more,
});
const long = "parkmate/spot/status/LOT001/SPOT001";

describe("ingest", () => {
	test("stores a plain report and answers its lamp in the short form", async () => {
		const { books, store, told, send } = setUp();
		await send("parkmate/spot/status", plain);
		expect(books.spot("LOT001", "SPOT001")).toMatchObject({ state: "occupied", topic_form: "short" });
		expect(store.batches[0]?.history).toHaveLength(1);
		expect(told[0]?.lamps.map((spot) => spot.topic_form)).toEqual(["short"]);
		expect(told[0]?.stored).toEqual([]);
	});

	test("answers a plain sensor's repeat with its lamp, and makes no entry of it", async () => {
		const { store, told, send } = setUp();
		await send("parkmate/spot/status", plain);
		await send("parkmate/spot/status", plain);
		expect(store.batches[1]?.history).toEqual([]);
		expect(told[1]?.lamps.length).toBe(1);
	});

	test("tells our boards a lamp only when it changes", async () => {
		const { told, send } = setUp();
		await send(long, board(1));
		await send(long, board(2));
		await send(long, board(3, { occupied: false }));
		expect(told.map((steps) => steps.lamps.length)).toEqual([1, 0, 1]);
	});

	test("says every report stored, also one that it has already", async () => {
		const { told, send, ingest } = setUp();
		await send(long, board(1));
		await send(long, board(1));
		expect(told.map((steps) => steps.stored.map(({ seq }) => seq))).toEqual([[1], [1]]);
		expect(ingest.counts).toMatchObject({ received: 2, changes: 1, duplicates: 1, refused: { duplicate: 1 } });
	});

	test("tells a board that counts its boots from too low", async () => {
		const { told, send, ingest, books } = setUp();
		await send(long, board(1, { boot: 5 }));
		await send(long, board(1, { boot: 2, occupied: false }));
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("occupied");
		expect(told[1]?.stored).toEqual([]);
		expect([...(told[1]?.behind ?? [])]).toEqual([["b1", 5]]);
		expect(ingest.counts.refused).toEqual({ old_boot: 1 });
	});

	test("tells it the newest boot that any of its spots has had", async () => {
		const { told, send } = setUp();
		await send(long, board(1, { boot: 5 }));
		await send("parkmate/spot/status/LOT001/SPOT002", board(2, { boot: 6, spot_id: "SPOT002" }));
		await send(long, board(1, { boot: 1, occupied: false }));
		expect([...(told[2]?.behind ?? [])]).toEqual([["b1", 6]]);
	});

	test("finds the lot of a report without one where exactly one lot has the spot", async () => {
		const { books, send, ingest, unclaimed } = setUp();
		await send("parkmate/spot/status", { spot_id: "SPOT002", occupied: true });
		expect(books.spot("LOT001", "SPOT002")?.state).toBe("occupied");
		commit(books, (draft) => createLot(draft, { lot_id: "LOT002", name: "Two", spots: 3 }, noon));
		await send("parkmate/spot/status", { spot_id: "SPOT003", occupied: true });
		expect(books.spot("LOT001", "SPOT003")?.state).toBe("unknown");
		expect(ingest.counts.refused).toEqual({ ambiguous_spot: 1 });
		expect(unclaimed.list()).toEqual([]);
	});

	test("keeps reports for spots that nobody made, unstored, and takes the last word when the spot is made", async () => {
		const { books, store, told, send, ingest, unclaimed } = setUp();
		const payload = { ...board(1), spot_id: "SPOT009" };
		await send("parkmate/spot/status/LOT001/SPOT009", payload);
		await send("parkmate/spot/status/LOT001/SPOT009", { ...payload, seq: 2, occupied: false, distance: 210 });
		expect(store.batches).toEqual([]);
		expect(told).toEqual([]);
		expect(unclaimed.list()).toMatchObject([{ lot_id: "LOT001", spot_id: "SPOT009", occupied: false, reports: 2 }]);
		commit(books, (draft) => addSpot(draft, "LOT001", { spot_id: "SPOT009" }, noon));
		await ingest.adopt();
		expect(books.spot("LOT001", "SPOT009")).toMatchObject({ state: "free", distance: 210 });
		expect(unclaimed.list()).toEqual([]);
	});

	test("keeps the list of unclaimed spots bounded", async () => {
		const { send, unclaimed } = setUp();
		for (let spot = 0; spot <= maxUnclaimed; spot++)
			await send("parkmate/spot/status", { spot_id: `X${spot}`, occupied: true });
		expect(unclaimed.list()).toHaveLength(maxUnclaimed);
		expect(unclaimed.list().at(-1)?.spot_id).toBe("X1");
	});

	test("logs a cause of refusal once a minute with how many there were", async () => {
		const { send, log, clock, ingest, store } = setUp();
		for (let time = 0; time < 5; time++) await send("parkmate/spot/status", { spot_id: "SPOT001", occupied: "yes" });
		clock.ms += quietMs;
		await send("parkmate/spot/status", { spot_id: "SPOT001", occupied: "yes" });
		expect(log.lines.map((line) => line.fields)).toMatchObject([
			{ cause: "wrong_shape", count: 1 },
			{ cause: "wrong_shape", count: 5 },
		]);
		expect(log.lines[0]?.message).toBe('refused: occupied must be boolean, got "yes"');
		expect(ingest.counts.refused).toEqual({ wrong_shape: 6 });
		expect(store.batches).toEqual([]);
	});

	test("places a report that waited by its board's uptime", async () => {
		const { send, clock, store } = setUp();
		await send("parkmate/board/b1/status", { online: true, boot: 1, uptime_ms: 7_200_000 });
		clock.ms += 1000;
		await send(long, board(1, { uptime_ms: 3_600_000, timestamp: undefined }));
		expect(store.batches[0]?.history[0]?.timestamp).toBe(new Date(noon - 3_600_000).toISOString());
	});

	test("learns nothing of now from a retained word", async () => {
		const { send, store } = setUp();
		await send("parkmate/board/b1/status", { online: true, boot: 1, uptime_ms: 7_200_000 }, true);
		await send(long, board(1, { uptime_ms: 3_600_000, timestamp: undefined }));
		expect(store.batches[0]?.history[0]?.timestamp).toBe(new Date(noon).toISOString());
	});

	test("does not misorder anything for a clock that is a day off", async () => {
		const { send, store, books, ingest } = setUp();
		await send(long, board(1, { timestamp: "2026-03-04T12:00:00Z" }));
		await send(long, board(2, { occupied: false, timestamp: "2026-03-02T12:00:00Z" }));
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("free");
		const times = store.batches.flatMap((batch) => batch.history.map((entry) => entry.timestamp));
		expect(times).toEqual([new Date(noon).toISOString(), new Date(noon).toISOString()]);
		expect(ingest.counts.refused).toEqual({ clock_skew: 2 });
	});

	test("takes an empty payload, which clears what was retained, for nothing", async () => {
		const { ingest, store } = setUp();
		await ingest.take({ topic: long, payload: new Uint8Array(), retained: false });
		expect(store.batches).toEqual([]);
		expect(ingest.counts.refused).toEqual({});
	});

	test("hears what boards say of themselves, and refuses what is none of it", async () => {
		const { send, boards, ingest } = setUp();
		await send("parkmate/board/b1/status", { online: true, boot: 1, spots: ["SPOT001"] });
		await send("parkmate/board/b1/health", { boot: 1, uptime_ms: 60_000, outbox: 2 });
		await send("parkmate/board/b1/trace", { boot: 1, n: 1, temp_c: 20, samples: [[60_640, 0, 12_000]] });
		expect(boards.board("b1")).toMatchObject({ online: true, health: { outbox: 2 } });
		expect(boards.counts).toEqual({ known: 1, online: 1, traced: 1, contested: 0 });
		await send("parkmate/board/b1/health", { boot: 1, uptime_ms: "long" });
		await send("parkmate/board/b1/trace", { boot: 1, n: 2, temp_c: 20, samples: [[61_280, 1, 12_000]] });
		await send("parkmate/board/b1/trace", { boot: 7, n: 3, temp_c: 20, samples: [] });
		expect(ingest.counts.refused).toEqual({ wrong_shape: 1, contradiction: 2 });
	});

	test("takes both of two boards that speak for one spot, the newest word last, and says so once", async () => {
		const { send, boards, books, log, ingest } = setUp();
		const status = (spots: string[]) => ({ online: true, boot: 1, lot_id: "LOT001", spots });
		await send("parkmate/board/b1/status", status(["SPOT001"]));
		await send("parkmate/board/b2/status", status(["SPOT001"]));
		await send(long, board(1));
		await send(long, board(1, { board_id: "b2", occupied: false }));
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("free");
		await send(long, board(2));
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("occupied");
		expect(ingest.counts).toMatchObject({ changes: 3, refused: { spot_contested: 1 } });
		expect(log.lines).toMatchObject([
			{
				fields: { cause: "spot_contested", lot_id: "LOT001", spot_id: "SPOT001", boards: ["b1", "b2"] },
				message:
					'two boards speak for spot "SPOT001" of lot "LOT001", the newest report counts: expected one, got "b1" and "b2"',
			},
		]);
		expect(boards.counts.contested).toBe(1);
	});

	test("notices boards that never tell of themselves by their turns, and not a board that replays what it said", async () => {
		const { send, boards } = setUp();
		await send(long, board(1));
		await send(long, board(1, { board_id: "b2" }));
		await send(long, board(1));
		expect(boards.counts.contested).toBe(0);
		await send(long, board(2));
		expect(boards.counts.contested).toBe(1);
	});

	test("takes a board's report for a sign of its life, and not one that the broker kept", async () => {
		const { send, boards } = setUp();
		await send("parkmate/board/b1/status", { online: true, boot: 1 });
		await send("parkmate/board/b1/status", { online: false, boot: 1 });
		await send(long, board(1), true);
		expect(boards.board("b1")?.online).toBe(false);
		await send(long, board(2));
		expect(boards.board("b1")?.online).toBe(true);
	});

	test("takes nothing but a status for news that a broker has kept", async () => {
		const { send, boards, ingest } = setUp();
		await send("parkmate/board/b1/status", { online: true, boot: 1, spots: ["SPOT001"] }, true);
		await send("parkmate/board/b1/health", { boot: 1, uptime_ms: 60_000 }, true);
		expect(boards.board("b1")).toMatchObject({ online: true, health: null });
		expect(ingest.counts.refused).toEqual({ contradiction: 1 });
	});
});
