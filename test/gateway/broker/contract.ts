/** What every door to a broker must do. Each door's test file calls {@link brokerContract}. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Broker } from "../../../gateway/broker/broker.ts";
import { maxPayloadBytes } from "../../../gateway/broker/limits.ts";
import { closed, connectSensor, endSensors, eventually, Gate, heardBy, Listener } from "./doubles.ts";

export interface OpenBroker {
	/** Not started yet. */
	broker: Broker;
	/** Where sensors connect, once the broker is started. */
	sensorUrl: () => string;
	/** Closes everything. */
	cleanup: () => Promise<void>;
}

/** `missing` is why the suite can't run here, or null. */
export function brokerContract(name: string, open: () => Promise<OpenBroker>, missing: string | null = null): void {
	describe(`${name} as a broker`, () => {
		let opened: OpenBroker;
		let broker: Broker;
		let listener: Listener;

		beforeEach(async (context) => {
			context.skip(missing !== null, missing ?? "");
			opened = await open();
			broker = opened.broker;
			listener = new Listener();
			await listener.start(broker);
		});
		afterEach(async () => {
			await endSensors();
			await opened?.cleanup();
		});
		const connect = (options = {}) => connectSensor(opened.sensorUrl(), options);

		describe("in", () => {
			test("a message comes with its topic and payload", async () => {
				const sensor = await connect();
				await sensor.publishAsync("parkmate/spot/status", "free", { qos: 1 });
				await eventually(() => expect(listener.messages).toHaveLength(1));
				expect(listener.messages[0]).toMatchObject({ topic: "parkmate/spot/status", retained: false });
				expect(listener.texts).toEqual(["free"]);
			});

			test.each([0, 1, 2] as const)("a message sent at QoS %i comes once", async (qos) => {
				const sensor = await connect();
				await sensor.publishAsync("parkmate/a", "it", { qos });
				await sensor.publishAsync("parkmate/a", "last", { qos: 1 });
				await eventually(() => expect(listener.texts).toEqual(["it", "last"]));
			});

			test("an empty payload comes as one of no bytes", async () => {
				const sensor = await connect();
				await sensor.publishAsync("parkmate/a", "", { qos: 1 });
				await eventually(() => expect(listener.messages).toHaveLength(1));
				expect(listener.messages[0]?.payload).toHaveLength(0);
			});

			test("a payload of any bytes comes as it was", async () => {
				const sensor = await connect();
				const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
				await sensor.publishAsync("parkmate/a", bytes, { qos: 1 });
				await eventually(() => expect(listener.messages).toHaveLength(1));
				expect(Buffer.from(listener.messages[0]?.payload ?? [])).toEqual(bytes);
			});

			test("the longest payload that is allowed comes", async () => {
				const sensor = await connect();
				await sensor.publishAsync("parkmate/a", Buffer.alloc(maxPayloadBytes, "x"), { qos: 1 });
				await eventually(() => expect(listener.messages[0]?.payload).toHaveLength(maxPayloadBytes));
			});

			test.each([maxPayloadBytes + 1, maxPayloadBytes * 2])(
				"one of %i bytes never comes, and others still do",
				async (length) => {
					const rude = await connect({ reconnectPeriod: 0 });
					rude.publish("parkmate/a", Buffer.alloc(length), { qos: 1 });
					const sensor = await connect();
					await sensor.publishAsync("parkmate/a", "fine", { qos: 1 });
					await eventually(() => expect(listener.messages.length).toBeGreaterThan(0));
					expect(listener.texts).toEqual(["fine"]);
				},
			);

			test("topics that were not asked for don't come", async () => {
				const sensor = await connect();
				await sensor.publishAsync("elsewhere/a", "no", { qos: 1 });
				await sensor.publishAsync("parkmate", "yes: # includes its parent", { qos: 1 });
				await eventually(() => expect(listener.texts).toEqual(["yes: # includes its parent"]));
			});

			test("messages come in their order, and don't wait for each other", async () => {
				const gate = new Gate();
				listener.handle = gate.wait;
				const sensor = await connect();
				const texts = Array.from({ length: 300 }, (_, index) => `${index}`);
				const published = texts.map((text) => sensor.publishAsync("parkmate/a", text, { qos: 1 }));
				await eventually(() => expect(gate.waiting).toHaveLength(300));
				expect(listener.texts).toEqual(texts);
				gate.openAll();
				await Promise.all(published);
			});

			test("a message that was not handled comes again, until it is", async () => {
				let failures = 2;
				listener.handle = async () => {
					if (failures-- > 0) throw new Error("the store is away");
				};
				const sensor = await connect();
				await sensor.publishAsync("parkmate/a", "once more", { qos: 1 });
				await eventually(() => expect(listener.texts).toEqual(["once more", "once more", "once more"]));
			});

			test("a message at QoS 0 that was not handled is gone, and the connection stays", async () => {
				listener.handle = async ({ payload }) => {
					if (Buffer.from(payload).toString() === "bad") throw new Error("the store is away");
				};
				const sensor = await connect({ reconnectPeriod: 0 });
				await sensor.publishAsync("parkmate/a", "bad", { qos: 0 });
				await sensor.publishAsync("parkmate/a", "good", { qos: 1 });
				await eventually(() => expect(listener.texts).toEqual(["bad", "good"]));
				expect(broker.state.connected).toBe(true);
			});

			test("the last will of a client that vanishes comes", async () => {
				const sensor = await connect({
					reconnectPeriod: 0,
					will: { topic: "parkmate/board/b/status", payload: Buffer.from("offline"), qos: 1, retain: true },
				});
				sensor.stream.destroy();
				await eventually(() => expect(listener.texts).toEqual(["offline"]));
			});

			test("a client that vanishes while its message is handled disturbs nobody", async () => {
				const gate = new Gate();
				listener.handle = gate.wait;
				const gone = await connect({ reconnectPeriod: 0 });
				gone.publish("parkmate/a", "from the gone", { qos: 1 });
				await eventually(() => expect(gate.waiting).toHaveLength(1));
				const ended = closed(gone);
				gone.stream.destroy();
				await ended;
				const sensor = await connect();
				const published = sensor.publishAsync("parkmate/a", "from another", { qos: 1 });
				await eventually(() => expect(gate.waiting).toHaveLength(2));
				gate.openAll();
				await published;
			});
		});

		describe("out", () => {
			test("a publish reaches a subscriber at QoS 1", async () => {
				const board = await connect();
				await board.subscribeAsync("parkmate/led/command/#", { qos: 1 });
				const arrived = new Promise((resolve) =>
					board.once("message", (topic, payload, { qos, retain }) =>
						resolve({ topic, payload: payload.toString(), qos, retain }),
					),
				);
				await broker.publish([{ topic: "parkmate/led/command/L/S", payload: "red" }]);
				expect(await arrived).toEqual({ topic: "parkmate/led/command/L/S", payload: "red", qos: 1, retain: false });
			});

			test("a retained publish reaches a later subscriber, the newest one", async () => {
				await broker.publish([{ topic: "parkmate/led/command/L/S", payload: "green", retain: true }]);
				await broker.publish([{ topic: "parkmate/led/command/L/S", payload: "red", retain: true }]);
				const board = await connect();
				const heard = heardBy(board);
				await board.subscribeAsync("parkmate/led/command/#", { qos: 1 });
				await eventually(() => expect(heard).toEqual(["red"]));
			});

			test("an empty retained publish takes back the one before", async () => {
				await broker.publish([{ topic: "parkmate/led/command/L/S", payload: "red", retain: true }]);
				await broker.publish([{ topic: "parkmate/led/command/L/S", payload: "", retain: true }]);
				await broker.publish([{ topic: "parkmate/led/command/L/T", payload: "blue", retain: true }]);
				const board = await connect();
				const heard = heardBy(board);
				await board.subscribeAsync("parkmate/led/command/#", { qos: 1 });
				await eventually(() => expect(heard).toEqual(["blue"]));
			});

			test("publishes that don't wait for each other all arrive, in their order, retained or not", async () => {
				const board = await connect();
				const heard = heardBy(board);
				await board.subscribeAsync("parkmate/led/command/#", { qos: 1 });
				const texts = Array.from({ length: 500 }, (_, index) => `${index}`);
				await Promise.all(
					texts.map((text, index) =>
						broker.publish([{ topic: "parkmate/led/command/L/S", payload: text, retain: index % 2 === 0 }]),
					),
				);
				await eventually(() => expect(heard).toHaveLength(500));
				expect(heard).toEqual(texts);
			});
		});

		describe("its end", () => {
			test("says that it is not connected, and why", async () => {
				expect(broker.state).toMatchObject({ connected: true, error: null });
				await broker.close();
				expect(broker.state).toMatchObject({ connected: false, error: "closed" });
			});

			test("refuses to publish", async () => {
				await broker.close();
				await expect(broker.publish([{ topic: "parkmate/a", payload: "x" }])).rejects.toThrow(
					"can't publish to parkmate/a",
				);
			});

			test("comes within a second, with clients connected and messages waiting, and twice is fine", async () => {
				listener.handle = () => new Promise(() => {});
				const sensor = await connect();
				sensor.publish("parkmate/a", "never handled", { qos: 1 });
				await eventually(() => expect(listener.messages).toHaveLength(1));
				const before = performance.now();
				await Promise.all([broker.close(), broker.close()]);
				expect(performance.now() - before).toBeLessThan(1000);
			});
		});
	});
}
