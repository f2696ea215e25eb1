/** The broker inside the gateway: aedes on a TCP port. Speaks MQTT 3.1 and 3.1.1; keeps everything in memory. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes, type Client, type PublishPacket } from "aedes";
import { emitEarly, publishNow, rememberListeners } from "./aedes-inside.ts";
import type { Broker, BrokerOptions, BrokerState, Outgoing } from "./broker.ts";
import { topicMatcher } from "./filters.ts";
import { InOrder } from "./in-order.ts";
import { maxPacketBytes, maxPayloadBytes, maxUnacknowledged } from "./limits.ts";
import { PacketGuard } from "./packet-guard.ts";
import { pubacks } from "./pubacks.ts";
import { RetainedBudget } from "./retained-budget.ts";

/** Clients connected at once; further ones are hung up on. */
export const maxConnections = 10_000;

/** Bytes written to one client that it has not read. At more it is hung up on. */
export const maxUnreadBytes = 4 * 1024 * 1024;

/**
 * How long a client may leave its socket full before it is hung up on, in ms. aedes waits 60 s; a board that can't read
 * for this long has lost its radio, and finds everything retained when it is back.
 */
const drainTimeoutMs = 5000;

export interface EmbeddedBrokerOptions {
	/** Where to listen: an address of this machine. */
	host: string;
	/** 0 takes any free one. */
	port: number;
	/** Hears why a client was hung up on or its will not handled, for logs. `who` is its client id, or its address if it never said one. */
	onClientError?: (who: string, error: Error) => void;
	/** What all retained messages together may take, in bytes; the default of {@link RetainedBudget} if left out. */
	retainedBytes?: number;
	/** Now, in ms since 1970. */
	clock?: () => number;
}

/** What is to be said to one socket. */
interface Line {
	order: InOrder;
	/** Packet ids whose PUBACK goes out with this turn. */
	acknowledged: number[];
}

/**
 * What it does its own way, and MQTT leaves to the broker or has no answer for:
 * - A publish that is refused (to `$SYS/…`, oversized, not handled, no room to retain it) ends the connection: MQTT 3.1.1 has no other refusal.
 * - Every session is a clean one, and CONNACK says so: nothing is kept for clients that are away but what is retained.
 * - Wills of clients that it hangs up on because it is closing itself are not sent: the boards are not offline.
 */
export class EmbeddedBroker implements Broker {
	readonly kind = "embedded";
	readonly #host: string;
	readonly #onClientError: (who: string, error: Error) => void;
	readonly #clock: () => number;
	readonly #sockets = new Set<Socket>();
	readonly #lines = new WeakMap<Socket, Line>();
	/** A socket forgets its own when it ends. */
	readonly #addresses = new WeakMap<Socket, string>();
	readonly #reported = new WeakSet<Client>();
	readonly #retained: RetainedBudget;
	#port: number;
	#options: BrokerOptions | null = null;
	#matchers: ((topic: string) => boolean)[] = [];
	#server: Server | null = null;
	#aedes: Aedes | null = null;
	#listens: (topic: string) => boolean = () => true;
	#state: BrokerState;
	#closing = false;
	#closed: Promise<void> | null = null;

	constructor({ host, port, onClientError = () => {}, retainedBytes, clock = Date.now }: EmbeddedBrokerOptions) {
		this.#host = host;
		this.#retained = new RetainedBudget({ maxBytes: retainedBytes });
		this.#port = port;
		this.#onClientError = onClientError;
		this.#clock = clock;
		this.#state = { connected: false, since: this.#now(), error: "not started" };
	}

	/** The port listened on, once started; before that the one asked for. */
	get port(): number {
		return this.#port;
	}

