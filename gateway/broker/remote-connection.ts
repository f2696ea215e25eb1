/** One connection to a broker elsewhere, from CONNECT to its end. A new attempt is a new connection. */
import { Socket } from "node:net";
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { MessageHandler, Outgoing } from "./broker.ts";
import { InOrder } from "./in-order.ts";
import { maxPacketBytes, maxPayloadBytes, maxPendingPublishes, maxUnacknowledged } from "./limits.ts";
import { pubacks } from "./pubacks.ts";
import { Publisher } from "./publisher.ts";
import { refusesVersion, whyItFailed } from "./remote-errors.ts";

/** How long the broker may take to answer CONNECT and SUBSCRIBE, in ms. */
const answerTimeoutMs = 10_000;

/** How long the broker may take to hang up after a goodbye, in ms. */
const goodbyeTimeoutMs = 500;

/** Sessions that outlive any outage (MQTT 5 §3.1.2.11.2), as they do in MQTT 3.1.1. */
export const sessionNeverExpires = 0xffffffff;

/** Given to mqtt.js in place of success, so that it sends no PUBACK and goes on to the next packet. */
const acknowledgedLater = new Error("acknowledged later");

export interface RemoteConnectionOptions {
	/** Without user name or password in it. */
	url: string;
	clientId: string;
	protocolVersion: 4 | 5;
	username?: string;
	password?: string;
	/** PEM. */
	ca?: string;
	/** Seconds between signs of life. A broker that vanished is noticed after 1.5 times that. */
	keepaliveS: number;
	/** At MQTT 5; MQTT 3.1.1 leaves it to the broker. */
	sessionExpiryS: number;
	filters: string[];
	will?: Outgoing;
	onMessage: MessageHandler;
	/** Connected and subscribed. */
	onReady: () => void;
	/** It is over, for this reason in words; called once, not after {@link RemoteConnection.close}. */
	onEnd: (end: { reason: string; versionRefused: boolean }) => void;
	/** Calls `action` after `delayMs`, unless what it returns is called before. */
	setTimer: (action: () => void, delayMs: number) => () => void;
}

export class RemoteConnection {
	readonly #options: RemoteConnectionOptions;
	readonly #client: MqttClient;
	readonly #order = new InOrder();
	readonly #publisher: Publisher;
	readonly #acknowledged: number[] = [];
	#readOn: (() => void) | null = null;
	#over: string | null = null;

