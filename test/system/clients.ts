/** The two clients that system tests need: something that speaks MQTT, and a browser's live connection. */
import { connectAsync, type MqttClient } from "mqtt";
import WebSocket from "ws";

export interface Heard {
	topic: string;
	payload: string;
	retained: boolean;
}

/** A plain MQTT client that remembers what it hears. */
export class Sensor {
	readonly heard: Heard[] = [];
	readonly #client: MqttClient;

	private constructor(client: MqttClient) {
		this.#client = client;
		client.on("message", (topic, payload, { retain }) => {
			this.heard.push({ topic, payload: payload.toString(), retained: retain });
		});
	}

	static async connect(url: string, ...topics: string[]): Promise<Sensor> {
		const sensor = new Sensor(await connectAsync(url, { reconnectPeriod: 0 }));
		if (topics.length > 0) await sensor.#client.subscribeAsync(topics, { qos: 1 });
		return sensor;
	}

	/** Resolves with the PUBACK. */
	async say(topic: string, payload: object | string): Promise<void> {
		const text = typeof payload === "string" ? payload : JSON.stringify(payload);
		await this.#client.publishAsync(topic, text, { qos: 1 });
	}

	close(): Promise<void> {
		return this.#client.endAsync(true);
	}
}

export interface LiveFrame {
	event: string;
	[field: string]: unknown;
}

/** A live connection that remembers its frames, heartbeats aside. */
export function watch(url: string, lotId: string): { frames: LiveFrame[]; close(): void } {
	const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws?lot=${lotId}`);
	const frames: LiveFrame[] = [];
	socket.on("message", (data) => {
		const frame = JSON.parse(String(data)) as LiveFrame;
		if (frame.event !== "heartbeat") frames.push(frame);
	});
	return { frames, close: () => socket.terminate() };
}

/** A REST call; `body` makes it a POST. */
export async function call(url: string, body?: object) {
	const response = await fetch(url, {
		...(body === undefined
			? {}
			: { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
		signal: AbortSignal.timeout(10_000),
	});
	return { status: response.status, body: response.status === 204 ? null : await response.json() };
}
