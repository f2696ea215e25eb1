import { expect, test } from "vitest";
import { maxBoards } from "../../../gateway/boards/boards.ts";
import { noon } from "../books.ts";
import { sensorHealth, setUpBoards } from "./fakes.ts";

const health = (boot: number, uptime_ms: number) => ({ boot, uptime_ms, sensors: { SPOT001: sensorHealth() } });

test("a board is known from its first status on", () => {
	const { boards, announce } = setUpBoards();
	expect(boards.board("b1")).toBeUndefined();
	announce("b1", { firmware: "1.4.2", restarted: "power on" });
	expect(boards.board("b1")).toEqual({
		board_id: "b1",
		online: true,
		boot: 1,
		firmware: "1.4.2",
		restarted: "power on",
		lot_id: "LOT001",
		spots: ["SPOT001", "SPOT002"],
		sinceMs: noon,
		health: null,
		healthMs: null,
	});
});

test("a last will takes a board offline and leaves what else is known of it", () => {
	const { boards, clock, announce } = setUpBoards();
	announce("b1");
	boards.takeHealth("b1", health(1, 60_000));
	clock.ms += 5_000;
	boards.takeStatus("b1", { online: false, boot: 1 }, false);
	expect(boards.board("b1")).toMatchObject({
		online: false,
		sinceMs: noon + 5_000,
		lot_id: "LOT001",
		spots: ["SPOT001", "SPOT002"],
		health: { uptime_ms: 60_000 },
	});
	expect(boards.counts).toEqual({ known: 1, online: 0, traced: 0, contested: 0 });
});

test("the last will of an earlier start, come late, takes nothing offline", () => {
	const { boards, announce } = setUpBoards();
	announce("b1", { boot: 2 });
	boards.takeStatus("b1", { online: false, boot: 1 }, false);
	expect(boards.board("b1")?.online).toBe(true);
});

test("the birth of an earlier start counts from the board itself, and not from a broker that kept it", () => {
	const { boards, announce } = setUpBoards();
	announce("b1", { boot: 7 });
	boards.takeStatus("b1", { online: false, boot: 7 }, false);
	boards.takeStatus("b1", { online: true, boot: 6 }, true);
	expect(boards.board("b1")).toMatchObject({ online: false, boot: 7 });
	announce("b1", { boot: 1 });
	expect(boards.board("b1")).toMatchObject({ online: true, boot: 1 });
});

test("the last will of an earlier connection, come late, is put right by the board's next health", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	boards.takeStatus("b1", { online: false, boot: 1 }, false);
	boards.takeHealth("b1", health(1, 60_000));
	expect(boards.board("b1")).toMatchObject({ online: true, lot_id: "LOT001" });
});

test("the last will of an earlier connection, come late, is put right by the board's next report", () => {
	const { boards, announce } = setUpBoards();
	announce("b1", { boot: 2 });
	boards.takeStatus("b1", { online: false, boot: 2 }, false);
	boards.takeSign("b1", 1);
	expect(boards.board("b1")?.online).toBe(false);
	boards.takeSign("b1", 2);
	expect(boards.board("b1")?.online).toBe(true);
	boards.takeSign("nobody", 1);
	expect(boards.board("nobody")).toBeUndefined();
});

test("a board claims its spots while it is online, and none when it is offline or forgotten", () => {
	const { boards, contests, announce } = setUpBoards();
	announce("b1");
	announce("b2", { spots: ["SPOT002", "SPOT003"] });
	expect(contests).toEqual([{ lot_id: "LOT001", spot_id: "SPOT002", boards: ["b1", "b2"] }]);
	expect(boards.counts.contested).toBe(1);
	boards.takeStatus("b1", { online: false, boot: 1 }, false);
	expect(boards.counts.contested).toBe(0);
	boards.takeHealth("b1", health(1, 60_000));
	expect([boards.counts.contested, contests.length]).toEqual([1, 2]);
	for (let board = 0; board < maxBoards; board++) announce(`c${board}`, { spots: [] });
	expect([boards.board("b1"), boards.counts.contested]).toEqual([undefined, 0]);
});

test("since moves with its state and its starts, not with each word", () => {
	const { boards, clock, announce } = setUpBoards();
	announce("b1");
	clock.ms += 1_000;
	announce("b1");
	boards.takeHealth("b1", health(1, 60_000));
	expect(boards.board("b1")?.sinceMs).toBe(noon);
	announce("b1", { boot: 2 });
	expect(boards.board("b1")?.sinceMs).toBe(noon + 1_000);
});

test("a new start forgets the health of the one before, and an old one's health comes too late", () => {
	const { boards, announce } = setUpBoards();
	announce("b1");
	boards.takeHealth("b1", health(1, 60_000));
	announce("b1", { boot: 2 });
	expect(boards.board("b1")?.health).toBeNull();
	boards.takeHealth("b1", health(1, 120_000));
	expect(boards.board("b1")).toMatchObject({ boot: 2, health: null });
});

test("its start is told from its uptime, and nothing is learnt of it from a status that a broker kept", () => {
	const { boards, announce } = setUpBoards();
	boards.takeStatus("b1", { online: true, boot: 1, uptime_ms: 10_000 }, true);
	expect(boards.startMs("b1", 1)).toBeNull();
	announce("b1", { uptime_ms: 7_000 });
	expect(boards.startMs("b1", 1)).toBe(noon - 7_000);
	boards.takeHealth("b1", health(1, 7_500));
	expect(boards.startMs("b1", 1)).toBe(noon - 7_500);
});

test("its start is told from its traces too", () => {
	const { boards } = setUpBoards();
	boards.takeStatus("b1", { online: true, boot: 1, spots: ["SPOT001"] }, true);
	boards.takeTrace("b1", {
		boot: 1,
		n: 1,
		temp_c: 20,
		samples: [
			[4_000, 0, 9],
			[5_000, 0, 9],
		],
	});
	expect(boards.startMs("b1", 1)).toBe(noon - 5_000);
});

test("of more boards than there is room for, the longest offline goes first, then the one heard longest ago", () => {
	const { boards, announce } = setUpBoards();
	for (let board = 0; board < maxBoards; board++) announce(`b${board}`);
	boards.takeStatus("b7", { online: false, boot: 1 }, false);
	boards.takeStatus("b5", { online: false, boot: 1 }, false);
	boards.takeStatus("b7", { online: false, boot: 1 }, false);
	announce("new-1");
	expect([boards.board("b7"), boards.board("b5")?.online]).toEqual([undefined, false]);
	announce("new-2");
	announce("b0");
	announce("new-3");
	expect(["b5", "b0", "b1", "b2"].map((id) => boards.board(id) !== undefined)).toEqual([false, true, false, true]);
	expect(boards.counts.known).toBe(maxBoards);
});
