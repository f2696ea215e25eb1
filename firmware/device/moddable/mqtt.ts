/** The transport over the SDK's ECMA-419 MQTT client: one client for one connection. */
import TLSSocket from "embedded:io/socket/tcp/tls";
import MQTTClient from "embedded:network/mqtt/client";
import Timer from "timer";
import { payloadLimit } from "../../inbox.ts";
import type { ConnectOptions, OutMessage, Transport } from "../../transport.ts";
import { type BrokerAddress, parseBrokerUrl } from "./address.ts";
import { emptyPayload } from "./frames.ts";
import { MqttSocket, Resolver, type Watch, WatchedTcp } from "./socket.ts";

/** How long what was written may take to leave the board before the connection is closed, ms. */
export const farewellMs = 100;

/** MQTT 3.1.1, 3.9.3: the answer to a subscription that was refused. */
const refused = 0x80;

interface Control {
	operation: number;
	payload?: readonly number[];
}

export class MqttTransport implements Transport {
	readonly #options: ConnectOptions;
	readonly #address: BrokerAddress;
	readonly #client: MQTTClient;
	readonly #watch: Watch = { resolved: false, connected: false, heard: false, failure: "", over: false };
	#accepted = false;
	/** Somebody was told that there is no room. */
	#full = false;
	#topic = "";
	#payload = "";

	/**
	 * `ca`: certificate (X.509, DER) of who vouches for the broker, for mqtts.
	 * @throws Error on an address that this board can't connect to.
	 */
	constructor(options: ConnectOptions, ca?: ArrayBuffer) {
		this.#options = options;
		this.#address = parseBrokerUrl(options.url);
		if (this.#address.tls && !ca) throw new Error("an mqtts broker needs broker_ca, the certificate to check it with");
		const watch = this.#watch;
		const tcp = { io: WatchedTcp, watch };
		const tls = { io: TLSSocket, TCP: tcp, watch, secure: { certificate: ca } };
		this.#client = new MQTTClient({
			host: this.#address.host,
			port: this.#address.port,
			id: options.clientId,
			user: options.username,
			password: options.password,
			clean: true,
			keepAlive: options.keepaliveMs,
			will: { topic: options.will.topic, message: options.will.payload, QoS: 1, retain: true },
			dns: { io: Resolver, watch },
			socket: { io: MqttSocket, below: this.#address.tls ? tls : tcp },
			// The SDK's typings have two arguments here; its client calls with this one.
			onControl: ((message: Control) => this.#onControl(message)) as never,
			onReadable: (count, { topic, more }) => this.#onReadable(count, topic, more),
			onWritable: () => this.#onWritable(),
			onError: () => this.#onError(),
		});
	}

	publish({ topic, payload, qos, retain, packetId }: OutMessage): boolean {
		return this.#write(ArrayBuffer.fromString(payload), { topic, QoS: qos, retain, id: packetId });
	}

	subscribe(filters: readonly string[], packetId: number): boolean {
		const items = filters.map((topic) => ({ topic, QoS: 1 }));
		return this.#write(null, { operation: MQTTClient.SUBSCRIBE, id: packetId, items });
	}

	close(onClosed: () => void = () => {}): void {
		if (this.#accepted && !this.#watch.over) this.#write(null, { operation: MQTTClient.DISCONNECT });
		this.#end(farewellMs, onClosed);
	}

	abort(): void {
		this.#end(0, () => {});
	}

	#write(data: ArrayBuffer | null, options: object): boolean {
		try {
			// Typed as if there were always data and a topic.
			this.#client.write(data as ArrayBuffer, options as { topic: string });
			return true;
		} catch {
			// "overflow": more than there is room for. Nothing of it was written.
			this.#full = true;
			return false;
		}
	}

	#onControl({ operation, payload }: Control): void {
		if (this.#watch.over) return;
		if (operation === MQTTClient.CONNACK) {
			this.#accepted = true;
			this.#options.onConnect();
		} else if (operation === MQTTClient.SUBACK && payload?.includes(refused)) {
			this.#close("the broker refuses a subscription");
		}
	}

	#onReadable(count: number, topic: string | undefined, more: boolean): void {
		// All of it must be read, as the client waits for that.
		const part = this.#client.read(count);
		if (topic !== undefined) {
			this.#topic = topic;
			this.#payload = "";
		}
		// A longer one is cut off here, and refused above.
		if (this.#payload.length <= payloadLimit) this.#payload += textOf(part);
		if (more) return;
		const payload = this.#payload === emptyPayload ? "" : this.#payload;
		this.#payload = "";
		if (!this.#watch.over) this.#options.onMessage(this.#topic, payload);
	}

	#onWritable(): void {
		if (this.#watch.over || !this.#full) return;
		this.#full = false;
		this.#options.onWritable();
	}

	#onError(): void {
		// The client may fail before its constructor returned: nothing is called from within it.
		Timer.set(() => this.#close(this.#reason()));
	}

	#reason(): string {
		const { host, port } = this.#address;
		const { failure, resolved, connected, heard } = this.#watch;
		if (failure !== "") return failure;
		if (!resolved) return `the name ${host} is not known`;
		if (!connected) return `nobody answers at ${host}:${port}`;
		if (this.#accepted || !heard) return "connection closed";
		return "the broker refuses the connection; user name, password and board_id may be wrong";
	}

	#close(reason: string): void {
		if (this.#watch.over) return;
		this.#end(0, () => {});
		this.#options.onClose(reason);
	}

	/** Not at once: the client, whose listener this may be, goes on reading after it. */
	#end(delayMs: number, onClosed: () => void): void {
		this.#watch.over = true;
		Timer.set(() => {
			this.#client.close();
			onClosed();
		}, delayMs);
	}
}
Object.freeze(MqttTransport.prototype);

/** "" for bytes that are no UTF-8. */
function textOf(bytes: ArrayBuffer): string {
	try {
		return String.fromArrayBuffer(bytes);
	} catch {
		return "";
	}
}
