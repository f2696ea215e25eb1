import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase, SqliteStore } from "../../gateway/store/sqlite.ts";
import { DataFolder } from "../../gateway/store/sqlite-folder.ts";
import { historyParameters, historySql } from "../../gateway/store/sqlite-history.ts";
import { SqliteThread } from "../../gateway/store/sqlite-thread.ts";
import type { HistoryQuery, Store } from "../../gateway/store/store.ts";
import { storeContract } from "./contract.ts";
import { anyBatches, ModelStore, modelLots, withoutId, writeAll } from "./model.ts";
import { aBatch, aBusySpot, aLot, anEntry, aSpot, later, noon } from "./records.ts";

/** Opens a store of this kind in a folder of its own. */
const inNewFolder = (kind: { open(options: { dataDir: string }): Promise<Store> }) => async () => {
	const dataDir = mkdtempSync(join(tmpdir(), "parkmate-store-"));
	let store = await kind.open({ dataDir });
	return {
		store,
		reopen: async () => {
			await store.close();
			store = await kind.open({ dataDir });
			return store;
		},
		cleanup: async () => {
			await store.close();
			rmSync(dataDir, { recursive: true });
		},
	};
};

storeContract("SqliteStore", inNewFolder(SqliteStore));
storeContract("SqliteThread", inNewFolder(SqliteThread));

