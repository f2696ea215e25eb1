import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { connect as connectTcp, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWebSocketStream, WebSocketServer } from "ws";
import { EmbeddedBroker } from "../../../gateway/broker/embedded.ts";
import { maxPendingPublishes, maxUnacknowledged } from "../../../gateway/broker/limits.ts";
import { RemoteBroker, type RemoteBrokerOptions, steadyMs } from "../../../gateway/broker/remote.ts";
import { freePort, Mosquitto, type MosquittoOptions, mosquittoMissing } from "../../support/mosquitto.ts";
import { brokerContract } from "./contract.ts";
import { connectSensor, endSensors, eventually, Gate, heardBy, Listener } from "./doubles.ts";

/** Retries come in real time, but soon; `delays` keeps what was asked for. */
function soon(delays: number[] = []) {
	return (action: () => void, delayMs: number) => {
		delays.push(delayMs);
		const timer = setTimeout(action, Math.min(delayMs, 20));
		return () => clearTimeout(timer);
	};
}

brokerContract(
	"RemoteBroker on Mosquitto",
	async () => {
		const mosquitto = await Mosquitto.start();
		const broker = new RemoteBroker({ url: mosquitto.url, clientId: "gateway", setTimer: soon() });
		return {
			broker,
			sensorUrl: () => mosquitto.url,
			cleanup: async () => {
				await broker.close();
				await mosquitto.close();
			},
		};
	},
	mosquittoMissing,
);

function portOf(server: Server): number {
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("the server does not listen");
	return address.port;
}

const brokers: RemoteBroker[] = [];

function makeBroker(url: string, options: Partial<RemoteBrokerOptions> = {}): RemoteBroker {
	const broker = new RemoteBroker({ url, clientId: "gateway", setTimer: soon(), ...options });
	brokers.push(broker);
	return broker;
}

afterEach(async () => {
	await endSensors();
	for (const broker of brokers.splice(0)) await broker.close();
});