	constructor(options: RemoteConnectionOptions) {
		this.#options = options;
		this.#client = mqtt.connect(options.url, clientOptions(options));
		this.#client.handleMessage = (packet, done) => this.#receive(packet, done);
		this.#publisher = new Publisher({
			protocolVersion: options.protocolVersion,
			write: (packets) => this.#client.stream.write(packets),
		});
		this.#client.on("connect", ({ properties }) => {
			// Else small packets wait up to 40 ms for the other side to acknowledge those before them (Nagle's algorithm).
			const { stream } = this.#client;
			if (stream instanceof Socket) stream.setNoDelay(true);
			this.#publisher.quota = properties?.receiveMaximum ?? this.#publisher.quota;
			this.#subscribe();
		});
		// mqtt.js does not know of what was published past it, and ignores these.
		this.#client.on("packetreceive", (packet) => {
			if (packet.cmd === "puback") this.#publisher.acknowledged(packet.messageId ?? 0, packet.reasonCode);
		});
		this.#client.on("disconnect", (packet) => this.#fail(packet.reasonCode));
		this.#client.on("error", (error) => this.#fail(error));
		this.#client.on("close", () => this.#fail(null));
	}

	/** See {@link Publisher.publish}. Rejects also when it can't be sent now, or when the connection ends before the last PUBACK. */
	publish(messages: readonly Outgoing[]): Promise<void> {
		if (this.#over !== null) return Promise.reject(new Error(this.#over));
		if (!this.#client.connected) return Promise.reject(new Error("not connected yet"));
		if (!this.#publisher.hasRoomFor(messages)) {
			// What must be said again is said again after a reconnection, and this broker takes nothing any more.
			const reason = `more than ${maxPendingPublishes} publishes without a PUBACK`;
			this.#end(reason);
			return Promise.reject(new Error(reason));
		}
		return this.#publisher.publish(messages);
	}

	/**
	 * Says goodbye and hangs up; resolves when that is done, or after {@link goodbyeTimeoutMs}. Messages without PUBACK stay
	 * with the broker.
	 */
	async close(): Promise<void> {
		if (this.#over !== null) return;
		const { stream, connected } = this.#client;
		this.#abandon("closed");
		if (connected) {
			const closed = new Promise<void>((resolve) => this.#client.once("close", resolve));
			let cancel = () => {};
			const tooLong = new Promise<void>((resolve) => {
				cancel = this.#options.setTimer(resolve, goodbyeTimeoutMs);
			});
			// mqtt.js would wait for every outstanding PUBACK before it says goodbye.
			stream.end(disconnectPacket);
			await Promise.race([closed, tooLong]);
			cancel();
		}
		this.#client.end(true);
	}

	#subscribe(): void {
		if (this.#over !== null) return;
		this.#client.subscribe(this.#options.filters, { qos: 1 }, (error) => {
			if (this.#over !== null) return;
			if (error) this.#end(`it refuses the subscription to ${this.#options.filters.join(", ")}: ${error.message}`);
			else this.#options.onReady();
		});
	}

	/**
	 * mqtt.js handles one packet after the other and sends PUBACK when it is told that the packet is done with. So that
	 * many messages can wait for one commit, it is told at once that they failed, and the PUBACKs are written here.
	 */
	#receive(packet: IPublishPacket, done: (error?: Error) => void): void {
		const settle = this.#order.begin();
		this.#handle(packet).then(
			() => settle(() => this.#acknowledge(packet)),
			(error) => {
				// At QoS 0 the broker would not send it again.
				if (packet.qos === 0) settle(() => this.#acknowledge(packet));
				else this.#end(`a message was not stored: ${error instanceof Error ? error.message : String(error)}`);
			},
		);
		const goOn = () => done(packet.qos === 0 ? undefined : acknowledgedLater);
		if (this.#order.size < maxUnacknowledged) goOn();
		else this.#readOn = goOn;
	}

	/** A payload that is too long is done with unread: it would be sent again and again. */
	async #handle({ topic, payload, retain }: IPublishPacket): Promise<void> {
		const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
		if (bytes.length > maxPayloadBytes) return;
		await this.#options.onMessage({ topic, payload: bytes, retained: retain });
	}

	#acknowledge({ qos, messageId }: IPublishPacket): void {
		if (this.#over !== null) return;
		if (qos > 0 && messageId !== undefined) {
			// Messages of one commit are acknowledged in one write.
			if (this.#acknowledged.length === 0) queueMicrotask(() => this.#writeAcknowledgements());
			this.#acknowledged.push(messageId);
		}
		const readOn = this.#readOn;
		this.#readOn = null;
		readOn?.();
	}

	#writeAcknowledgements(): void {
		const packets = pubacks(this.#acknowledged.splice(0));
		if (this.#over === null) this.#client.stream.write(packets);
	}

	/** `cause` is what mqtt.js gives: an error, the reason code of a DISCONNECT, or nothing. */
	#fail(cause: Error | number | null | undefined): void {
		this.#end(whyItFailed(cause), refusesVersion(cause));
	}

	#end(reason: string, versionRefused = false): void {
		if (this.#over !== null) return;
		this.#abandon(reason);
		this.#client.end(true);
		this.#options.onEnd({ reason, versionRefused });
	}

	#abandon(reason: string): void {
		this.#over = reason;
		this.#readOn = null;
		this.#publisher.abandon(new Error(`not acknowledged: ${reason}`));
	}
}

/** DISCONNECT: MQTT 3.1.1 §3.14; in MQTT 5 the same two bytes mean a normal one. */
const disconnectPacket = Buffer.from([0xe0, 0x00]);

function clientOptions(options: RemoteConnectionOptions): IClientOptions {
	const { clientId, protocolVersion, username, password, ca, keepaliveS, will } = options;
	return {
		clientId,
		protocolVersion,
		username,
		password,
		ca,
		// The broker keeps what comes while the gateway is away.
		clean: false,
		reconnectPeriod: 0,
		resubscribe: false,
		queueQoSZero: false,
		// What it does for each packet that comes: format a line of its debug log, and start the timer of the next ping anew.
		log: () => {},
		reschedulePings: false,
		keepalive: keepaliveS,
		connectTimeout: answerTimeoutMs,
		will: will && { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain ?? false },
		properties:
			protocolVersion === 5
				? {
						sessionExpiryInterval: options.sessionExpiryS,
						// One less than are taken: with all of them waiting, the answer to a ping would not be read either.
						receiveMaximum: maxUnacknowledged - 1,
						maximumPacketSize: maxPacketBytes,
					}
				: undefined,
	};
}
