/** The gateway's store on a disk that is full from the very start. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteStore } from "../../gateway/store/sqlite.ts";
import { Disk, diskMissing } from "./disk.ts";

describe("a store on a disk that has been full all along", () => {
	let disk: Disk | undefined;

	beforeEach((ctx) => {
		ctx.skip(diskMissing !== null, diskMissing ?? "");
		disk = Disk.mount();
	});

	afterEach(() => disk?.close());

	// Room for nothing, for the lock alone, for the tables but not for what SQLite shares between programs.
	it.each([0, 8_192, 16_384, 65_536])("says so with %d bytes left, and opens when there is room", async (bytes) => {
		const dataDir = join(disk?.path ?? "", "data");
		disk?.leave(bytes);
		const error = await SqliteStore.open({ dataDir }).catch((reason) => reason);
		expect(error).toMatchObject({ code: "STORE_FULL", message: expect.stringContaining(": the disk is full (") });
		disk?.makeRoom();
		const store = await SqliteStore.open({ dataDir });
		expect(await store.load()).toEqual({ lots: [], spots: [] });
		await store.close();
	});
});
