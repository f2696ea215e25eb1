/**
 * In: tasks that change a draft of the books. Out: their results, once the store has them.
 * Never: two commits at a time; a result for what is not stored.
 *
 * Whatever arrives while one commit is under way goes into the next together, so that load makes batches
 * and an idle gateway adds no delay. Under load the world hears of one commit while the store writes the next.
 */
import { type Books, Draft, type Steps } from "../lots/books.ts";
import type { Store } from "../store/store.ts";
import type { Log } from "./refusals.ts";

/** Tasks in one commit. Each page of the store that several of them touch is written once; more of them would make the ones behind them wait. */
export const maxBatchTasks = 1000;

/**
 * Tasks that may wait, while the store stands still. Whoever brings more is refused: its connection ends unacknowledged, and it
 * brings them again. Else each reconnection to a broker in that time would add another thousand that are here already.
 */
export const maxWaitingTasks = 20_000;

/** Waits between tries of a commit that the store refuses, the last one for all further tries. */
export const retryMs = [100, 250, 500, 1000, 2000, 5000] as const;

export type Task<T> = (draft: Draft) => T;

export interface WriterState {
	/** Null while the store takes what it is given, else why it does not. */
	stalled: string | null;
	/** Tasks that wait for their commit. */
	waiting: number;
	commits: number;
}

interface Waiting {
	task: Task<unknown>;
	resolve(result: unknown): void;
	reject(error: unknown): void;
}

const nothing = (): void => {};

/** The one who writes. Reports, overrides and changes to lots all come through here, so their order is one. */
export class Writer {
	readonly #books: Books;
	readonly #store: Store;
	readonly #log: Log;
	readonly #wait: (ms: number) => Promise<void>;
	readonly #onCommit: (steps: Steps) => void;
	#queue: Waiting[] = [];
	#running: Promise<void> | null = null;
	#stalled: string | null = null;
	#commits = 0;
	#closed = false;

	/** `onCommit` hears of every commit after it, in order, before the next one changes the books; `wait` is a timer that can be cut short by {@link close}. */
	constructor(options: {
		books: Books;
		store: Store;
		log: Log;
		wait: (ms: number) => Promise<void>;
		onCommit: (steps: Steps) => void;
	}) {
		this.#books = options.books;
		this.#store = options.store;
		this.#log = options.log;
		this.#wait = options.wait;
		this.#onCommit = options.onCommit;
	}

	get state(): WriterState {
		return { stalled: this.#stalled, waiting: this.#queue.length, commits: this.#commits };
	}

	/**
	 * Runs the task on a draft and resolves with what it returned, once that draft is stored. A task that throws rejects with its error,
	 * so it must throw before it changes the draft. While the store refuses, tasks wait; more than {@link maxWaitingTasks} are refused.
	 */
	submit<T>(task: Task<T>): Promise<T> {
		if (this.#closed) return Promise.reject(new Error("the gateway is closing; nothing more is written"));
		if (this.#queue.length >= maxWaitingTasks) {
			const why = this.#stalled ?? "the store is slower than what comes in";
			return Promise.reject(new Error(`expected at most ${maxWaitingTasks} changes to wait for the store: ${why}`));
		}
		return new Promise<T>((resolve, reject) => {
			this.#queue.push({ task, resolve: resolve as (result: unknown) => void, reject });
			this.#running ??= this.#run();
		});
	}

	/** Finishes what was submitted, if the store takes it at once; what it does not take is rejected, unacknowledged. */
	async close(): Promise<void> {
		this.#closed = true;
		await this.#running;
	}

	async #run(): Promise<void> {
		// Let everything that arrived in this turn of the event loop join the first batch.
		await Promise.resolve();
		let tell = nothing;
		while (this.#queue.length > 0) {
			tell = await this.#commit(this.#queue.splice(0, maxBatchTasks), tell);
			if (this.#queue.length > 0) continue;
			tell();
			tell = nothing;
		}
		this.#running = null;
	}

	/**
	 * Commits what waits. The batch before is told of while the store is at work on this one.
	 * @returns what tells of this one.
	 */
	async #commit(waiting: Waiting[], tellBefore: () => void): Promise<() => void> {
		const draft = new Draft(this.#books);
		const done: { resolve(result: unknown): void; reject(error: unknown): void; result: unknown }[] = [];
		for (const { task, resolve, reject } of waiting) {
			try {
				done.push({ resolve, reject, result: task(draft) });
			} catch (error) {
				reject(error);
			}
		}
		if (draft.empty) tellBefore();
		else {
			const batch = draft.batch();
			const stored = this.#untilStored(() => this.#store.commit(batch));
			tellBefore();
			try {
				await stored;
			} catch (error) {
				for (const { reject } of done) reject(error);
				return nothing;
			}
			this.#commits++;
		}
		this.#books.apply(draft.changes());
		return () => {
			for (const { resolve, result } of done) resolve(result);
			this.#onCommit(draft.steps);
		};
	}

	/** Tries until the store takes it. The same batch again is safe: the store refuses to write a version twice. */
	async #untilStored(commit: () => Promise<void>): Promise<void> {
		for (let tries = 0; ; tries++) {
			try {
				await commit();
				if (this.#stalled !== null) this.#log.info({}, "the store takes writes again");
				this.#stalled = null;
				return;
			} catch (error) {
				const text = error instanceof Error ? error.message : String(error);
				if (this.#stalled === null) this.#log.error({ err: error }, `the store refuses writes: ${text}`);
				this.#stalled = text;
				if (this.#closed) throw error;
				await this.#wait(retryMs[Math.min(tries, retryMs.length - 1)] ?? 5000);
			}
		}
	}
}
