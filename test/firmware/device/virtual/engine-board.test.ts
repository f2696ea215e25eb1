/** A board in an engine of its own, as the world sees it. The engine is a V8 context here; test/firmware/hosts has the others. */
import { beforeAll, describe, expect, it } from "vitest";
import { Board, healthMs } from "../../../../firmware/board.ts";
import { EngineBoard, eventLimit } from "../../../../firmware/device/virtual/engine-board.ts";
import type { Engine } from "../../../../firmware/device/virtual/engine-protocol.ts";
import { VirtualLamp } from "../../../../firmware/device/virtual/lamp.ts";
import { inflightLimit } from "../../../../firmware/device/virtual/mqtt.ts";
import { seededRandom } from "../../../../firmware/device/virtual/random.ts";
import { learntKey } from "../../../../firmware/learnt.ts";
import type { BoardHealth, BoardStatus, StatusReport } from "../../../../firmware/messages.ts";
import { parseSettings } from "../../../../firmware/settings.ts";
import { FakeBroker } from "../../fake-broker.ts";
import { FakeSensor } from "../../fake-sensor.ts";
import { NodeHost } from "../../hosts/node-host.ts";
import { VirtualTime } from "../../virtual-time.ts";
import { bundle } from "../../xs/bundle.ts";

let script = "";
beforeAll(async () => {
	script = await bundle();
});

const settings = parseSettings({
	board_id: "b1",
	lot_id: "L",
	spots: ["A", "B", "C"].map((spot_id) => ({ spot_id, height_cm: 220 })),
});

function setUp({ inEngine = true, engine = new NodeHost(script) as Engine, kept = new Map<string, string>() } = {}) {
	const time = new VirtualTime();
	const broker = new FakeBroker(time);
	const sensors = settings.spots.map(() => new FakeSensor());
	const events: string[] = [];
	const parts = {
		settings,
		boot: 5,
		firmware: "test",
		sensors,
		timer: time,
		clock: { now: () => 1_000_000 + time.now() },
		connect: broker.connect,
		saveBoot: (boot: number) => void events.push(`boot ${boot}`),
		onConnect: () => void events.push("connected"),
		onDisconnect: (reason: string) => void events.push(reason),
	};
	const board = inEngine
		? new EngineBoard({
				...parts,
				seed: 1,
				engine,
				memory: { get: (key) => kept.get(key), set: (key, text) => kept.set(key, text) },
			})
		: new Board({ ...parts, lamps: sensors.map(() => new VirtualLamp()), random: seededRandom(1, settings.board_id) });
	/** Lets time pass in small steps, with what the engine answers meanwhile. */
	const run = async (ms: number) => {
		for (let passedMs = 0; passedMs < ms; passedMs += 10) {
			time.advance(10);
			for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
		}
	};
	return { time, broker, sensors, events, board, run };
}

/** Plays the gateway's part: says `stored` to each report. */
function storeAll(broker: FakeBroker): void {
	broker.onHeard = ({ topic, payload }) => {
		if (!topic.includes("/spot/status/")) return;
		const { boot, seq } = JSON.parse(payload) as StatusReport;
		broker.say("parkmate/board/b1/stored", { boot, seqs: [[seq, seq]] });
	};
}

async function story(inEngine: boolean) {
	const { broker, sensors, events, board, run } = setUp({ inEngine });
	storeAll(broker);
	board.start();
	await run(5000);
	for (const sensor of sensors) sensor.distanceCm = 70;
	await run(5000);
	broker.mode = "refuses";
	broker.cut();
	if (sensors[1]) sensors[1].echoUs = null;
	await run(5000);
	broker.mode = "up";
	await run(5000);
	broker.say("parkmate/board/b1/stored", { boot: 70, seqs: [] });
	await run(2000);
	await new Promise<void>((resolve) => {
		board.close(resolve);
		void run(100);
	});
	return { events, heard: broker.heard.map(({ topic, payload }) => [topic, payload]), boot: board.boot };
}

