import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectDeadlineMs, reconnectMs, steadyMs } from "../../firmware/connection.ts";
import type { RawCommand } from "../../firmware/inbox.ts";
import { answerLimit, Link } from "../../firmware/link.ts";
import type { BoardResult, BoardStatus, LedCommand, SensorState, StatusReport } from "../../firmware/messages.ts";
import { outboxLimit, resendMs, type SpotReport } from "../../firmware/outbox.ts";
import { parseSettings } from "../../firmware/settings.ts";
import { connackMs, FakeBroker } from "./fake-broker.ts";
import { VirtualTime } from "./virtual-time.ts";

const settings = parseSettings({
	board_id: "b1",
	lot_id: "L",
	spots: [{ spot_id: "S1" }, { spot_id: "S2" }],
	broker_url: "mqtt://broker",
	broker_username: "u",
	broker_password: "p",
});

const wallMs = Date.UTC(2024, 0, 1, 12);

function setUp({ boot = 7, clock = null as number | null, random = 0 } = {}) {
	const time = new VirtualTime();
	const broker = new FakeBroker(time);
	const lamps: [number, LedCommand | null][] = [];
	const commands: RawCommand[] = [];
	const events: string[] = [];
	const behind: number[] = [];
	const link: Link = new Link({
		settings,
		boot,
		firmware: "test 1",
		timer: time,
		clock: { now: () => (clock === null ? null : clock + time.now()) },
		random: () => random,
		connect: broker.connect,
		listener: {
			onLamp: (spot, command) => lamps.push([spot, command]),
			onCommand: (command) => commands.push(command),
			onBootBehind: (newest) => {
				behind.push(newest);
				link.restartAs(newest + 1);
			},
			onReach: () => {},
			onConnect: () => events.push("connected"),
			onDisconnect: (reason) => events.push(reason),
		},
	});
	const report = (spot: number, state: SensorState = "free", more: Partial<SpotReport> = {}): SpotReport => ({
		spot,
		state,
		confidence: 0.8,
		reason: "echo",
		distanceCm: 123.456,
		atMs: time.now(),
		...more,
	});
	/** Numbers of the reports that the broker heard since the last call. */
	let seen = 0;
	const sent = () => {
		const reports = broker.heard.slice(seen).filter(({ topic }) => topic.includes("/spot/status/"));
		seen = broker.heard.length;
		return reports.map(({ payload }) => {
			const { boot, seq } = JSON.parse(payload) as StatusReport;
			return `${boot}/${seq}`;
		});
	};
	const stored = (boot: number, ...seqs: [number, number][]) => broker.say("parkmate/board/b1/stored", { boot, seqs });
	const up = () => {
		link.start();
		time.advance(connackMs);
	};
	return { time, broker, link, lamps, commands, events, behind, report, sent, stored, up };
}

describe("a trace", () => {
	const traces = ({ heard }: FakeBroker) => heard.filter(({ topic }) => topic === "parkmate/board/b1/trace");

	it("goes out at QoS 0 as it is", () => {
		const { broker, link, up } = setUp();
		up();
		link.sendTrace('{"n":1}');
		expect(traces(broker)).toMatchObject([{ payload: '{"n":1}', qos: 0, retain: false }]);
	});

	it("is not kept for later: without a connection, and without room, it is lost", () => {
		const { broker, link, up } = setUp();
		link.sendTrace('{"n":1}');
		broker.room = 2;
		up();
		link.sendTrace('{"n":2}');
		broker.room = 100;
		broker.drain();
		link.sendTrace('{"n":3}');
		expect(traces(broker).map(({ payload }) => payload)).toEqual(['{"n":3}']);
	});

	it("takes no room that a report waits for", () => {
		const { broker, link, report, up, sent } = setUp();
		up();
		broker.room = 2;
		link.report(report(0));
		broker.room = 3;
		link.sendTrace('{"n":1}');
		expect(traces(broker)).toEqual([]);
		broker.drain();
		expect(sent()).toEqual(["7/1"]);
	});
});

