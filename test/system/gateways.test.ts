/** Two gateways, one Mosquitto, one database: who asks either of them, and whichever of them dies, sees and loses the same: nothing. */
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import type { HistoryEntry, LotWithSpots } from "../../gateway/contract/resources.ts";
import { Balancer } from "../support/balancer.ts";
import { MongoServer, mongodbUnguarded } from "../support/mongodb.ts";
import { Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { GatewayProcess, until } from "../support/processes.ts";
import { call, type LiveFrame } from "./clients.ts";

const missing = mosquittoMissing ?? mongodbUnguarded;
const spots = Array.from({ length: 20 }, (_, index) => `SPOT${String(index + 1).padStart(3, "0")}`);
/** Until a board that hears nothing of its report says it again, ms. */
const patienceMs = 1_000;
/** Two gateways, a broker and a database share a busy machine. */
const slow = { timeout: 20_000 };

let ends: (() => Promise<unknown> | unknown)[] = [];
let mosquitto: Mosquitto;
let mongo: MongoServer;

beforeEach(async (ctx) => {
	ctx.skip(missing !== null, missing ?? "");
	mosquitto = await Mosquitto.start();
	ends.unshift(() => mosquitto.close());
	mongo = await MongoServer.start();
	ctx.task.meta.testedWith = mongo.name;
	ends.unshift(() => mongo.close());
});
afterEach(async () => {
	for (const end of ends) await end();
	ends = [];
});

async function startGateway(mqttUrl = mosquitto.url): Promise<GatewayProcess> {
	const env = { MONGODB_URL: mongo.url, MONGODB_DB: "parkmate_gateways", LOG_LEVEL: "warn" };
	const gateway = await GatewayProcess.start({ mqttUrl, env });
	ends.unshift(() => gateway.close());
	return gateway;
}

async function lotOf(gateway: GatewayProcess): Promise<LotWithSpots | null> {
	const { status, body } = await call(`${gateway.url}/api/lots/LOT001`);
	return status === 200 ? (body as LotWithSpots) : null;
}

/** One board for each spot, which says its next change when the one before is said stored, and says it again until then. */
class Fleet {
	/** Lamp commands, by spot. */
	readonly lamps = new Map<string, string[]>();
	readonly #client: MqttClient;
	readonly #seqs = new Map<string, { said: number; stored: number; saidAt: number }>();

	private constructor(client: MqttClient) {
		this.#client = client;
		client.on("message", (topic, payload, { retain }) => this.#hear(topic.split("/"), String(payload), retain));
	}

	static async connect(url = mosquitto.url): Promise<Fleet> {
		const fleet = new Fleet(await connectAsync(url));
		ends.unshift(() => fleet.#client.endAsync(true));
		await fleet.#client.subscribeAsync(["parkmate/board/+/stored", "parkmate/led/command/#"], { qos: 1 });
		return fleet;
	}

	/** Every spot changes this many times. A car is there at every odd one. */
	async say(changes: number): Promise<void> {
		const from = Math.max(0, ...[...this.#seqs.values()].map(({ stored }) => stored));
		await until(
			"every report stored",
			() => {
				let done = 0;
				for (const spot of spots) {
					const state = this.#seqs.get(spot) ?? { said: 0, stored: 0, saidAt: 0 };
					this.#seqs.set(spot, state);
					if (state.stored === from + changes) done++;
					else if (state.stored === state.said) this.#tell(spot, state, state.said + 1);
					else if (performance.now() - state.saidAt > patienceMs) this.#tell(spot, state, state.said);
				}
				return done === spots.length;
			},
			{ deadlineMs: 40_000, everyMs: 2 },
		);
	}

	#tell(spot_id: string, state: { said: number; saidAt: number }, seq: number): void {
		Object.assign(state, { said: seq, saidAt: performance.now() });
		const report = { spot_id, lot_id: "LOT001", occupied: seq % 2 === 1, board_id: spot_id, boot: 1, seq };
		this.#client.publish(`parkmate/spot/status/LOT001/${spot_id}`, JSON.stringify(report), { qos: 1 });
	}

	#hear([, kind = "", name = "", , spot = ""]: string[], payload: string, retained: boolean): void {
		if (kind === "board") {
			const state = this.#seqs.get(name);
			const [, last] = (JSON.parse(payload) as { seqs: [number, number][] }).seqs.at(-1) ?? [0, 0];
			if (state !== undefined) state.stored = Math.max(state.stored, last);
		} else if (!retained) {
			const { color } = JSON.parse(payload) as { color: string };
			this.lamps.set(spot, [...(this.lamps.get(spot) ?? []), color]);
		}
	}
}

/** A page: comes back when its connection ends, and notices what it missed. */
class Page {
	readonly states = new Map<string, string>();
	connections = 0;
	updates = 0;
	/** Frames that were not the next of their lot. */
	gaps = 0;
	#version = 0;
	#open = true;

	static open(url: string): Page {
		const page = new Page();
		page.#connect(url);
		ends.unshift(() => {
			page.#open = false;
		});
		return page;
	}

	#connect(url: string): void {
		if (!this.#open) return;
		const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws?lot=LOT001`);
		socket.on("open", () => this.connections++);
		socket.on("error", () => {});
		socket.on("close", () => setTimeout(() => this.#connect(url), 50));
		socket.on("message", (data) => this.#take(JSON.parse(String(data)) as LiveFrame));
		ends.unshift(() => socket.terminate());
	}

	#take(frame: LiveFrame): void {
		if (frame.event === "snapshot") {
			for (const { spot_id, state } of frame.spots as LotWithSpots["spots"]) this.states.set(spot_id, state);
		} else if (frame.event === "spot_update") {
			this.updates++;
			if (frame.lot_version !== this.#version + 1) this.gaps++;
			this.states.set(frame.spot_id as string, frame.state as string);
		} else return;
		this.#version = frame.lot_version as number;
	}
}

/** What both gateways say, once they say the same. */
async function agreed(gateways: readonly GatewayProcess[]): Promise<LotWithSpots> {
	const agree = async () => {
		const [first, ...others] = await Promise.all(gateways.map(lotOf));
		if (first == null) return null;
		return others.every((other) => other !== null && sorted(other) === sorted(first)) ? first : null;
	};
	return until("gateways that agree", agree, { deadlineMs: slow.timeout, everyMs: 50 });
}

/** Fields in one order. */
function sorted(lot: LotWithSpots): string {
	return JSON.stringify(lot, (_, value: unknown) =>
		value !== null && typeof value === "object" && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
			: value,
	);
}

/** Changes that this gateway stored itself. */
async function changesAt({ url }: GatewayProcess): Promise<number> {
	const { body } = await call(`${url}/health`);
	return (body as { components: { ingest: { changes: number } } }).components.ingest.changes;
}

async function expectEachOnce(gateway: GatewayProcess, changes: number): Promise<void> {
	const { body } = await call(`${gateway.url}/api/lots/LOT001/history?limit=1000`);
	const entries = body as HistoryEntry[];
	for (const spot of spots) {
		const seqs = entries.filter(({ spot_id }) => spot_id === spot).map(({ seq }) => seq);
		expect(seqs.reverse()).toEqual(Array.from({ length: changes }, (_, index) => index + 1));
	}
}

describe("two gateways", { timeout: 90_000 }, () => {
	test("share the reports, show every change at either, and leave each lamp as it must be", async () => {
		const [one, two] = await Promise.all([startGateway(), startGateway()]);
		await call(`${one.url}/api/lots`, { lot_id: "LOT001", name: "Both", spots: spots.length });
		await until("the lot at the other gateway", () => lotOf(two));
		const pages = [Page.open(one.url), Page.open(two.url)];
		await until("both snapshots", () => pages.every(({ states }) => states.size === spots.length));
		const peers = async (gateway: GatewayProcess) =>
			((await call(`${gateway.url}/health`)).body as { components: { peers: { others: number } } }).components.peers;
		await until("gateways that know each other", async () =>
			(await Promise.all([one, two].map(peers))).every(({ others }) => others === 1),
		);
		const fleet = await Fleet.connect();
		await fleet.say(6);
		const lot = await agreed([one, two]);
		expect(lot).toMatchObject({ available_spots: spots.length, occupied_spots: 0, unknown_spots: 0 });
		await expectEachOnce(two, 6);
		await expect.poll(() => spots.map((spot) => fleet.lamps.get(spot)?.at(-1)), slow).toEqual(spots.map(() => "green"));
		const took = await Promise.all([one, two].map(changesAt));
		expect(took[0]).toBeGreaterThan(0);
		expect(took[1]).toBeGreaterThan(0);
		expect((took[0] ?? 0) + (took[1] ?? 0)).toBe(6 * spots.length);
		await expect
			.poll(() => pages.map(({ updates, gaps }) => [updates, gaps]), slow)
			.toEqual([
				[6 * spots.length, 0],
				[6 * spots.length, 0],
			]);
	});

	test("an override at one is seen at the other, and ends there as well", async () => {
		const [one, two] = await Promise.all([startGateway(), startGateway()]);
		await call(`${one.url}/api/lots`, { lot_id: "LOT001", name: "Both", spots: spots.length });
		await until("the lot at the other gateway", () => lotOf(two));
		const path = "/api/lots/LOT001/override";
		const word = { spot_id: "SPOT001", occupied: true, reserved: true, reason: "wedding" };
		expect((await call(`${one.url}${path}`, word)).status).toBe(200);
		await until("the override at the other", async () => (await lotOf(two))?.spots[0]?.state === "reserved");
		await call(`${two.url}${path}`, { spot_id: "SPOT001", occupied: null });
		await until("its end at the first", async () => (await lotOf(one))?.spots[0]?.manual_override === false);
		expect((await agreed([one, two])).reserved_spots).toBe(0);
		const { body } = await call(`${one.url}/api/lots/LOT001/history`);
		expect((body as HistoryEntry[]).map(({ action }) => action)).toEqual(["cleared", "set"]);
	});

	test("lose nothing, count nothing twice, and keep their pages when either is killed under load and comes back", async () => {
		const gateways = await Promise.all([startGateway(), startGateway()]);
		const [one, two] = gateways;
		await call(`${one.url}/api/lots`, { lot_id: "LOT001", name: "Both", spots: spots.length });
		await until("the lot at the other gateway", () => lotOf(two));
		const balancer = await Balancer.start([one.port, two.port]);
		ends.unshift(() => balancer.close());
		const pages = Array.from({ length: 4 }, () => Page.open(balancer.url));
		await until("all snapshots", () => pages.every(({ states }) => states.size === spots.length));
		const fleet = await Fleet.connect();
		let changes = 0;
		for (const victim of gateways) {
			const said = fleet.say(15);
			changes += 15;
			const survivor = victim === one ? two : one;
			const begun = async () => ((await lotOf(survivor))?.lot_version ?? 0) > (changes - 10) * spots.length;
			await until("a part of it stored", begun, { deadlineMs: slow.timeout });
			await victim.kill();
			await said;
			victim.launch();
			await victim.ready();
		}
		await fleet.say(1);
		const lot = await agreed(gateways);
		expect(lot).toMatchObject({ available_spots: 0, occupied_spots: spots.length });
		await expectEachOnce(one, changes + 1);
		const wanted = Object.fromEntries(spots.map((spot) => [spot, "occupied"]));
		for (const page of pages) await expect.poll(() => Object.fromEntries(page.states), slow).toEqual(wanted);
		// Two of four were with each of the gateways that died.
		expect(pages.reduce((sum, { connections }) => sum + connections, 0)).toBeGreaterThanOrEqual(6);
	});

	test("at a broker of MQTT 3.1.1, which shares nothing out, one takes the reports, and the other when that one dies", async () => {
		const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
		await broker.start({ filters: [], onMessage: async () => {}, onConnect: () => {}, onDisconnect: () => {} });
		ends.unshift(() => broker.close());
		const gateways = await Promise.all([startGateway(broker.url), startGateway(broker.url)]);
		await call(`${gateways[0].url}/api/lots`, { lot_id: "LOT001", name: "Both", spots: spots.length });
		await until("the lot at the other gateway", () => lotOf(gateways[1]));
		const fleet = await Fleet.connect(broker.url);
		await fleet.say(2);
		const took = await Promise.all(gateways.map(changesAt));
		expect(took.toSorted()).toEqual([0, 2 * spots.length]);
		expect(await agreed(gateways)).toMatchObject({ available_spots: spots.length });
		const [dead, heir] = took[0] === 0 ? [gateways[1], gateways[0]] : gateways;
		await dead.kill();
		await fleet.say(1);
		await expectEachOnce(heir, 3);
	});
});

describe("a second gateway is refused", { timeout: 60_000 }, () => {
	test("on SQLite, in a line that names MongoDB as the way", async () => {
		const one = await GatewayProcess.start();
		ends.unshift(() => one.close());
		await expect(GatewayProcess.start({ dataDir: one.dataDir })).rejects.toThrow(
			/in use by another gateway.*MONGODB_URL/,
		);
	});

	test("on one database where each has a broker of its own, in a line that names MQTT_URL as the way", async () => {
		const one = await startGateway("");
		ends.unshift(() => one.close());
		await expect(startGateway("")).rejects.toThrow(/in use by another gateway.*MQTT_URL/);
	});
});
