import fc from "fast-check";
import { MongoClient } from "mongodb";
import { describe, expect, test } from "vitest";
import { noSpots } from "../../gateway/lots/counters.ts";
import type { MongoStore } from "../../gateway/store/mongo.ts";
import { EntryIds } from "../../gateway/store/mongo-ids.ts";
import { appliedKeptMs } from "../../gateway/store/mongo-lots.ts";
import { collectionsOf } from "../../gateway/store/mongo-schema.ts";
import { BatchWriter } from "../../gateway/store/mongo-write.ts";
import { StoreError } from "../../gateway/store/store.ts";
import { storeContract } from "./contract.ts";
import { anyBatches, ModelStore, modelLots, withoutId, writeAll } from "./model.ts";
import { mongoDatabase } from "./mongo-database.ts";
import { aBatch, aBusySpot, aLot, anEntry, aSpot, later, noon } from "./records.ts";

const mongo = mongoDatabase();

/** In a stable sort: those of the same time stay as they are. */
const byTime = (a: { timestamp: string }, b: { timestamp: string }) =>
	Date.parse(a.timestamp) - Date.parse(b.timestamp);

storeContract("MongoStore", async () => {
	const store = await mongo.open();
	return {
		store,
		reopen: async () => {
			await store.close();
			return mongo.open();
		},
		// Closing and dropping is the database's own.
		cleanup: async () => {},
	};
});

