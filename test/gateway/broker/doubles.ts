/** A gateway that only listens, and sensors that are plain MQTT clients. */
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { vi } from "vitest";
import type { Broker, BrokerOptions, Message } from "../../../gateway/broker/broker.ts";

/** How long anything over a real socket may take, in ms. */
const deadlineMs = 8000;

/** Resolves when `check` no longer throws; rejects with its last error. */
export function eventually(check: () => void): Promise<void> {
	return vi.waitFor(check, { timeout: deadlineMs, interval: 5 });
}

/** What a broker hears and says, recorded. */
export class Listener implements BrokerOptions {
	filters = ["parkmate/#"];
	readonly messages: Message[] = [];
	readonly disconnects: string[] = [];
	connects = 0;
	/** What becomes of a message; replace it. */
	handle: (message: Message) => Promise<void> = async () => {};

	readonly onMessage = (message: Message): Promise<void> => {
		this.messages.push(message);
		return this.handle(message);
	};
	readonly onConnect = (): void => {
		this.connects += 1;
	};
	readonly onDisconnect = (error: string): void => {
		this.disconnects.push(error);
	};

	/** Payloads as text, in the order of arrival. */
	get texts(): string[] {
		return this.messages.map(({ payload }) => Buffer.from(payload).toString());
	}

	/** Starts the broker, and resolves when it is connected. */
	async start(broker: Broker): Promise<void> {
		await broker.start(this);
		await eventually(() => {
			if (!broker.state.connected) throw new Error(broker.state.error ?? "not connected");
		});
	}
}

/** Promises that a test settles by hand, one for each call. */
export class Gate {
	readonly waiting: { open: () => void; fail: (error: Error) => void }[] = [];

	readonly wait = (): Promise<void> => new Promise((open, fail) => this.waiting.push({ open, fail }));

	openAll(): void {
		for (const each of this.waiting.splice(0)) each.open();
	}
}

const sensors: MqttClient[] = [];

/** Connects a plain MQTT 3.1.1 client; {@link endSensors} ends it. */
export async function connectSensor(url: string, options: IClientOptions = {}): Promise<MqttClient> {
	const sensor = mqtt.connect(url, { reconnectPeriod: 20, connectTimeout: deadlineMs, ...options });
	sensors.push(sensor);
	sensor.on("error", () => {});
	await new Promise<void>((resolve, reject) => {
		sensor.once("connect", () => resolve());
		sensor.once("error", reject);
	});
	return sensor;
}

/** Resolves when the client's connection is next closed. */
export function closed(client: MqttClient): Promise<void> {
	return new Promise((resolve) => client.once("close", () => resolve()));
}

export async function endSensors(): Promise<void> {
	await Promise.all(sensors.splice(0).map((sensor) => sensor.endAsync(true)));
}

/** Payloads, as text, of what comes to a client from now on. */
export function heardBy(client: MqttClient): string[] {
	const heard: string[] = [];
	client.on("message", (_topic, payload) => heard.push(payload.toString()));
	return heard;
}
