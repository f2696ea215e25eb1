import { describe, expect, it } from "vitest";
import { Board, healthMs, saveLearntMs, settleMs, soonMs } from "../../firmware/board.ts";
import { learnForMs, showResultMs } from "../../firmware/calibration.ts";
import { commandLimit, identifyForMs } from "../../firmware/commands.ts";
import { VirtualLamp } from "../../firmware/device/virtual/lamp.ts";
import { fastBlinkMs, gapMs } from "../../firmware/lamps.ts";
import { learntKey, loadLearnt } from "../../firmware/learnt.ts";
import type {
	BoardHealth,
	BoardResult,
	BoardStatus,
	BoardTrace,
	StatusReport,
	Stored,
} from "../../firmware/messages.ts";
import { resendMs } from "../../firmware/outbox.ts";
import { slotMs, sweepMs } from "../../firmware/ranging.ts";
import { countBoot, type KeyValueStore, parseSettings, saveBoot } from "../../firmware/settings.ts";
import { connackMs, FakeBroker, type Heard } from "./fake-broker.ts";
import { echoUs, FakeSensor } from "./fake-sensor.ts";
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
		memory,
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
	/** Cars roll in over these spots, hood first: what stands there all at once may be a person. */
	const arrive = (...spots: number[]) => {
		for (const distanceCm of [110, 90, 60]) {
			for (const spot of spots) if (sensors[spot]) sensors[spot].distanceCm = distanceCm;
			time.advance(sweepMs);
		}
	};
	return { time, broker, sensors, lamps, board, state, values, said, wants, colors, run, arrive };
}