describe("a connection's beginning", () => {
	it("has a last will that says offline, with this start's number", () => {
		const { broker, up } = setUp();
		up();
		expect(broker.tries[0]).toMatchObject({
			url: "mqtt://broker",
			username: "u",
			password: "p",
			clientId: "b1",
			will: { topic: "parkmate/board/b1/status", payload: '{"online":false,"boot":7}' },
		});
	});

	it("announces the board, subscribes to what is for it, then sends what waits, in order", () => {
		const { time, broker, link, report, sent, up } = setUp();
		link.report(report(0));
		link.report(report(1, "occupied"));
		time.advance(500);
		up();
		expect(broker.heard[0]).toMatchObject({ topic: "parkmate/board/b1/status", qos: 1, retain: true });
		expect(broker.payloads<BoardStatus>("b1/status")).toEqual([
			{ online: true, boot: 7, firmware: "test 1", uptime_ms: 510, lot_id: "L", spots: ["S1", "S2"] },
		]);
		expect(broker.subscriptions).toEqual([
			[
				"parkmate/board/b1/stored",
				"parkmate/board/b1/command",
				"parkmate/led/command/L/S1",
				"parkmate/led/command/L/S2",
			],
		]);
		expect(sent()).toEqual(["7/1", "7/2"]);
	});

	it("happens again after every loss", () => {
		const { time, broker, events, up } = setUp();
		up();
		broker.cut();
		time.advance(reconnectMs.first + connackMs);
		expect(broker.payloads("b1/status")).toHaveLength(2);
		expect(broker.subscriptions).toHaveLength(2);
		expect(events).toEqual(["connected", "cut", "connected"]);
	});

	it("goes on where it stopped when there was no room", () => {
		const { broker, link, report, sent, up } = setUp();
		broker.room = 1;
		link.report(report(0));
		link.report(report(1));
		up();
		expect([broker.heard.length, broker.subscriptions.length]).toEqual([1, 0]);
		broker.drain();
		expect([broker.heard.length, broker.subscriptions.length]).toEqual([1, 1]);
		broker.drain();
		broker.drain();
		broker.drain();
		expect(sent()).toEqual(["7/1", "7/2"]);
	});
});

