import { describe, expect, it } from "vitest";
import { Board, healthMs } from "../../firmware/board.ts";
import { identifyForMs } from "../../firmware/commands.ts";
import { VirtualLamp } from "../../firmware/device/virtual/lamp.ts";
import { fastBlinkMs, gapMs } from "../../firmware/lamps.ts";
import type { BoardHealth, BoardResult, BoardStatus, StatusReport, Stored } from "../../firmware/messages.ts";
import { resendMs } from "../../firmware/outbox.ts";
import { sweepMs } from "../../firmware/ranging.ts";
import { countBoot, type KeyValueStore, parseSettings, saveBoot } from "../../firmware/settings.ts";
import { connackMs, FakeBroker, type Heard } from "./fake-broker.ts";
import { FakeSensor } from "./fake-sensor.ts";
import { VirtualTime } from "./virtual-time.ts";

const spotIds = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8"];

/** A board with eight spots, and memory that outlives it. `gateway`: whether somebody says `stored`, and lights lamps. */
function setUp({ gateway = true, values = new Map<string, string>(), boot = undefined as number | undefined } = {}) {
	const time = new VirtualTime();
	const broker = new FakeBroker(time);
	const sensors = spotIds.map(() => new FakeSensor(220));
	const lamps = spotIds.map(() => new VirtualLamp());
	const memory: KeyValueStore = {
		get: (key) => values.get(key),
		set: (key, value) => values.set(key, value),
	};
	const state = { gateway, network: true };
	const acknowledge = ({ payload }: Heard) => {
		const { boot: known = 0, seq = 0 } = JSON.parse(payload) as StatusReport;
		const stored: Stored = { boot: known, seqs: [[seq, seq]] };
		broker.say("parkmate/board/b1/stored", stored);
	};
	broker.onHeard = (heard) => {
		if (state.gateway && heard.topic.includes("/spot/status/")) acknowledge(heard);
	};
	const board = new Board({
		settings: parseSettings({
			board_id: "b1",
			lot_id: "L",
			spots: spotIds.map((spot_id) => ({ spot_id, height_cm: 220 })),
		}),
		boot: boot ?? countBoot(memory, () => 0),
		firmware: "test",
		sensors,
		lamps,
		timer: time,
		clock: { now: () => null },
		random: () => 0,
		connect: broker.connect,
		restarted: "brownout",
		saveBoot: (raised) => saveBoot(memory, raised),
		hasNetwork: () => state.network,
	});
	const reports = () => broker.payloads<StatusReport>("").filter((payload) => payload.seq !== undefined);
	/** `boot/seq spot state reason` of the reports since the last call. */
	let seen = 0;
	const said = () => {
		const fresh = reports().slice(seen);
		seen += fresh.length;
		return fresh.map(({ boot, seq, spot_id, state, reason }) => `${boot}/${seq} ${spot_id} ${state} ${reason}`);
	};
	const wants = (spot: string, color: string) =>
		broker.say(`parkmate/led/command/L/${spot}`, { lot_id: "L", spot_id: spot, color });
	const colors = () => lamps.map(({ color }) => color);
	const run = () => {
		board.start();
		time.advance(5000);
		said();
	};
	return { time, broker, sensors, lamps, board, state, values, said, wants, colors, run };
}

