/**
 * {@link SqliteStore} in a thread of its own: while it writes and waits for the disk, the gateway hears, decides and tells.
 * Calls and answers cross as JSON text, which costs a fraction of a structured clone; what a store takes and gives is plain data.
 */
import { Worker } from "node:worker_threads";
import type { HistoryEntry } from "../contract/resources.ts";
import type { Batch, LotRecord, SpotRecord } from "../lots/records.ts";
import { type HistoryQuery, type LotVersion, StaleError, type Store, StoreError } from "./store.ts";

/** To the thread. */
export interface Call {
	id: number;
	method: Exclude<keyof Store, "kind">;
	/** A JSON array. */
	args: string;
}

/** From the thread: the result as JSON text where there is one, or the error. `id` 0 is the opening. */
export interface Answer {
	id: number;
	result?: string;
	error?: { code: string; message: string; stale?: StaleError["spot"] };
}

interface Waiting {
	resolve(result: string | undefined): void;
	reject(error: StoreError): void;
}

export class SqliteThread implements Store {
	readonly kind = "sqlite";
	readonly #worker: Worker;
	readonly #waiting = new Map<number, Waiting>();
	readonly #ended: Promise<void>;
	#calls = 0;
	#closed: Promise<void> | null = null;

	private constructor(dataDir: string) {
		// No listener for "error": what nobody foresaw ends the process, as it would in the main thread.
		this.#worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), { workerData: { dataDir } });
		this.#worker.on("message", (answer: Answer) => this.#take(answer));
		this.#ended = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
	}

	/** As {@link SqliteStore.open}. */
	static async open({ dataDir }: { dataDir: string }): Promise<SqliteThread> {
		const thread = new SqliteThread(dataDir);
		await new Promise<unknown>((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
		return thread;
	}

	load(): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		return this.#ask("load");
	}

	loadLots(lotIds: string[]): Promise<{ lots: LotRecord[]; spots: SpotRecord[] }> {
		return this.#ask("loadLots", lotIds);
	}

	lotVersions(): Promise<LotVersion[]> {
		return this.#ask("lotVersions");
	}

	holdLease(name: string, holder: string, ms: number): Promise<boolean> {
		return this.#ask("holdLease", name, holder, ms);
	}

	commit(batch: Batch): Promise<void> {
		return this.#ask("commit", batch);
	}

	history(query: HistoryQuery): Promise<HistoryEntry[]> {
		return this.#ask("history", query);
	}

	hasHeldData(): Promise<boolean> {
		return this.#ask("hasHeldData");
	}

	ping(): Promise<void> {
		return this.#ask("ping");
	}

	/** Finishes what was asked before. */
	close(): Promise<void> {
		if (this.#closed === null) {
			const asked = this.#ask<void>("close");
			this.#closed = asked.then(() => this.#ended);
		}
		return this.#closed;
	}

	async #ask<T>(method: Call["method"], ...args: unknown[]): Promise<T> {
		if (this.#closed !== null) throw new StoreError("STORE_CLOSED", `can't ${method}: the store is closed`);
		const call: Call = { id: ++this.#calls, method, args: JSON.stringify(args) };
		const result = await new Promise<string | undefined>((resolve, reject) => {
			this.#waiting.set(call.id, { resolve, reject });
			this.#worker.postMessage(call);
		});
		return (result === undefined ? undefined : JSON.parse(result)) as T;
	}

	#take({ id, result, error }: Answer): void {
		const waiting = this.#waiting.get(id);
		this.#waiting.delete(id);
		if (error === undefined) waiting?.resolve(result);
		else if (error.stale === undefined) waiting?.reject(new StoreError(error.code, error.message));
		else waiting?.reject(new StaleError(error.stale.lotId, error.stale.spotId, error.stale.version));
	}
}
