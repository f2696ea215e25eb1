/** A whole virtual board, from a modelled car to a report that is stored, in virtual time. */
import { describe, expect, it } from "vitest";
import { Board } from "../../../../firmware/board.ts";
import { HcSr04 } from "../../../../firmware/device/virtual/hc-sr04.ts";
import { VirtualLamp } from "../../../../firmware/device/virtual/lamp.ts";
import { demoPace, floorCm, SpotModel } from "../../../../firmware/device/virtual/lot-model.ts";
import { seededRandom } from "../../../../firmware/device/virtual/random.ts";
import { lampFor, type StatusReport } from "../../../../firmware/messages.ts";
import { slotMs } from "../../../../firmware/ranging.ts";
import { parseSettings } from "../../../../firmware/settings.ts";
import { FakeBroker, type Heard } from "../../fake-broker.ts";
import { VirtualTime } from "../../virtual-time.ts";

const spotIds = Array.from({ length: 8 }, (_, index) => `S${index + 1}`);

/** A board over a modelled lot, and a gateway that keeps what is reported, each number once, and lights the lamps. */
function setUp(seed: number) {
	const time = new VirtualTime();
	const broker = new FakeBroker(time);
	const models = spotIds.map((name) => new SpotModel({ seed, name, pace: demoPace }));
	const lamps = spotIds.map(() => new VirtualLamp());
	const board = new Board({
		settings: parseSettings({
			board_id: "b1",
			lot_id: "L",
			spots: spotIds.map((spot_id) => ({ spot_id, height_cm: floorCm })),
		}),
		boot: 1,
		firmware: "test",
		sensors: models.map((model) => new HcSr04({ ping: () => model.ping(time.now()) })),
		lamps,
		timer: time,
		clock: { now: () => null },
		random: seededRandom(seed, "board"),
		connect: broker.connect,
		saveBoot: () => {},
	});
	const books = new Map<number, StatusReport>();
	let newest = 0;
	const outOfOrder: number[] = [];
	broker.onHeard = ({ topic, payload }: Heard) => {
		if (!topic.includes("/spot/status/")) return;
		const report = JSON.parse(payload) as StatusReport;
		const { seq = 0, spot_id } = report;
		if (!books.has(seq) && seq < newest) outOfOrder.push(seq);
		newest = Math.max(newest, seq);
		books.set(seq, report);
		broker.say("parkmate/board/b1/stored", { boot: 1, seqs: [[seq, seq]] });
		const lamp = lampFor(report.state ?? "unknown");
		broker.say(`parkmate/led/command/L/${spot_id}`, { lot_id: "L", spot_id, ...lamp });
	};
	return { time, broker, models, lamps, board, books, outOfOrder };
}

describe("a virtual board in its lot", () => {
	it("has every spot right, but while cars drive in and out, for an hour", () => {
		const { time, models, lamps, board, books } = setUp(3);
		board.start();
		time.advance(4000);
		const wrongMs = spotIds.map(() => 0);
		let longestMs = 0;
		for (let second = 0; second < 3600; second++) {
			time.advance(1000);
			for (const [index, model] of models.entries()) {
				const taken = model.occupiedAt(time.now());
				const right = lamps[index]?.color === (taken ? "red" : "green");
				wrongMs[index] = right ? 0 : (wrongMs[index] ?? 0) + 1000;
				longestMs = Math.max(longestMs, wrongMs[index] ?? 0);
			}
		}
		// A car is in sight for up to 9 s before it rests and gone for as long before it has left; people stand under a sensor for up to 20 s.
		expect(longestMs).toBeLessThanOrEqual(25_000);
		expect(board.outboxSize).toBe(0);
		const states = [...books.values()].map(({ state }) => state);
		expect(states.filter((state) => state === "unknown")).toEqual([]);
		expect(states.length).toBeGreaterThan(8 * 20);
	});

	it("loses nothing and doubles nothing while the broker comes and goes", () => {
		const { time, broker, board, books, outOfOrder } = setUp(4);
		const chance = seededRandom(4, "outages");
		board.start();
		for (let round = 0; round < 100; round++) {
			time.advance(chance() * 60_000);
			broker.mode = chance() < 0.5 ? "refuses" : "silent";
			broker.cut();
			time.advance(chance() * 90_000);
			broker.mode = "up";
		}
		time.advance(60_000);
		expect(board.outboxSize).toBe(0);
		expect([...books.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: books.size }, (_, i) => i + 1));
		expect(outOfOrder).toEqual([]);
		// A change of state each time, or the same again as a refresh.
		const last = new Map<string, number>();
		for (const { spot_id, uptime_ms = 0 } of books.values()) {
			expect(uptime_ms - (last.get(spot_id) ?? -slotMs)).toBeGreaterThanOrEqual(slotMs);
			last.set(spot_id, uptime_ms);
		}
	});

	it("tells the same under the same seed", () => {
		const story = () => {
			const { time, board, books } = setUp(5);
			board.start();
			time.advance(600_000);
			return [...books.values()];
		};
		expect(story()).toEqual(story());
	});
});