describe("a board", () => {
	it("has decided every spot 4 s after its start, and says so once", () => {
		const { time, sensors, board, said } = setUp();
		if (sensors[2]) sensors[2].distanceCm = 60;
		board.start();
		time.advance(4000);
		expect(said()).toEqual(spotIds.map((id, i) => `1/${i + 1} ${id} ${i === 2 ? "occupied" : "free"} echo`));
	});

	it("reports a car within 3.2 s, and that it has left", () => {
		const { time, sensors, run, said } = setUp();
		run();
		if (sensors[4]) sensors[4].distanceCm = 55;
		time.advance(3200);
		expect(said()).toEqual(["1/9 S5 occupied echo"]);
		if (sensors[4]) sensors[4].distanceCm = 220;
		time.advance(3200);
		expect(said()).toEqual(["1/10 S5 free echo"]);
	});

	it("empties its outbox as the gateway says stored", () => {
		const { board, run, state, sensors, time } = setUp();
		run();
		expect(board.outboxSize).toBe(0);
		state.gateway = false;
		if (sensors[0]) sensors[0].distanceCm = 55;
		time.advance(3200);
		expect(board.outboxSize).toBe(1);
		state.gateway = true;
		time.advance(resendMs.first);
		expect(board.outboxSize).toBe(0);
	});

	it("watches on without a network and says all of it in order when it is back", () => {
		const { time, broker, sensors, run, said, board } = setUp();
		run();
		broker.mode = "refuses";
		broker.cut();
		for (const cm of [60, 220, 60]) {
			if (sensors[0]) sensors[0].distanceCm = cm;
			time.advance(4000);
		}
		if (sensors[1]) sensors[1].distanceCm = 60;
		time.advance(4000);
		expect(said()).toEqual([]);
		broker.mode = "up";
		time.advance(30_000 + connackMs);
		expect(said().slice(0, 4)).toEqual([
			"1/9 S1 occupied echo",
			"1/10 S1 free echo",
			"1/11 S1 occupied echo",
			"1/12 S2 occupied echo",
		]);
		expect(board.outboxSize).toBe(0);
	});

	it("sends what was not stored again after a loss, under the same numbers", () => {
		const { time, broker, sensors, run, said, state } = setUp();
		run();
		state.gateway = false;
		if (sensors[0]) sensors[0].distanceCm = 60;
		if (sensors[1]) sensors[1].distanceCm = 60;
		time.advance(3500);
		const first = said();
		expect(first).toEqual(["1/9 S1 occupied echo", "1/10 S2 occupied echo"]);
		state.gateway = true;
		broker.cut();
		time.advance(1000 + connackMs);
		expect(said()).toEqual(first);
	});

	it("counts one boot more after a restart, and numbers from 1 again", () => {
		const first = setUp();
		first.run();
		const second = setUp({ values: first.values });
		second.board.start();
		second.time.advance(4000);
		expect(second.said()[0]).toBe("2/1 S1 free echo");
		expect(second.broker.tries[0]?.will.payload).toBe('{"online":false,"boot":2}');
	});

	it("takes the gateway's word for its boot counter when the memory was erased", () => {
		const { time, broker, board, said, values, state } = setUp({ gateway: false });
		board.start();
		time.advance(4000);
		said();
		broker.say("parkmate/board/b1/stored", { boot: 41, seqs: [] });
		state.gateway = true;
		time.advance(connackMs);
		expect(said()).toEqual(spotIds.map((id, i) => `42/${i + 1} ${id} free echo`));
		expect(values.get("boot")).toBe("42");
		expect(board.outboxSize).toBe(0);
	});

	it("goes on with a raised boot counter that can't be saved", () => {
		const { time, broker, board, values } = setUp({ gateway: false });
		values.set = () => {
			throw new Error("flash worn out");
		};
		board.start();
		time.advance(4000);
		broker.say("parkmate/board/b1/stored", { boot: 41, seqs: [] });
		expect(board.boot).toBe(42);
	});

	it("shows an unplugged sensor as unknown within 3 sweeps, and slows nobody", () => {
		const { time, sensors, run, said } = setUp();
		run();
		if (sensors[3]) sensors[3].echoUs = null;
		if (sensors[5]) sensors[5].distanceCm = 60;
		time.advance(3 * sweepMs);
		expect(said()).toEqual(["1/9 S4 unknown unplugged"]);
		time.advance(2 * sweepMs);
		expect(said()).toEqual(["1/10 S6 occupied echo"]);
	});

	it("refreshes every unchanged spot once a minute, one after the other", () => {
		const { time, run, said, broker } = setUp();
		run();
		const before = broker.heard.length;
		time.advance(120_000);
		const spots = said().map((line) => line.split(" ")[1]);
		for (const id of spotIds) expect(spots.filter((spot) => spot === id).length).toBeGreaterThanOrEqual(1);
		expect(spots.length).toBeLessThanOrEqual(16);
		const times = broker.heard
			.slice(before)
			.filter(({ topic }) => topic.includes("/spot/"))
			.map(({ atMs }) => atMs);
		for (const [index, atMs] of times.entries()) if (index > 0) expect(atMs - (times[index - 1] ?? 0)).toBe(7500);
	});

	it("says how it is every minute", () => {
		const { time, run, broker, sensors } = setUp();
		if (sensors[1]) sensors[1].echoUs = null;
		run();
		time.advance(healthMs);
		const [health] = broker.payloads<BoardHealth>("/health");
		expect(health).toMatchObject({ boot: 1, uptime_ms: healthMs, outbox: 0, coalesced: 0 });
		expect(Object.keys(health?.sensors ?? {})).toEqual(spotIds);
		const { S1, S2 } = health?.sensors ?? {};
		expect(S1).toMatchObject({ no_echo: 0, stuck: 0, too_short: 0, silent: 0, state: "free", reason: "echo" });
		expect(S1).toMatchObject({ distance_cm: 220, floor_cm: 220, alarm: null });
		expect(S1?.ok).toBeGreaterThan(80);
		expect(S2).toMatchObject({ ok: 0, silent: S1?.ok, state: "unknown", confidence: 0, distance_cm: null });
		expect(broker.heard.find(({ topic }) => topic.endsWith("/health"))).toMatchObject({ qos: 0, retain: false });
	});

	it("refuses another number of sensors than spots", () => {
		const { board, ...rest } = setUp();
		expect(
			() =>
				new Board({
					settings: parseSettings({ board_id: "b", lot_id: "L", spots: [{ spot_id: "A" }] }),
					boot: 1,
					firmware: "test",
					sensors: [],
					lamps: [],
					timer: rest.time,
					clock: { now: () => null },
					random: () => 0,
					connect: rest.broker.connect,
					saveBoot: () => {},
				}),
		).toThrow(new RangeError("sensors must be one for each of 1 spots, got 0"));
		board.close();
	});

	it("stops everything when closed: offline said, lamps dark, no timer left", () => {
		const { time, broker, board, lamps, run } = setUp();
		run();
		let closed = false;
		board.close(() => {
			closed = true;
		});
		expect(closed).toBe(true);
		expect(broker.heard.at(-1)).toMatchObject({
			topic: "parkmate/board/b1/status",
			payload: '{"online":false,"boot":1}',
		});
		expect(lamps.map(({ level }) => level)).toEqual(spotIds.map(() => 0));
		expect(time.pending).toBe(0);
	});
});

