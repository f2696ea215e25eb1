/** What every store must do. Each store's test file calls {@link storeContract} with a way to open a fresh one. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noSpots } from "../../gateway/lots/counters.ts";
import { type Store, StoreError } from "../../gateway/store/store.ts";
import { aBatch, aBusySpot, aLot, anEntry, aSpot, later, noon } from "./records.ts";

export interface OpenStore {
	store: Store;
	/** Closes the store if it is open, and opens another one on the same data. */
	reopen(): Promise<Store>;
	/** Closes whatever is open and removes the data. */
	cleanup(): Promise<void>;
}

const lot = aLot();
const spot = aSpot();

/** The code of the StoreError that `promise` rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
	const error = await promise.then(
		() => new Error("it resolved"),
		(reason: unknown) => reason,
	);
	return error instanceof StoreError ? error.code : `not a StoreError: ${error}`;
}

export function storeContract(name: string, open: () => Promise<OpenStore>): void {
	describe(`${name} as a store`, () => {
		let opened: OpenStore;
		let store: Store;

		beforeEach(async () => {
			opened = await open();
			store = opened.store;
		});
		afterEach(() => opened.cleanup());

		describe("books", () => {
			test("are empty at first", async () => {
				expect(await store.load()).toEqual({ lots: [], spots: [] });
				expect(await store.history({ lot_id: "LOT001", limit: 10 })).toEqual([]);
				expect(await store.hasHeldData()).toBe(false);
			});

			test("come back with every field as it was", async () => {
				const batch = aBatch({ lots: [lot], spots: [spot, aBusySpot()] });
				await store.commit(batch);
				expect(await store.load()).toEqual({ lots: batch.lots, spots: batch.spots });
			});

			test("are the same after opening again", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot, aBusySpot()], history: [anEntry()] }));
				const before = [await store.load(), await store.history({ lot_id: "LOT001", limit: 10 })];
				store = await opened.reopen();
				expect([await store.load(), await store.history({ lot_id: "LOT001", limit: 10 })]).toEqual(before);
			});

			test("come lots by id, and spots by lot and position", async () => {
				const spots = [
					aSpot("LOT002", "B", { position: 1 }),
					aSpot("LOT001", "Z", { position: 0 }),
					aSpot("LOT002", "C", { position: 0 }),
					aSpot("LOT001", "A", { position: 1 }),
				];
				await store.commit(aBatch({ lots: [aLot("LOT002"), aLot("LOT001")], spots }));
				const loaded = await store.load();
				expect(loaded.lots.map((each) => each.lot_id)).toEqual(["LOT001", "LOT002"]);
				expect(loaded.spots.map((each) => each.spot_id)).toEqual(["Z", "A", "C", "B"]);
			});

			test("keep spots of the same name in two lots apart", async () => {
				const spots = [aSpot("LOT001", "S", { label: "here" }), aSpot("LOT002", "S", { label: "there" })];
				await store.commit(aBatch({ lots: [aLot("LOT001"), aLot("LOT002")], spots }));
				expect((await store.load()).spots.map((each) => each.label)).toEqual(["here", "there"]);
			});

			test("take an empty batch as done", async () => {
				await store.commit(aBatch());
				expect(await store.hasHeldData()).toBe(false);
			});

			test("have a lot replaced, its spots untouched", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot] }));
				const renamed = aLot("LOT001", { name: "Tower", lot_version: 8 });
				await store.commit(aBatch({ lots: [renamed] }));
				expect(await store.load()).toEqual({ lots: [renamed], spots: [spot] });
			});

			test("have a lot's counters and version moved by what the steps at its spots did", async () => {
				await store.commit(aBatch({ lots: [lot, aLot("LOT002")], spots: [spot] }));
				const counters = { ...noSpots(), available_spots: -2, occupied_spots: 1, unknown_spots: 1 };
				const moves = [{ lot_id: "LOT001", steps: 3, counters }];
				const next = aSpot("LOT001", "SPOT001", { version: 2 });
				await store.commit(aBatch({ moves, spots: [next] }));
				const moved = {
					lot_version: lot.lot_version + 3,
					available_spots: lot.available_spots - 2,
					occupied_spots: lot.occupied_spots + 1,
					unknown_spots: lot.unknown_spots + 1,
				};
				expect(await store.load()).toEqual({ lots: [{ ...lot, ...moved }, aLot("LOT002")], spots: [next] });
			});

			test("move a lot once, however often its batch is repeated", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot] }));
				const moves = [{ lot_id: "LOT001", steps: 1, counters: noSpots() }];
				const batch = aBatch({ moves, spots: [aSpot("LOT001", "SPOT001", { version: 2 })] });
				await store.commit(batch);
				await store.commit(batch);
				expect((await store.load()).lots).toEqual([{ ...lot, lot_version: lot.lot_version + 1 }]);
			});

			test("forget a removed spot", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot, aBusySpot()] }));
				await store.commit(aBatch({ removedSpots: [{ lot_id: "LOT001", spot_id: "SPOT002" }] }));
				expect((await store.load()).spots).toEqual([spot]);
			});

			test("forget a removed lot with its spots, but not its history", async () => {
				const other = [aLot("LOT002"), aSpot("LOT002", "SPOT001")] as const;
				await store.commit(aBatch({ lots: [lot, other[0]], spots: [spot, other[1]], history: [anEntry()] }));
				await store.commit(aBatch({ removedLots: ["LOT001"] }));
				expect(await store.load()).toEqual({ lots: [other[0]], spots: [other[1]] });
				expect(await store.history({ lot_id: "LOT001", limit: 10 })).toHaveLength(1);
			});

			test("take a lot removed and made anew in one batch, its spots at version 1", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot] }));
				await store.commit(aBatch({ spots: [aSpot("LOT001", "SPOT001", { version: 2, label: "old" })] }));
				await store.commit(aBatch({ removedLots: ["LOT001"], lots: [lot], spots: [spot] }));
				expect(await store.load()).toEqual({ lots: [lot], spots: [spot] });
			});

			test("remember that they held data after the last lot is gone", async () => {
				await store.commit(aBatch({ lots: [lot] }));
				await store.commit(aBatch({ removedLots: ["LOT001"] }));
				expect(await store.hasHeldData()).toBe(true);
				store = await opened.reopen();
				expect(await store.hasHeldData()).toBe(true);
			});
		});

		describe("the version guard", () => {
			beforeEach(() => store.commit(aBatch({ lots: [lot], spots: [spot] })));

			test("takes the next version", async () => {
				const next = aSpot("LOT001", "SPOT001", { version: 2, occupied: true, state: "occupied" });
				await store.commit(aBatch({ spots: [next] }));
				expect((await store.load()).spots).toEqual([next]);
			});

			test.each([
				["the same version with another content", 1],
				["a version too far ahead", 3],
			])("refuses %s", async (_, version) => {
				const change = aSpot("LOT001", "SPOT001", { version, label: "changed" });
				expect(await codeOf(store.commit(aBatch({ spots: [change] })))).toBe("STORE_STALE");
				expect((await store.load()).spots).toEqual([spot]);
			});

			test("refuses a later version of a spot that is not there", async () => {
				const change = aSpot("LOT001", "SPOT009", { version: 2 });
				expect(await codeOf(store.commit(aBatch({ spots: [change] })))).toBe("STORE_STALE");
			});

			test("lets a spot that is stale and its history be, whatever else is in the batch", async () => {
				const fresh = aSpot("LOT001", "SPOT002", { position: 1 });
				const stale = aSpot("LOT001", "SPOT001", { version: 5 });
				const batch = aBatch({ spots: [fresh, stale], history: [anEntry()] });
				expect(await codeOf(store.commit(batch))).toBe("STORE_STALE");
				expect((await store.load()).spots[0]).toEqual(spot);
				expect(await store.history({ lot_id: "LOT001", spot_id: "SPOT001", limit: 10 })).toEqual([]);
			});

			test("says which spot and which version", async () => {
				const change = aSpot("LOT001", "SPOT001", { version: 5 });
				await expect(store.commit(aBatch({ spots: [change] }))).rejects.toThrow(
					"spot LOT001/SPOT001: expected version 4 in the store, got another",
				);
			});
		});

		describe("a batch repeated because its outcome was not known", () => {
			test("is taken as done when it was written, and adds no history", async () => {
				const made = aBatch({ lots: [lot], spots: [spot, aBusySpot()] });
				const changed = aBatch({
					lots: [aLot("LOT001", { lot_version: 8 })],
					spots: [aSpot("LOT001", "SPOT001", { version: 2 }), aBusySpot("LOT001", "SPOT002", { version: 2 })],
					history: [anEntry(), anEntry({ spot_id: "SPOT002", board_id: "b", boot: 1, seq: 1 })],
				});
				for (const batch of [made, made, changed, changed]) await store.commit(batch);
				expect(await store.load()).toEqual({ lots: changed.lots, spots: changed.spots });
				expect(await store.history({ lot_id: "LOT001", limit: 10 })).toHaveLength(2);
			});

			test("is refused when another was written instead", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot, aBusySpot()] }));
				await store.commit(aBatch({ spots: [aSpot("LOT001", "SPOT001", { version: 2, label: "theirs" })] }));
				const ours = aBatch({ spots: [aSpot("LOT001", "SPOT001", { version: 2, label: "ours" })] });
				expect(await codeOf(store.commit(ours))).toBe("STORE_STALE");
			});

			test("removes what is gone already without a word", async () => {
				await store.commit(aBatch({ lots: [lot], spots: [spot] }));
				const removal = aBatch({
					removedLots: ["LOT001"],
					removedSpots: [{ lot_id: "LOT009", spot_id: "SPOT001" }],
				});
				await store.commit(removal);
				await store.commit(removal);
				expect(await store.load()).toEqual({ lots: [], spots: [] });
			});
		});

		describe("history", () => {
			const pageOf = async (query: Partial<Parameters<Store["history"]>[0]>) =>
				(await store.history({ lot_id: "LOT001", limit: 100, ...query })).map((entry) => entry.distance);

			/** Entries that are told apart by their distance. */
			const fill = (entries: Parameters<typeof anEntry>[0][]) =>
				store.commit(aBatch({ history: entries.map((entry, index) => anEntry({ distance: index + 1, ...entry })) }));

			test("comes with every field as it was", async () => {
				const plain = anEntry();
				const full = anEntry({
					source: "override",
					action: "set",
					override: { occupied: false, reserved: false, until: null, reason: null, by: null, at: noon },
					reported_at: "2026-05-04T14:00:00+02:00",
					board_id: "board-1",
					boot: 2,
					seq: 99,
					distance: null,
				});
				await store.commit(aBatch({ history: [plain, full] }));
				const entries = await store.history({ lot_id: "LOT001", limit: 10 });
				expect(entries.map(({ id: _, ...entry }) => entry)).toEqual([full, plain]);
			});

			test("comes newest first", async () => {
				await fill([{}, { timestamp: later(1000) }]);
				await fill([{ distance: 3, timestamp: later(2000) }]);
				expect(await pageOf({})).toEqual([3, 2, 1]);
			});

			test("comes in the order of writing where times are equal", async () => {
				await fill([{}, {}]);
				await fill([{ distance: 3 }]);
				expect(await pageOf({})).toEqual([3, 2, 1]);
			});

			test("of a spot comes with what each of its versions added", async () => {
				const made = aBatch({ lots: [lot], spots: [spot] });
				const versions = [2, 3, 4].map((version) =>
					aBatch({
						spots: [aSpot("LOT001", "SPOT001", { version })],
						history: [anEntry({ distance: version * 10 }), anEntry({ distance: version * 10 + 1 })],
					}),
				);
				for (const batch of [made, ...versions]) await store.commit(batch);
				expect(await pageOf({ spot_id: "SPOT001" })).toEqual([41, 40, 31, 30, 21, 20]);
			});

			test("gives each entry an id of its own", async () => {
				await fill([{}, {}, {}]);
				const ids = (await store.history({ lot_id: "LOT001", limit: 10 })).map((entry) => entry.id);
				expect(new Set(ids).size).toBe(3);
			});

			test("ends a page at its limit and goes on before its last id", async () => {
				await fill([{}, {}, {}, {}, {}]);
				const first = await store.history({ lot_id: "LOT001", limit: 2 });
				const second = await store.history({ lot_id: "LOT001", limit: 2, before: first[1]?.id });
				const third = await store.history({ lot_id: "LOT001", limit: 2, before: second[1]?.id });
				expect([first, second, third].map((page) => page.map((entry) => entry.distance))).toEqual([
					[5, 4],
					[3, 2],
					[1],
				]);
			});

			test("is of one lot only", async () => {
				await fill([{}, { lot_id: "LOT002" }, {}]);
				expect(await pageOf({})).toEqual([3, 1]);
			});

			test("is of one spot only when one is named", async () => {
				await fill([{}, { spot_id: "SPOT002" }, { lot_id: "LOT002" }, {}]);
				expect(await pageOf({ spot_id: "SPOT001" })).toEqual([4, 1]);
			});

			test("takes from as at or after, and to as before", async () => {
				await fill([0, 1000, 2000, 3000].map((ms) => ({ timestamp: later(ms) })));
				expect(await pageOf({ from: later(1000), to: later(3000) })).toEqual([3, 2]);
				expect(await pageOf({ from: later(3000) })).toEqual([4]);
				expect(await pageOf({ to: later(1000) })).toEqual([1]);
			});

			test("compares times, not their texts", async () => {
				await fill([
					{ timestamp: "2026-05-04T11:59:59.999Z" },
					{ timestamp: "2026-05-04T14:00:00+02:00" },
					{ timestamp: "2026-05-04T12:00:00Z" },
				]);
				expect(await pageOf({ from: "2026-05-04T08:00:00-04:00" })).toEqual([3, 2]);
			});

			test("joins all its filters", async () => {
				await fill([0, 1, 2, 3, 4, 5].map((ms) => ({ timestamp: later(ms), spot_id: `SPOT${ms % 2}` })));
				const before = (await store.history({ lot_id: "LOT001", limit: 1 }))[0]?.id;
				expect(await pageOf({ spot_id: "SPOT1", from: later(2), to: later(6), before, limit: 5 })).toEqual([4]);
			});

			test("has one entry for a report that comes twice, in one batch or in two", async () => {
				const report = { board_id: "b", boot: 1, seq: 7 };
				await fill([report, report, { timestamp: later(1) }]);
				await fill([report, { timestamp: later(2) }]);
				expect(await pageOf({})).toEqual([2, 3, 1]);
			});

			test("keeps reports apart that differ in board, boot or seq", async () => {
				await fill([
					{ board_id: "b", boot: 1, seq: 7 },
					{ board_id: "c", boot: 1, seq: 7 },
					{ board_id: "b", boot: 2, seq: 7 },
					{ board_id: "b", boot: 1, seq: 8 },
				]);
				expect(await pageOf({})).toEqual([4, 3, 2, 1]);
			});

			test("keeps every entry of sensors that give no name, number or both", async () => {
				await fill([{}, {}, { board_id: "b" }, { board_id: "b" }]);
				expect(await pageOf({})).toEqual([4, 3, 2, 1]);
			});

			test.each([
				["an id that no entry can have", { before: "not an id" }],
				["a time that is none", { from: "yesterday" }],
				["a limit below 1", { limit: 0 }],
			])("refuses %s", async (_, query) => {
				expect(await codeOf(store.history({ lot_id: "LOT001", limit: 10, ...query }))).toBe("STORE_REFUSED");
			});
		});

		describe("what another gateway may have changed", () => {
			test("is told by each lot's version", async () => {
				await store.commit(aBatch({ lots: [lot, aLot("LOT002", { lot_version: 12 })] }));
				const versions = await store.lotVersions();
				expect(versions.toSorted((a, b) => a.lot_version - b.lot_version)).toEqual([
					{ lot_id: "LOT001", lot_version: 7 },
					{ lot_id: "LOT002", lot_version: 12 },
				]);
			});

			test("is loaded for some lots only", async () => {
				const lots = ["LOT001", "LOT002", "LOT003"].map((lotId) => aLot(lotId));
				const spots = lots.flatMap(({ lot_id }) => [aSpot(lot_id, "Z"), aBusySpot(lot_id, "A")]);
				await store.commit(aBatch({ lots, spots }));
				expect(await store.loadLots(["LOT003", "LOT001", "LOT009"])).toEqual({
					lots: [lots[0], lots[2]],
					spots: [spots[0], spots[1], spots[4], spots[5]],
				});
				expect(await store.loadLots([])).toEqual({ lots: [], spots: [] });
			});

			test("is up to who holds a lease, and holds it again", async () => {
				expect(await store.holdLease("ingest", "gateway-1", 60_000)).toBe(true);
				expect(await store.holdLease("ingest", "gateway-1", 60_000)).toBe(true);
			});
		});

		describe("its end", () => {
			test("answers a ping until it is closed", async () => {
				await store.ping();
				await store.close();
				expect(await codeOf(store.ping())).toBe("STORE_CLOSED");
			});

			test("refuses work after closing, with a StoreError", async () => {
				await store.close();
				expect(await codeOf(store.commit(aBatch({ lots: [lot] })))).toBe("STORE_CLOSED");
				expect(await codeOf(store.load())).toBe("STORE_CLOSED");
			});

			test("may be closed twice", async () => {
				await store.close();
				await store.close();
			});
		});
	});
}