describe("SqliteStore", () => {
	let dataDir: string;
	let path: string;

	beforeEach(() => {
		dataDir = mkdtempSync(join(tmpdir(), "parkmate-store-"));
		path = join(dataDir, "parkmate.db");
	});
	afterEach(() => rmSync(dataDir, { recursive: true }));

	/** Runs `use` with another program's connection to the file. */
	function asAnotherProgram<T>(use: (database: DatabaseSync) => T): T {
		const database = new DatabaseSync(path, { timeout: 0 });
		try {
			return use(database);
		} finally {
			database.close();
		}
	}

	describe("the file", () => {
		test("has the reference's tables and fields, for other tools to read while the gateway runs", async () => {
			const store = await SqliteStore.open({ dataDir });
			const spot = aBusySpot();
			await store.commit(aBatch({ lots: [aLot()], spots: [spot], history: [anEntry()] }));
			asAnotherProgram((database) => {
				expect({
					...database
						.prepare(
							"SELECT lot_id, name, address, total_spots, occupied_spots, available_spots, price_per_hour FROM parking_lots",
						)
						.get(),
				}).toEqual({
					lot_id: "LOT001",
					name: "Central Parking Tower",
					address: "1 Main Street",
					total_spots: 20,
					occupied_spots: 4,
					available_spots: 15,
					price_per_hour: 2.5,
				});
				expect({
					...database
						.prepare("SELECT spot_id, lot_id, occupied, distance, manual_override, last_update FROM parking_spots")
						.get(),
				}).toEqual({
					spot_id: "SPOT002",
					lot_id: "LOT001",
					occupied: 1,
					distance: 35.25,
					manual_override: 1,
					last_update: noon,
				});
				expect({
					...database.prepare("SELECT spot_id, lot_id, occupied, timestamp FROM parking_history").get(),
				}).toEqual({
					spot_id: "SPOT001",
					lot_id: "LOT001",
					occupied: 1,
					timestamp: noon,
				});
			});
			await store.close();
		});

		test("syncs every commit to the disk, through a write-ahead log", async () => {
			const folder = DataFolder.take(dataDir);
			const database = openDatabase(folder);
			expect({ ...database.prepare("PRAGMA journal_mode").get() }).toEqual({ journal_mode: "wal" });
			expect({ ...database.prepare("PRAGMA synchronous").get() }).toEqual({ synchronous: 2 });
			expect({ ...database.prepare("PRAGMA foreign_keys").get() }).toEqual({ foreign_keys: 1 });
			await new SqliteStore({ folder, database }).close();
		});

		test("is made with its folder and the folder's parents", async () => {
			const deep = join(dataDir, "a", "b", "c");
			const store = await SqliteStore.open({ dataDir: deep });
			await store.commit(aBatch({ lots: [aLot()] }));
			await store.close();
			const again = await SqliteStore.open({ dataDir: deep });
			expect((await again.load()).lots).toEqual([aLot()]);
			await again.close();
		});
	});

	test("holds after any valid batches, and after opening again, what the plain model holds", async () => {
		await fc.assert(
			fc.asyncProperty(anyBatches, async (drawn) => {
				const folder = mkdtempSync(join(dataDir, "run-"));
				let store = await SqliteStore.open({ dataDir: folder });
				const model = new ModelStore();
				await writeAll(drawn, store, model);
				for (let openings = 0; openings < 2; openings++) {
					expect(await store.load()).toEqual(model.load());
					for (const lotId of modelLots) {
						const entries = await store.history({ lot_id: lotId, limit: 1000 });
						expect(entries.map(withoutId).toReversed()).toEqual(model.history.filter(({ lot_id }) => lot_id === lotId));
					}
					await store.close();
					store = await SqliteStore.open({ dataDir: folder });
				}
				await store.close();
			}),
			{ numRuns: 40 },
		);
	});

	describe("a batch with a stale spot", () => {
		test("is refused whole", async () => {
			const store = await SqliteStore.open({ dataDir });
			await store.commit(aBatch({ lots: [aLot()], spots: [aSpot()] }));
			const batch = aBatch({
				lots: [aLot("LOT001", { name: "changed" }), aLot("LOT002")],
				spots: [aSpot("LOT001", "SPOT002", { position: 1 }), aSpot("LOT001", "SPOT001", { version: 5 })],
				history: [anEntry()],
			});
			await expect(store.commit(batch)).rejects.toMatchObject({ code: "STORE_STALE" });
			expect(await store.load()).toEqual({ lots: [aLot()], spots: [aSpot()] });
			expect(await store.history({ lot_id: "LOT001", limit: 10 })).toEqual([]);
			await store.close();
		});

		test("is not taken for a repeated one when only some of its spots are as it says", async () => {
			const store = await SqliteStore.open({ dataDir });
			await store.commit(aBatch({ lots: [aLot()], spots: [aSpot()] }));
			const half = aBatch({ spots: [aBusySpot("LOT001", "SPOT002"), aSpot()] });
			await expect(store.commit(half)).rejects.toMatchObject({ code: "STORE_STALE" });
			expect((await store.load()).spots).toEqual([aSpot()]);
			await store.close();
		});
	});

	describe("history", () => {
		const base: HistoryQuery = { lot_id: "LOT001", limit: 10 };
		const range = { from: noon, to: later(1000) };

		test.each<[string, HistoryQuery, string]>([
			["of a lot", base, "parking_history_lot (lot_id=?)"],
			["of a lot, a later page", { ...base, before: "7" }, "parking_history_lot (lot_id=? AND rowid<?)"],
			["of a spot", { ...base, spot_id: "S" }, "parking_history_spot_timestamp (lot_id=? AND spot_id=?)"],
			[
				"of a spot, a later page",
				{ ...base, spot_id: "S", before: "7" },
				"parking_history_spot_timestamp (lot_id=? AND spot_id=?)",
			],
			[
				"of a lot between two times",
				{ ...base, ...range },
				"parking_history_lot_timestamp (lot_id=? AND timestamp_ms>? AND timestamp_ms<?)",
			],
			["of a lot since a time", { ...base, from: noon }, "parking_history_lot_timestamp (lot_id=? AND timestamp_ms>?)"],
			[
				"of a spot between two times",
				{ ...base, ...range, spot_id: "S" },
				"parking_history_spot_timestamp (lot_id=? AND spot_id=? AND timestamp_ms>? AND timestamp_ms<?)",
			],
		])("%s is found by an index", async (_, query, index) => {
			const folder = DataFolder.take(dataDir);
			const database = openDatabase(folder);
			const plan = database.prepare(`EXPLAIN QUERY PLAN ${historySql(query)}`).all(...historyParameters(query));
			const details = plan.map(({ detail }) => String(detail)).join("\n");
			expect(details).toContain(index);
			expect(details).not.toMatch(/\bSCAN\b/);
			await new SqliteStore({ folder, database }).close();
		});
	});

	describe("when it can't write", () => {
		let store: SqliteStore;

		beforeEach(async () => {
			store = await SqliteStore.open({ dataDir });
			await store.commit(aBatch({ lots: [aLot()], spots: [aSpot()] }));
		});
		afterEach(() => store.close());
		const next = aBatch({ spots: [aSpot("LOT001", "SPOT001", { version: 2 })], history: [anEntry()] });

		async function expectUnchangedThenWritable(): Promise<void> {
			expect((await store.load()).spots).toEqual([aSpot()]);
			expect(await store.history({ lot_id: "LOT001", limit: 10 })).toEqual([]);
		}

		test("as another program writes, says so, and writes later", async () => {
			const other = new DatabaseSync(path);
			other.exec("BEGIN IMMEDIATE");
			await expect(store.commit(next)).rejects.toMatchObject({
				code: "STORE_BUSY",
				message: `can't write ${path}: another program holds a write transaction on it (database is locked)`,
			});
			await expectUnchangedThenWritable();
			other.close();
			await store.commit(next);
			expect((await store.load()).spots).toEqual(next.spots);
		});

		test("as the disk is full, says so, keeps what it has, and writes when there is room", async () => {
			await store.close();
			const folder = DataFolder.take(dataDir);
			const database = openDatabase(folder);
			store = new SqliteStore({ folder, database });
			const pages = Number(database.prepare("PRAGMA page_count").get()?.page_count);
			database.exec(`PRAGMA max_page_count = ${pages}`);
			const large = aBatch({
				spots: next.spots,
				history: Array.from({ length: 500 }, (_, index) => anEntry({ reported_at: `${index}`.repeat(20) })),
			});
			await expect(store.commit(large)).rejects.toMatchObject({
				code: "STORE_FULL",
				message: `can't write ${path}: the disk is full (database or disk is full)`,
			});
			await expectUnchangedThenWritable();
			database.exec("PRAGMA max_page_count = 100000");
			await store.commit(large);
			expect(await store.history({ lot_id: "LOT001", limit: 1000 })).toHaveLength(500);
		});

		test("as a spot is in a lot that is not there, says that the data is at fault", async () => {
			const stray = aBatch({ spots: [aSpot("NOWHERE", "SPOT001")], history: [anEntry()] });
			await expect(store.commit(stray)).rejects.toMatchObject({ code: "STORE_REFUSED" });
			await expectUnchangedThenWritable();
		});

		test("as a time in history is none, says that the data is at fault", async () => {
			const odd = aBatch({ history: [anEntry({ timestamp: "noon" })] });
			await expect(store.commit(odd)).rejects.toMatchObject({
				code: "STORE_REFUSED",
				message: 'timestamp must be an ISO 8601 time, got "noon"',
			});
		});
	});
});
