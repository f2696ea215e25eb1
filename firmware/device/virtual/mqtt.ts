/** The transport over MQTT.js: one client for one connection. The link makes a new one when it is gone. */
import { connect, type MqttClient } from "mqtt";
import type { ConnectOptions, OutMessage, Transport } from "../../transport.ts";

/** Messages without a PUBACK at most; then the link waits. */
export const inflightLimit = 16;

/** How long the broker may take to hear the last messages and DISCONNECT, ms. */
export const goodbyeMs = 500;

export class MqttTransport implements Transport {
	readonly #client: MqttClient;
	readonly #options: ConnectOptions;
	#inflight = 0;
	#full = false;
	#done = false;

	/** @throws Error when the address makes no sense. */
	constructor(options: ConnectOptions) {
		const { url, username, password, clientId, keepaliveMs, will } = options;
		this.#options = options;
		this.#client = connect(url, {
			protocolVersion: 4,
			clean: true,
			clientId,
			username,
			password,
			keepalive: Math.ceil(keepaliveMs / 1000),
			will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
			// The link reconnects, subscribes and resends; a client that did so too would double everything.
			reconnectPeriod: 0,
			resubscribe: false,
			queueQoSZero: false,
		});
		this.#client.on("connect", () => this.#done || options.onConnect());
		this.#client.on("message", (topic, payload) => this.#done || options.onMessage(topic, payload.toString()));
		// Stays on after the end: an "error" that nobody hears would end the process.
		this.#client.on("error", (error) => this.#end(reasonOf(error)));
		this.#client.on("close", () => this.#end("connection closed"));
	}

	publish({ topic, payload, qos, retain }: OutMessage): boolean {
		if (!this.#hasRoom()) return false;
		this.#inflight++;
		this.#client.publish(topic, payload, { qos, retain }, () => this.#onSent());
		return true;
	}

	subscribe(filters: readonly string[]): boolean {
		if (!this.#hasRoom()) return false;
		this.#inflight++;
		this.#client.subscribe([...filters], { qos: 1 }, (error, granted) => {
			const refused = granted?.find((grant) => grant.qos > 2);
			if (error) this.#end(reasonOf(error));
			else if (refused) this.#end(`the broker refuses to send ${refused.topic}`);
			else this.#onSent();
		});
		return true;
	}

	close(onClosed: () => void = () => {}): void {
		this.#done = true;
		const deadline = setTimeout(() => {
			this.#client.stream.destroy();
			finish();
		}, goodbyeMs);
		let finish = () => {
			finish = () => {};
			clearTimeout(deadline);
			onClosed();
		};
		// Waits for the PUBACKs of what is under way.
		this.#client.end(false, {}, () => finish());
	}

	abort(): void {
		this.#done = true;
		this.#client.end(true);
	}

	#hasRoom(): boolean {
		this.#full = this.#done || !this.#client.connected || this.#inflight >= inflightLimit;
		return !this.#full;
	}

	#onSent(): void {
		this.#inflight--;
		if (!this.#full || this.#done) return;
		this.#full = false;
		this.#options.onWritable();
	}

	#end(reason: string): void {
		if (this.#done) return;
		this.#done = true;
		this.#client.end(true);
		this.#options.onClose(reason);
	}
}

/** Node's errors for several addresses tried at once have no text of their own. */
function reasonOf(error: Error): string {
	const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
	return first?.message || error.message || (error as NodeJS.ErrnoException).code || error.name;
}