describe("MongoStore", () => {
	describe("the database", () => {
		test("has the reference's collections and fields, with dates where times are, for other tools to read", async () => {
			const store = await mongo.open();
			await store.commit(aBatch({ lots: [aLot()], spots: [aBusySpot()], history: [anEntry()] }));
			expect(await mongo.db.collection("parking_lots").findOne({ lot_id: "LOT001" })).toMatchObject({
				lot_id: "LOT001",
				name: "Central Parking Tower",
				address: "1 Main Street",
				total_spots: 20,
				occupied_spots: 4,
				available_spots: 15,
				price_per_hour: 2.5,
			});
			expect(await mongo.db.collection("parking_spots").findOne({ spot_id: "SPOT002" })).toMatchObject({
				spot_id: "SPOT002",
				lot_id: "LOT001",
				occupied: true,
				distance: 35.25,
				manual_override: true,
				last_update: new Date(noon),
			});
			expect(await mongo.db.collection("parking_history").findOne({ lot_id: "LOT001" })).toMatchObject({
				spot_id: "SPOT001",
				lot_id: "LOT001",
				occupied: true,
				timestamp: new Date(noon),
			});
		});

		test("has the reference's indexes, and unique ones that begin with what a cluster is sharded by", async () => {
			await mongo.open();
			const indexesOf = async (collection: string) =>
				(await mongo.db.collection(collection).indexes())
					.map(({ key, unique }) => `${Object.keys(key).join()}${unique ? " unique" : ""}`)
					.filter((index) => !index.startsWith("_id"))
					.sort();
			expect(await indexesOf("parking_lots")).toEqual(["lot_id unique"]);
			expect(await indexesOf("parking_spots")).toEqual(["lot_id,spot_id unique", "spot_id"]);
			expect(await indexesOf("parking_history")).toEqual(["lot_id,report unique", "lot_id,spot_id,_id", "timestamp"]);
		});

		test("keeps what other tools add to a lot or a spot", async () => {
			const store = await mongo.open();
			await store.commit(aBatch({ lots: [aLot()], spots: [aSpot()] }));
			for (const collection of ["parking_lots", "parking_spots"]) {
				await mongo.db.collection(collection).updateOne({ lot_id: "LOT001" }, { $set: { theirs: 1 } });
			}
			const spots = [aSpot("LOT001", "SPOT001", { version: 2 })];
			await store.commit(aBatch({ lots: [aLot()], spots }));
			expect(await mongo.db.collection("parking_lots").findOne({})).toMatchObject({ theirs: 1 });
			expect(await mongo.db.collection("parking_spots").findOne({})).toMatchObject({ theirs: 1, version: 2 });
		});

		test("is refused when a newer version wrote it, and left as it is", async () => {
			await mongo.db.collection<{ _id: string }>("parkmate_meta").insertOne({ _id: "schema", version: 2 } as never);
			await expect(mongo.open()).rejects.toEqual(
				new StoreError(
					"STORE_NEWER",
					`${mongo.server.url}${mongo.name} has schema version 2, expected at most 1: a newer ParkMate wrote it; run that one`,
				),
			);
			expect(await mongo.db.listCollections().toArray()).toHaveLength(1);
		});

		test("is refused when another program's lots are in it", async () => {
			await mongo.db.collection("parking_lots").insertOne({ lot_id: "LOT001", name: "Theirs" });
			await expect(mongo.open()).rejects.toEqual(
				new StoreError(
					"STORE_FOREIGN",
					`${mongo.server.url}${mongo.name} has parking lots, but not ParkMate's: give the gateway another MONGODB_DB`,
				),
			);
		});

		test("may be made by two gateways at the same time", async () => {
			const [one, two] = await Promise.all([mongo.open(), mongo.open({ gateway: "parkmate-2" })]);
			await one.commit(aBatch({ lots: [aLot()] }));
			expect((await two.load()).lots).toEqual([aLot()]);
		});
	});

	describe("a lot's counters", () => {
		const lot = aLot("LOT001", { lot_version: 7, available_spots: 15, occupied_spots: 4 });
		const arrival = { ...noSpots(), available_spots: -1, occupied_spots: 1 };
		const move = { lot_id: "LOT001", steps: 2, counters: arrival };
		let store: MongoStore;

		const counters = async () => {
			const [loaded] = (await store.load()).lots;
			return [loaded?.lot_version, loaded?.available_spots, loaded?.occupied_spots, loaded?.total_spots];
		};
		/** What a gateway writes of steps at a spot; its own counters are those of its books, which may lag behind. */
		const step = (version: number) => aBatch({ moves: [move], spots: [aSpot("LOT001", "SPOT001", { version })] });

		test("are moved from what they are, whoever moved them before", async () => {
			store = await mongo.open();
			await store.commit(aBatch({ lots: [lot], spots: [aSpot()] }));
			await store.commit(step(2));
			await store.commit(step(3));
			expect(await counters()).toEqual([11, 13, 6, 20]);
		});

		test("are moved once by a batch that is repeated", async () => {
			store = await mongo.open();
			await store.commit(aBatch({ lots: [lot], spots: [aSpot()] }));
			const batch = step(2);
			await store.commit(batch);
			await store.commit(batch);
			expect(await counters()).toEqual([9, 14, 5, 20]);
		});

		test("remember who moved them, and forget who has not for a day when the books are loaded", async () => {
			store = await mongo.open({ gateway: "parkmate-gone" });
			await store.commit(aBatch({ lots: [lot], spots: [aSpot()] }));
			await store.commit(step(2));
			let now = Date.now();
			const other = await mongo.open({ gateway: "parkmate-2", clock: { now: () => now } });
			const movers = async () => Object.keys((await mongo.db.collection("parking_lots").findOne({}))?.applied);
			await other.load();
			expect(await movers()).toEqual(["parkmate-gone"]);
			now += appliedKeptMs + 2_000;
			await other.load();
			expect(await movers()).toEqual([]);
		});

		test("are counted from the spots when only some of a batch could be written", async () => {
			store = await mongo.open();
			await store.commit(aBatch({ lots: [lot], spots: [aSpot(), aSpot("LOT001", "SPOT002")] }));
			const parked = { version: 2, occupied: true, state: "occupied" } as const;
			const spots = [aSpot("LOT001", "SPOT001", parked), aSpot("LOT001", "SPOT002", { version: 9 })];
			await expect(store.commit(aBatch({ moves: [move], spots }))).rejects.toMatchObject({
				code: "STORE_STALE",
				spot: { spotId: "SPOT002" },
			});
			const [loaded] = (await store.load()).lots;
			expect(loaded).toMatchObject({ total_spots: 2, occupied_spots: 1, available_spots: 0, unknown_spots: 1 });
		});
	});

	describe("history", () => {
		test("is in the order of time, whatever was written first", async () => {
			const store = await mongo.open();
			const times = [5000, -3000, 0, 5000, 1000];
			await store.commit(
				aBatch({ history: times.map((ms, index) => anEntry({ timestamp: later(ms), distance: index })) }),
			);
			const entries = await store.history({ lot_id: "LOT001", limit: 10 });
			expect(entries.map(({ distance }) => distance)).toEqual([3, 0, 4, 2, 1]);
		});

		test("gets an entry without its spot once, though its batch is committed again", async () => {
			const store = await mongo.open();
			const batch = aBatch({ removedLots: ["LOT001"], history: [anEntry({ source: "override", action: "set" })] });
			await store.commit(batch);
			await store.commit(batch);
			expect(await store.history({ lot_id: "LOT001", limit: 10 })).toHaveLength(1);
		});

		test("goes on from page to page over entries of the same time, while more are added", async () => {
			const store = await mongo.open();
			await store.commit(aBatch({ history: Array.from({ length: 25 }, (_, index) => anEntry({ distance: index })) }));
			const seen: (number | null)[] = [];
			let before: string | undefined;
			for (let page = 0; page < 9; page++) {
				const entries = await store.history({ lot_id: "LOT001", limit: 3, before });
				seen.push(...entries.map(({ distance }) => distance));
				before = entries.at(-1)?.id;
				await store.commit(aBatch({ history: [anEntry({ distance: 100 + page })] }));
			}
			expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 24 - index));
		});

		test("of a lot is not that of one whose name begins alike", async () => {
			const store = await mongo.open();
			const lots = ["LOT1", "LOT10", "LOT1-", "LOT"];
			await store.commit(aBatch({ history: lots.map((lot_id) => anEntry({ lot_id })) }));
			for (const lot_id of lots) expect(await store.history({ lot_id, limit: 10 })).toHaveLength(1);
		});
	});

	test("holds after any valid batches, and after opening again, what the plain model holds", async () => {
		let run = 0;
		await fc.assert(
			fc.asyncProperty(anyBatches, async (drawn) => {
				const database = `${mongo.name}_${run++}`;
				let store = await mongo.open({ database });
				const model = new ModelStore();
				await writeAll(drawn, store, model);
				for (let openings = 0; openings < 2; openings++) {
					expect(await store.load()).toEqual(model.load());
					for (const lotId of modelLots) {
						const entries = await store.history({ lot_id: lotId, limit: 1000 });
						const said = model.history.filter(({ lot_id }) => lot_id === lotId);
						expect(entries.map(withoutId).toReversed()).toEqual(said.sort(byTime));
					}
					await store.close();
					store = await mongo.open({ database });
				}
				await store.close();
				await mongo.db.client.db(database).dropDatabase();
			}),
			{ numRuns: 10 },
		);
	}, 60_000);

	test("stores what many spots say in a handful of commands", async () => {
		const names = Array.from({ length: 150 }, (_, index) => `S${index}`);
		const store = await mongo.open();
		await store.commit(aBatch({ lots: [aLot()], spots: names.map((name) => aBusySpot("LOT001", name)) }));
		const client = new MongoClient(mongo.server.url, { monitorCommands: true });
		const commands: string[] = [];
		client.on("commandStarted", ({ commandName }) => commands.push(commandName));
		const writer = new BatchWriter({
			collections: collectionsOf(client.db(mongo.name)),
			ids: new EntryIds({ clock: { now: Date.now }, random: Math.random }),
			gateway: "parkmate-1",
		});
		await writer.write(
			aBatch({
				moves: [{ lot_id: "LOT001", steps: 150, counters: noSpots() }],
				spots: names.map((name) => aBusySpot("LOT001", name, { version: 2 })),
				history: names.map((spot_id, seq) => anEntry({ spot_id, board_id: "b", boot: 1, seq })),
			}),
		);
		await client.close();
		// Spots in two commands, then history and the lot; the last one ends the session.
		const writes = commands.filter((name) => name !== "endSessions");
		expect(writes.toSorted()).toEqual(["insert", "update", "update", "update"]);
		expect(await mongo.db.collection("parking_history").countDocuments()).toBe(150);
	}, 60_000);
});
