/** Any broker elsewhere, by URL: Mosquitto, EMQX, HiveMQ, AWS IoT Core. Speaks MQTT 5, or 3.1.1 where 5 is refused. */
import { readFile } from "node:fs/promises";
import type { Broker, BrokerOptions, BrokerState, Outgoing } from "./broker.ts";
import { RemoteConnection, sessionNeverExpires } from "./remote-connection.ts";

/** The first wait before another attempt, in ms. It doubles up to {@link maxRetryMs}. */
export const minRetryMs = 500;
export const maxRetryMs = 15_000;
/** Seconds between signs of life: a broker that vanished is noticed after 1.5 times that. */
export const defaultKeepaliveS = 20;
/** A connection that lasted this long was good, ms: the next wait is the first one again. */
export const steadyMs = 5_000;

export interface RemoteBrokerOptions {
	/** `mqtt://`, `mqtts://`, `ws://` or `wss://`. User name and password in it count where none are given beside it. */
	url: string;
	username?: string | null;
	password?: string | null;
	/** Path of a PEM file with the certificates to trust, for `mqtts://` and `wss://`. */
	ca?: string | null;
	/** Must stay the same over restarts: the broker keeps messages for it. No two gateways may share one. */
	clientId: string;
	/** See {@link defaultKeepaliveS}. */
	keepaliveS?: number;
	/** Several gateways that name the same one share messages: MQTT 5's shared subscriptions. None: this gateway hears all. */
	group?: string | null;
	/** How long the broker keeps what arrives while this gateway is away, s; for ever when left out. Asked at each connection. */
	sessionExpiryS?: () => number;
	/** Now, in ms since 1970. */
	clock?: () => number;
	/** Calls `action` after `delayMs`, unless what it returns is called before. */
	setTimer?: (action: () => void, delayMs: number) => () => void;
}

function systemTimer(action: () => void, delayMs: number): () => void {
	const timer = setTimeout(action, delayMs);
	return () => clearTimeout(timer);
}

export class RemoteBroker implements Broker {
	readonly kind = "remote";
	readonly url: string;
	readonly #username: string | undefined;
	readonly #password: string | undefined;
	readonly #caPath: string | null;
	readonly #clientId: string;
	readonly #keepaliveS: number;
	readonly #group: string | null;
	readonly #sessionExpiryS: () => number;
	readonly #clock: () => number;
	readonly #setTimer: (action: () => void, delayMs: number) => () => void;
	#options: BrokerOptions | null = null;
	#ca: string | undefined;
	#connection: RemoteConnection | null = null;
	#cancelRetry: () => void = () => {};
	#protocolVersion: 4 | 5 = 5;
	#retryMs = minRetryMs;
	#closed = false;
	#state: BrokerState;

	/** Throws a TypeError on a URL that it can't use. */
	constructor(options: RemoteBrokerOptions) {
		const { url, username, password, ca = null, clientId, keepaliveS = defaultKeepaliveS } = options;
		const { clock = Date.now, setTimer = systemTimer } = options;
		const parts = parse(url);
		this.#username = username ?? parts.username;
		this.#password = password ?? parts.password;
		this.url = parts.url;
		this.#caPath = ca;
		this.#clientId = clientId;
		this.#keepaliveS = keepaliveS;
		this.#group = options.group ?? null;
		this.#sessionExpiryS = options.sessionExpiryS ?? (() => sessionNeverExpires);
		this.#clock = clock;
		this.#setTimer = setTimer;
		this.#state = { connected: false, since: this.#now(), error: "not started" };
	}

	get state(): BrokerState {
		return this.#state;
	}

