/** The firmware in the simulator's own engine, against real brokers. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { connectDeadlineMs } from "../../../firmware/connection.ts";
import { soundCmPerUs } from "../../../firmware/detector.ts";
import { Mosquitto, mosquittoMissing } from "../../support/mosquitto.ts";
import { GatewayProcess, until } from "../../support/processes.ts";
import { certificates, opensslMissing } from "./certificates.ts";
import { decide, floorCm, makeTrace, temperatureC } from "./decisions.ts";
import { Gateway } from "./gateway.ts";
import { buildApp, buildDeadlineMs, buildHost, simulatorMissing } from "./sdk.ts";
import { Simulator } from "./simulator.ts";

// The machine may be busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

let host = "";
let library = "";
let memory = "";
let warnings: string[] = [];

beforeAll(async () => {
	if (simulatorMissing !== null) return;
	const app = await buildApp();
	library = app.library;
	warnings = app.output.split("\n").filter((line) => line.includes("warning"));
	host = await buildHost();
	memory = mkdtempSync(join(tmpdir(), "parkmate-memory-"));
}, buildDeadlineMs);

afterAll(() => {
	if (host !== "") for (const folder of [memory, dirname(host)]) rmSync(folder, { recursive: true, force: true });
});

beforeEach(({ skip }) => skip(simulatorMissing !== null, simulatorMissing ?? ""));

/** What one test has: boards of its own, which remember in a folder of their own, and what they speak to. */
class Site {
	readonly #memory = mkdtempSync(join(memory, "site-"));
	readonly #open: { close(): Promise<unknown> }[] = [];
	#boards = 0;

	/** Closes it in the end. */
	keep<T extends { close(): Promise<unknown> }>(thing: T): T {
		this.#open.push(thing);
		return thing;
	}

	/** A board that has not been told its settings, in this folder. */
	board(folder: string = this.#memory): Simulator {
		return this.keep(new Simulator(host, library, folder));
	}

	/** A board of four spots, sensors 220 cm over the floor; each has another name. */
	startBoard(settings: Record<string, unknown>): Simulator {
		const simulator = this.board();
		simulator.tell({ settings: { ...this.settings(), ...settings } });
		return simulator;
	}

	settings() {
		const spots = ["SPOT001", "SPOT002", "SPOT003", "SPOT004"].map((spot_id) => ({ spot_id, height_cm: 220 }));
		return { board_id: `test-${++this.#boards}`, lot_id: "LOT001", spots };
	}

	/** A broker, who speaks for the gateway there, and a board that has said that all of its spots are free. */
	async start() {
		const { broker, gateway } = await this.startBroker();
		const simulator = this.startBoard({ broker_url: broker.url });
		await simulator.connected();
		for (let spot = 1; spot <= 4; spot++) await gateway.hears(`SPOT00${spot}`, "free");
		return { broker, gateway, simulator };
	}

	async startBroker() {
		const broker = this.keep(await Mosquitto.start());
		return { broker, gateway: this.keep(await Gateway.start(broker.url)) };
	}