describe("a report", () => {
	it("carries all that the contract names, retained, at QoS 1", () => {
		const { time, broker, link, report, up } = setUp({ clock: wallMs });
		up();
		time.advance(990);
		link.report(report(0, "occupied"));
		expect(broker.heard.at(-1)).toMatchObject({ topic: "parkmate/spot/status/L/S1", qos: 1, retain: true });
		expect(JSON.parse(broker.heard.at(-1)?.payload ?? "")).toEqual({
			spot_id: "S1",
			lot_id: "L",
			occupied: true,
			distance: 123.5,
			timestamp: "2024-01-01T12:00:01.000Z",
			board_id: "b1",
			boot: 7,
			seq: 1,
			uptime_ms: 1000,
			state: "occupied",
			confidence: 0.8,
			reason: "echo",
		});
	});

	it("has no timestamp while the clock is not set, and no distance without an echo", () => {
		const { broker, link, report, up } = setUp();
		up();
		link.report(report(0, "unknown", { distanceCm: null, reason: "unplugged", confidence: 0 }));
		const payload = JSON.parse(broker.heard.at(-1)?.payload ?? "");
		expect(payload).not.toHaveProperty("timestamp");
		expect(payload).toMatchObject({ occupied: false, state: "unknown", distance: null, reason: "unplugged" });
	});

	it("keeps the time of its event, however long it had to wait", () => {
		const { time, broker, link, report, up } = setUp({ clock: wallMs });
		time.advance(1000);
		link.report(report(0));
		time.advance(60_000);
		up();
		expect(broker.payloads<StatusReport>("L/S1")[0]).toMatchObject({
			timestamp: "2024-01-01T12:00:01.000Z",
			uptime_ms: 1000,
		});
	});

	it("is kept until it is said to be stored", () => {
		const { link, report, stored, up } = setUp();
		up();
		link.report(report(0));
		link.report(report(1));
		expect(link.outboxSize).toBe(2);
		stored(7, [2, 2]);
		expect(link.outboxSize).toBe(1);
		stored(6, [1, 1]);
		expect(link.outboxSize).toBe(1);
		stored(7, [1, 1]);
		expect(link.outboxSize).toBe(0);
	});

	it("is sent again after waits that grow, until it is stored", () => {
		const { time, link, report, sent, stored, up } = setUp();
		up();
		link.report(report(0));
		sent();
		for (const waitMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
			time.advance(waitMs - 1);
			expect(sent()).toEqual([]);
			time.advance(1);
			expect(sent()).toEqual(["7/1"]);
		}
		stored(7, [1, 1]);
		time.advance(600_000);
		expect(sent()).toEqual([]);
	});

	it("is sent again after a loss, in order, under the same numbers, without what was stored", () => {
		const { time, broker, link, report, sent, stored, up } = setUp();
		up();
		for (const spot of [0, 1, 2]) link.report(report(spot));
		stored(7, [2, 2]);
		sent();
		broker.cut();
		link.report(report(1));
		time.advance(reconnectMs.first + connackMs);
		expect(sent()).toEqual(["7/1", "7/3", "7/4"]);
	});

	it("is held back until the one before it of the same spot is stored, and goes out at once then", () => {
		const { link, report, sent, stored, up } = setUp();
		up();
		for (const spot of [0, 0, 1]) link.report(report(spot));
		expect(sent()).toEqual(["7/1", "7/3"]);
		stored(7, [1, 1]);
		expect(sent()).toEqual(["7/2"]);
	});

	it("that only refreshes is left out while a word on the spot waits", () => {
		const { link, report, sent, stored, up } = setUp();
		up();
		link.report(report(0));
		link.refresh(report(0));
		expect(sent()).toEqual(["7/1"]);
		stored(7, [1, 1]);
		link.refresh(report(0));
		expect(sent()).toEqual(["7/2"]);
	});

	it("that only refreshes pushes no change out of a full outbox", () => {
		const { link, report } = setUp();
		for (let i = 0; i < outboxLimit; i++) link.report(report(0, i % 2 ? "free" : "occupied"));
		link.refresh(report(1));
		expect([link.outboxSize, link.coalesced]).toEqual([outboxLimit, 0]);
	});

	it("costs no more memory than the limit, and the newest of each spot stays", () => {
		const { link, report, up, broker } = setUp();
		link.report(report(1, "occupied"));
		for (let i = 0; i < 1000; i++) link.report(report(0, i % 2 ? "free" : "occupied"));
		expect([link.outboxSize, link.coalesced]).toEqual([outboxLimit, 1001 - outboxLimit]);
		up();
		expect(broker.payloads<StatusReport>("L/S1").at(-1)?.state).toBe("free");
		expect(broker.payloads<StatusReport>("L/S2").at(-1)?.state).toBe("occupied");
	});

	it("shows that the gateway does not hear of a spot, until it does", () => {
		const { time, link, report, stored, up } = setUp();
		expect(link.isHeard(0)).toBe(false);
		up();
		link.report(report(0));
		expect(link.isHeard(0)).toBe(true);
		time.advance(resendMs.first);
		expect([link.isHeard(0), link.isHeard(1)]).toEqual([false, true]);
		stored(7, [1, 1]);
		expect(link.isHeard(0)).toBe(true);
	});
});

