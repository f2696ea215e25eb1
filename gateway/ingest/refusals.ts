/** Counts what was refused or odd, and logs each cause at most once a minute, with how many there were meanwhile. */

export interface Log {
	info(fields: object, message: string): void;
	warn(fields: object, message: string): void;
	error(fields: object, message: string): void;
}

export const quietMs = 60_000;

export class Refusals {
	readonly #clock: { now(): number };
	readonly #log: Log;
	readonly #causes = new Map<string, { count: number; loggedAt: number; loggedCount: number }>();

	constructor(options: { clock: { now(): number }; log: Log }) {
		this.#clock = options.clock;
		this.#log = options.log;
	}

	/** `cause` is one of a small fixed set of words; `fields` and `message` describe this one case. */
	count(cause: string, fields: object, message: string): void {
		const now = this.#clock.now();
		const known = this.#causes.get(cause) ?? { count: 0, loggedAt: Number.NEGATIVE_INFINITY, loggedCount: 0 };
		this.#causes.set(cause, known);
		known.count++;
		if (now - known.loggedAt < quietMs) return;
		const since = known.count - known.loggedCount;
		known.loggedAt = now;
		known.loggedCount = known.count;
		this.#log.warn({ cause, count: since, ...fields }, message);
	}

	/** Since the start, by cause. */
	counts(): Record<string, number> {
		return Object.fromEntries([...this.#causes].map(([cause, { count }]) => [cause, count]));
	}
}
