/** What a data folder goes through: second gateways, damage, kill -9. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteStore } from "../../gateway/store/sqlite.ts";
import { StoreError } from "../../gateway/store/store.ts";
import { aBatch, aBusySpot, aLot, anEntry, aSpot } from "./records.ts";

let dataDir: string;
let path: string;

beforeEach(() => {
	dataDir = mkdtempSync(join(tmpdir(), "parkmate-folder-"));
	path = join(dataDir, "parkmate.db");
});
afterEach(() => rmSync(dataDir, { recursive: true }));

/** A store with some hundred entries, closed. */
async function fill(): Promise<void> {
	const store = await SqliteStore.open({ dataDir });
	const history = Array.from({ length: 400 }, (_, index) => anEntry({ board_id: "b", boot: 1, seq: index + 1 }));
	await store.commit(aBatch({ lots: [aLot()], spots: [aSpot(), aBusySpot()], history }));
	await store.close();
}

/** The StoreError that opening ends with. */
async function refusal(): Promise<{ code: string; message: string }> {
	const opened = await SqliteStore.open({ dataDir }).catch((error: unknown) => error);
	if (opened instanceof SqliteStore) {
		await opened.close();
		return { code: "it opened", message: "" };
	}
	if (!(opened instanceof StoreError)) throw opened;
	expect(opened.message).not.toContain("\n");
	return { code: opened.code, message: opened.message };
}

