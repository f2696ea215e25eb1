import { describe, expect, test } from "vitest";
import { Topics } from "../../../firmware/messages.ts";
import type { Broker, BrokerState, Outgoing } from "../../../gateway/broker/broker.ts";
import { Announcer, storedMessages } from "../../../gateway/ingest/announce.ts";
import type { Books } from "../../../gateway/lots/books.ts";
import type { Draft } from "../../../gateway/lots/draft.ts";
import { override, removeLot } from "../../../gateway/lots/manage.ts";
import { takeReport } from "../../../gateway/lots/spot.ts";
import { boardReport, booksWithLot, commit, noon, report } from "../books.ts";

class FakeBroker implements Broker {
	readonly kind = "embedded" as const;
	readonly url = "mqtt://127.0.0.1:1883";
	readonly state: BrokerState = { connected: true, since: "", error: null };
	readonly sent: { topic: string; payload: string; retain: boolean }[] = [];
	away = false;
	async start(): Promise<void> {}
	async publish(messages: readonly Outgoing[]): Promise<void> {
		if (this.away) throw new Error("not connected");
		for (const { topic, payload, retain = false } of messages) this.sent.push({ topic, payload, retain });
	}
	async close(): Promise<void> {}
}

function setUp() {
	const books = booksWithLot(3);
	const broker = new FakeBroker();
	const announcer = new Announcer({ topics: new Topics(), broker, books });
	return { books, broker, announcer };
}

function take(books: Books, ...reports: ReturnType<typeof report>[]) {
	return commit(books, (draft: Draft) => {
		for (const one of reports) {
			const outcome = takeReport(draft.spot(one.lot_id, one.spot_id) as never, one);
			if (one.identity !== null) draft.acknowledge(one.identity);
			if (outcome.kind === "change") draft.update(outcome.spot, outcome.entry, true);
		}
	}).steps;
}

describe("after a commit", () => {
	test("a board hears what is stored before its lamps are told", () => {
		const { books, broker, announcer } = setUp();
		announcer.tell(take(books, boardReport(4, 1), boardReport(4, 2, { spot_id: "SPOT002", state: "free" })), []);
		expect(broker.sent.map(({ topic, payload, retain }) => [topic, JSON.parse(payload), retain])).toEqual([
			["parkmate/board/board-1/stored", { boot: 4, seqs: [[1, 2]] }, false],
			[
				"parkmate/led/command/LOT001/SPOT001",
				{ spot_id: "SPOT001", lot_id: "LOT001", color: "red", pattern: "steady" },
				true,
			],
			[
				"parkmate/led/command/LOT001/SPOT002",
				{ spot_id: "SPOT002", lot_id: "LOT001", color: "green", pattern: "steady" },
				true,
			],
		]);
	});

	test("a plain sensor hears its lamp on the short topic, not retained", () => {
		const { books, broker, announcer } = setUp();
		announcer.tell(take(books, report()), []);
		expect(broker.sent).toEqual([
			{
				topic: "parkmate/led/command",
				payload: '{"spot_id":"SPOT001","lot_id":"LOT001","color":"red","pattern":"steady"}',
				retain: false,
			},
		]);
	});

	test("a spot that changed twice in one commit gets a command for each change, the last one last", () => {
		const { books, broker, announcer } = setUp();
		announcer.tell(take(books, boardReport(1, 1), boardReport(1, 2, { state: "free" })), []);
		const lamps = broker.sent.filter(({ topic }) => topic.includes("/led/"));
		expect(lamps.map(({ payload }) => JSON.parse(payload).color)).toEqual(["red", "green"]);
	});

	test("integrations get the live frame of each change", () => {
		const { books, broker, announcer } = setUp();
		announcer.tell(take(books, boardReport(1, 1)), [{ lot_id: "LOT001", text: '{"event":"spot_update"}' }]);
		expect(broker.sent[0]).toEqual({
			topic: "parkmate/spot/update/LOT001",
			payload: '{"event":"spot_update"}',
			retain: false,
		});
	});

	test("a spot that went leaves no retained command", () => {
		const { books, broker, announcer } = setUp();
		announcer.tell(commit(books, (draft) => removeLot(draft, "LOT001")).steps, []);
		expect(broker.sent).toHaveLength(3);
		expect(broker.sent[0]).toEqual({ topic: "parkmate/led/command/LOT001/SPOT001", payload: "", retain: true });
	});

	test("what finds no broker is counted", async () => {
		const { books, broker, announcer } = setUp();
		broker.away = true;
		announcer.tell(take(books, boardReport(1, 1)), []);
		await expect.poll(() => announcer.unsent).toBe(2);
	});
});

test("after a reconnection every lamp that anybody decided is told again, as it is now", async () => {
	const { books, broker, announcer } = setUp();
	take(books, boardReport(1, 1));
	commit(books, (draft) => override(draft, "LOT001", "SPOT002", { occupied: true, reserved: true }, noon));
	await announcer.resync();
	expect(broker.sent.map(({ topic, payload }) => [topic, JSON.parse(payload).color])).toEqual([
		["parkmate/led/command/LOT001/SPOT001", "red"],
		["parkmate/led/command/LOT001/SPOT002", "blue"],
	]);
});

test("numbers of stored reports become rising ranges, one message for each board and boot", () => {
	const of = (board_id: string, boot: number, ...seqs: number[]) => seqs.map((seq) => ({ board_id, boot, seq }));
	expect(storedMessages([...of("a", 1, 9, 5, 6, 7, 6), ...of("b", 3, 1), ...of("a", 2, 1)])).toEqual([
		{
			boardId: "a",
			stored: {
				boot: 1,
				seqs: [
					[5, 7],
					[9, 9],
				],
			},
		},
		{ boardId: "b", stored: { boot: 3, seqs: [[1, 1]] } },
		{ boardId: "a", stored: { boot: 2, seqs: [[1, 1]] } },
	]);
});
