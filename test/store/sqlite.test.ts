import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteStore } from "../../gateway/store/sqlite.ts";
import { storeContract } from "./contract.ts";

storeContract("SqliteStore", async () => {
	const dataDir = mkdtempSync(join(tmpdir(), "parkmate-store-"));
	let store = await SqliteStore.open({ dataDir });
	return {
		store,
		reopen: async () => {
			await store.close();
			store = await SqliteStore.open({ dataDir });
			return store;
		},
		cleanup: async () => {
			await store.close();
			rmSync(dataDir, { recursive: true });
		},
	};
});
