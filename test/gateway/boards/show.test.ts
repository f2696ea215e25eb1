import { describe, expect, test } from "vitest";
import { listBoards, showBoard, showTrace } from "../../../gateway/boards/show.ts";
import { traceSpanMs } from "../../../gateway/boards/traces.ts";
import { Books } from "../../../gateway/lots/books.ts";
import { createLot } from "../../../gateway/lots/manage.ts";
import { takeReport } from "../../../gateway/lots/spot.ts";
import { boardReport, booksWithLot, commit, noon } from "../books.ts";
import { sensorHealth, setUpBoards } from "./fakes.ts";

/** `boardId` reports for the spot, heard at `heardMs`. */
function speak(books: Books, boardId: string | null, spotId: string, heardMs: number, isNumbered = true): void {
	const lotId = "LOT001";
	commit(books, (draft) => {
		const spot = draft.spot(lotId, spotId);
		if (spot === undefined) throw new Error(`no spot ${spotId}`);
		const at = new Date(heardMs).toISOString();
		const identity = boardId === null || !isNumbered ? null : { board_id: boardId, boot: 3, seq: 1 };
		const outcome = takeReport(
			spot,
			boardReport(3, 1, {
				board_id: boardId,
				identity,
				spot_id: spotId,
				lot_id: lotId,
				received_at: at,
				timestamp: at,
			}),
		);
		if (outcome.kind === "change" || outcome.kind === "repeat") draft.update(outcome.spot, null, false);
	});
}

const ids = (list: { board_id: string }[]) => list.map(({ board_id }) => board_id);