describe("packet ids", () => {
	it("run from 1 to 65535 and begin again", () => {
		const { broker, link, report, stored, up } = setUp();
		up();
		for (let seq = 1; seq <= 65_600; seq++) {
			link.report(report(0));
			stored(7, [seq, seq]);
		}
		const ids = broker.heard.map(({ packetId }) => packetId);
		expect([Math.min(...ids.slice(0, 60_000)), Math.max(...ids.slice(60_000))]).toEqual([1, 65_535]);
		expect(ids.at(65_535)).toBeLessThan(5);
		expect(ids).not.toContain(0);
	});
});

describe("a board whose boot counter fell behind", () => {
	it("goes on one above the newest that the gateway knows, over a new connection with a new will", () => {
		const { time, broker, link, report, sent, stored, behind, up } = setUp({ boot: 1 });
		up();
		link.report(report(0));
		link.report(report(1));
		stored(1, [1, 1]);
		sent();
		stored(41);
		expect(behind).toEqual([41]);
		expect([link.boot, broker.disconnected]).toEqual([42, true]);
		time.advance(connackMs);
		expect(broker.tries.at(-1)?.will.payload).toBe('{"online":false,"boot":42}');
		expect(broker.payloads<BoardStatus>("b1/status").at(-1)).toMatchObject({ online: true, boot: 42 });
		expect(sent()).toEqual(["42/1"]);
		link.report(report(0));
		expect(sent()).toEqual(["42/2"]);
		stored(41);
		expect(behind).toEqual([41]);
	});
});

describe("a board whose boot counter fell behind, and that hears late what was stored of an earlier start", () => {
	it("does not take that start for its last one", () => {
		const { link, report, stored, behind, up } = setUp({ boot: 3 });
		up();
		link.report(report(0));
		stored(40, [1, 1]);
		expect([behind, link.boot, link.outboxSize]).toEqual([[], 3, 1]);
		stored(41);
		expect([behind, link.boot]).toEqual([[41], 42]);
	});
});

describe("what the broker says", () => {
	it("lights the lamps of the board's own spots", () => {
		const { broker, lamps, up } = setUp();
		up();
		const command = { lot_id: "L", spot_id: "S2", color: "blue", pattern: "breathe" };
		broker.say("parkmate/led/command/L/S2", command);
		broker.say("parkmate/led/command/L/S2", "");
		broker.say("parkmate/led/command/L/S1", command);
		expect(lamps).toEqual([
			[1, command],
			[1, null],
		]);
	});

	it("hands commands on and answers them", () => {
		const { broker, link, commands, up } = setUp();
		up();
		broker.say("parkmate/board/b1/command", { id: "1", command: "identify" });
		expect(commands).toEqual([{ id: "1", command: "identify" }]);
		link.answer({ id: "1", ok: true });
		expect(broker.heard.at(-1)).toMatchObject({ topic: "parkmate/board/b1/result", qos: 1, retain: false });
	});

	it("keeps the newest answers while there is no room", () => {
		const { broker, link, up } = setUp();
		for (let id = 0; id < answerLimit + 3; id++) link.answer({ id: String(id), ok: true });
		up();
		const ids = broker.payloads<BoardResult>("/result").map(({ id }) => id);
		expect(ids).toEqual(["3", "4", "5", "6", "7", "8", "9", "10"]);
	});

	it("is counted when it makes no sense, and changes nothing", () => {
		const { broker, link, report, lamps, commands, behind, up } = setUp();
		up();
		link.report(report(0));
		const topics = ["board/b1/stored", "board/b1/command", "led/command/L/S1", "led/command/L/S9", "x"];
		const payloads = ["{", "null", "[]", "7", '{"boot":"x"}', "\u0000", "x".repeat(100_000)];
		for (const topic of topics) for (const payload of payloads) broker.say(`parkmate/${topic}`, payload);
		expect(link.badMessages).toBe(topics.length * payloads.length);
		expect([lamps, commands, behind, link.outboxSize]).toEqual([[], [], [], 1]);
	});

	it("never throws", () => {
		const { broker, up, link } = setUp();
		up();
		fc.assert(
			fc.property(fc.constantFrom("stored", "command"), fc.oneof(fc.json(), fc.string()), (leaf, payload) => {
				broker.say(`parkmate/board/b1/${leaf}`, payload);
				expect(link.connected).toBe(true);
			}),
		);
	});
});

