/**
 * In: tasks that change a draft of the books. Out: their results, once the store has them.
 * Never: two commits at a time; a result for what is not stored; a write over what another gateway wrote.
 *
 * Whatever arrives while one commit is under way goes into the next together, so that load makes batches
 * and an idle gateway adds no delay. Under load the world hears of one commit while the store writes the next.
 */
import type { Books } from "../lots/books.ts";
import { Draft, type Steps } from "../lots/draft.ts";
import type { SpotRecord } from "../lots/records.ts";
import { StaleError, type Store } from "../store/store.ts";
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

interface Done extends Waiting {
	result: unknown;
}

/** Runs the tasks on the draft; those that throw are rejected and left out. */
function run(waiting: readonly Waiting[], draft: Draft): Done[] {
	const done: Done[] = [];
	for (const { task, resolve, reject } of waiting) {
		try {
			done.push({ task, resolve, reject, result: task(draft) });
		} catch (error) {
			reject(error);
		}
	}
	return done;
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
	/** Lots that must be read again before the next commit. */
	readonly #outdated = new Set<string>();
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

	/** Takes these lots as the store has them, between two commits: another gateway wrote them, and nobody said what. */
	refresh(lotIds: Iterable<string>): Promise<void> {
		for (const lotId of lotIds) this.#outdated.add(lotId);
		if (this.#closed || this.#outdated.size === 0) return Promise.resolve();
		// Tasks are done in turn, and what is outdated before them.
		return this.submit(() => {});
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
	async #commit(waiting: Waiting[], tellBefore: () => void, tries = 0): Promise<() => void> {
		if (this.#outdated.size > 0) {
			tellBefore();
			return this.#commitAnew(waiting, tries);
		}
		const draft = new Draft(this.#books, tries > 0);
		const done = run(waiting, draft);
		if (draft.empty) tellBefore();
		else {
			const batch = draft.batch();
			const stored = this.#untilStored(() => this.#store.commit(batch));
			tellBefore();
			try {
				await stored;
			} catch (error) {
				if (error instanceof StaleError && !this.#closed) {
					for (const { lot_id } of [...batch.lots, ...batch.spots]) this.#outdated.add(lot_id);
					return this.#commitAnew(done, tries + 1);
				}
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

	/** Reads again what another gateway wrote, and runs the tasks on that. */
	async #commitAnew(waiting: Waiting[], tries: number): Promise<() => void> {
		try {
			// Whoever wins every time has its turn first.
			if (tries > 1) await this.#wait(retryMs[Math.min(tries, retryMs.length) - 2] ?? 100);
			await this.#refresh();
		} catch (error) {
			for (const { reject } of waiting) reject(error);
			return nothing;
		}
		return this.#commit(waiting, nothing, tries);
	}

	async #refresh(): Promise<void> {
		const lotIds = [...this.#outdated];
		this.#outdated.clear();
		const { lots, spots } = await this.#untilStored(() => this.#store.loadLots(lotIds));
		const found = new Map(lots.map((lot) => [lot.lot_id, { lot, spots: [] as SpotRecord[] }]));
		for (const spot of spots) found.get(spot.lot_id)?.spots.push(spot);
		const draft = new Draft(this.#books);
		for (const lotId of lotIds) draft.refresh(lotId, found.get(lotId) ?? null);
		this.#books.apply(draft.changes());
		this.#onCommit(draft.steps);
	}

	/** Tries until the store answers. The same batch again is safe: the store refuses to write a version twice. @throws StaleError */
	async #untilStored<T>(ask: () => Promise<T>): Promise<T> {
		for (let tries = 0; ; tries++) {
			try {
				const answer = await ask();
				if (this.#stalled !== null) this.#log.info({}, "the store takes writes again");
				this.#stalled = null;
				return answer;
			} catch (error) {
				if (error instanceof StaleError) throw error;
				const text = error instanceof Error ? error.message : String(error);
				if (this.#stalled === null) this.#log.error({ err: error }, `the store refuses writes: ${text}`);
				this.#stalled = text;
				if (this.#closed) throw error;
				await this.#wait(retryMs[Math.min(tries, retryMs.length - 1)] ?? 5000);
			}
		}
	}
}
