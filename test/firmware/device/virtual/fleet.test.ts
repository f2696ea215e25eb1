/** Virtual boards over TCP, against a real broker. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { afterEach, beforeEach, describe, expect, it, type TestContext } from "vitest";
import { Fleet, type FleetOptions } from "../../../../firmware/device/virtual/fleet.ts";
import { demoPace } from "../../../../firmware/device/virtual/lot-model.ts";
import { goodbyeMs, MqttTransport } from "../../../../firmware/device/virtual/mqtt.ts";
import type { BoardStatus, StatusReport } from "../../../../firmware/messages.ts";
import { firstBootLimit } from "../../../../firmware/settings.ts";
import type { ConnectOptions, OutMessage } from "../../../../firmware/transport.ts";
import { until } from "../../../support/processes.ts";

interface Heard {
	clientId: string;
	topic: string;
	payload: string;
	qos: number;
	retain: boolean;
}

/** A broker on a port of its own that says `stored` to each report, as a gateway would. */
class TestBroker {
	readonly heard: Heard[] = [];
	readonly wills: string[] = [];
	/** Null lets everybody in. */
	password: string | null = null;
	/** Whether the gateway's part is played. */
	stores = true;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	readonly #aedes: Aedes;
	port = 0;

	private constructor(aedes: Aedes) {
		this.#aedes = aedes;
		this.#server = createServer((socket) => {
			this.#sockets.add(socket);
			socket.on("close", () => this.#sockets.delete(socket));
			aedes.handle(socket);
		});
		aedes.authenticate = (_client, _user, password, done) =>
			done(null, this.password === null || password?.toString() === this.password);
		aedes.on("publish", ({ topic, payload, qos, retain }, client) => {
			if (client === null) return;
			// A last will is published for a client whose connection is gone.
			if (client.conn.destroyed) {
				this.wills.push(topic);
				return;
			}
			this.heard.push({ clientId: client.id, topic, payload: payload.toString(), qos, retain });
			if (this.stores && topic.includes("/spot/status/")) {
				const { board_id = "", boot = 0, seq = 0 } = JSON.parse(payload.toString()) as StatusReport;
				this.say(`parkmate/board/${board_id}/stored`, { boot, seqs: [[seq, seq]] });
			}
		});
	}

	static async start(port = 0): Promise<TestBroker> {
		const broker = new TestBroker(await Aedes.createBroker());
		await broker.listen(port);
		return broker;
	}

	async listen(port = this.port): Promise<void> {
		this.#server.listen(port, "127.0.0.1");
		await once(this.#server, "listening");
		this.port = (this.#server.address() as AddressInfo).port;
	}

	get url(): string {
		return `mqtt://127.0.0.1:${this.port}`;
	}

	say(topic: string, payload: object): void {
		this.#aedes.publish(
			{ cmd: "publish", topic, payload: JSON.stringify(payload), qos: 1, retain: false, dup: false },
			() => {},
		);
	}

	reports(): StatusReport[] {
		return this.heard
			.filter(({ topic }) => topic.includes("/spot/status/"))
			.map(({ payload }) => JSON.parse(payload) as StatusReport);
	}

	/** Cuts all connections and takes no more. */
	async away(): Promise<void> {
		const closed = once(this.#server, "close");
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
		await closed;
	}

	async close(): Promise<void> {
		if (this.#server.listening) await this.away();
		await new Promise<void>((resolve) => this.#aedes.close(resolve));
	}
}

/** A broker, and fleets that remember in a folder of their own. They end with the test. */
class Site {
	readonly broker: TestBroker;
	readonly #dataDir = mkdtempSync(join(tmpdir(), "parkmate-fleet-"));
	readonly #fleets: Fleet[] = [];

	private constructor(broker: TestBroker) {
		this.broker = broker;
	}

	static async start({ onTestFinished }: TestContext): Promise<Site> {
		const site = new Site(await TestBroker.start());
		onTestFinished(() => site.#close());
		return site;
	}

	launch(options: Partial<FleetOptions> = {}): Fleet {
		const spotIds = Array.from({ length: 20 }, (_, index) => `S${index + 1}`);
		const fleet = new Fleet({
			lots: [{ lotId: "LOT001", spotIds }],
			brokerUrl: this.broker.url,
			dataDir: this.#dataDir,
			pace: demoPace,
			seed: 1,
			...options,
		});
		this.#fleets.push(fleet);
		fleet.start();
		return fleet;
	}

	async #close(): Promise<void> {
		await Promise.all(this.#fleets.map((fleet) => fleet.close()));
		await this.broker.close();
		rmSync(this.#dataDir, { recursive: true });
	}
}

const outboxes = (fleet: Fleet) => fleet.boards.map((board) => board.outboxSize);

describe.concurrent("a fleet of virtual boards", () => {
	it("has a board for every eight spots, each announced over its own connection", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		site.launch({
			lots: [
				{ lotId: "LOT001", spotIds: Array.from({ length: 9 }, (_, index) => `S${index + 1}`) },
				{ lotId: "LOT002", spotIds: ["A"] },
			],
		});
		await until("three announcements", () => broker.heard.length >= 3);
		const announced = broker.heard
			.map(({ clientId, topic, payload, retain }) => {
				const { online, boot, lot_id, spots } = JSON.parse(payload) as BoardStatus;
				return `${clientId} ${topic} ${retain} ${online} ${boot > 0} ${lot_id} ${spots?.join()}`;
			})
			.sort();
		expect(announced).toEqual([
			"lot001-1 parkmate/board/lot001-1/status true true true LOT001 S1,S2,S3,S4,S5,S6,S7,S8",
			"lot001-2 parkmate/board/lot001-2/status true true true LOT001 S9",
			"lot002-1 parkmate/board/lot002-1/status true true true LOT002 A",
		]);
	});

	it("says every spot's state, retained at QoS 1, and hears that it is stored", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		const fleet = site.launch();
		// A car that drives in at the start may be unclear for a moment.
		const decided = () =>
			new Set(
				broker
					.reports()
					.filter(({ state }) => state !== "unknown")
					.map(({ spot_id }) => spot_id),
			);
		await until("a decision on each of 20 spots", () => decided().size === 20);
		const sent = broker.heard.filter(({ topic }) => topic.includes("/spot/"));
		expect(sent.every(({ qos, retain }) => qos === 1 && retain)).toBe(true);
		await until("empty outboxes", () => outboxes(fleet).every((size) => size === 0));
	});

	it("says what was not stored again when the broker is back, and tells of loss and return once", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		const events: string[] = [];
		broker.stores = false;
		const fleet = site.launch({
			onAllConnected: () => events.push("connected"),
			onLoss: (boardId) => events.push(`lost ${boardId.slice(0, 6)}`),
		});
		await until("reports that wait", () => broker.reports().length >= 20);
		const before = broker.reports().map(({ board_id, boot, seq }) => `${board_id} ${boot}/${seq}`);
		await broker.away();
		await until("the loss", () => events.length === 2);
		broker.heard.length = 0;
		broker.stores = true;
		await broker.listen();
		await until("empty outboxes", () => outboxes(fleet).every((size) => size === 0));
		await until("the return", () => events.length === 3);
		const after = broker.reports().map(({ board_id, boot, seq }) => `${board_id} ${boot}/${seq}`);
		expect(after).toEqual(expect.arrayContaining(before));
		for (const id of ["lot001-1", "lot001-2", "lot001-3"]) {
			const seqs = broker
				.reports()
				.filter(({ board_id }) => board_id === id)
				.map(({ seq = 0 }) => seq);
			expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
		}
		expect(events).toEqual(["connected", "lost lot001", "connected"]);
	});

	it("counts one boot more at the next start", async (ctx) => {
		const site = await Site.start(ctx);
		const first = site.launch();
		const boots = first.boards.map((board) => board.boot);
		await first.close();
		expect(site.launch().boards.map((board) => board.boot)).toEqual(boots.map((boot) => boot + 1));
	});

	it("goes on one above the start that the gateway knows", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		broker.stores = false;
		const fleet = site.launch({ lots: [{ lotId: "L", spotIds: ["A"] }] });
		await until("a report", () => broker.reports().length > 0);
		const known = firstBootLimit + 41;
		broker.say("parkmate/board/l-1/stored", { boot: known, seqs: [] });
		broker.stores = true;
		await until("the report under the new number", () =>
			broker.reports().some(({ boot, seq }) => boot === known + 1 && seq === 1),
		);
		expect(fleet.boards[0]?.boot).toBe(known + 1);
		expect(broker.wills).toEqual([]);
	});

	it("lights its lamps and answers commands", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		site.launch({ lots: [{ lotId: "L", spotIds: ["A"] }] });
		await until("a report", () => broker.reports().length > 0);
		broker.say("parkmate/board/l-1/command", { id: "7", command: "identify" });
		await until("an answer", () => broker.heard.some(({ topic }) => topic === "parkmate/board/l-1/result"));
		expect(broker.heard.at(-1)?.payload).toBe('{"id":"7","ok":true}');
	});

	it("says offline when it is closed, and leaves no last will behind", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		const fleet = site.launch();
		await until("announcements", () => broker.heard.length >= 3);
		await fleet.close();
		expect(broker.heard.filter(({ payload }) => /^\{"online":false,"boot":\d+\}$/.test(payload))).toHaveLength(3);
		expect(broker.wills).toEqual([]);
	});

	it("closes at once when the broker is away", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		await broker.away();
		const losses: string[] = [];
		const fleet = site.launch({ onLoss: (_, reason) => losses.push(reason) });
		await until("the first loss", () => losses.length > 0);
		const begun = performance.now();
		await fleet.close();
		// Far from the 500 ms for a goodbye to a broker that is there, on a busy machine too.
		expect(performance.now() - begun).toBeLessThan(goodbyeMs);
		expect(losses).toEqual([`connect ECONNREFUSED 127.0.0.1:${broker.port}`]);
	});

	it("says why the broker refuses it, and comes in with the right password", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker } = site;
		broker.password = "right";
		const losses: string[] = [];
		const refused = site.launch({ username: "u", password: "wrong", onLoss: (_, reason) => losses.push(reason) });
		await until("the refusal", () => losses.length > 0);
		expect(losses[0]).toMatch(/^Connection refused: /);
		await refused.close();
		site.launch({ username: "u", password: "right" });
		await until("an announcement", () => broker.heard.length > 0);
	});
});