describe("a connection that is lost or refused", () => {
	it("is tried again after waits that double up to the longest", () => {
		const { broker, time, up, events } = setUp();
		broker.mode = "refuses";
		up();
		time.advance(200_000);
		const waits = broker.triedAtMs.slice(1).map((atMs, index) => atMs - (broker.triedAtMs[index] ?? 0) - connackMs);
		expect(waits.slice(0, 7)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
		expect(events[0]).toBe("refused");
	});

	it("is tried again after up to half less, by chance", () => {
		const { broker, time, up } = setUp({ random: 0.999_999 });
		broker.mode = "refuses";
		up();
		time.advance(501);
		expect(broker.tries).toHaveLength(2);
	});

	it("is given up when the broker does not answer, and tried again", () => {
		const { broker, time, link, events } = setUp();
		broker.mode = "silent";
		link.start();
		time.advance(connectDeadlineMs);
		expect(events).toEqual(["no answer from the broker within 10 s"]);
		broker.mode = "up";
		time.advance(reconnectMs.first + connackMs);
		expect(link.connected).toBe(true);
	});

	it("begins with the first wait again after a connection that was good", () => {
		const { broker, time, link, report, stored, up } = setUp();
		const lose = () => {
			broker.cut();
			const before = time.now();
			time.advance(40_000);
			return (broker.triedAtMs.at(-1) ?? 0) - before;
		};
		up();
		expect(lose()).toBe(1000);
		time.advance(steadyMs);
		expect(lose()).toBe(1000);
		broker.cut();
		time.advance(1000 + connackMs);
		expect(lose()).toBe(2000);
		broker.cut();
		time.advance(1000 + connackMs);
		link.report(report(0));
		stored(7, [1, 1]);
		expect(lose()).toBe(1000);
	});

	it("is one that can't even be tried", () => {
		const { events } = setUp();
		const time = new VirtualTime();
		let tries = 0;
		const link = new Link({
			settings,
			boot: 1,
			firmware: "test",
			timer: time,
			clock: { now: () => null },
			random: () => 0,
			connect: () => {
				tries++;
				throw new Error("no such protocol");
			},
			listener: {
				onLamp: () => {},
				onCommand: () => {},
				onBootBehind: () => {},
				onReach: () => {},
				onConnect: () => {},
				onDisconnect: (reason) => events.push(reason),
			},
		});
		link.start();
		time.advance(1000);
		expect(events).toEqual(["no such protocol", "no such protocol"]);
		expect(tries).toBe(2);
	});
});

describe("a link's end", () => {
	it("says offline and leaves in peace", () => {
		const { time, broker, link, up } = setUp();
		up();
		let closed = 0;
		link.close(() => closed++);
		link.close(() => closed++);
		expect(broker.heard.at(-1)).toMatchObject({ retain: true, qos: 1, payload: '{"online":false,"boot":7}' });
		expect([closed, broker.disconnected, broker.wills.length]).toEqual([2, true, 0]);
		time.advance(100_000);
		expect(broker.tries).toHaveLength(1);
		expect(time.pending).toBe(0);
	});

	it("leaves it to the last will when there is no room to say it", () => {
		const { broker, link, up } = setUp();
		broker.room = 1;
		up();
		link.close();
		expect([broker.disconnected, broker.wills.length]).toEqual([false, 1]);
	});

	it("needs no broker", () => {
		const { broker, time, link, up } = setUp();
		broker.mode = "refuses";
		up();
		let closed = 0;
		link.close(() => closed++);
		time.advance(100_000);
		expect([closed, broker.tries.length, time.pending]).toEqual([1, 1, 0]);
	});
});