	get url(): string {
		return `mqtt://${this.#host.includes(":") ? `[${this.#host}]` : this.#host}:${this.#port}`;
	}

	get state(): BrokerState {
		return this.#state;
	}

	/** Rejects with the system's error, like one with `code` EADDRINUSE, when it can't listen; then make a new one for another port. */
	async start(options: BrokerOptions): Promise<void> {
		if (this.#options !== null) throw new Error("the broker was started before; make a new one");
		this.#options = options;
		// Reports first: they are most of what comes.
		this.#matchers = [...(options.shared ?? []), ...options.filters].map(topicMatcher);
		this.#aedes = await this.#createAedes();
		try {
			this.#server = await this.#listen(this.#aedes);
		} catch (error) {
			await this.close();
			throw error;
		}
		this.#port = (this.#server.address() as AddressInfo).port;
		this.#state = { connected: true, since: this.#now(), error: null };
		options.onConnect({ shares: true });
	}

	/** See {@link Broker.publish}. The messages are on their way to every subscriber when it returns; none of them is waited for. */
	async publish(messages: readonly Outgoing[]): Promise<void> {
		let refused: unknown = null;
		for (const message of messages) {
			try {
				this.#publish(message);
			} catch (error) {
				refused ??= error;
			}
		}
		if (refused !== null) throw refused;
	}

	close(): Promise<void> {
		this.#closing = true;
		this.#closed ??= this.#shut();
		return this.#closed;
	}

	async #shut(): Promise<void> {
		const aedes = this.#aedes;
		const server = this.#server;
		if (this.#state.connected) this.#state = { connected: false, since: this.#now(), error: "closed" };
		const stopped = new Promise<void>((resolve) => (server === null ? resolve() : server.close(() => resolve())));
		if (aedes !== null) await new Promise<void>((resolve) => aedes.close(resolve));
		for (const socket of this.#sockets) socket.destroy();
		await stopped;
	}

	async #createAedes(): Promise<Aedes> {
		const aedes = await Aedes.createBroker({
			connectTimeout: 10_000,
			drainTimeout: drainTimeoutMs,
			// No limit: 100 messages on their way to one frozen subscriber would hold up everything. maxUnreadBytes bounds them.
			concurrency: 0,
			// Packets that a client sends before it has its CONNACK.
			queueLimit: maxUnacknowledged,
			// Only MQTT 3.1 is held to it; its own 23 is too short for common libraries.
			maxClientsIdLength: 128,
			// Without sessions there are no queues that grow while their owner is away.
			preConnect: (_client, packet, done) => {
				packet.clean = true;
				done(null, true);
			},
			authorizePublish: (client, packet, done) => this.#receive(client, packet, done),
			authorizeForward: (client, packet) => {
				if (client.conn.writableLength <= maxUnreadBytes) return packet;
				client.conn.destroy(unread(client.conn.writableLength));
				return null;
			},
		});
		aedes.on("clientError", (client, error) => this.#report(client, error));
		aedes.on("connectionError", (client, error) => this.#report(client, error));
		emitEarly(aedes);
		this.#listens = rememberListeners(aedes);
		return aedes;
	}

	#listen(aedes: Aedes): Promise<Server> {
		// noDelay: reports and lamp commands are small. keepAlive: finds clients that vanished without an MQTT keepalive.
		const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) => {
			this.#sockets.add(socket);
			this.#addresses.set(socket, socket.remoteAddress ?? "unknown address");
			socket.once("close", () => this.#sockets.delete(socket));
			this.#guard(socket);
			aedes.handle(socket);
		});
		server.maxConnections = maxConnections;
		return new Promise((resolve, reject) => {
			server.once("error", reject);
			server.listen(this.#port, this.#host, () => {
				server.off("error", reject);
				resolve(server);
			});
		});
	}

	/**
	 * Puts limits on what aedes reads: its parser buffers a packet of any length, and it goes on reading while handlers wait.
	 * A socket that is not read fills up, and then its sender waits. aedes tries again after each packet that is done with.
	 */
	#guard(socket: Socket): void {
		const line: Line = { order: new InOrder(), acknowledged: [] };
		this.#lines.set(socket, line);
		const guard = new PacketGuard({ maxBytes: maxPacketBytes });
		const read = socket.read.bind(socket);
		socket.read = (size?: number): unknown => {
			if (line.order.size >= maxUnacknowledged) return null;
			const chunk: Buffer | null = read(size);
			if (chunk === null) return null;
			const longest = guard.feed(chunk);
			if (longest === null) return chunk;
			socket.destroy(new Error(tooLong(longest)));
			return null;
		};
	}

	/** Called by aedes before PUBACK, PUBREC and forwarding, and for wills; `done` lets them happen, or ends the connection. */
	#receive(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
		const refusal = this.#refusal(packet);
		if (refusal !== null) {
			done(new Error(refusal));
			return;
		}
		const handled = this.#handle(packet);
		const line = client === null || client.closed ? undefined : this.#lines.get(client.conn as Socket);
		if (client === null || line === undefined) {
			// aedes closes a client before it sends its will: nobody is there to send it again, and subscribers must know anyway.
			handled.catch((error) => client !== null && this.#report(client, asError(error))).finally(() => done());
			return;
		}
		const settle = line.order.begin();
		// aedes reads no further until all packets of a chunk are done with, so that a slow store would leave pings unanswered.
		// Each of these events counts one packet as done for that purpose; #guard keeps the number of waiting ones bounded.
		queueMicrotask(() => client.conn.emit("readable"));
		handled.then(
			() => settle(packet.qos === 1 ? () => this.#accept(client, line, packet) : () => done()),
			// At QoS 0 nobody would send it again.
			(error) => settle(() => done(packet.qos === 0 ? null : asError(error))),
		);
	}

	/** PUBACK, then on to the subscribers, as aedes would do it. For reports: PUBACKs of one commit are one write. */
	#accept(client: Client, line: Line, packet: PublishPacket): void {
		const aedes = this.#aedes;
		if (aedes === null) return;
		if (line.acknowledged.length === 0) queueMicrotask(() => this.#writeAcknowledgements(client, line));
		line.acknowledged.push(packet.messageId ?? 0);
		const { topic, retain } = packet;
		if (retain || this.#listens(topic)) publishNow(aedes, { topic, payload: asBuffer(packet.payload), qos: 1, retain });
	}

	#writeAcknowledgements(client: Client, line: Line): void {
		const packets = pubacks(line.acknowledged);
		line.acknowledged = [];
		const socket = client.conn as Socket;
		if (socket.writableLength > maxUnreadBytes) socket.destroy(unread(socket.writableLength));
		else if (!client.closed && socket.writable) {
			socket.write(packets);
			// #guard may have held back what came meanwhile.
			socket.emit("readable");
		}
	}

	/** Why this can't be published, null when it can. */
	#refusal({ topic, payload, retain }: PublishPacket): string | null {
		if (this.#closing) return "the broker is closing";
		if (topic.startsWith("$SYS/")) return `${topic} is the broker's own`;
		if (payload.length > maxPayloadBytes) return tooLong(payload.length);
		if (retain && !this.#retained.take(topic, payload.length))
			return `no room to retain more than ${this.#retained.maxBytes} bytes`;
		return null;
	}

	/** Hands the message to the gateway when it asked for such topics. */
	#handle(packet: PublishPacket): Promise<void> {
		const options = this.#options;
		if (options === null || !this.#matchers.some((matches) => matches(packet.topic))) return Promise.resolve();
		return options.onMessage({ topic: packet.topic, payload: asBuffer(packet.payload), retained: false });
	}

	#publish({ topic, payload, retain = false }: Outgoing): void {
		const aedes = this.#aedes;
		if (aedes === null || this.#closing)
			throw new Error(`can't publish to ${topic}: the broker is ${this.#state.error}`);
		if (retain && !this.#retained.take(topic, Buffer.byteLength(payload))) {
			throw new Error(`can't publish to ${topic}: no room to retain more than ${this.#retained.maxBytes} bytes`);
		}
		// Most of what is told nobody asked for: changes of spots where no integration listens.
		if (!retain && !this.#listens(topic)) return;
		// Always QoS 1: aedes handles QoS 0 in fewer steps, so that it would overtake.
		publishNow(aedes, { topic, payload: Buffer.from(payload), qos: 1, retain });
	}

	/** Says the first error of a connection: what else was on its way to it fails after that. */
	#report(client: Client, error: Error): void {
		if (this.#reported.has(client)) return;
		this.#reported.add(client);
		this.#onClientError(client.id ?? this.#addresses.get(client.conn as Socket), error);
	}

	#now(): string {
		return new Date(this.#clock()).toISOString();
	}
}

function tooLong(bytes: number): string {
	return `packet of ${bytes} bytes, at most ${maxPayloadBytes} of payload are taken`;
}

function unread(bytes: number): Error {
	return new Error(`left ${bytes} bytes unread, at most ${maxUnreadBytes} are kept`);
}

function asBuffer(payload: string | Buffer): Buffer {
	return typeof payload === "string" ? Buffer.from(payload) : payload;
}

function asError(reason: unknown): Error {
	return reason instanceof Error ? reason : new Error(String(reason));
}