describe("a board's lamps", () => {
	it("are amber until it knows, then show its own sensors without a gateway", () => {
		const { time, broker, board, sensors, colors } = setUp();
		broker.mode = "refuses";
		if (sensors[0]) sensors[0].distanceCm = 60;
		board.start();
		expect(colors()).toEqual(spotIds.map(() => "amber"));
		time.advance(4000);
		expect(colors()).toEqual(["red", ...spotIds.slice(1).map(() => "green")]);
	});

	it("show what the gateway wants while it hears of the spot", () => {
		const { run, wants, colors } = setUp();
		run();
		wants("S1", "blue");
		expect(colors().slice(0, 2)).toEqual(["blue", "green"]);
	});

	it("wait for the gateway's word on a change, and do without it when it does not come", () => {
		const { time, broker, sensors, run, wants, colors, state } = setUp();
		run();
		wants("S1", "green");
		wants("S2", "blue");
		state.gateway = false;
		if (sensors[0]) sensors[0].distanceCm = 60;
		time.advance(3200);
		expect(colors()[0]).toBe("green");
		time.advance(resendMs.first);
		expect(colors().slice(0, 2)).toEqual(["red", "blue"]);
		broker.say("parkmate/board/b1/stored", { boot: 1, seqs: [[9, 9]] });
		expect(colors()[0]).toBe("green");
	});

	it("show the board's own word again when the connection is lost, and after it until the gateway speaks", () => {
		const { time, broker, run, wants, colors } = setUp();
		run();
		wants("S1", "blue");
		broker.cut();
		expect(colors()[0]).toBe("green");
		time.advance(1000 + connackMs);
		expect(broker.connected).toBe(true);
		expect(colors()[0]).toBe("green");
		wants("S1", "blue");
		expect(colors()[0]).toBe("blue");
	});

	it("show the board's own word when the gateway takes its own back", () => {
		const { broker, run, wants, colors } = setUp();
		run();
		wants("S1", "blue");
		broker.say("parkmate/led/command/L/S1", "");
		expect(colors()[0]).toBe("green");
	});
});

