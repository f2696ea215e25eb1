/** What boards go through. Each is told the same way to every host; `shows` is what it must have come to, so that none is empty. */
import { expect } from "vitest";
import type { BoardEvent } from "../../../firmware/device/virtual/engine-protocol.ts";
import { seededRandom } from "../../../firmware/device/virtual/random.ts";
import type { BoardResult, BoardTrace } from "../../../firmware/messages.ts";
import { echoUs } from "../fake-sensor.ts";
import { carScene, noonMs, settingsOf, type World } from "./world.ts";

export interface Scenario {
	name: string;
	run: (world: World) => Promise<void>;
	shows: (world: World) => void;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function keep(world: World, changes: Record<string, unknown> = {}): void {
	world.memory.settings = JSON.stringify(settingsOf(changes));
}

/** A counter that was lost begins anywhere. */
const anyBoot = expect.any(Number);

/** That every number is there once, and that nothing waits. */
function expectWhole(world: World): void {
	const seqs = new Set(world.reports.map(({ seq }) => seq));
	expect([...seqs].sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: seqs.size }, (_, index) => index + 1));
}

export const scenarios: readonly Scenario[] = [
	{
		name: "cars that come and go",
		run: async (world) => {
			keep(world);
			await world.start();
			await world.step(["clock", noonMs]);
			await world.run(15 * minuteMs);
			await world.step(["end"]);
			await world.step();
		},
		shows: (world) => {
			expectWhole(world);
			expect(new Set(world.reports.map(({ state }) => state))).toEqual(new Set(["free", "occupied"]));
			expect(world.reports.length).toBeGreaterThan(100);
			expect(world.count("ended")).toBe(1);
		},
	},
	{
		name: "sensors with every fault",
		run: async (world) => {
			keep(world, {
				spots: settingsOf().spots.map(({ spot_id }, index) => (index < 2 ? { spot_id } : { spot_id, height_cm: 220 })),
				temperature_c: -7.5,
			});
			const noise = seededRandom(2, "faults");
			const floor = () => echoUs(220) + Math.floor(noise() * 20);
			// Well, then with its fault, then well again.
			const faulty = (fault: () => number | null | "high") => (atMs: number) =>
				atMs > 60_000 && atMs < 120_000 ? fault() : floor();
			world.scenes = [
				floor,
				() => Math.floor(noise() * 38_000),
				faulty(() => null),
				faulty(() => "high"),
				faulty(() => 38_000),
				faulty(() => 20),
				faulty(() => echoUs(390)),
				faulty(() => (noise() < 0.5 ? echoUs(80) : 38_000)),
			];
			await world.start();
			await world.run(3 * minuteMs);
		},
		shows: (world) => {
			// What the detector calls the rest is its own tests' matter.
			const reasons = world.reports.map(({ reason }) => reason);
			expect(reasons).toEqual(expect.arrayContaining(["echo", "floor_unknown", "unplugged", "stuck", "too_short"]));
		},
	},
	{
		name: "a link that is lost and comes back",
		run: async (world) => {
			keep(world);
			await world.start();
			await world.run(minuteMs);
			await world.step(["clock", noonMs]);
			for (const network of ["refuses", "silent", "full"] as const) {
				world.network = network;
				await world.cut();
				await world.run(4 * minuteMs);
				world.network = "up";
				if (network === "full") await world.cut();
				await world.run(2 * minuteMs);
			}
			// A broker without a gateway behind it.
			world.gateway = false;
			await world.run(3 * minuteMs);
			world.gateway = true;
			await world.run(3 * minuteMs);
		},
		shows: (world) => {
			expect(world.count("offline")).toBeGreaterThan(8);
			expect(world.count("online")).toBeGreaterThanOrEqual(5);
			const resent = world.reports.filter(
				({ seq }, index) => world.reports.findIndex((other) => other.seq === seq) < index,
			);
			expect(resent.length).toBeGreaterThan(5);
			expect(world.reports.at(-1)?.timestamp).toBeDefined();
		},
	},
	{
		name: "an outage that fills the outbox",
		run: async (world) => {
			keep(world);
			world.network = "refuses";
			await world.start();
			await world.run(20 * minuteMs);
			world.network = "up";
			await world.run(2 * minuteMs);
		},
		shows: (world) => {
			const seqs = new Set(world.reports.map(({ seq }) => seq));
			expect(Math.max(...world.reports.map(({ seq = 0 }) => seq))).toBeGreaterThan(seqs.size);
			expect(seqs.size).toBeGreaterThanOrEqual(60);
		},
	},
	{
		name: "power cuts, and a memory that was erased",
		run: async (world) => {
			keep(world);
			world.memory.boot = "6";
			for (let boot = 0; boot < 3; boot++) {
				await world.start();
				await world.run(minuteMs);
			}
			delete world.memory.boot;
			await world.start();
			await world.run(10_000);
			await world.say("parkmate/board/b1/stored", { boot: 2_000_041, seqs: [] });
			await world.run(minuteMs);
		},
		shows: (world) => {
			const boots = world.reports.map(({ boot }) => boot);
			expect(boots.filter((boot, index) => boot !== boots[index - 1])).toEqual([7, 8, 9, anyBoot, 2_000_042]);
			expect(world.memory.boot).toBe("2000042");
		},
	},
	{
		name: "settings that change",
		run: async (world) => {
			keep(world);
			await world.start();
			await world.run(10_000);
			const spots = [{ spot_id: "P-1" }, { spot_id: "P-2", height_cm: 301.5 }];
			await world.step(["settings", settingsOf({ spots, refresh_s: 4 })]);
			await world.step(["settings", settingsOf({ spots, colour: "blue" })]);
			await world.step(["settings", settingsOf({ spots, refresh_s: 5, topic_prefix: "stadt/münchen" })]);
			await world.step(["settings", settingsOf({ spots, refresh_s: 5.5, topic_prefix: "city/west" })]);
			await world.run(10_000);
			world.scenes = [carScene(3, "P-1"), carScene(3, "P-2")];
			await world.start();
			await world.run(2 * minuteMs);
			world.memory.settings = "[]";
			await world.start();
		},
		shows: (world) => {
			expect(world.count("error")).toBe(4);
			expect(world.reports.at(-1)?.spot_id).toMatch(/^P-/);
			expect(world.reports.length).toBeGreaterThan(40);
		},
	},
	{
		name: "messages that nobody should send",
		run: async (world) => {
			keep(world);
			await world.start();
			await world.run(5_000);
			const led = { lot_id: "L", spot_id: "S1", color: "blue", pattern: "breathe" };
			const topics = ["stored", "command"].map((leaf) => `parkmate/board/b1/${leaf}`);
			const wrong = [
				"",
				"{",
				"null",
				"7",
				'"\\ud800"',
				"[[]]",
				"{}",
				`{"id":"${"x".repeat(5000)}"}`,
				"😀",
				'{"seqs":[[1]],"boot":1}',
			];
			for (const topic of [...topics, "parkmate/led/command/L/S1", "elsewhere"]) {
				for (const payload of wrong) await world.say(topic, payload);
			}
			await world.say("parkmate/led/command/L/S1", led);
			await world.say("parkmate/led/command/L/S2", { ...led, spot_id: "S2", color: "pink" });
			for (const command of ["identify", "restart", "ünknown"]) {
				await world.say("parkmate/board/b1/command", { id: command, command });
				await world.say("parkmate/board/b1/command", { id: command, command, spot_id: "S9" });
			}
			await world.run(15_000);
		},
		shows: (world) => {
			const results = world.trace.flatMap(({ reply }) =>
				reply.actions.filter((action) => action[1] === "publish" && action[3].topic.endsWith("/result")),
			);
			expect(results).toHaveLength(6);
			expect(world.count("lamp")).toBeGreaterThan(500);
		},
	},
	{
		name: "a trace, and floors that are learnt",
		run: async (world) => {
			keep(world);
			// Calm floors, to a few µs; one sensor's wires are off.
			world.scenes = world.scenes.map((_, index) => (atMs) => {
				return index === 2 ? null : echoUs(221 + index) + ((Math.floor(atMs / 100) + index) % 7) - 3;
			});
			const command = (id: string, more: object) => world.say("parkmate/board/b1/command", { id, ...more });
			await world.start();
			await world.run(5000);
			await command("t1", { command: "trace", seconds: 600 });
			await world.run(10_000);
			await world.cut();
			await world.run(10_000);
			await command("t2", { command: "trace", seconds: 30, spot_id: "S4" });
			await command("f1", { command: "learn_floor" });
			await world.run(3000);
			await command("f2", { command: "learn_floor", spot_id: "S1" });
			await command("t3", { command: "trace", seconds: 1e9 });
			await world.run(40_000);
			await command("t4", { command: "trace", seconds: 0 });
			await world.run(10_000);
			// What was learnt is there after a power cut.
			await world.start();
			await world.run(2 * minuteMs);
			await command("f3", { command: "learn_floor", spot_id: "S8" });
			await world.step(["end"]);
			await world.step();
		},
		shows: (world) => {
			const results = world.published<BoardResult>("/result");
			expect(results.map(({ id, ok }) => `${id} ${ok}`).sort()).toEqual(
				["f1 false", "f2 true", "f3 false", "t1 true", "t2 true", "t3 false", "t4 true"].sort(),
			);
			expect(results.find(({ id }) => id === "f1")?.message).toMatch(/^S3: [^;]*;[^;]*$/);
			const traces = world.published<BoardTrace>("/trace");
			const numbers = traces.map(({ n }) => n);
			expect(new Set(numbers).size).toBe(numbers.length);
			expect((numbers.at(-1) ?? 0) - numbers.length).toBeGreaterThan(0);
			expect(traces.flatMap(({ samples }) => samples).some(([, spot, pulse]) => spot === 2 && pulse === null)).toBe(
				true,
			);
			expect(world.memory.learnt).toContain('"S8"');
		},
	},
	{
		name: "anything, in any order",
		run: async (world) => {
			keep(world);
			await world.start();
			const random = seededRandom(7, "anything");
			const pick = (limit: number) => Math.floor(random() * limit);
			let wallMs = noonMs;
			for (let round = 0; round < 400; round++) {
				const echo = random() < 0.2 ? null : pick(40_000);
				const events: BoardEvent[] = [["echo", pick(8), echo, random() < 0.1]];
				if (random() < 0.05) {
					// A wall clock that jumps, by a day and backwards too.
					wallMs += pick(2 * 86_400_000) - 86_400_000;
					events.push(["clock", random() < 0.2 ? null : wallMs]);
				}
				await world.step(...events);
				if (random() < 0.03) await world.cut();
				world.network = (["up", "up", "up", "refuses", "silent", "full"] as const)[pick(6)] ?? "up";
				world.gateway = random() < 0.8;
				if (random() < 0.05) await world.stall(pick(20_000));
				await world.run(pick(2000));
			}
		},
		shows: (world) => expect(world.reports.length).toBeGreaterThan(50),
	},
	{
		// Ten seconds of each hour are lived through; in between the board is busy.
		name: "a week",
		run: async (world) => {
			keep(world);
			await world.start();
			for (let hour = 0; hour < 7 * 24; hour++) {
				await world.run(10_000);
				await world.stall(hourMs - 10_000);
			}
		},
		shows: (world) => {
			expectWhole(world);
			expect(world.nowMs).toBe(7 * 24 * hourMs);
			expect(world.reports.at(-1)?.uptime_ms).toBeGreaterThan(7 * 24 * hourMs - 2 * hourMs);
		},
	},
	{
		name: "times beyond 32 bits",
		run: async (world) => {
			keep(world);
			await world.start(2 ** 32 - minuteMs);
			await world.step(["clock", noonMs]);
			await world.run(2 * minuteMs);
		},
		shows: (world) => expect(world.reports.at(-1)?.uptime_ms).toBeGreaterThan(2 ** 32),
	},
];