	async close(): Promise<void> {
		for (const thing of this.#open.reverse()) await thing.close();
		for (const thing of this.#open) if (thing instanceof Simulator) expect(thing.exceptions).toEqual([]);
	}
}

const it = test.extend<{ site: Site }>({
	site: async ({ onTestFinished }, use) => {
		const site = new Site();
		onTestFinished(() => site.close());
		await use(site);
	},
});

const car = (index: number) => ({ sensor: { index, distance_cm: 70 } });

describe.concurrent("without a broker", () => {
	const broker_url = "mqtt://127.0.0.1:9";

	it("links without a warning about its own modules", () => {
		expect(warnings.filter((line) => line.includes("parkmate"))).toEqual([]);
	});

	it("shows every colour on every lamp at the start", async ({ site }) => {
		const simulator = site.board();
		const ofLast = () => simulator.lights.filter((light) => light.startsWith("7 ")).map((light) => light.slice(2));
		await until("four colours", () => new Set(ofLast()).size >= 4);
		expect([...new Set(ofLast())]).toEqual(["green", "red", "blue", "amber"]);
	});

	it("lights its lamps by its own sensors", async ({ site }) => {
		const simulator = site.startBoard({ broker_url });
		await simulator.lamp(1, "green");
		simulator.tell(car(1));
		await simulator.lamp(1, "red");
		await simulator.lamp(0, "green");
		expect(simulator.link).toEqual({ connected: false, reason: "nobody answers at 127.0.0.1:9" });
	});

	it("says by gaps in its lamps' light that there is no network, whatever they show", async ({ site }) => {
		const simulator = site.startBoard({ broker_url });
		simulator.tell(car(0));
		await simulator.lamp(0, "red");
		const dark = () => simulator.lamps[0]?.color === "red" && simulator.lamps[0].level === 0;
		for (let time = 0; time < 2; time++) {
			await until("a gap", dark, { everyMs: 3, deadlineMs: 25_000 });
			await simulator.lamp(0, "red");
		}
	});

	it("goes on as it was after settings that make no sense", async ({ site }) => {
		const simulator = site.startBoard({ broker_url });
		await simulator.lamp(0, "green");
		simulator.tell({ settings: { ...site.settings(), spots: [] } });
		await until("a complaint", () => simulator.traces.some((line) => line.includes("setting spots must be")));
		simulator.tell(car(0));
		await simulator.lamp(0, "red");
	});

	it("says why it can't connect to an address of another kind", async ({ site }) => {
		const simulator = site.startBoard({ broker_url: "ws://127.0.0.1:9" });
		await until("a reason", () => simulator.reasons.some((reason) => reason.includes("got ws://127.0.0.1:9")));
	});
});

describe.concurrent("with a gateway", () => {
	it("turns a lamp red when a car comes, and any colour that the gateway wants", async ({ site }) => {
		const gateway = site.keep(await GatewayProcess.start());
		await fetch(`${gateway.url}/api/init`, { method: "POST" });
		const simulator = site.startBoard({ broker_url: gateway.mqttUrl });
		await simulator.connected();
		await simulator.lamp(2, "green");
		simulator.tell(car(2));
		await simulator.lamp(2, "red");
		await until("the gateway to know", async () => {
			const spots = (await (await fetch(`${gateway.url}/api/lots/LOT001`)).json()) as {
				spots: { spot_id: string; occupied: boolean }[];
			};
			return spots.spots.some(({ spot_id, occupied }) => spot_id === "SPOT003" && occupied);
		});
		await fetch(`${gateway.url}/api/lots/LOT001/override`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ spot_id: "SPOT003", occupied: false }),
		});
		await simulator.lamp(2, "green");
	});
});