describe("a board's commands", () => {
	const answers = (broker: FakeBroker) => broker.payloads<BoardResult>("/result");
	const command = (broker: FakeBroker, more: object) => broker.say("parkmate/board/b1/command", { id: "1", ...more });

	/** How often each lamp changes between light and dark in the time that an identification takes. */
	function blinks({ time, lamps }: ReturnType<typeof setUp>): number[] {
		const counts = lamps.map(() => 0);
		let levels = lamps.map(({ level }) => level);
		for (let i = 0; i < identifyForMs / fastBlinkMs; i++) {
			time.advance(fastBlinkMs);
			for (const [spot, lamp] of lamps.entries())
				if (lamp.level !== levels[spot]) counts[spot] = (counts[spot] ?? 0) + 1;
			levels = lamps.map(({ level }) => level);
		}
		return counts;
	}

	it("identify one spot by its lamp", () => {
		const set = setUp();
		set.run();
		command(set.broker, { command: "identify", spot_id: "S1" });
		expect(answers(set.broker)).toEqual([{ id: "1", ok: true }]);
		const [first = 0, ...others] = blinks(set);
		expect(first).toBeGreaterThan(40);
		expect(others).toEqual(spotIds.slice(1).map(() => 0));
	});

	it("identify all spots when none is named", () => {
		const set = setUp();
		set.run();
		command(set.broker, { command: "identify" });
		for (const count of blinks(set)) expect(count).toBeGreaterThan(40);
	});

	it.each([
		[{ command: "identify", spot_id: "S9" }, "spot_id must be one of S1, S2, S3, S4, S5, S6, S7, S8, got S9"],
		[{ command: "restart" }, "command must be identify, learn_floor or trace, got restart"],
		[{ command: "dance" }, "command must be identify, learn_floor or trace, got dance"],
	])("say what is possible to %j", (asked, message) => {
		const { broker, run } = setUp();
		run();
		command(broker, asked);
		expect(answers(broker)).toEqual([{ id: "1", ok: false, message }]);
	});
});

it("says why a board had started when it comes online, not in its last will", () => {
	const { broker, run } = setUp();
	run();
	expect(broker.payloads<BoardStatus>("b1/status")[0]).toMatchObject({ online: true, restarted: "brownout" });
	expect(broker.tries[0]?.will.payload).not.toContain("brownout");
});

describe("a network that fails", () => {
	/** The first lamp's gaps within one rhythm of them, and the colour that it has all the time. */
	function watch({ time, lamps }: ReturnType<typeof setUp>) {
		time.advance(gapMs.every - (time.now() % gapMs.every));
		let gaps = 0;
		let lit = true;
		for (let ms = 0; ms < gapMs.every; ms += 10, time.advance(10)) {
			const isLit = (lamps[0]?.level ?? 0) > 0;
			if (lit && !isLit) gaps++;
			lit = isLit;
		}
		return `${lamps[0]?.color} ${gaps}`;
	}

	it("is seen on the lamps, which show each spot's state as before", () => {
		const board = setUp();
		const { broker, state, sensors, run } = board;
		run();
		expect(watch(board)).toBe("green 0");
		broker.mode = "refuses";
		broker.cut();
		expect(watch(board)).toBe("green 2");
		if (sensors[0]) sensors[0].distanceCm = 60;
		state.network = false;
		// The next try to connect tells it.
		board.time.advance(30_000);
		expect(watch(board)).toBe("red 1");
		broker.mode = "up";
		state.network = true;
		board.time.advance(30_000);
		expect(watch(board)).toBe("red 0");
	});
});