describe("the transport over MQTT.js", () => {
	let broker: TestBroker;
	const events: string[] = [];
	const options = (): ConnectOptions => ({
		url: broker.url,
		clientId: "c",
		keepaliveMs: 30_000,
		will: { topic: "t/will", payload: "gone" },
		onConnect: () => events.push("connect"),
		onMessage: (topic, payload) => events.push(`${topic} ${payload}`),
		onWritable: () => events.push("writable"),
		onClose: (reason) => events.push(`close ${reason}`),
	});
	const message = (payload: string): OutMessage => ({ topic: "t", payload, qos: 1, retain: false, packetId: 1 });
	beforeEach(async () => {
		events.length = 0;
		broker = await TestBroker.start();
	});
	afterEach(() => broker.close());

	it("takes nothing before it is connected", async () => {
		const transport = new MqttTransport(options());
		expect([transport.publish(message("a")), transport.subscribe(["t"])]).toEqual([false, false]);
		await until("the connection", () => events.length > 0);
		transport.abort();
	});

	it("has no room for more than 16 messages without a PUBACK, and says when there is again", async () => {
		const transport = new MqttTransport(options());
		await until("the connection", () => events.length > 0);
		const taken = Array.from({ length: 20 }, (_, index) => transport.publish(message(String(index))));
		expect(taken.filter(Boolean)).toHaveLength(16);
		await until("room", () => events.includes("writable"));
		expect(transport.publish(message("more"))).toBe(true);
		transport.abort();
	});

	it("hears what it subscribed to", async () => {
		const transport = new MqttTransport(options());
		await until("the connection", () => events.length > 0);
		transport.subscribe(["t/a", "t/b"]);
		await until("a message", () => {
			broker.say("t/b", { hello: 1 });
			return events.length > 1;
		});
		expect(events[1]).toBe('t/b {"hello":1}');
		transport.abort();
	});

	it("leaves the last will to the broker when it is aborted, and not when it is closed", async () => {
		const first = new MqttTransport(options());
		await until("the connection", () => events.length > 0);
		await new Promise<void>((resolve) => first.close(resolve));
		const second = new MqttTransport({ ...options(), clientId: "d", will: { topic: "t/second", payload: "gone" } });
		await until("the connection", () => events.length > 1);
		second.abort();
		await until("the last will", () => broker.wills.length > 0);
		expect(broker.wills).toEqual(["t/second"]);
	});

	it("closes although the broker has frozen", async () => {
		const frozen = createServer((socket) => {
			// CONNACK, and nothing after it.
			socket.once("data", () => socket.write(Buffer.from([0x20, 2, 0, 0])));
			socket.on("error", () => {});
		});
		frozen.listen(0, "127.0.0.1");
		await once(frozen, "listening");
		const url = `mqtt://127.0.0.1:${(frozen.address() as AddressInfo).port}`;
		const transport = new MqttTransport({ ...options(), url });
		await until("the connection", () => events.length > 0);
		transport.publish(message("offline"));
		await new Promise<void>((resolve) => transport.close(resolve));
		frozen.close();
	});

	it("throws at an address that makes no sense", () => {
		expect(() => new MqttTransport({ ...options(), url: "nonsense" })).toThrow("Missing protocol");
	});
});