describe.concurrent("with a broker", () => {
	beforeEach(({ skip }) => skip(mosquittoMissing !== null, mosquittoMissing ?? ""));

	it("does what it is told: records, and learns its floors, on a board's small stack", async ({ site }) => {
		const { broker, gateway } = await site.startBroker();
		const spots = site.settings().spots.map(({ spot_id }) => ({ spot_id }));
		const board_id = "test-1";
		site.startBoard({ board_id, spots, broker_url: broker.url });
		// A board that reports has subscribed before.
		await until("a report", () => gateway.reports.length > 0, { deadlineMs: 30_000 });
		await gateway.command(board_id, { id: "t", command: "trace", seconds: 600 });
		await gateway.command(board_id, { id: "f", command: "learn_floor" });
		await gateway.command(board_id, { id: "i", command: "identify", spot_id: "SPOT009" });
		await until("all answers", () => gateway.results.length === 3, { deadlineMs: 30_000 });
		const result = (id: string) => gateway.results.find((one) => one.id === id);
		expect(result("t")).toEqual({ id: "t", ok: true });
		expect(result("i")?.message).toMatch(/^spot_id must be one of SPOT001, .*, got SPOT009$/);
		expect(result("f")?.ok).toBe(true);
		for (const floor of Object.values(result("f")?.floors ?? {})) expect(Math.abs((floor ?? 0) - 220)).toBeLessThan(2);
		await until("a trace", () => gateway.traces.length >= 3, { deadlineMs: 30_000 });
		expect(gateway.traces.map(({ n }) => n)).toEqual(gateway.traces.map((_, index) => index + 1));
		expect(new Set(gateway.traces.flatMap(({ samples }) => samples.map(([, spot]) => spot)))).toEqual(
			new Set([0, 1, 2, 3]),
		);
	});

	it("reports a spot with its distance, why, and when", async ({ site }) => {
		const { gateway, simulator } = await site.start();
		simulator.tell(car(1));
		const report = await gateway.hears("SPOT002", "occupied");
		expect(report).toMatchObject({ lot_id: "LOT001", occupied: true, reason: "echo" });
		expect(report.distance).toBeCloseTo(70, -1);
		expect(Math.abs(Date.parse(report.timestamp ?? "") - Date.now())).toBeLessThan(10_000);
	});

	it("decides on a trace as Node does", async ({ site }) => {
		const { broker, gateway } = await site.startBroker();
		const simulator = site.startBoard({ broker_url: broker.url, refresh_s: 3600, temperature_c: temperatureC });
		const traces = [1, 2, 3, 4].map((seed) => makeTrace(seed, 50));
		for (let index = 0; index < 4; index++) {
			simulator.tell({ sensor: { index, noise_cm: 0 } });
			await gateway.hears(`SPOT00${index + 1}`, "free");
		}
		// The window is full of the floor's echoes, all the same, before the traces begin.
		const floor = Array<number>(20).fill(Math.round((2 * floorCm) / soundCmPerUs(temperatureC)));
		const before = gateway.reports.length;
		traces.forEach((trace, index) => {
			simulator.tell({ sensor: { index, echoes_us: [...floor, ...trace, ...floor] } });
		});
		// On a busy machine one may be said twice.
		const told = (index: number) => {
			const reports = gateway.reports.slice(before).filter(({ spot_id }) => spot_id === `SPOT00${index + 1}`);
			const once = new Map(reports.map((report) => [report.seq, report]));
			return [...once.values()].map(({ state, reason, distance, confidence }) => ({
				state,
				reason,
				distance,
				confidence,
			}));
		};
		for (const [index, trace] of traces.entries()) {
			const decisions = decide([...trace, ...floor]);
			expect(decisions.length).toBeGreaterThan(0);
			await until("all decisions", () => told(index).length >= decisions.length, { deadlineMs: 30_000 }).catch(
				() => {},
			);
			const words = ({ state, reason }: { state?: string; reason?: string }) => `${state} ${reason}`;
			expect(told(index).map(words)).toEqual(decisions.map(words));
			// The simulator's detector has lived longer, and may decide by one measurement sooner or later.
			told(index).forEach(({ distance, confidence }, i) => {
				expect(Math.abs((distance ?? -1) - (decisions[i]?.distance ?? -1))).toBeLessThan(2);
				expect(confidence).toBeCloseTo(decisions[i]?.confidence ?? -1, 0.5);
			});
		}
	});

	it("calls an unplugged sensor's spot unknown, and watches the others on", async ({ site }) => {
		const { gateway, simulator } = await site.start();
		simulator.tell({ sensor: { index: 0, wire: "unplugged" } });
		simulator.tell(car(1));
		expect(await gateway.hears("SPOT001", "unknown")).toMatchObject({ reason: "unplugged" });
		await gateway.hears("SPOT002", "occupied");
		simulator.tell({ sensor: { index: 0, wire: "stuck" } });
		await until("the other reason", () => gateway.newest("SPOT001")?.reason === "stuck");
		simulator.tell({ sensor: { index: 0, wire: "ok" } });
		await gateway.hears("SPOT001", "free");
	});

	it("says what happened while the broker was away, in order, when it is back", async ({ site }) => {
		const { broker, gateway, simulator } = await site.start();
		await broker.stop("SIGKILL");
		await simulator.connected(false);
		simulator.tell(car(3));
		await simulator.lamp(3, "red");
		simulator.tell({ sensor: { index: 3, distance_cm: 220 } });
		await simulator.lamp(3, "green");
		const before = gateway.reports.length;
		await broker.restart();
		await simulator.connected();
		const states = () => gateway.reports.slice(before).map(({ spot_id, state }) => `${spot_id} ${state}`);
		await until(
			"both changes",
			() =>
				states().lastIndexOf("SPOT004 free") > states().indexOf("SPOT004 occupied") &&
				states().includes("SPOT004 occupied"),
		);
		// What was on its way when the broker died is said again first.
		const changes = states().filter((state, index) => index > 0 || state !== "SPOT004 free");
		expect(changes).toEqual(["SPOT004 occupied", "SPOT004 free"]);
	});

	it("goes by its own sensors while nobody stores its reports, and says them again until somebody does", async ({
		site,
	}) => {
		const { gateway, simulator } = await site.start();
		gateway.answers = false;
		await gateway.light({ lot_id: "LOT001", spot_id: "SPOT001", color: "blue", pattern: "steady" });
		await simulator.lamp(0, "blue");
		simulator.tell(car(0));
		await simulator.lamp(0, "red");
		gateway.answers = true;
		await simulator.lamp(0, "blue");
		expect(gateway.reports.filter(({ state }) => state === "occupied").length).toBeGreaterThan(1);
	});

	it("is offline for all when it is gone without a word", async ({ site }) => {
		const { gateway, simulator } = await site.start();
		await until("an announcement", () => gateway.statuses.at(-1)?.online === true);
		simulator.tell({ wifi: false });
		await until("the last will", () => gateway.statuses.at(-1)?.online === false);
		expect(simulator.link?.reason).toBe("no Wi-Fi");
		simulator.tell({ wifi: true });
		await until("another announcement", () => gateway.statuses.at(-1)?.online === true);
		await until("its count", () => gateway.healths.at(-1)?.wifi_losses === 1, { deadlineMs: 30_000 });
	});

	it("counts each beginning, so that no two reports have one name", async ({ site }) => {
		const { broker, gateway } = await site.startBroker();
		const settings = { ...site.settings(), broker_url: broker.url };
		const boots = () => new Set(gateway.statuses.map(({ boot }) => boot)).size;
		const first = site.startBoard(settings);
		await until("the first beginning", () => boots() === 1);
		first.tell({ settings: { ...settings, refresh_s: 30 } });
		await until("the second", () => boots() === 2);
		await first.close();
		site.startBoard(settings);
		await until("the third, after the power was off", () => boots() === 3);
		const seen = gateway.statuses.map(({ boot }) => boot);
		expect(seen).toEqual([...seen].sort((a, b) => a - b));
	});

	it("says what ended its last run, once", async ({ site }) => {
		const { broker, gateway } = await site.startBroker();
		const own = mkdtempSync(join(memory, "ended-"));
		writeFileSync(join(own, "modpreferences.json"), JSON.stringify({ parkmate: { abort: "memory full: undefined" } }));
		const settings = { ...site.settings(), broker_url: broker.url };
		for (const restarted of ["memory full: undefined", undefined]) {
			const before = gateway.statuses.length;
			const simulator = site.board(own);
			simulator.tell({ settings });
			const online = () => gateway.statuses.slice(before).find(({ online }) => online);
			expect((await until("an announcement", online)).restarted).toBe(restarted);
			await simulator.close();
		}
	});

	it("hears the next message after one without a payload", async ({ site }) => {
		const { gateway, simulator } = await site.start();
		await gateway.light({ lot_id: "LOT001", spot_id: "SPOT001", color: "blue", pattern: "steady" });
		await simulator.lamp(0, "blue");
		await gateway.clear("LOT001", "SPOT001");
		await gateway.light({ lot_id: "LOT001", spot_id: "SPOT002", color: "blue", pattern: "steady" });
		await simulator.lamp(1, "blue");
	});

	it("says that user name or password may be wrong, and gets in when they are right", async ({ site }) => {
		const user = { name: "board", password: "right" };
		const broker = site.keep(await Mosquitto.start({ user }));
		const simulator = site.startBoard({ broker_url: broker.url, broker_username: "board", broker_password: "wrong" });
		const refusal = "the broker refuses the connection; user name, password and board_id may be wrong";
		await until("a refusal", () => simulator.reasons.includes(refusal));
		simulator.tell(car(0));
		await simulator.lamp(0, "red");
		const right = { broker_url: broker.url, broker_username: "board", broker_password: "right" };
		simulator.tell({ settings: { ...site.settings(), ...right } });
		await simulator.connected();
	});

	it("trusts only a broker whose certificate it can check, and goes on trying and measuring", async ({
		site,
		skip,
	}) => {
		skip(opensslMissing !== null, opensslMissing ?? "");
		const { ca, otherCa, tls } = certificates("127.0.0.1");
		const broker = site.keep(await Mosquitto.start({ tls }));
		const simulator = site.startBoard({ broker_url: "mqtt://127.0.0.1:9" });
		simulator.tell({ broker_ca: otherCa });
		simulator.tell({ settings: { ...site.settings(), broker_url: broker.url } });
		const refusals = () => simulator.reasons.filter((reason) => reason.includes("certificate")).length;
		await until("two refusals", () => refusals() >= 2, { deadlineMs: 3 * connectDeadlineMs });
		simulator.tell(car(0));
		await simulator.lamp(0, "red");
		simulator.tell({ broker_ca: ca });
		await simulator.connected();
	});
});