describe("RemoteBroker on Mosquitto", () => {
	let mosquitto: Mosquitto | null = null;
	let listener: Listener;

	beforeEach((context) => {
		context.skip(mosquittoMissing !== null, mosquittoMissing ?? "");
		listener = new Listener();
	});
	afterEach(async () => {
		await mosquitto?.close();
		mosquitto = null;
	});

	async function startMosquitto(options?: MosquittoOptions): Promise<Mosquitto> {
		mosquitto = await Mosquitto.start(options);
		return mosquitto;
	}

	test("gets again what a gateway that died had not handled", async () => {
		const { url } = await startMosquitto();
		const dying = new Listener();
		dying.handle = () => new Promise(() => {});
		const first = makeBroker(url);
		await dying.start(first);
		const sensor = await connectSensor(url);
		for (const text of ["1", "2", "3"]) await sensor.publishAsync("parkmate/a", text, { qos: 1 });
		await eventually(() => expect(dying.texts).toEqual(["1", "2", "3"]));
		await first.close();
		await listener.start(makeBroker(url));
		await eventually(() => expect(listener.texts).toEqual(["1", "2", "3"]));
	});

	test("does not get again what was handled", async () => {
		const { url } = await startMosquitto();
		const first = makeBroker(url);
		await new Listener().start(first);
		const sensor = await connectSensor(url);
		const handled = new Listener();
		await sensor.publishAsync("parkmate/a", "handled", { qos: 1 });
		await first.close();
		const second = makeBroker(url);
		await handled.start(second);
		await sensor.publishAsync("parkmate/a", "new", { qos: 1 });
		await eventually(() => expect(handled.texts).toContain("new"));
		await second.close();
		await listener.start(makeBroker(url));
		await sensor.publishAsync("parkmate/a", "newest", { qos: 1 });
		await eventually(() => expect(listener.texts).toEqual(["newest"]));
	});

	test("gets what came while it was away", async () => {
		const { url } = await startMosquitto();
		const first = makeBroker(url);
		await new Listener().start(first);
		await first.close();
		const sensor = await connectSensor(url);
		await sensor.publishAsync("parkmate/a", "meanwhile", { qos: 1 });
		await listener.start(makeBroker(url));
		await eventually(() => expect(listener.texts).toEqual(["meanwhile"]));
	});

	test("says of a message whether it was retained before", async () => {
		const { url } = await startMosquitto();
		const sensor = await connectSensor(url);
		await sensor.publishAsync("parkmate/board/b/status", "before", { qos: 1, retain: true });
		await listener.start(makeBroker(url));
		await eventually(() => expect(listener.texts).toEqual(["before"]));
		await sensor.publishAsync("parkmate/board/b/status", "after", { qos: 1, retain: true });
		await eventually(() => expect(listener.texts).toEqual(["before", "after"]));
		expect(listener.messages.map(({ retained }) => retained)).toEqual([true, false]);
	});

	test("hears what is retained again after each reconnection", async () => {
		const running = await startMosquitto({ persistent: true });
		const sensor = await connectSensor(running.url, { reconnectPeriod: 0 });
		await sensor.publishAsync("parkmate/board/b/status", "kept", { qos: 1, retain: true });
		await listener.start(makeBroker(running.url));
		await eventually(() => expect(listener.texts).toEqual(["kept"]));
		await running.stop();
		await running.restart();
		await eventually(() => expect(listener.texts).toEqual(["kept", "kept"]));
		expect(listener.connects).toBe(2);
	});

	test("says once that the broker is gone, then that it can't be reached, and comes back with it", async () => {
		const running = await startMosquitto();
		const delays: number[] = [];
		let nowMs = Date.UTC(2026, 4, 4);
		const broker = makeBroker(running.url, { setTimer: soon(delays), clock: () => nowMs });
		await listener.start(broker);
		expect(broker.state).toEqual({ connected: true, since: "2026-05-04T00:00:00.000Z", error: null });
		nowMs += 60_000;
		await running.stop("SIGKILL");
		await eventually(() => expect(delays.length).toBeGreaterThanOrEqual(8));
		expect(delays.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
		const lost = listener.disconnects[0];
		expect([`lost ${running.url}: connection closed`, `lost ${running.url}: connection reset`]).toContain(lost);
		expect(listener.disconnects).toEqual([lost, `can't reach ${running.url}: connection refused`]);
		expect(broker.state).toEqual({
			connected: false,
			since: "2026-05-04T00:01:00.000Z",
			error: `can't reach ${running.url}: connection refused`,
		});
		await running.restart();
		await eventually(() => expect(broker.state.connected).toBe(true));
		expect(listener.connects).toBe(2);
		const sensor = await connectSensor(running.url);
		await sensor.publishAsync("parkmate/a", "back", { qos: 1 });
		await eventually(() => expect(listener.texts).toEqual(["back"]));
	});

	test("keeps waiting longer while connections don't last", async () => {
		const { url } = await startMosquitto();
		const delays: number[] = [];
		listener.handle = () => Promise.reject(new Error("the store is away"));
		const broker = makeBroker(url, { setTimer: soon(delays) });
		await listener.start(broker);
		const sensor = await connectSensor(url);
		await sensor.publishAsync("parkmate/a", "poison", { qos: 1 });
		await eventually(() => expect(delays.slice(0, 3)).toEqual([500, 1000, 2000]));
		expect(listener.disconnects[0]).toBe(`lost ${url}: a message was not stored: the store is away`);
	});

	/** The first wait after each of three connections that lasted `lastedMs`. */
	async function waitsAfter(lastedMs: number): Promise<(number | undefined)[]> {
		const running = await startMosquitto();
		const delays: number[] = [];
		const firsts: (number | undefined)[] = [];
		let nowMs = 0;
		await makeBroker(running.url, { setTimer: soon(delays), clock: () => nowMs }).start(listener);
		for (let connection = 1; connection <= 3; connection++) {
			await eventually(() => expect(listener.connects).toBe(connection));
			const before = delays.length;
			nowMs += lastedMs;
			await running.stop("SIGKILL");
			await eventually(() => expect(delays.length).toBeGreaterThan(before));
			firsts.push(delays[before]);
			await running.restart();
		}
		return firsts;
	}

	test("waits a short time after each connection of a link that comes and goes every 5 s", async () => {
		expect(await waitsAfter(steadyMs)).toEqual([500, 500, 500]);
	});

	test("does not start over with short waits after connections that lasted less", async () => {
		const [first, second = 0, third = 0] = await waitsAfter(steadyMs - 1);
		expect(first).toBe(500);
		expect(second).toBeGreaterThan(500);
		expect(third).toBeGreaterThan(second);
	});

	test("starts while the broker is away, and finds it later", async () => {
		const running = await startMosquitto();
		await running.stop();
		const broker = makeBroker(running.url);
		await broker.start(listener);
		await eventually(() => expect(listener.disconnects).toEqual([`can't reach ${running.url}: connection refused`]));
		await expect(broker.publish([{ topic: "parkmate/a", payload: "x" }])).rejects.toThrow(
			"can't publish to parkmate/a: ",
		);
		await running.restart();
		await eventually(() => expect(listener.connects).toBe(1));
	});

	test("says that it is not authorised, and shows no password anywhere", async () => {
		const { url, port } = await startMosquitto({ user: { name: "gateway", password: "right-secret" } });
		const broker = makeBroker(url.replace("://", "://gateway:wrong-secret@"));
		await broker.start(listener);
		await eventually(() =>
			expect(listener.disconnects).toEqual([`can't reach ${url}: not authorised (user name or password)`]),
		);
		expect(broker.url).toBe(`mqtt://127.0.0.1:${port}`);
		expect(JSON.stringify([broker, broker.state, listener.disconnects])).not.toContain("secret");
	});

	test.each([
		["in its URL", (url: string) => [url.replace("://", "://gateway:p%40ss@"), {}] as const],
		["beside it", (url: string) => [url, { username: "gateway", password: "p@ss" }] as const],
	])("gets in with a user name and password %s", async (_, credentials) => {
		const { url } = await startMosquitto({ user: { name: "gateway", password: "p@ss" } });
		const broker = makeBroker(...credentials(url));
		await listener.start(broker);
		expect(broker.url).toBe(url);
	});

	describe("a publish", () => {
		test("that waits for its PUBACK is rejected when the connection ends", async () => {
			const running = await startMosquitto();
			const broker = makeBroker(running.url);
			await listener.start(broker);
			running.freeze();
			const published = broker.publish([{ topic: "parkmate/a", payload: "in flight" }]);
			const rejected = expect(published).rejects.toThrow("can't publish to parkmate/a: not acknowledged: ");
			await running.stop("SIGKILL");
			await rejected;
		});

		test("that was rejected is not sent after a reconnection", async () => {
			const running = await startMosquitto({ persistent: true });
			const broker = makeBroker(running.url);
			await listener.start(broker);
			running.freeze();
			const published = broker.publish([{ topic: "parkmate/out", payload: "stale", retain: true }]);
			await Promise.all([expect(published).rejects.toThrow("not acknowledged"), running.stop("SIGKILL")]);
			await running.restart();
			await eventually(() => expect(broker.state.connected).toBe(true));
			const board = await connectSensor(running.url);
			const heard = heardBy(board);
			await board.subscribeAsync("parkmate/out", { qos: 1 });
			await broker.publish([{ topic: "parkmate/out", payload: "fresh" }]);
			await eventually(() => expect(heard).toEqual(["fresh"]));
		});

		test("too many for a broker that takes none ends the connection, as what it says is stale by then", async () => {
			const running = await startMosquitto();
			const broker = makeBroker(running.url);
			await listener.start(broker);
			running.freeze();
			const published = Array.from({ length: maxPendingPublishes + 1 }, () =>
				broker.publish([{ topic: "parkmate/a", payload: "x" }]),
			);
			const results = await Promise.allSettled(published);
			expect(results.every(({ status }) => status === "rejected")).toBe(true);
			expect(listener.disconnects[0]).toBe(
				`lost ${running.url}: more than ${maxPendingPublishes} publishes without a PUBACK`,
			);
		});
	});

	describe("with TLS", () => {
		let folder: string;
		let tls: { cert: string; key: string };

		beforeEach((context) => {
			folder = mkdtempSync(join(tmpdir(), "parkmate-tls-"));
			tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
			const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
			const files = ["-keyout", tls.key, "-out", tls.cert];
			const made = spawnSync("openssl", [
				"req",
				"-x509",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-days",
				"2",
				...files,
				...subject,
			]);
			context.skip(made.status !== 0, "openssl is not installed");
		});
		afterEach(() => rmSync(folder, { recursive: true }));

		test("trusts whom its file names", async () => {
			const { url } = await startMosquitto({ tls });
			await listener.start(makeBroker(url, { ca: tls.cert }));
			expect(url).toMatch(/^mqtts:/);
		});

		test("trusts nobody else, and says so", async () => {
			const { url } = await startMosquitto({ tls });
			await makeBroker(url).start(listener);
			await eventually(() =>
				expect(listener.disconnects).toEqual([
					`can't reach ${url}: its certificate is signed by nobody known here (MQTT_CA names whom to trust)`,
				]),
			);
		});
	});
});

describe("RemoteBroker", () => {
	test("falls back to MQTT 3.1.1 where 5 is refused", async () => {
		const old = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
		await old.start(new Listener());
		const listener = new Listener();
		const broker = makeBroker(old.url);
		await listener.start(broker);
		const sensor = await connectSensor(old.url);
		await sensor.publishAsync("parkmate/a", "it", { qos: 1 });
		await eventually(() => expect(listener.texts).toEqual(["it"]));
		expect(listener.disconnects).toEqual([]);
		await broker.close();
		await old.close();
	});

	describe("against a broker that looks closely", () => {
		let aedes: Aedes;
		let server: Server;
		let http: HttpServer;
		let url: string;
		let acknowledged: string[];

		beforeEach(async () => {
			aedes = await Aedes.createBroker();
			server = createServer((socket) => aedes.handle(socket));
			http = createHttpServer();
			acknowledged = [];
			aedes.on("ack", (packet) => "payload" in packet && acknowledged.push(packet.payload.toString()));
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
			url = `mqtt://127.0.0.1:${portOf(server)}`;
		});
		afterEach(async () => {
			await Promise.all(brokers.map((broker) => broker.close()));
			await new Promise<void>((resolve) => aedes.close(resolve));
			server.close();
			http.closeAllConnections();
			http.close();
		});

		const tell = (payload: string) =>
			new Promise<void>((resolve, reject) => {
				const packet = { cmd: "publish", topic: "parkmate/a", payload, qos: 1, retain: false, dup: false } as const;
				aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
			});

		test("is reached by WebSocket", async () => {
			await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
			const webSockets = new WebSocketServer({ server: http });
			webSockets.on("connection", (socket) => {
				const outside = createWebSocketStream(socket);
				const inside = connectTcp(portOf(server), "127.0.0.1");
				outside.pipe(inside).pipe(outside);
				for (const stream of [outside, inside]) stream.on("error", () => {});
			});
			const listener = new Listener();
			const broker = makeBroker(`ws://127.0.0.1:${portOf(http)}/mqtt`);
			await listener.start(broker);
			await tell("in");
			await eventually(() => expect(acknowledged).toEqual(["in"]));
			await broker.publish([{ topic: "parkmate/out", payload: "out" }]);
			expect(listener.texts[0]).toBe("in");
		});

		test("acknowledges in the order of the messages, however they are handled", async () => {
			const gate = new Gate();
			const listener = new Listener();
			listener.handle = gate.wait;
			await listener.start(makeBroker(url));
			for (const text of ["1", "2", "3", "4"]) await tell(text);
			await eventually(() => expect(gate.waiting).toHaveLength(4));
			for (const index of [2, 1]) gate.waiting[index]?.open();
			expect(acknowledged).toEqual([]);
			gate.waiting[0]?.open();
			await eventually(() => expect(acknowledged).toEqual(["1", "2", "3"]));
			gate.waiting[3]?.open();
			await eventually(() => expect(acknowledged).toEqual(["1", "2", "3", "4"]));
		});

		test("reads no further while too many messages are unhandled, and then goes on", async () => {
			const gate = new Gate();
			const listener = new Listener();
			listener.handle = gate.wait;
			await listener.start(makeBroker(url));
			const total = maxUnacknowledged + 200;
			for (let sent = 0; sent < total; sent++) await tell(`${sent}`);
			await eventually(() => expect(gate.waiting).toHaveLength(maxUnacknowledged));
			listener.handle = async () => {};
			gate.openAll();
			await eventually(() => expect(listener.messages).toHaveLength(total));
			await eventually(() => expect(acknowledged).toHaveLength(total));
		});

		test("acknowledges nothing of a connection that is over", async () => {
			const gate = new Gate();
			const listener = new Listener();
			listener.handle = gate.wait;
			await listener.start(makeBroker(url));
			await tell("1");
			await tell("2");
			await eventually(() => expect(gate.waiting).toHaveLength(2));
			const [first, second] = gate.waiting.splice(0);
			first?.fail(new Error("the store is away"));
			second?.open();
			await eventually(() => expect(listener.texts).toEqual(["1", "2", "1", "2"]));
			expect(acknowledged).toEqual([]);
			gate.openAll();
			await eventually(() => expect(acknowledged).toEqual(["1", "2"]));
		});
	});

	test.each(["", "localhost:1883", "http://localhost", "mqtt://"])(
		"refuses the URL %j, and does not repeat it",
		(url) => {
			expect(() => new RemoteBroker({ url, clientId: "gateway" })).toThrow(
				"a broker's URL must look like mqtt://host:1883, mqtts://host:8883, ws://host/path or wss://host/path",
			);
		},
	);

	test("says at its start that a file with certificates can't be read", async () => {
		const broker = makeBroker("mqtts://127.0.0.1:8883", { ca: "/nowhere/ca.pem" });
		await expect(broker.start(new Listener())).rejects.toThrow("/nowhere/ca.pem");
	});

	test("makes no further attempt after its end", async () => {
		const port = await freePort();
		const delays: number[] = [];
		const actions: (() => void)[] = [];
		const broker = makeBroker(`mqtt://127.0.0.1:${port}`, {
			setTimer: (action, delayMs) => {
				delays.push(delayMs);
				actions.push(action);
				return () => actions.splice(actions.indexOf(action), 1);
			},
		});
		await broker.start(new Listener());
		await eventually(() => expect(actions).toHaveLength(1));
		await broker.close();
		expect(actions).toEqual([]);
	});
});
