/**
 * In: a transport and what the page goes through. Out: texts as they come, and whether the line is open, closed or silent.
 * Never: looks into a text; says that anything is live.
 */
import type { Clock } from "./clock.ts";
import type { Page, Socket, Transport } from "./transport.ts";

/** Waits before the next try, in ms; the last one repeats. */
export const retryDelaysMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000] as const;
/** Each wait is longer or shorter by up to this share, so that not all browsers come back at once. */
export const retryJitter = 0.3;
/** A line that was good for this long has earned a quick first retry. */
export const steadyAfterMs = 30_000;
/** The gateway says something every 5 s: two beats lost and a bit more is silence. */
export const silenceMs = 12_000;
/** A line that stays silent this long is taken for dead and dialled anew. */
export const deadAfterMs = 30_000;
/** A try that takes longer has failed. */
export const dialTimeoutMs = 10_000;
/** The close code by which the gateway says that it has no such lot. */
export const unknownLotCode = 4404;

export type Link = "connecting" | "open" | "waiting";

export interface ConnectionOptions {
	url: string;
	transport: Transport;
	page: Page;
	clock: Clock;
	/** 0 to 1, like Math.random. */
	random: () => number;
	onText: (text: string) => void;
	/** After anything below has changed, and when the line falls silent. */
	onChange: () => void;
}

/** One WebSocket that comes back by itself. */
export class Connection {
	readonly #options: ConnectionOptions;
	readonly #stopListening: () => void;
	#socket: Socket | null = null;
	#timer = 0;
	#failures = 0;
	#openedAt = 0;
	link: Link = "waiting";
	/** When the open line was last heard, by the clock; null if not yet, or not since the network was lost. */
	heardAt: number | null = null;
	/** When the next try is due, by the clock; null while one is under way or the page is away. */
	nextTryAt: number | null = null;
	/** True when the last line was closed because the gateway has no such lot; it is asked again now and then. */
	refused = false;
	#closed = false;

	constructor(options: ConnectionOptions) {
		this.#options = options;
		this.#stopListening = options.page.listen({
			woke: () => this.#wake(),
			left: () => this.#hangUp(),
			lostNetwork: () => this.#doubt(),
		});
		this.#dial();
	}

	/** True while the line is open and was heard within {@link silenceMs}. */
	get isHeard(): boolean {
		return this.link === "open" && this.heardAt !== null && this.#options.clock.now() - this.heardAt <= silenceMs;
	}

	/** Dials at once instead of waiting. Does nothing while a line is open or being opened. */
	tryNow(): void {
		if (this.link === "waiting" && !this.#closed) this.#dial();
	}

	/** Sends if the line is open, else does nothing: what is said here is worthless later. */
	send(text: string): void {
		if (this.link === "open") this.#socket?.send(text);
	}

	/** Twice is fine. */
	close(): void {
		this.#closed = true;
		this.#stopListening();
		this.#drop();
	}

	#dial(): void {
		const { transport, url, clock } = this.#options;
		this.#drop();
		this.link = "connecting";
		this.#timer = clock.setTimeout(() => this.#lost(0), dialTimeoutMs);
		this.#socket = transport.connect(url, {
			opened: () => this.#opened(),
			received: (text) => this.#received(text),
			closed: (code) => this.#lost(code),
		});
		this.#options.onChange();
	}

	#opened(): void {
		this.link = "open";
		this.#openedAt = this.#options.clock.now();
		this.#watch(this.#openedAt);
		this.#options.onChange();
	}

	#received(text: string): void {
		const now = this.#options.clock.now();
		this.heardAt = now;
		if (now - this.#openedAt >= steadyAfterMs) this.#failures = 0;
		this.#watch(now);
		this.#options.onText(text);
		this.#options.onChange();
	}

	/** Looks again when a line last heard at `since` has become silent, and once more when it is dead. */
	#watch(since: number): void {
		const { clock, onChange } = this.#options;
		clock.clearTimeout(this.#timer);
		this.#timer = clock.setTimeout(
			() => {
				this.#timer = clock.setTimeout(() => this.#lost(0), deadAfterMs - silenceMs);
				onChange();
			},
			silenceMs + 1 - (clock.now() - since),
		);
	}

	#lost(code: number): void {
		const { clock, random } = this.#options;
		this.#drop();
		this.refused = code === unknownLotCode;
		if (this.refused) this.#failures = retryDelaysMs.length;
		const step = Math.min(this.#failures, retryDelaysMs.length - 1);
		const delayMs = (retryDelaysMs[step] ?? 0) * (1 - retryJitter + 2 * retryJitter * random());
		this.#failures += 1;
		this.nextTryAt = clock.now() + delayMs;
		this.#timer = clock.setTimeout(() => this.#dial(), delayMs);
		this.#options.onChange();
	}

	/** After a sleep the line may look open and be long dead: only one that was heard lately is kept. */
	#wake(): void {
		if (this.link === "open" && !this.isHeard) this.#drop();
		this.tryNow();
	}

	#hangUp(): void {
		this.#drop();
		this.#options.onChange();
	}

	#doubt(): void {
		this.heardAt = null;
		this.#options.onChange();
	}

	#drop(): void {
		this.#options.clock.clearTimeout(this.#timer);
		const socket = this.#socket;
		this.#socket = null;
		this.link = "waiting";
		this.heardAt = null;
		this.nextTryAt = null;
		socket?.close();
	}
}
