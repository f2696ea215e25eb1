/** Several gateways on one database, at the same time. */
import { beforeEach, describe, expect, test } from "vitest";
import { noSpots } from "../../gateway/lots/counters.ts";
import type { MongoStore } from "../../gateway/store/mongo.ts";
import { StaleError } from "../../gateway/store/store.ts";
import { mongodbUnguarded } from "../support/mongodb.ts";
import { mongoDatabase } from "./mongo-database.ts";
import { aBatch, aLot, anEntry, aSpot } from "./records.ts";

const mongo = mongoDatabase(mongodbUnguarded);
let one: MongoStore;
let two: MongoStore;

beforeEach(async () => {
	one = await mongo.open({ gateway: "parkmate-1" });
	two = await mongo.open({ gateway: "parkmate-2" });
});

/** What became of writes that were begun together: how many were done, and how many were stale. */
async function outcome(writes: Promise<void>[]): Promise<{ done: number; stale: number }> {
	const results = await Promise.allSettled(writes);
	const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
	for (const error of errors) if (!(error instanceof StaleError)) throw error;
	return { done: results.length - errors.length, stale: errors.length };
}

describe("of two gateways that write the same spot at once", () => {
	test("one writes each version, and only its entry is in history", async () => {
		await one.commit(aBatch({ lots: [aLot()], spots: [aSpot()] }));
		const write = (store: MongoStore, label: string, version: number) =>
			store.commit(
				aBatch({
					spots: [aSpot("LOT001", "SPOT001", { version, label })],
					history: [anEntry({ board_id: label, boot: 1, seq: version })],
				}),
			);
		for (let version = 2; version < 40; version++) {
			const both = await outcome([write(one, "one", version), write(two, "two", version)]);
			expect(both).toEqual({ done: 1, stale: 1 });
			const [spot] = (await one.load()).spots;
			const [newest] = await two.history({ lot_id: "LOT001", limit: 1 });
			expect([spot?.version, newest?.seq, newest?.board_id]).toEqual([version, version, spot?.label]);
		}
		expect(await one.history({ lot_id: "LOT001", limit: 100 })).toHaveLength(38);
	});

	test("one makes it", async () => {
		for (let round = 0; round < 20; round++) {
			const make = (store: MongoStore, label: string) =>
				store.commit(aBatch({ lots: [aLot()], spots: [aSpot("LOT001", `S${round}`, { label })] }));
			expect(await outcome([make(one, "one"), make(two, "two")])).toEqual({ done: 1, stale: 1 });
		}
		expect((await one.load()).spots).toHaveLength(20);
	});
});

test("a report that two gateways have heard is in history once", async () => {
	const report = anEntry({ board_id: "b", boot: 1, seq: 1 });
	for (let seq = 1; seq <= 20; seq++) {
		const batches = [one, two].map((store) => store.commit(aBatch({ history: [{ ...report, seq }] })));
		await Promise.all(batches);
	}
	expect(await one.history({ lot_id: "LOT001", limit: 100 })).toHaveLength(20);
});

test("the steps of two gateways at a lot add up", async () => {
	const spots = ["A", "B"].map((name) => aSpot("LOT001", name));
	await one.commit(aBatch({ lots: [aLot("LOT001", { lot_version: 1, ...noSpots() })], spots }));
	const steps = async (store: MongoStore, name: string) => {
		for (let version = 2; version < 32; version++) {
			const move = { lot_id: "LOT001", steps: 1, counters: { ...noSpots(), occupied_spots: 1 } };
			await store.commit(aBatch({ moves: [move], spots: [aSpot("LOT001", name, { version })] }));
		}
	};
	await Promise.all([steps(one, "A"), steps(two, "B")]);
	expect((await one.load()).lots[0]).toMatchObject({ lot_version: 61, occupied_spots: 60 });
});

describe("a lease", () => {
	test("is held by one of many who ask at once", async () => {
		for (let round = 0; round < 10; round++) {
			const asked = [one, two, one, two].map((store, index) => store.holdLease(`job-${round}`, `g${index}`, 60_000));
			expect((await Promise.all(asked)).filter((held) => held)).toHaveLength(1);
		}
	});

	test("is refused to others until it is over, and goes to one of them then", async () => {
		expect(await one.holdLease("job", "one", 60_000)).toBe(true);
		expect(await two.holdLease("job", "two", 60_000)).toBe(false);
		expect(await two.holdLease("other job", "two", 60_000)).toBe(true);
		// Renewed for no time at all: it is over at once.
		expect(await one.holdLease("job", "one", 0)).toBe(true);
		const taken = await Promise.all([two.holdLease("job", "two", 60_000), one.holdLease("job", "three", 60_000)]);
		expect(taken.filter((held) => held)).toHaveLength(1);
		expect(await one.holdLease("job", "one", 60_000)).toBe(false);
	});
});
