/** What a gateway that dies in the middle of a commit leaves behind: a spot with entries that history lacks. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Document } from "mongodb";
import { beforeEach, describe, expect, test } from "vitest";
import type { MongoStore } from "../../gateway/store/mongo.ts";
import { Program } from "../support/processes.ts";
import { mongoDatabase } from "./mongo-database.ts";
import { aBatch, aLot, anEntry, aSpot, later } from "./records.ts";

const mongo = mongoDatabase();

describe("an entry that only its spot carries, as the gateway died", () => {
	const lot = aLot();
	const spot = aSpot();
	const changed = aSpot("LOT001", "SPOT001", { version: 2 });
	const batch = aBatch({ spots: [changed], history: [anEntry({ distance: 1 }), anEntry({ distance: 2 })] });
	let store: MongoStore;

	const distances = async (from: MongoStore, spot_id?: string) =>
		(await from.history({ lot_id: "LOT001", spot_id, limit: 10 })).map(({ distance }) => distance);
	const inHistory = () => mongo.db.collection("parking_history").countDocuments();

	beforeEach(async () => {
		store = await mongo.open();
		await store.commit(aBatch({ lots: [lot], spots: [spot, aSpot("LOT001", "SPOT002")] }));
		await store.commit(batch);
		// As it was before the second of the commit's steps.
		await mongo.db.collection("parking_history").deleteMany({});
		expect(await inHistory()).toBe(0);
	});

	test("is in history once the books are loaded", async () => {
		const other = await mongo.open({ gateway: "parkmate-2" });
		await other.load();
		expect(await inHistory()).toBe(2);
		await other.load();
		expect(await inHistory()).toBe(2);
	});

	test("is in history once its lot is loaded", async () => {
		await store.loadLots(["LOT002"]);
		expect(await inHistory()).toBe(0);
		await store.loadLots(["LOT001"]);
		expect(await inHistory()).toBe(2);
	});

	test.each([
		["of its lot", undefined],
		["of its spot", "SPOT001"],
	])("is on the page %s that anybody reads", async (_, spotId) => {
		expect(await distances(store, spotId)).toEqual([2, 1]);
		expect(await inHistory()).toBe(2);
	});

	test("is on no page that it does not belong to", async () => {
		expect(await distances(store, "SPOT002")).toEqual([]);
		expect(await store.history({ lot_id: "LOT001", from: later(1), limit: 10 })).toEqual([]);
		expect(await store.history({ lot_id: "LOT001", to: later(0), limit: 10 })).toEqual([]);
		expect(await inHistory()).toBe(0);
	});

	test("is in history, once, when the batch is committed again", async () => {
		await store.commit(batch);
		expect(await inHistory()).toBe(2);
		expect(await distances(store)).toEqual([2, 1]);
	});

	test.each([
		["spot", { removedSpots: [{ lot_id: "LOT001", spot_id: "SPOT001" }] }],
		["lot", { removedLots: ["LOT001"] }],
	])("is in history after its %s was removed", async (_, removal) => {
		await store.commit(aBatch(removal));
		expect(await inHistory()).toBe(2);
	});

	test("gives way to those of the next version, which whoever loaded the spot writes", async () => {
		const other = await mongo.open({ gateway: "parkmate-2" });
		const [loaded] = (await other.load()).spots;
		if (loaded === undefined) throw new Error("expected a spot");
		const next = aBatch({ spots: [{ ...loaded, version: 3 }], history: [anEntry({ distance: 3 })] });
		await other.commit(next);
		const carried = (await mongo.db.collection("parking_spots").findOne({ spot_id: "SPOT001" })) as Document;
		expect(carried.pending.map((entry: Document) => entry.distance)).toEqual([3]);
		expect(await distances(other)).toEqual([3, 2, 1]);
	});
});

/** {@link file://./mongo-child.ts}, which commits in a loop. */
function start(): { child: Program; lines: AsyncIterator<string> } {
	const { url, database } = mongo.options();
	const child = new Program("child", process.execPath, ["test/store/mongo-child.ts", url, database], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	return { child, lines: linesOf(child.child) };
}

function linesOf({ stdout }: ChildProcess): AsyncIterator<string> {
	if (stdout === null) throw new Error("no output to read");
	return createInterface(stdout)[Symbol.asyncIterator]();
}

test("kill -9 in the middle of commits loses nothing that was confirmed, doubles nothing, and parts no spot from its history", async () => {
	let confirmed = 0;
	for (let kills = 0; kills < 6; kills++) {
		const { child, lines } = start();
		const until = confirmed + 2 + kills;
		while (confirmed < until) {
			const { value, done } = await lines.next();
			if (done) throw child.complaint("it ended by itself");
			confirmed = Number(value);
		}
		child.kill("SIGKILL");
		await child.ended;
		const store = await mongo.open();
		const { spots } = await store.load();
		for (const spot of spots) {
			expect(spot.version).toBeGreaterThanOrEqual(confirmed);
			expect(spot.version).toBeLessThanOrEqual(confirmed + 1);
			const entries = await store.history({ lot_id: "LOT001", spot_id: spot.spot_id, limit: 1000 });
			const seqs = entries.map(({ seq }) => seq).reverse();
			expect(seqs).toEqual(Array.from({ length: spot.version }, (_, index) => index + 1));
		}
		confirmed = Math.min(...spots.map(({ version }) => version));
		await store.close();
	}
});
