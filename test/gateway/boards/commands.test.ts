import { expect, test } from "vitest";
import { answerWithinMs, maxWaiting, maxWaitingPerBoard } from "../../../gateway/boards/commands.ts";
import { noon } from "../books.ts";
import { setUpBoards } from "./fakes.ts";

const b1 = { board_id: "b1", spots: ["SPOT001", "SPOT002"], online: true, since: new Date(noon).toISOString() };
const refusal = (promise: Promise<unknown>) =>
	promise.then(
		() => null,
		(error: { statusCode: number; code: string; message: string }) => [error.statusCode, error.code, error.message],
	);

test("a command goes to its board under a name of its own, and its answer comes back", async () => {
	const { boards, sent, timers } = setUpBoards();
	const answer = boards.ask(b1, { command: "learn_floor", spot_id: "SPOT002" });
	expect(sent).toEqual([
		{ topic: "parkmate/board/b1/command", command: { id: "c1", command: "learn_floor", spot_id: "SPOT002" } },
	]);
	boards.commands.take("b1", { id: "c1", ok: true, floors: { SPOT002: 219 } });
	expect(await answer).toEqual({ id: "c1", ok: true, floors: { SPOT002: 219 } });
	expect(timers.size).toBe(0);
});

test("an answer of another board, or to another command, is none", async () => {
	const { boards } = setUpBoards();
	const answer = boards.ask(b1, { command: "identify" });
	boards.commands.take("b2", { id: "c1", ok: false, message: "not me" });
	boards.commands.take("b1", { id: "c9", ok: false, message: "not that" });
	boards.commands.take("b1", { id: "c1", ok: true });
	expect(await answer).toEqual({ id: "c1", ok: true });
});

test("a board that says no is quoted", async () => {
	const { boards } = setUpBoards();
	const answer = refusal(boards.ask(b1, { command: "learn_floor" }));
	boards.commands.take("b1", { id: "c1", ok: false, message: "SPOT001: no calm echo" });
	expect(await answer).toEqual([502, "BOARD_REFUSED", 'board "b1": SPOT001: no calm echo']);
});

test.each(Object.entries(answerWithinMs))(
	"a board that does not answer %s is given up after %i ms",
	async (command, ms) => {
		const { boards, advance } = setUpBoards();
		const answer = refusal(boards.ask(b1, { command: command as keyof typeof answerWithinMs }));
		advance(ms - 1);
		expect(await Promise.race([answer, Promise.resolve("waits")])).toBe("waits");
		advance(1);
		expect(await answer).toEqual([504, "BOARD_SILENT", `board "b1" did not answer within ${ms / 1000} s`]);
		boards.commands.take("b1", { id: "c1", ok: true });
	},
);

test("a board that is offline is not asked", async () => {
	const { boards, sent } = setUpBoards();
	expect(await refusal(boards.ask({ ...b1, online: false }, { command: "identify" }))).toEqual([
		409,
		"BOARD_OFFLINE",
		'board "b1" is offline since 2026-03-03T12:00:00.000Z',
	]);
	expect(sent).toEqual([]);
});

test("a spot that is none of the board's is not asked for", async () => {
	const { boards } = setUpBoards();
	expect(await refusal(boards.ask(b1, { command: "identify", spot_id: "SPOT009" }))).toEqual([
		404,
		"SPOT_NOT_FOUND",
		'spot_id must be one of SPOT001, SPOT002 for board "b1", got "SPOT009"',
	]);
});

test("a command that no broker takes is said to be unsent", async () => {
	const { boards, broker, timers } = setUpBoards();
	broker.error = new Error("the broker is away");
	expect(await refusal(boards.ask(b1, { command: "identify" }))).toEqual([
		503,
		"BROKER_UNAVAILABLE",
		"the command could not be sent: the broker is away",
	]);
	expect(timers.size).toBe(0);
});

test("a board is asked for so much at a time and no more", async () => {
	const { boards } = setUpBoards();
	const answers = Array.from({ length: maxWaitingPerBoard }, () => boards.ask(b1, { command: "identify" }));
	expect(await refusal(boards.ask(b1, { command: "identify" }))).toEqual([
		409,
		"BOARD_BUSY",
		`board "b1" still has ${maxWaitingPerBoard} commands to answer`,
	]);
	boards.commands.take("b1", { id: "c1", ok: true });
	await answers[0];
	const next = boards.ask(b1, { command: "identify" });
	boards.commands.take("b1", { id: `c${maxWaitingPerBoard + 1}`, ok: true });
	expect(await next).toMatchObject({ ok: true });
});

test("all boards together are asked for so much at a time, and whoever waits when the gateway ends hears so", async () => {
	const { boards } = setUpBoards();
	const answers = Array.from({ length: maxWaiting }, (_, index) =>
		refusal(boards.ask({ ...b1, board_id: `b${index}` }, { command: "identify" })),
	);
	expect(await refusal(boards.ask({ ...b1, board_id: "one-more" }, { command: "identify" }))).toEqual([
		503,
		"TOO_MANY_COMMANDS",
		`${maxWaiting} commands wait for their answers; try again later`,
	]);
	boards.close();
	expect(new Set((await Promise.all(answers)).map((answer) => answer?.[1]))).toEqual(new Set(["CLOSING"]));
});