describe("a lot's boards", () => {
	test("are those that say so, and those that speak for its spots", () => {
		const { boards, announce } = setUpBoards();
		const books = booksWithLot(3);
		commit(books, (draft) => createLot(draft, { lot_id: "LOT002", name: "Two", spots: 1 }, noon));
		announce("says");
		announce("speaks", { lot_id: undefined, spots: undefined });
		announce("elsewhere", { lot_id: "LOT002" });
		speak(books, "speaks", "SPOT003", noon);
		const list = listBoards(boards, books, { lot_id: "LOT001", limit: 10 });
		expect(list).toMatchObject([
			{ board_id: "says", lot_id: "LOT001", spots: ["SPOT001", "SPOT002"] },
			{ board_id: "speaks", lot_id: "LOT001", spots: ["SPOT003"] },
		]);
		expect(ids(listBoards(boards, books, { limit: 10 }))).toEqual(["elsewhere", "says", "speaks"]);
	});

	test("are offline where the books know them from before the start and they did not come back", () => {
		const { boards } = setUpBoards();
		const books = booksWithLot(3);
		speak(books, "gone", "SPOT001", noon - 3_600_000);
		speak(books, "gone", "SPOT002", noon - 3_500_000);
		const [board] = listBoards(boards, books, { lot_id: "LOT001", limit: 10 });
		expect(board).toMatchObject({
			board_id: "gone",
			lot_id: "LOT001",
			online: false,
			boot: 3,
			spots: ["SPOT001", "SPOT002"],
			since: new Date(noon).toISOString(),
			health: null,
		});
		expect(showBoard(boards, books, "gone")).toEqual(board);
	});

	test("are not plain sensors, nor what reports without ever telling of itself", () => {
		const { boards } = setUpBoards();
		const books = booksWithLot(3);
		speak(books, null, "SPOT001", noon - 1);
		speak(books, "unnumbered", "SPOT003", noon - 1, false);
		speak(books, "mute", "SPOT002", noon);
		expect(listBoards(boards, books, { lot_id: "LOT001", limit: 10 })).toEqual([]);
		expect(showBoard(boards, books, "mute")).toBeNull();
	});

	test("do not count one that is gone and was replaced", () => {
		const { boards, announce } = setUpBoards();
		const books = booksWithLot(3);
		announce("old");
		boards.takeStatus("old", { online: false, boot: 1 }, false);
		announce("new");
		speak(books, "new", "SPOT001", noon);
		expect(ids(listBoards(boards, books, { lot_id: "LOT001", limit: 10 }))).toEqual(["new"]);
	});

	test("come in pages, in the order in which people count", () => {
		const { boards, announce } = setUpBoards();
		const books = booksWithLot(3);
		for (const id of ["b10", "b1", "b2"]) announce(id);
		expect(ids(listBoards(boards, books, { lot_id: "LOT001", limit: 2 }))).toEqual(["b1", "b2"]);
		expect(ids(listBoards(boards, books, { lot_id: "LOT001", limit: 2, after: "b2" }))).toEqual(["b10"]);
	});

	test("in trouble are those offline, with a sensor that knows nothing, or with an alarm", () => {
		const { boards, announce } = setUpBoards();
		const books = booksWithLot(4);
		for (const id of ["fine", "off", "blind", "dirty"]) announce(id, { spots: [`of-${id}`] });
		const health = (sensor: object) => ({ boot: 1, uptime_ms: 1, sensors: { SPOT001: sensorHealth(sensor) } });
		boards.takeHealth("fine", health({}));
		boards.takeHealth("blind", health({ state: "unknown", reason: "no_echo" }));
		boards.takeHealth("dirty", health({ alarm: "dirt" }));
		speak(books, "off", "SPOT004", noon);
		boards.takeStatus("off", { online: false, boot: 1 }, false);
		expect(ids(listBoards(boards, books, { lot_id: "LOT001", trouble: true, limit: 10 }))).toEqual([
			"blind",
			"dirty",
			"off",
		]);
	});

	test("in trouble are also two that speak for one spot, each shown with the other", () => {
		const { boards, announce } = setUpBoards();
		const books = booksWithLot(4);
		announce("fine", { spots: ["SPOT004"] });
		announce("old");
		announce("new", { spots: ["SPOT002", "SPOT003"] });
		expect(listBoards(boards, books, { lot_id: "LOT001", trouble: true, limit: 10 })).toMatchObject([
			{ board_id: "new", contested: [{ lot_id: "LOT001", spot_id: "SPOT002", with: "old" }] },
			{ board_id: "old", contested: [{ lot_id: "LOT001", spot_id: "SPOT002", with: "new" }] },
		]);
		expect(showBoard(boards, books, "fine")?.contested).toEqual([]);
	});

	test("of a lot that is not there are none", () => {
		const { boards } = setUpBoards();
		expect(listBoards(boards, new Books(), { lot_id: "LOT009", limit: 10 })).toEqual([]);
	});
});

test("a trace tells real times, and distances by the board's temperature", () => {
	const { boards, clock, announce } = setUpBoards();
	const books = booksWithLot(3);
	announce("b1", { uptime_ms: 10_000 });
	clock.ms += 2_000;
	boards.takeTrace("b1", { boot: 1, n: 1, temp_c: 0, samples: [[11_000, 0, 12_000]] });
	boards.takeTrace("b1", {
		boot: 1,
		n: 2,
		temp_c: 30,
		samples: [
			[11_640, 0, 12_000],
			[12_000, 0, 38_000],
		],
	});
	const board = showBoard(boards, books, "b1");
	if (board === null) throw new Error("no board");
	const show = (sinceMs: number) => showTrace(boards, { board, spotId: "SPOT001", sinceMs, nowMs: clock.ms });
	expect(show(0)).toEqual({
		board_id: "b1",
		spot_id: "SPOT001",
		at: new Date(noon + 2_000).toISOString(),
		trace_until: null,
		lost: 0,
		samples: [
			{ t: new Date(noon + 1_000).toISOString(), echo_us: 12_000, distance_cm: 198.8 },
			{ t: new Date(noon + 1_640).toISOString(), echo_us: 12_000, distance_cm: 209.7 },
			{ t: new Date(noon + 2_000).toISOString(), echo_us: 38_000, distance_cm: null },
		],
	});
	expect(show(noon + 1_640).samples).toHaveLength(1);
	clock.ms += traceSpanMs - 300;
	expect(show(0).samples).toHaveLength(1);
});