	/** Rejects only when the file with the certificates can't be read. */
	async start(options: BrokerOptions): Promise<void> {
		if (this.#options !== null) throw new Error("the broker was started before; make a new one");
		this.#options = options;
		if (this.#caPath !== null) this.#ca = await readFile(this.#caPath, "utf8");
		this.#state = { ...this.#state, error: `connecting to ${this.url}` };
		if (!this.#closed) this.#connect(options);
	}

	async publish(messages: readonly Outgoing[]): Promise<void> {
		const topic = messages[0]?.topic;
		if (this.#connection === null) throw new Error(`can't publish to ${topic}: ${this.#state.error}`);
		try {
			await this.#connection.publish(messages);
		} catch (error) {
			const why = error instanceof Error ? error.message : String(error);
			throw new Error(`can't publish to ${topic}: ${why}`, { cause: error });
		}
	}

	/** Connects anew, as what {@link RemoteBrokerOptions.sessionExpiryS} says has changed. The session goes on. */
	async renew(): Promise<void> {
		const connection = this.#connection;
		if (this.#options === null || connection === null || !this.#state.connected) return;
		this.#state = { connected: false, since: this.#now(), error: `connecting to ${this.url} anew` };
		await connection.close();
		if (this.#connection === connection && !this.#closed) this.#connect(this.#options);
	}

	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		this.#cancelRetry();
		const connection = this.#connection;
		this.#connection = null;
		this.#state = {
			connected: false,
			since: this.#state.connected ? this.#now() : this.#state.since,
			error: "closed",
		};
		await connection?.close();
	}

	#connect(options: BrokerOptions): void {
		this.#connection = new RemoteConnection({
			url: this.url,
			clientId: this.#clientId,
			keepaliveS: this.#keepaliveS,
			protocolVersion: this.#protocolVersion,
			username: this.#username,
			password: this.#password,
			ca: this.#ca,
			filters: [...options.filters, ...this.#shared(options)],
			will: options.will,
			sessionExpiryS: this.#sessionExpiryS(),
			onMessage: options.onMessage,
			onReady: () => {
				this.#state = { connected: true, since: this.#now(), error: null };
				options.onConnect({ shares: this.#shares });
			},
			onEnd: (end) => this.#lose(options, end),
			setTimer: this.#setTimer,
		});
	}

	/** MQTT 3.1.1 has no shared subscriptions. */
	get #shares(): boolean {
		return this.#group === null || this.#protocolVersion === 5;
	}

	#shared({ shared = [] }: BrokerOptions): string[] {
		if (this.#group === null) return shared;
		return this.#shares ? shared.map((filter) => `$share/${this.#group}/${filter}`) : [];
	}

	#lose(options: BrokerOptions, { reason, versionRefused }: { reason: string; versionRefused: boolean }): void {
		this.#connection = null;
		if (versionRefused && this.#protocolVersion === 5) {
			this.#protocolVersion = 4;
			this.#connect(options);
			return;
		}
		this.#retryLater(options);
		const wasConnected = this.#state.connected;
		const error = wasConnected ? `lost ${this.url}: ${reason}` : `can't reach ${this.url}: ${reason}`;
		if (error === this.#state.error) return;
		this.#state = { connected: false, since: wasConnected ? this.#now() : this.#state.since, error };
		options.onDisconnect(error);
	}

	/**
	 * A connection that did not last (a handler that keeps failing, two gateways with one client id) is no success. One that did,
	 * on a link that comes and goes, is: waiting ever longer would lose more of such a link's time than its cuts do.
	 */
	#retryLater(options: BrokerOptions): void {
		const { connected, since } = this.#state;
		if (connected && this.#clock() - Date.parse(since) >= steadyMs) this.#retryMs = minRetryMs;
		const delayMs = this.#retryMs;
		this.#retryMs = Math.min(delayMs * 2, maxRetryMs);
		this.#cancelRetry = this.#setTimer(() => this.#connect(options), delayMs);
	}

	#now(): string {
		return new Date(this.#clock()).toISOString();
	}
}

/** A broker's URL without its secrets, and the secrets. The error never shows what it got: there may be a password in it. */
function parse(text: string): { url: string; username: string | undefined; password: string | undefined } {
	const url = URL.parse(text);
	if (url === null || !["mqtt:", "mqtts:", "ws:", "wss:"].includes(url.protocol) || url.hostname === "") {
		throw new TypeError(
			"a broker's URL must look like mqtt://host:1883, mqtts://host:8883, ws://host/path or wss://host/path",
		);
	}
	const username = url.username === "" ? undefined : decodeURIComponent(url.username);
	const password = url.password === "" ? undefined : decodeURIComponent(url.password);
	url.username = "";
	url.password = "";
	const clean = url.pathname === "/" ? url.href.replace(/\/$/, "") : url.href;
	return { url: clean, username, password };
}
