import { describe, expect, test } from "vitest";
import { maxWaitingTasks, retryMs, Writer } from "../../../gateway/ingest/writer.ts";
import type { Draft, Steps } from "../../../gateway/lots/draft.ts";
import { DomainError } from "../../../gateway/lots/errors.ts";
import { override } from "../../../gateway/lots/manage.ts";
import type { LotRecord } from "../../../gateway/lots/records.ts";
import { StaleError, StoreError } from "../../../gateway/store/store.ts";
import { booksWithLot, FakeStore, MemoryLog, noon } from "../books.ts";

function setUp() {
	const books = booksWithLot(5);
	const store = new FakeStore();
	const log = new MemoryLog();
	const told: Steps[] = [];
	const waits: number[] = [];
	const pauses: (() => void)[] = [];
	const writer = new Writer({
		books,
		store,
		log,
		wait: (ms) => {
			waits.push(ms);
			return new Promise((resolve) => pauses.push(resolve));
		},
		onCommit: (steps) => told.push(steps),
	});
	return { books, store, log, told, waits, pauses, writer };
}

const occupy = (spotId: string) => (draft: Draft) => override(draft, "LOT001", spotId, { occupied: true }, noon);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the writer", () => {
	test("resolves a task once the store has it, and not before", async () => {
		const { books, store, writer, told } = setUp();
		let release = () => {};
		store.held = new Promise((resolve) => {
			release = resolve;
		});
		let done = false;
		const written = writer.submit(occupy("SPOT001")).then(() => {
			done = true;
		});
		await turn();
		expect(done).toBe(false);
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("unknown");
		expect(told).toEqual([]);
		release();
		await written;
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("occupied");
		expect(told).toHaveLength(1);
	});

	test("commits a lone task at once and what arrives meanwhile together", async () => {
		const { store, writer } = setUp();
		let release = () => {};
		store.held = new Promise((resolve) => {
			release = resolve;
		});
		const all = [writer.submit(occupy("SPOT001"))];
		await turn();
		for (const spot of ["SPOT002", "SPOT003", "SPOT004"]) all.push(writer.submit(occupy(spot)));
		release();
		await Promise.all(all);
		expect(store.batches.map((batch) => batch.spots.length)).toEqual([1, 3]);
	});

	test("tells of one commit while the store is at work on the next, and of the last at once", async () => {
		const { store, writer, told } = setUp();
		const toldAtStart: number[] = [];
		let release = () => {};
		const commit = store.commit.bind(store);
		store.commit = (batch) => {
			toldAtStart.push(told.length);
			return commit(batch);
		};
		store.held = new Promise((resolve) => {
			release = resolve;
		});
		const all = [writer.submit(occupy("SPOT001"))];
		await turn();
		all.push(writer.submit(occupy("SPOT002")));
		release();
		await Promise.all(all);
		expect(toldAtStart).toEqual([0, 0]);
		expect(told.map(({ spots }) => spots.map(({ spot }) => spot.spot_id))).toEqual([["SPOT001"], ["SPOT002"]]);
	});

	test("rejects a task that throws and commits the others of its batch", async () => {
		const { store, writer } = setUp();
		const bad = writer.submit(occupy("NOPE"));
		const good = writer.submit(occupy("SPOT001"));
		await expect(bad).rejects.toThrow(DomainError);
		await good;
		expect(store.batches).toHaveLength(1);
	});

	test("stores nothing for tasks that change nothing, and still tells what may be forgotten", async () => {
		const { store, writer, told } = setUp();
		await writer.submit((draft) => draft.acknowledge({ board_id: "b", boot: 1, seq: 1 }));
		expect(store.batches).toEqual([]);
		expect(told[0]?.stored).toEqual([{ board_id: "b", boot: 1, seq: 1 }]);
	});

	test("holds everything while the store refuses, says so once, and goes on by itself", async () => {
		const { store, writer, waits, pauses, log } = setUp();
		store.failing = new StoreError("STORE_FULL", "the disk is full");
		const written = writer.submit(occupy("SPOT001"));
		for (let tries = 0; tries < 8; tries++) {
			await turn();
			expect(writer.state.stalled).toBe("the disk is full");
			pauses.shift()?.();
		}
		expect(waits.slice(0, 7)).toEqual([...retryMs, retryMs.at(-1)]);
		store.failing = null;
		await turn();
		pauses.shift()?.();
		await written;
		expect(writer.state.stalled).toBeNull();
		expect(log.lines.map((line) => line.message)).toEqual([
			"the store refuses writes: the disk is full",
			"the store takes writes again",
		]);
	});

	test("reads again what another gateway wrote, tells of it, and runs its tasks on that", async () => {
		const { books, store, writer, told, pauses } = setUp();
		const lot = { ...(books.lot("LOT001") as LotRecord), lot_version: 8 };
		const spots = books.spots("LOT001").map((spot) => ({ ...spot, version: 4, state: "free" as const }));
		store.loadLots = async () => ({ lots: [lot], spots });
		const commit = store.commit.bind(store);
		let refusals = 2;
		store.commit = async (batch) => {
			if (refusals-- > 0) throw new StaleError("LOT001", "SPOT001", 2);
			return commit(batch);
		};
		let runs = 0;
		const written = writer.submit((draft) => {
			runs++;
			return occupy("SPOT001")(draft);
		});
		await turn();
		// It lost twice: whoever wins every time has its turn first.
		await expect.poll(() => pauses.length).toBe(1);
		pauses.shift()?.();
		await written;
		expect(runs).toBe(3);
		expect(store.batches.map((batch) => batch.spots.map(({ version }) => version))).toEqual([[5]]);
		expect(books.spot("LOT001", "SPOT001")).toMatchObject({ state: "occupied", version: 5 });
		expect(books.lot("LOT001")).toMatchObject({ lot_version: 9, available_spots: 4, occupied_spots: 1 });
		expect(told.map(({ refreshed, spots }) => [refreshed.size, spots.length])).toEqual([
			[1, 0],
			[1, 0],
			[0, 1],
		]);
	});

	test("refuses what is too much to wait while the store stands still, and writes the rest", async () => {
		const { store, writer, pauses } = setUp();
		store.failing = new StoreError("STORE_FULL", "the disk is full");
		const note = (draft: Draft) => draft.acknowledge({ board_id: "b", boot: 1, seq: 1 });
		const all: Promise<unknown>[] = [writer.submit(occupy("SPOT001"))];
		await turn();
		for (let task = 0; task < maxWaitingTasks; task++) all.push(writer.submit(note));
		await expect(writer.submit(note)).rejects.toThrow("at most 20000 changes to wait for the store: the disk is full");
		expect(writer.state.waiting).toBe(maxWaitingTasks);
		store.failing = null;
		pauses.shift()?.();
		await Promise.all(all);
		expect(writer.state.waiting).toBe(0);
	});

	test("rejects, unwritten, what the store refuses while the gateway closes", async () => {
		const { books, store, writer, pauses } = setUp();
		store.failing = new StoreError("STORE_FULL", "the disk is full");
		const written = writer.submit(occupy("SPOT001"));
		const refused = expect(written).rejects.toThrow("the disk is full");
		await turn();
		const closed = writer.close();
		pauses.shift()?.();
		await closed;
		await refused;
		expect(books.spot("LOT001", "SPOT001")?.state).toBe("unknown");
		await expect(writer.submit(occupy("SPOT002"))).rejects.toThrow("closing");
	});
});