/** Starts the program that commits in a loop; `lines` are the numbers of what was acknowledged. */
function startWriter(): { child: ChildProcess; lines: AsyncIterator<string> } {
	const script = join(import.meta.dirname, "crash-child.ts");
	const child = spawn(process.execPath, [script, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
	if (child.stdout === null) throw new Error("no output to read");
	return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function killHard(child: ChildProcess): Promise<void> {
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	await gone;
}

describe("a data folder", () => {
	test("is refused to a second gateway, in a line that names the folder, the process and the way out", async () => {
		const first = await SqliteStore.open({ dataDir });
		expect(await refusal()).toEqual({
			code: "STORE_LOCKED",
			message: `${dataDir} is in use by another gateway (process ${process.pid}): stop that one, give this one another DATA_DIR, or run both on MongoDB (MONGODB_URL)`,
		});
		await first.commit(aBatch({ lots: [aLot()] }));
		await first.close();
	});

	test("is free again after closing", async () => {
		await (await SqliteStore.open({ dataDir })).close();
		const second = await SqliteStore.open({ dataDir });
		await second.ping();
		await second.close();
		expect(existsSync(join(dataDir, "parkmate.pid"))).toBe(false);
	});

	test("is refused while another process holds it, and free once that was killed", async () => {
		const { child, lines } = startWriter();
		await lines.next();
		expect(await refusal()).toMatchObject({ code: "STORE_LOCKED", message: expect.stringContaining(`${child.pid}`) });
		await killHard(child);
		const store = await SqliteStore.open({ dataDir });
		await store.close();
	});

	test("is free after a start that failed", async () => {
		writeFileSync(path, "not a database, and long enough to look like one".repeat(20));
		expect(await refusal()).toMatchObject({ code: "STORE_DAMAGED" });
		rmSync(path);
		const store = await SqliteStore.open({ dataDir });
		await store.close();
	});

	test("that can't be made is told with its path", async () => {
		const file = join(dataDir, "file");
		writeFileSync(file, "");
		const inside = join(file, "data");
		await expect(SqliteStore.open({ dataDir: inside })).rejects.toMatchObject({
			code: "STORE_UNWRITABLE",
			message: expect.stringContaining(`can't make the data folder ${inside}: a part of the path is a file`),
		});
		await expect(SqliteStore.open({ dataDir: file })).rejects.toMatchObject({ code: "STORE_UNWRITABLE" });
	});

	test("that can't be written is told with its path", async (context) => {
		context.skip(process.getuid?.() === 0, "root may write everywhere");
		const locked = join(dataDir, "locked");
		mkdirSync(locked);
		chmodSync(locked, 0o500);
		await expect(SqliteStore.open({ dataDir: locked })).rejects.toMatchObject({
			code: "STORE_UNWRITABLE",
			message: expect.stringContaining(locked),
		});
		chmodSync(locked, 0o700);
	});
});

describe("a database file that", () => {
	test.each([1, 15, 16, 99, 100, 4095, 4096, 4097, 8192, 20_000])("was cut to %i bytes is refused", async (length) => {
		await fill();
		truncateSync(path, length);
		const { code, message } = await refusal();
		expect(code).toBe("STORE_DAMAGED");
		expect(message).toContain(path);
		expect(message).toContain("backup");
		expect(statSync(path).size).toBe(length);
	});

	test("lost its last page is refused", async () => {
		await fill();
		truncateSync(path, statSync(path).size - 4096);
		expect(await refusal()).toMatchObject({ code: "STORE_DAMAGED" });
	});

	test("is empty where data was is refused", async () => {
		await fill();
		truncateSync(path, 0);
		expect(await refusal()).toEqual({
			code: "STORE_DAMAGED",
			message: `${path} is empty, but parkmate.marker beside it says that it has held data: put it back from a backup, or remove parkmate.marker to start anew without that data`,
		});
	});

	test("has no tables where data was is refused", async () => {
		await fill();
		rmSync(path);
		const fresh = new DatabaseSync(path);
		fresh.exec("VACUUM; PRAGMA journal_mode = WAL");
		fresh.close();
		expect(await refusal()).toMatchObject({
			code: "STORE_DAMAGED",
			message: expect.stringContaining(`${path} is without tables, but parkmate.marker beside it says`),
		});
	});

	test("is missing where data was is refused, until the marker is removed by hand", async () => {
		await fill();
		rmSync(path);
		const marker = join(dataDir, "parkmate.marker");
		expect(await refusal()).toMatchObject({
			code: "STORE_DAMAGED",
			message: expect.stringContaining(`${path} is missing`),
		});
		expect(existsSync(path)).toBe(false);
		rmSync(marker);
		const store = await SqliteStore.open({ dataDir });
		expect(await store.load()).toEqual({ lots: [], spots: [] });
		await store.close();
	});

	// SQLite takes a file of one byte for an empty one.
	test.each([0, 1])(
		"was cut to %i bytes after a crash is refused, and its write-ahead log is left alone",
		async (length) => {
			const { child, lines } = startWriter();
			await lines.next();
			await killHard(child);
			rmSync(join(dataDir, "parkmate.marker"));
			truncateSync(path, length);
			const logBytes = statSync(`${path}-wal`).size;
			expect(await refusal()).toMatchObject({
				code: "STORE_DAMAGED",
				message: expect.stringContaining("parkmate.db-wal"),
			});
			expect(statSync(`${path}-wal`).size).toBe(logBytes);
		},
	);

	test("is empty as a first start was cut short is made anew", async () => {
		writeFileSync(path, "");
		const store = await SqliteStore.open({ dataDir });
		expect(await store.hasHeldData()).toBe(false);
		await store.close();
	});

	test.each([
		["a text", "Dear diary,\n".repeat(1000)],
		["zeros", Buffer.alloc(40_960)],
		["a short text", "hello"],
	])("is %s is refused, and stays as it is", async (_, content) => {
		writeFileSync(path, content);
		const { code, message } = await refusal();
		expect(code).toBe("STORE_DAMAGED");
		expect(message).toContain(`can't open ${path}: the file is not a database: put it back from a backup`);
		expect(readFileSync(path)).toEqual(Buffer.from(content));
	});

	test("is another program's is refused, and stays as it is", async () => {
		const other = new DatabaseSync(path);
		other.exec("CREATE TABLE recipes (name TEXT)");
		other.close();
		const before = readFileSync(path);
		expect(await refusal()).toEqual({
			code: "STORE_DAMAGED",
			message: `${path} is a database, but not one of ParkMate's: move it away, or give the gateway another DATA_DIR`,
		});
		expect(readFileSync(path)).toEqual(before);
	});

	test("a newer ParkMate wrote is refused", async () => {
		await fill();
		const newer = new DatabaseSync(path);
		newer.exec("PRAGMA user_version = 2");
		newer.close();
		expect(await refusal()).toEqual({
			code: "STORE_NEWER",
			message: `${path} has schema version 2, expected at most 1: a newer ParkMate wrote it; run that one`,
		});
	});

	test("has flipped bits is refused, or read as far as SQLite can tell", async () => {
		await fill();
		const whole = readFileSync(path);
		let refused = 0;
		let flips = 0;
		for (let at = 0; at < whole.length; at += 997) {
			for (const name of ["parkmate.db-wal", "parkmate.db-shm"]) rmSync(join(dataDir, name), { force: true });
			const flipped = Buffer.from(whole);
			for (let bit = 0; bit < 64; bit++)
				flipped[(at + bit) % whole.length] = ~(flipped[(at + bit) % whole.length] ?? 0);
			writeFileSync(path, flipped);
			flips += 1;
			try {
				const store = await SqliteStore.open({ dataDir });
				await store.load().finally(() => store.close());
			} catch (error) {
				expect(error).toBeInstanceOf(StoreError);
				refused += 1;
			}
		}
		// Flips in unused space or in a value's own bytes leave a database that is well formed.
		expect(refused / flips).toBeGreaterThan(0.3);
	});

	test("is moved away while in use stops every commit, until it is back", async () => {
		const store = await SqliteStore.open({ dataDir });
		await store.commit(aBatch({ lots: [aLot()], spots: [aSpot()] }));
		const elsewhere = join(dataDir, "elsewhere.db");
		renameSync(path, elsewhere);
		const next = aBatch({ spots: [aSpot("LOT001", "SPOT001", { version: 2 })] });
		const moved = {
			code: "STORE_MOVED",
			message: `${path} was moved or replaced while in use: put it back, or restart`,
		};
		await expect(store.commit(next)).rejects.toMatchObject(moved);
		await expect(store.ping()).rejects.toMatchObject(moved);
		copyFileSync(elsewhere, path);
		await expect(store.commit(next)).rejects.toMatchObject(moved);
		renameSync(elsewhere, path);
		await store.commit(next);
		await store.close();
	});

	test("was copied here without its marker is marked when it is opened", async () => {
		await fill();
		rmSync(join(dataDir, "parkmate.marker"));
		const store = await SqliteStore.open({ dataDir });
		expect(await store.hasHeldData()).toBe(true);
		await store.close();
		truncateSync(path, 0);
		expect(await refusal()).toMatchObject({ code: "STORE_DAMAGED" });
	});
});

test("after kill -9 at any moment everything acknowledged is there, and nothing half", {
	timeout: 60_000,
}, async () => {
	let acknowledged = 0;
	for (let round = 1; round <= 10; round++) {
		const { child, lines } = startWriter();
		for (let line = 0; line < round * 7; line++) acknowledged = Number((await lines.next()).value);
		await killHard(child);
		// What it printed before it died counts as well.
		for (let { value } = await lines.next(); value !== undefined; { value } = await lines.next())
			acknowledged = Number(value);
		const store = await SqliteStore.open({ dataDir });
		const { lots, spots } = await store.load();
		const version = spots[0]?.version ?? 0;
		expect(version).toBeGreaterThanOrEqual(acknowledged);
		expect(version).toBeLessThanOrEqual(acknowledged + 1);
		expect([lots[0]?.lot_version, ...spots.flatMap((spot) => [spot.version, spot.label])]).toEqual([
			version,
			version,
			`${version}`,
			version,
			`${version}`,
		]);
		const history = await store.history({ lot_id: "LOT001", limit: 100_000 });
		expect(history.map(({ seq }) => seq)).toEqual(
			Array.from({ length: version * 2 }, (_, index) => version * 2 - index),
		);
		await store.close();
		acknowledged = version;
	}
	expect(acknowledged).toBeGreaterThan(300);
});