describe("a board", () => {
	it("has decided every spot 10 s after its start, the free ones after 4 s, and says so once", () => {
		const { time, sensors, board, said } = setUp();
		if (sensors[2]) sensors[2].distanceCm = 60;
		board.start();
		time.advance(4000);
		const free = spotIds.filter((id) => id !== "S3").map((id) => `${id} free echo`);
		const early = said().map((line) => line.slice(line.indexOf(" ") + 1));
		expect(early).toEqual(expect.arrayContaining(free));
		time.advance(settleMs - 4000);
		const all = [...early, ...said().map((line) => line.slice(line.indexOf(" ") + 1))];
		expect(all.sort()).toEqual([...free, "S3 occupied echo"].sort());
	});

	it("reports a car that rolls in within 5 s, and that it has left", () => {
		const { time, sensors, run, said, arrive } = setUp();
		run();
		arrive(4);
		time.advance(3000);
		expect(said()).toEqual(["1/9 S5 occupied echo"]);
		if (sensors[4]) sensors[4].distanceCm = 220;
		time.advance(5000);
		expect(said()).toEqual(["1/10 S5 free echo"]);
	});

	it("empties its outbox as the gateway says stored", () => {
		const { board, run, state, time, arrive } = setUp();
		run();
		expect(board.outboxSize).toBe(0);
		state.gateway = false;
		arrive(0);
		time.advance(3200);
		expect(board.outboxSize).toBe(1);
		state.gateway = true;
		time.advance(resendMs.first);
		expect(board.outboxSize).toBe(0);
	});

	it("watches on without a network and says all of it in order when it is back", () => {
		const { time, broker, sensors, run, said, board, arrive } = setUp();
		run();
		broker.mode = "refuses";
		broker.cut();
		for (const spot of [0, -1, 0, 1]) {
			if (spot < 0 && sensors[0]) sensors[0].distanceCm = 220;
			arrive(spot);
			time.advance(4000);
		}
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
		const { time, broker, run, said, state, arrive } = setUp();
		run();
		state.gateway = false;
		arrive(0, 1);
		time.advance(3000);
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

	it("shows an unplugged sensor as unknown, and slows nobody", () => {
		const { time, sensors, run, said, arrive } = setUp();
		run();
		if (sensors[3]) sensors[3].echoUs = null;
		arrive(5);
		time.advance(5 * sweepMs);
		const told = said().map((line) => line.slice(line.indexOf(" ") + 1));
		expect(told.sort()).toEqual(["S4 unknown unplugged", "S6 occupied echo"]);
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

	it("says how it is in a message that a board's network has room for, however long the names are", () => {
		const { time, broker, sensors } = setUp();
		const board = new Board({
			settings: parseSettings({
				board_id: "b1",
				lot_id: "L",
				spots: spotIds.map((id) => ({ spot_id: id.padStart(64, "-"), height_cm: 333.3 })),
			}),
			boot: 1,
			firmware: "test",
			sensors,
			lamps: [],
			timer: time,
			clock: { now: () => null },
			random: () => 0,
			connect: broker.connect,
			saveBoot: () => {},
			vitals: () => ({ signal_dbm: -100, free_heap_bytes: 100_000, wifi_losses: 10_000 }),
		});
		board.start();
		time.advance(healthMs);
		const health = broker.heard.find(({ topic }) => topic.endsWith("/health"))?.payload ?? "";
		// An ESP32's TCP takes 5,744 bytes at once.
		expect(health.length).toBeGreaterThan(1000);
		expect(health.length).toBeLessThan(4096);
		board.close();
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
		const { time, broker, run, wants, colors, state, arrive } = setUp();
		run();
		wants("S1", "green");
		wants("S2", "blue");
		state.gateway = false;
		arrive(0);
		expect(colors()[0]).toBe("green");
		time.advance(3000 + resendMs.first);
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
	/** Says it, and lets the board come to it. */
	const command = ({ broker, time }: ReturnType<typeof setUp>, more: object) => {
		broker.say("parkmate/board/b1/command", { id: "1", ...more });
		time.advance(2 * slotMs);
	};

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
		command(set, { command: "identify", spot_id: "S1" });
		expect(answers(set.broker)).toEqual([{ id: "1", ok: true }]);
		const [first = 0, ...others] = blinks(set);
		expect(first).toBeGreaterThan(40);
		expect(others).toEqual(spotIds.slice(1).map(() => 0));
	});

	it("identify all spots when none is named", () => {
		const set = setUp();
		set.run();
		command(set, { command: "identify" });
		for (const count of blinks(set)) expect(count).toBeGreaterThan(40);
	});

	it.each([
		[{ command: "identify", spot_id: "S9" }, "spot_id must be one of S1, S2, S3, S4, S5, S6, S7, S8, got S9"],
		[{ command: "trace", seconds: 5, spot_id: "S9" }, "spot_id must be one of S1, S2, S3, S4, S5, S6, S7, S8, got S9"],
		[{ command: "trace" }, "seconds must be a number from 1 to 3600, or 0 to end it, got nothing"],
		[{ command: "trace", seconds: 0.5 }, "seconds must be a number from 1 to 3600, or 0 to end it, got 0.5"],
		[{ command: "trace", seconds: 3601 }, "seconds must be a number from 1 to 3600, or 0 to end it, got 3601"],
		[{ command: "trace", seconds: -1 }, "seconds must be a number from 1 to 3600, or 0 to end it, got -1"],
		[{ command: "trace", seconds: "5" }, "seconds must be a number from 1 to 3600, or 0 to end it, got a string"],
		[{ command: "restart" }, "command must be identify, learn_floor or trace, got restart"],
		[{ command: "dance" }, "command must be identify, learn_floor or trace, got dance"],
	])("say what is possible to %j", (asked, message) => {
		const set = setUp();
		set.run();
		command(set, asked);
		expect(answers(set.broker)).toEqual([{ id: "1", ok: false, message }]);
	});

	it("are begun one after the other, and refused where too many wait", () => {
		const { broker, time, run } = setUp();
		run();
		for (let index = 0; index <= commandLimit; index++) {
			broker.say("parkmate/board/b1/command", { id: String(index), command: "identify" });
		}
		const message = `at most ${commandLimit} commands can wait, got one more`;
		expect(answers(broker)).toEqual([{ id: String(commandLimit), ok: false, message }]);
		time.advance(2 * sweepMs);
		const ids = answers(broker).map(({ id, ok }) => `${id} ${ok}`);
		expect(ids.slice(1)).toEqual(Array.from({ length: commandLimit }, (_, index) => `${index} true`));
	});

	it("are answered when the board is closed before it came to them", () => {
		const { broker, board, run } = setUp();
		run();
		broker.say("parkmate/board/b1/command", { id: "1", command: "identify" });
		board.close();
		const message = "the board was closed or got other settings";
		expect(answers(broker)).toEqual([{ id: "1", ok: false, message }]);
	});
});

describe("a trace", () => {
	const command = (broker: FakeBroker, more: object) =>
		broker.say("parkmate/board/b1/command", { id: "t", command: "trace", ...more });
	const samples = (broker: FakeBroker) => broker.payloads<BoardTrace>("/trace").flatMap((trace) => trace.samples);

	it("tells every measurement for as long as was asked, about a message a second", () => {
		const { time, broker, sensors, run } = setUp();
		run();
		if (sensors[1]) sensors[1].echoUs = 38_000;
		if (sensors[2]) sensors[2].echoUs = null;
		const before = sensors.map(({ triggers }) => triggers);
		command(broker, { seconds: 10 });
		time.advance(15_000);
		const told = samples(broker);
		for (const [spot, sensor] of sensors.entries()) {
			const own = told.filter(([, index]) => index === spot);
			const made = sensor.triggers - (before[spot] ?? 0);
			// Of 15 s, 10 were asked for.
			expect(Math.abs(own.length - (made * 2) / 3)).toBeLessThan(2);
			expect(new Set(own.map(([, , echoUs]) => echoUs))).toEqual(new Set([sensor.echoUs]));
		}
		const traces = broker.payloads<BoardTrace>("/trace");
		expect(traces.length).toBeGreaterThanOrEqual(9);
		expect(traces.length).toBeLessThanOrEqual(12);
		expect(traces.map(({ n }) => n)).toEqual(traces.map((_, index) => index + 1));
		expect(traces[0]).toMatchObject({ boot: 1, temp_c: 20 });
	});

	it("tells of one spot when one is named, and of no other", () => {
		const { time, broker, run } = setUp();
		run();
		command(broker, { seconds: 5, spot_id: "S3" });
		time.advance(6000);
		expect(new Set(samples(broker).map(([, spot]) => spot))).toEqual(new Set([2]));
	});

	it("goes on when it is asked for again, and ends at once at 0", () => {
		const { time, broker, run } = setUp();
		run();
		command(broker, { seconds: 5 });
		time.advance(4000);
		command(broker, { seconds: 60 });
		time.advance(20_000);
		command(broker, { seconds: 0 });
		time.advance(1000);
		const traces = broker.payloads<BoardTrace>("/trace");
		expect(traces.map(({ n }) => n)).toEqual(traces.map((_, index) => index + 1));
		expect(traces.length).toBeGreaterThan(20);
		time.advance(60_000);
		expect(broker.payloads<BoardTrace>("/trace")).toHaveLength(traces.length);
	});

	it("delays no report, and shows by its numbers what was lost with the connection", () => {
		const { time, broker, sensors, run, said } = setUp();
		run();
		command(broker, { seconds: 600 });
		time.advance(5000);
		broker.mode = "refuses";
		broker.cut();
		time.advance(10_000);
		broker.mode = "up";
		if (sensors[0]) sensors[0].distanceCm = 60;
		time.advance(20_000);
		expect(said().some((line) => line.includes("S1 occupied echo"))).toBe(true);
		const numbers = broker.payloads<BoardTrace>("/trace").map(({ n }) => n);
		const missing = (numbers.at(-1) ?? 0) - numbers.length;
		expect(missing).toBeGreaterThanOrEqual(9);
		expect(missing).toBeLessThan(25);
	});

	it("goes to whoever listens at the board, from its start on and without any network", () => {
		const { broker, time, sensors } = setUp();
		broker.mode = "refuses";
		const lines: string[] = [];
		const board = new Board({
			settings: parseSettings({ board_id: "b", lot_id: "L", spots: [{ spot_id: "A" }] }),
			boot: 3,
			firmware: "test",
			sensors: sensors.slice(0, 1),
			lamps: [],
			timer: time,
			clock: { now: () => null },
			random: () => 0,
			connect: broker.connect,
			saveBoot: () => {},
			onTrace: (text) => lines.push(text),
		});
		board.start();
		time.advance(60_000);
		board.close();
		const traces = lines.map((line) => JSON.parse(line) as BoardTrace);
		expect(traces[0]).toMatchObject({ boot: 3, n: 1, temp_c: 20 });
		expect(traces.flatMap(({ samples }) => samples).length).toBeGreaterThan(60);
	});
});

describe("learning floors on command", () => {
	const learn = (broker: FakeBroker, more: object = {}) =>
		broker.say("parkmate/board/b1/command", { id: "f", command: "learn_floor", ...more });
	const answers = (broker: FakeBroker) => broker.payloads<BoardResult>("/result");
	/** The floor as it sounds: calm, but never to the µs. */
	function calm({ time, sensors }: ReturnType<typeof setUp>, distanceCm: number, ms: number) {
		for (let passedMs = 0; passedMs < ms; passedMs += sweepMs) {
			for (const [spot, sensor] of sensors.entries()) {
				if (sensor.echoUs !== null) sensor.echoUs = echoUs(distanceCm) + (((passedMs / sweepMs) * 5 + spot) % 7) - 3;
			}
			time.advance(sweepMs);
		}
	}

	it("gives each spot's floor within 20 s, shows it on the lamps, and tells how it is soon after", () => {
		const set = setUp();
		const { broker, lamps, colors, run, values } = set;
		run();
		const healths = broker.payloads<BoardHealth>("/health").length;
		learn(broker);
		calm(set, 250, sweepMs);
		expect(new Set(lamps.map(({ color }) => color))).not.toContain("green");
		calm(set, 250, learnForMs + sweepMs);
		const [answer] = answers(broker);
		expect(answer).toMatchObject({ id: "f", ok: true });
		expect(Object.keys(answer?.floors ?? {}).sort()).toEqual(spotIds);
		for (const floorCm of Object.values(answer?.floors ?? {})) expect(Math.abs((floorCm ?? 0) - 250)).toBeLessThan(1);
		calm(set, 250, soonMs + showResultMs);
		expect(colors()).toEqual(spotIds.map(() => "green"));
		const told = broker.payloads<BoardHealth>("/health").slice(healths);
		expect(told.length).toBeGreaterThanOrEqual(1);
		expect(Math.abs((told[0]?.sensors?.S1?.floor_cm ?? 0) - 250)).toBeLessThan(1);
		expect(loadLearnt({ get: (key) => values.get(key), set: () => {} }, [{ spot_id: "S8" }])[0]).not.toBe("");
	});

	it("learns at one spot when one is named", () => {
		const set = setUp();
		set.run();
		learn(set.broker, { spot_id: "S2" });
		calm(set, 221, learnForMs + sweepMs);
		expect(Object.keys(answers(set.broker)[0]?.floors ?? {})).toEqual(["S2"]);
	});

	it("says which spot could not learn, and why", () => {
		const set = setUp();
		const { broker, sensors, run } = set;
		run();
		if (sensors[2]) sensors[2].echoUs = null;
		learn(broker);
		calm(set, 220, learnForMs + sweepMs);
		const [answer] = answers(broker);
		expect(answer).toMatchObject({ id: "f", ok: false });
		expect(answer?.message).toMatch(/^S3: [^;]+; [^;]+$/);
		expect(Object.keys(answer?.floors ?? {}).sort()).toEqual(spotIds.filter((id) => id !== "S3"));
	});

	it("answers over the next connection when the one that asked is lost", () => {
		const set = setUp();
		const { broker, run } = set;
		run();
		learn(broker);
		broker.cut();
		calm(set, 220, learnForMs + 15_000);
		expect(answers(broker)).toMatchObject([{ id: "f", ok: true }]);
	});

	it("answers when the board is closed meanwhile", () => {
		const { broker, board, run, time, sensors } = setUp();
		run();
		for (const sensor of sensors) sensor.echoUs = 38_000;
		learn(broker);
		time.advance(sweepMs);
		board.close();
		expect(answers(broker)).toMatchObject([{ id: "f", ok: false }]);
		expect(broker.heard.at(-1)?.topic).toBe("parkmate/board/b1/status");
	});

	it("goes on with a memory that can't be written", () => {
		const set = setUp();
		set.values.set = () => {
			throw new Error("flash worn out");
		};
		set.run();
		learn(set.broker);
		calm(set, 220, learnForMs + soonMs + sweepMs);
		expect(answers(set.broker)).toMatchObject([{ ok: true }]);
	});
});

describe("what a board has learnt", () => {
	it("is there after a restart", () => {
		const first = setUp();
		first.run();
		first.broker.say("parkmate/board/b1/command", { id: "f", command: "learn_floor" });
		for (const sensor of first.sensors) sensor.distanceCm = 260;
		first.time.advance(learnForMs + soonMs + sweepMs);
		expect(first.broker.payloads<BoardResult>("/result")).toMatchObject([{ ok: true }]);
		const second = setUp({ values: first.values });
		for (const sensor of second.sensors) sensor.distanceCm = 260;
		second.run();
		second.time.advance(healthMs);
		const health = second.broker.payloads<BoardHealth>("/health").at(-1);
		expect(Math.abs((health?.sensors?.S1?.floor_cm ?? 0) - 260)).toBeLessThan(1);
	});

	it("is written once an hour at most while nobody teaches it", () => {
		const values = new Map<string, string>();
		const written: number[] = [];
		const set = setUp({ values });
		const keep = values.set.bind(values);
		values.set = (key, value) => {
			if (key === learntKey) written.push(set.time.now());
			return keep(key, value);
		};
		set.run();
		for (let minute = 0; minute < 4 * 60; minute++) {
			// The air gets warmer: the floor seems to move.
			for (const sensor of set.sensors) sensor.distanceCm = 220 + minute / 30;
			set.time.advance(60_000);
		}
		expect(written.length).toBeGreaterThanOrEqual(2);
		expect(written.length).toBeLessThanOrEqual(5);
		for (const [index, atMs] of written.entries()) {
			if (index > 1) expect(atMs - (written[index - 1] ?? 0)).toBeGreaterThanOrEqual(saveLearntMs);
		}
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
