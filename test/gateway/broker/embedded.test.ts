import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { maxRememberedTopics } from "../../../gateway/broker/aedes-inside.ts";
import { EmbeddedBroker, maxUnreadBytes } from "../../../gateway/broker/embedded.ts";
import { maxPayloadBytes, maxUnacknowledged } from "../../../gateway/broker/limits.ts";
import { brokerContract } from "./contract.ts";
import { closed, connectSensor, endSensors, eventually, Gate, heardBy, Listener } from "./doubles.ts";

brokerContract("EmbeddedBroker", async () => {
	const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
	return { broker, sensorUrl: () => broker.url, cleanup: () => broker.close() };
});

/** CONNECT of client "raw" at MQTT 3.1.1, clean session, no keepalive. */
const rawConnect = Buffer.from([0x10, 15, 0, 4, ...Buffer.from("MQTT"), 4, 2, 0, 0, 0, 3, ...Buffer.from("raw")]);

/** SUBSCRIBE to `#` at QoS 1. */
const rawSubscribe = Buffer.from([0x82, 6, 0, 1, 0, 1, ...Buffer.from("#"), 1]);

describe("EmbeddedBroker", () => {
	let broker: EmbeddedBroker;
	let listener: Listener;
	let clientErrors: { who: string; text: string }[];
	const sockets: Socket[] = [];

	beforeEach(async () => {
		clientErrors = [];
		broker = new EmbeddedBroker({
			host: "127.0.0.1",
			port: 0,
			onClientError: (who, error) => clientErrors.push({ who, text: error.message }),
			clock: () => Date.UTC(2026, 4, 4),
		});
		listener = new Listener();
		await listener.start(broker);
	});
	afterEach(async () => {
		await endSensors();
		for (const socket of sockets.splice(0)) socket.destroy();
		await broker.close();
	});
	const connect = (options = {}) => connectSensor(broker.url, options);

	/** A TCP connection that has said `bytes`. */
	async function raw(bytes: Buffer): Promise<Socket> {
		const socket = connectTcp(broker.port, "127.0.0.1");
		sockets.push(socket);
		socket.on("error", () => {});
		await once(socket, "connect");
		socket.write(bytes);
		return socket;
	}

	describe("start", () => {
		test("says the real port, since when, and calls onConnect", () => {
			expect(broker.port).toBeGreaterThan(0);
			expect(broker.url).toBe(`mqtt://127.0.0.1:${broker.port}`);
			expect(broker.state).toEqual({ connected: true, since: "2026-05-04T00:00:00.000Z", error: null });
			expect(listener.connects).toBe(1);
		});

		test("rejects with EADDRINUSE where somebody listens already", async () => {
			const second = new EmbeddedBroker({ host: "127.0.0.1", port: broker.port });
			await expect(second.start(new Listener())).rejects.toMatchObject({ code: "EADDRINUSE" });
			expect(second.state).toMatchObject({ connected: false });
		});

		test("works once", async () => {
			await expect(broker.start(listener)).rejects.toThrow("the broker was started before; make a new one");
		});

		test("has publishes refused before it", async () => {
			const idle = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
			await expect(idle.publish([{ topic: "parkmate/a", payload: "x" }])).rejects.toThrow(
				"can't publish to parkmate/a: the broker is not started",
			);
		});
	});

	describe("acknowledgements", () => {
		test("a sensor's PUBACK waits until its message is handled, its pings do not", async () => {
			const gate = new Gate();
			listener.handle = gate.wait;
			const sensor = await connect();
			const answers: string[] = [];
			sensor.on("packetreceive", ({ cmd }) => answers.push(cmd));
			const published = sensor.publishAsync("parkmate/a", "report", { qos: 1 });
			await eventually(() => expect(gate.waiting).toHaveLength(1));
			for (let pings = 1; pings <= 3; pings++) {
				sensor.sendPing();
				await eventually(() => expect(answers).toHaveLength(pings));
			}
			expect(answers).toEqual(["pingresp", "pingresp", "pingresp"]);
			gate.openAll();
			await published;
			expect(answers.at(-1)).toBe("puback");
		});

		test("PUBACKs go out in the order of the messages, however they are handled", async () => {
			const gate = new Gate();
			listener.handle = gate.wait;
			const sensor = await connect();
			const sent: (number | undefined)[] = [];
			const acknowledged: (number | undefined)[] = [];
			sensor.on("packetsend", (packet) => packet.cmd === "publish" && sent.push(packet.messageId));
			sensor.on("packetreceive", (packet) => packet.cmd === "puback" && acknowledged.push(packet.messageId));
			const published = ["1", "2", "3"].map((text) => sensor.publishAsync("parkmate/a", text, { qos: 1 }));
			await eventually(() => expect(gate.waiting).toHaveLength(3));
			for (const each of gate.waiting.toReversed()) each.open();
			await Promise.all(published);
			expect(acknowledged).toEqual(sent);
		});

		test("a message is forwarded only after it is handled", async () => {
			const gate = new Gate();
			listener.handle = gate.wait;
			const other = await connect();
			const heard = heardBy(other);
			await other.subscribeAsync("#", { qos: 1 });
			const sensor = await connect();
			const published = sensor.publishAsync("parkmate/a", "handled", { qos: 1 });
			await eventually(() => expect(gate.waiting).toHaveLength(1));
			await broker.publish([{ topic: "elsewhere", payload: "from the gateway" }]);
			await eventually(() => expect(heard).toEqual(["from the gateway"]));
			gate.openAll();
			await published;
			await eventually(() => expect(heard).toEqual(["from the gateway", "handled"]));
		});

		test("a message that is not handled ends its connection without a PUBACK, and is not forwarded", async () => {
			const other = await connect();
			const heard = heardBy(other);
			await other.subscribeAsync("#", { qos: 1 });
			listener.handle = () => Promise.reject(new Error("the store is away"));
			const sensor = await connect({ reconnectPeriod: 0, clientId: "board-7" });
			let acknowledged = false;
			sensor.publish("parkmate/a", "lost", { qos: 1 }, () => {
				acknowledged = true;
			});
			await closed(sensor);
			await broker.publish([{ topic: "elsewhere", payload: "next" }]);
			await eventually(() => expect(heard).toEqual(["next"]));
			expect(acknowledged).toBe(false);
			expect(clientErrors).toEqual([{ who: "board-7", text: "the store is away" }]);
		});

		test("the sender waits, not the memory, when too many messages are unhandled", async () => {
			const gate = new Gate();
			listener.handle = gate.wait;
			const sensor = await connect({ keepalive: 0 });
			const payload = Buffer.alloc(2000);
			const total = maxUnacknowledged * 8;
			const published = Array.from({ length: total }, () => sensor.publishAsync("parkmate/a", payload, { qos: 1 }));
			await eventually(() => expect(gate.waiting.length).toBeGreaterThanOrEqual(maxUnacknowledged));
			// Whatever could still come in comes while another client goes in and out several times.
			for (let turn = 0; turn < 5; turn++) await (await connect()).endAsync();
			// One read of 64 KiB holds 32 of these packets.
			expect(gate.waiting.length).toBeLessThanOrEqual(maxUnacknowledged + 100);
			listener.handle = async () => {};
			gate.openAll();
			await Promise.all(published);
			expect(listener.messages).toHaveLength(total);
		});
	});

	describe("limits", () => {
		test("an oversized packet ends its connection before its body has come", async () => {
			const socket = await raw(rawConnect);
			await once(socket, "data");
			const ended = once(socket, "close");
			// PUBLISH that announces 100 MB.
			socket.write(Buffer.from([0x32, 0x80, 0xe1, 0xeb, 0x2f, 0, 1]));
			await ended;
			expect(clientErrors).toEqual([
				{ who: "raw", text: `packet of 100331648 bytes, at most ${maxPayloadBytes} of payload are taken` },
			]);
		});

		test("bytes that are not MQTT end their connection, and say from where", async () => {
			const socket = await raw(Buffer.from("GET / HTTP/1.1\r\nHost: parkmate\r\n\r\n"));
			await once(socket, "close");
			expect(clientErrors).toHaveLength(1);
			expect(clientErrors[0]?.who).toBe("127.0.0.1");
		});

		test("publishing to $SYS ends the connection", async () => {
			const sensor = await connect({ reconnectPeriod: 0, clientId: "nosy" });
			sensor.publish("$SYS/broker/uptime", "1", { qos: 1 });
			await closed(sensor);
			expect(clientErrors).toEqual([{ who: "nosy", text: "$SYS/broker/uptime is the broker's own" }]);
		});

		test("a subscriber that does not read is hung up on, and holds up nobody", async () => {
			const frozen = await raw(Buffer.concat([rawConnect, rawSubscribe]));
			await once(frozen, "data");
			frozen.pause();
			const board = await connect();
			let heard = 0;
			board.on("message", () => {
				heard += 1;
			});
			await board.subscribeAsync("parkmate/a", { qos: 1 });
			const payload = "x".repeat(8000);
			const burst = 200;
			// The system's own buffers take some megabytes before any of this stays here.
			for (let sent = 0; sent * payload.length < maxUnreadBytes * 5; ) {
				await Promise.all(
					Array.from({ length: burst }, () => broker.publish([{ topic: "parkmate/a", payload: payload }])),
				);
				sent += burst;
				await eventually(() => expect(heard).toBe(sent));
			}
			await eventually(() => expect(clientErrors.map(({ who }) => who)).toEqual(["raw"]));
			expect(clientErrors[0]?.text).toMatch(/^left \d+ bytes unread, at most 4194304 are kept$/);
		});

		test("retains no more than it has room for, whoever asks", async () => {
			const small = new EmbeddedBroker({ host: "127.0.0.1", port: 0, retainedBytes: 1000 });
			await small.start(new Listener());
			await small.publish([{ topic: "parkmate/a", payload: "x".repeat(500), retain: true }]);
			await expect(small.publish([{ topic: "parkmate/b", payload: "x".repeat(500), retain: true }])).rejects.toThrow(
				"can't publish to parkmate/b: no room to retain more than 1000 bytes",
			);
			const sensor = await connectSensor(small.url, { reconnectPeriod: 0 });
			const ended = closed(sensor);
			sensor.publish("parkmate/c", "x".repeat(500), { qos: 1, retain: true });
			await ended;
			await small.publish([{ topic: "parkmate/a", payload: "", retain: true }]);
			await small.publish([{ topic: "parkmate/b", payload: "x".repeat(500), retain: true }]);
			await small.close();
		});

		test("keeps nothing for a client that is away, and tells it so", async () => {
			const options = { clientId: "board", clean: false, reconnectPeriod: 0 };
			const board = await connect(options);
			await board.subscribeAsync("parkmate/a", { qos: 1 });
			await board.endAsync();
			await broker.publish([{ topic: "parkmate/a", payload: "missed" }]);
			const again = await connect(options);
			const heard = heardBy(again);
			await again.subscribeAsync("parkmate/a", { qos: 1 });
			await broker.publish([{ topic: "parkmate/a", payload: "heard" }]);
			await eventually(() => expect(heard).toEqual(["heard"]));
		});
	});

	test("what the gateway publishes does not come back to it", async () => {
		await broker.publish([{ topic: "parkmate/spot/status", payload: "own" }]);
		const sensor = await connect();
		await sensor.publishAsync("parkmate/spot/status", "theirs", { qos: 1 });
		expect(listener.texts).toEqual(["theirs"]);
	});

	test("who begins to listen to a topic hears it from then on, who ends does not", async () => {
		const say = (payload: string) => broker.publish([{ topic: "parkmate/a", payload }]);
		const [early, late] = [await connect(), await connect()];
		const heard = { early: heardBy(early), late: heardBy(late) };
		await say("to nobody");
		await early.subscribeAsync("parkmate/+", { qos: 1 });
		await say("to one");
		await late.subscribeAsync("parkmate/a", { qos: 1 });
		await say("to both");
		await early.unsubscribeAsync("parkmate/+");
		await say("to the other");
		await eventually(() => expect(heard.late).toEqual(["to both", "to the other"]));
		expect(heard.early).toEqual(["to one", "to both"]);
	});

	test("messages on more topics than are remembered all arrive", async () => {
		const subscriber = await connect();
		const heard = heardBy(subscriber);
		await subscriber.subscribeAsync("parkmate/#", { qos: 1 });
		const topics = Array.from({ length: maxRememberedTopics + 10 }, (_, index) => `parkmate/${index}`);
		for (let from = 0; from < topics.length; from += 1000) {
			await broker.publish(topics.slice(from, from + 1000).map((topic) => ({ topic, payload: topic })));
			await eventually(() => expect(heard).toHaveLength(Math.min(from + 1000, topics.length)));
		}
		expect(heard).toEqual(topics);
	});

	test("messages of clients and of the gateway, at all QoS, all reach a subscriber of everything", async () => {
		const subscriber = await connect();
		const heard = heardBy(subscriber);
		await subscriber.subscribeAsync(["#", "$SYS/#"], { qos: 1 });
		const sensors = await Promise.all([0, 1, 2].map(() => connect()));
		const expected: string[] = [];
		const sent: Promise<unknown>[] = [];
		for (let turn = 0; turn < 100; turn++) {
			for (const [qos, sensor] of sensors.entries()) {
				expected.push(`sensor ${qos} ${turn}`);
				const options = { qos: qos as 0 | 1 | 2, retain: turn % 2 === 0 };
				sent.push(sensor.publishAsync("parkmate/in", `sensor ${qos} ${turn}`, options));
			}
			expected.push(`gateway ${turn}`);
			sent.push(broker.publish([{ topic: "parkmate/out", payload: `gateway ${turn}`, retain: turn % 3 === 0 }]));
			await (turn % 10 === 0 ? sent.at(-1) : undefined);
		}
		await Promise.all(sent);
		const ours = () => heard.filter((text) => /^(sensor|gateway) /.test(text));
		await eventually(() => expect(ours().toSorted()).toEqual(expected.toSorted()));
	});

	test("a will that is not handled is still told to subscribers", async () => {
		listener.handle = () => Promise.reject(new Error("the store is away"));
		const other = await connect();
		const heard = heardBy(other);
		await other.subscribeAsync("#", { qos: 1 });
		const sensor = await connect({
			reconnectPeriod: 0,
			will: { topic: "parkmate/board/b/status", payload: Buffer.from("offline"), qos: 1, retain: true },
		});
		sensor.stream.destroy();
		await eventually(() => expect(heard).toEqual(["offline"]));
	});

	test("closing tells nobody that the boards are offline", async () => {
		const sensor = await connect({
			reconnectPeriod: 0,
			will: { topic: "parkmate/board/b/status", payload: Buffer.from("offline"), qos: 1, retain: true },
		});
		const ended = closed(sensor);
		await broker.close();
		await ended;
		expect(listener.messages).toEqual([]);
	});
});
