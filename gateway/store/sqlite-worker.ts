/** The thread of {@link SqliteThread}: opens the store, then does one call after the other. */
import { parentPort, workerData } from "node:worker_threads";
import { SqliteStore } from "./sqlite.ts";
import type { Answer, Call } from "./sqlite-thread.ts";
import { StaleError, type Store, StoreError } from "./store.ts";

const port = parentPort;
if (port === null) throw new Error("expected to run as a thread of the gateway");

async function answer(id: number, work: () => Promise<unknown>): Promise<void> {
	const answer: Answer = { id };
	try {
		answer.result = JSON.stringify(await work());
	} catch (error) {
		if (!(error instanceof StoreError)) throw error;
		answer.error = { code: error.code, message: error.message };
		if (error instanceof StaleError) answer.error.stale = error.spot;
	}
	port?.postMessage(answer);
}

let store: Store | null = null;
await answer(0, async () => {
	store = await SqliteStore.open(workerData as { dataDir: string });
});
// Without a listener there is nothing to wait for, and the thread ends.
if (store !== null) serve(store);

function serve(store: Store): void {
	port?.on("message", async ({ id, method, args }: Call) => {
		const call = store[method] as (...args: unknown[]) => Promise<unknown>;
		await answer(id, () => call.apply(store, JSON.parse(args) as unknown[]));
		if (method === "close") port?.close();
	});
}