describe("a board in an engine of its own", () => {
	it("says what a board in this process says, through changes, faults, an outage and its end", {
		timeout: 60_000,
	}, async () => {
		const own = await story(true);
		const here = await story(false);
		const spoken = ({ heard }: typeof own) =>
			heard.map(([topic, payload]) => {
				const { uptime_ms: _, timestamp: __, ...rest } = JSON.parse(payload ?? "") as StatusReport;
				return [topic, rest];
			});
		expect(spoken(own)).toEqual(spoken(here));
		expect(own.events).toEqual(here.events);
		expect(own.events).toContain("boot 71");
		expect(own.boot).toBe(71);
		for (const [, payload = ""] of own.heard.filter(([topic]) => topic?.includes("/spot/status/"))) {
			const { timestamp = "", uptime_ms = 0 } = JSON.parse(payload) as StatusReport;
			expect(Date.parse(timestamp) - uptime_ms).toBe(1_000_000);
		}
		// The times are the same but for the steps of the test's clock.
		const times = ({ heard }: typeof own) =>
			heard.map(([, payload]) => (JSON.parse(payload ?? "") as StatusReport).uptime_ms ?? 0);
		times(own).forEach((atMs, index) => {
			expect(Math.abs(atMs - (times(here)[index] ?? 0))).toBeLessThanOrEqual(20);
		});
	});

	it("loses nothing that its connection had no room for", { timeout: 60_000 }, async () => {
		const { broker, board, run } = setUp();
		broker.room = 2;
		board.start();
		await run(6000);
		expect(broker.heard).toHaveLength(1);
		expect(board.outboxSize).toBe(3);
		for (let turn = 0; turn < 2; turn++) {
			broker.drain();
			await run(50);
		}
		expect(broker.payloads<StatusReport>("/A")).not.toEqual([]);
		expect(broker.payloads<StatusReport>("/C")).not.toEqual([]);
		expect(inflightLimit).toBeGreaterThan(2);
		board.close();
		await run(50);
	});

	it("gets room for more as its messages go out", { timeout: 60_000 }, async () => {
		const { broker, sensors, board, run } = setUp();
		storeAll(broker);
		board.start();
		for (let change = 0; change < inflightLimit; change++) {
			// A pin that hangs is seen at once, and over as soon.
			for (const sensor of sensors) sensor.high = change % 2 === 0;
			await run(5000);
		}
		expect(broker.payloads<StatusReport>("/A").length).toBeGreaterThanOrEqual(inflightLimit - 1);
		expect(broker.payloads<StatusReport>("/A").length * sensors.length).toBeGreaterThan(2 * inflightLimit);
		board.close();
		await run(50);
	});

	it("keeps what the board has learnt, and tells it after a restart", { timeout: 60_000 }, async () => {
		const kept = new Map<string, string>();
		const floors: (number | null | undefined)[] = [];
		for (const start of [0, 1]) {
			const { broker, sensors, board, run } = setUp({ kept });
			for (const sensor of sensors) sensor.distanceCm = 260;
			board.start();
			await run(5000);
			if (start === 0) broker.say("parkmate/board/b1/command", { id: "f", command: "learn_floor" });
			await run(healthMs);
			floors.push(broker.payloads<BoardHealth>("/health").at(-1)?.sensors?.A?.floor_cm);
			board.close();
			await run(50);
		}
		expect(JSON.parse(kept.get(learntKey) ?? "")).toHaveProperty("A");
		for (const floorCm of floors) expect(Math.abs((floorCm ?? 0) - 260)).toBeLessThan(1);
	});

	it("lives through a short lag one alarm after the other, at the wall clock's time of each", async () => {
		const host = new NodeHost(script);
		const behind: number[] = [];
		let nextMs = 0;
		const engine: Engine = {
			step: async (events) => {
				const at = (name: string) => Number(events.find(([kind]) => kind === name)?.[1]);
				if (at("time") > nextMs) behind.push(at("time"));
				if (events[0]?.[0] !== "start" && at("clock") - at("time") !== 1_000_000) behind.push(at("clock"));
				const reply = await host.step(events);
				nextMs = reply.nextMs ?? 0;
				return reply;
			},
			close: () => {},
		};
		const { time, sensors, board, run } = setUp({ engine });
		board.start();
		await run(1000);
		const { triggers } = sensors[0] ?? { triggers: 0 };
		time.advance(6400);
		for (let turn = 0; turn < 400; turn++) await new Promise(setImmediate);
		expect(sensors[0]?.triggers).toBe(triggers + 10);
		expect(behind).toEqual([]);
		board.close();
		await run(50);
	});

	it("hears no more messages than it can keep while its engine is busy", { timeout: 60_000 }, async () => {
		const host = new NodeHost(script);
		const told: number[] = [];
		const engine: Engine = {
			step: (events) => {
				told.push(events.length);
				return host.step(events);
			},
			close: () => {},
		};
		const { broker, board, run } = setUp({ engine });
		board.start();
		await run(1000);
		for (let count = 0; count < 3 * eventLimit; count++)
			broker.say("parkmate/board/b1/command", { id: "x", command: "y" });
		await run(100);
		expect(Math.max(...told)).toBeGreaterThan(eventLimit);
		expect(Math.max(...told)).toBeLessThan(eventLimit + 20);
		board.close();
		await run(50);
	});

	it("leaves the last will to the broker when the farewell found no room", { timeout: 60_000 }, async () => {
		const { broker, board, run } = setUp();
		board.start();
		await run(4000);
		broker.room = 0;
		let closed = false;
		board.close(() => {
			closed = true;
		});
		await run(100);
		expect(closed).toBe(true);
		expect(broker.wills).toHaveLength(1);
	});

	it("says goodbye once, and closing twice is fine", { timeout: 60_000 }, async () => {
		const { broker, board, run } = setUp();
		board.start();
		await run(1000);
		let closed = 0;
		board.close(() => closed++);
		await run(100);
		board.close(() => closed++);
		expect(closed).toBe(2);
		expect(broker.disconnected).toBe(true);
		expect(broker.payloads<BoardStatus>("b1/status").map(({ online }) => online)).toEqual([true, false]);
	});

	it("goes on at once after a long sleep, and measures on", { timeout: 60_000 }, async () => {
		const { time, sensors, board, broker, run } = setUp();
		storeAll(broker);
		board.start();
		await run(4000);
		time.advance(8 * 3_600_000);
		await run(60_000);
		const reports = broker.payloads<StatusReport>("/A");
		expect(reports.at(-1)?.uptime_ms).toBeGreaterThan(8 * 3_600_000);
		expect(sensors[0]?.triggers).toBeLessThan(200);
		board.close();
		await run(50);
	});

	it("tells why its engine ended, and leaves the last will to the broker", async () => {
		const host = new NodeHost(script);
		let closed = 0;
		let failing = false;
		const engine: Engine = {
			step: (events) => (failing ? Promise.reject(new Error("XS: step 9: memory full")) : host.step(events)),
			close: () => closed++,
		};
		const { broker, board, events, run } = setUp({ engine });
		board.start();
		await run(1000);
		expect(board.connected).toBe(true);
		failing = true;
		await run(1000);
		expect(events).toEqual(["connected", "XS: step 9: memory full"]);
		expect(board.connected).toBe(false);
		expect(broker.wills).toHaveLength(1);
		expect(closed).toBe(1);
		await new Promise<void>((resolve) => board.close(resolve));
	});
});
