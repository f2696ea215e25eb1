/** A server that goes away, comes back, stands still, or lets nobody in. */
import { MongoClient, MongoError, MongoServerError } from "mongodb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MongoStore } from "../../gateway/store/mongo.ts";
import { toStoreError } from "../../gateway/store/mongo-errors.ts";
import { EntryIds } from "../../gateway/store/mongo-ids.ts";
import { placeOf } from "../../gateway/store/mongo-place.ts";
import { collectionsOf } from "../../gateway/store/mongo-schema.ts";
import { BatchWriter } from "../../gateway/store/mongo-write.ts";
import { StoreError } from "../../gateway/store/store.ts";
import { Network } from "../chaos/network.ts";
import { MongoServer, mongodbForgets, mongodbWithoutUsers } from "../support/mongodb.ts";
import { freePort } from "../support/mosquitto.ts";
import { until } from "../support/processes.ts";
import { mongoDatabase } from "./mongo-database.ts";
import { aBatch, aLot, anEntry, aSpot } from "./records.ts";

const mongo = mongoDatabase();
const timeoutMs = 400;

/** What the n-th commit writes: a spot's n-th version with an entry. */
function batchOf(version: number) {
	return aBatch({
		lots: version === 1 ? [aLot()] : [],
		spots: [aSpot("LOT001", "SPOT001", { version, label: `${version}` })],
		history: [anEntry({ board_id: "b", boot: 1, seq: version })],
	});
}

/** As the gateway does: again and again, until it is taken. @returns the codes of the refusals. */
async function untilTaken(store: MongoStore, version: number): Promise<string[]> {
	const batch = batchOf(version);
	const codes: string[] = [];
	await until(`commit ${version}`, async () => {
		try {
			await store.commit(batch);
			return true;
		} catch (error) {
			codes.push(error instanceof StoreError ? error.code : String(error));
			return false;
		}
	});
	return codes;
}

async function expectWritten(store: MongoStore, versions: number): Promise<void> {
	expect((await store.load()).spots[0]?.version).toBe(versions);
	const entries = await store.history({ lot_id: "LOT001", limit: 1000 });
	expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: versions }, (_, index) => versions - index));
}

describe("a connection", () => {
	let network: Network;
	let store: MongoStore;

	beforeEach(async () => {
		network = await Network.start(mongo.server.port);
		store = await mongo.open({ url: `mongodb://127.0.0.1:${network.port}/`, timeoutMs });
		await store.commit(batchOf(1));
	});
	afterEach(() => network.close());

	test("that is cut, and cut in the middle of a message, loses and doubles nothing", async () => {
		let version = 1;
		for (let cuts = 0; cuts < 6; cuts++) {
			const writing = untilTaken(store, ++version);
			await network.cut({ midPacket: cuts % 2 === 1 });
			await writing;
		}
		await expectWritten(store, version);
	});

	test("that swallows the answer: the batch is committed again, and written once", async () => {
		network.hush(["down"]);
		const [codes] = await Promise.all([
			untilTaken(store, 2),
			until("the write", () => mongo.db.collection("parking_spots").findOne({ version: 2 })).then(() =>
				network.unhush(),
			),
		]);
		expect(codes.length).toBeGreaterThan(0);
		await expectWritten(store, 2);
	});

	test("that is cut between two commands of a batch: what is written is not written again", async () => {
		const names = Array.from({ length: 200 }, (_, index) => `S${index}`);
		await store.commit(aBatch({ spots: names.map((name) => aSpot("LOT001", name)) }));
		const client = new MongoClient(`mongodb://127.0.0.1:${network.port}/`, {
			serverSelectionTimeoutMS: timeoutMs,
			monitorCommands: true,
		});
		const updates: number[] = [];
		client.on("commandStarted", ({ command }) => updates.push(command.updates?.length ?? 0));
		client.once("commandSucceeded", () => {
			network.open = false;
			void network.cut();
		});
		const ids = new EntryIds({ clock: { now: Date.now }, random: Math.random });
		const collections = collectionsOf(client.db(mongo.name));
		const writer = new BatchWriter({ collections, ids, gateway: "parkmate-1" });
		const batch = aBatch({
			spots: names.map((name) => aSpot("LOT001", name, { version: 2 })),
			history: names.map((spot_id, seq) => anEntry({ spot_id, board_id: "c", boot: 1, seq })),
		});
		try {
			await expect(writer.write(batch)).rejects.toThrow();
			network.open = true;
			updates.length = 0;
			// On a busy machine the driver takes a while to see that the server is back.
			const again = () =>
				writer.write(batch).then(
					() => true,
					() => false,
				);
			await until("the batch written", again, { everyMs: 100 });
		} finally {
			await client.close();
		}
		const written = updates.reduce((sum, length) => sum + length, 0);
		expect(written).toBeGreaterThan(0);
		expect(written).toBeLessThan(names.length);
		expect(await mongo.db.collection("parking_history").countDocuments({ board_id: "c" })).toBe(names.length);
	});

	test("that is gone makes every call end in time with STORE_UNREACHABLE, and is used again when it is back", async () => {
		network.open = false;
		await network.cut();
		for (const call of [() => store.ping(), () => store.load(), () => store.commit(batchOf(2))]) {
			const startMs = performance.now();
			await expect(call()).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
			expect(performance.now() - startMs).toBeLessThan(10 * timeoutMs);
		}
		network.open = true;
		await untilTaken(store, 2);
		await expectWritten(store, 2);
	});
});

describe("a server", () => {
	test("that stands still makes calls end in time with STORE_SLOW or STORE_UNREACHABLE, and takes them when it goes on", async () => {
		const store = await mongo.open({ timeoutMs });
		await store.commit(batchOf(1));
		mongo.server.freeze();
		try {
			const error = await store.commit(batchOf(2)).catch((reason: unknown) => reason);
			expect(["STORE_SLOW", "STORE_UNREACHABLE"]).toContain((error as StoreError).code);
		} finally {
			mongo.server.thaw();
		}
		await untilTaken(store, 2);
		await expectWritten(store, 2);
	});

	test("that is killed in the middle of commits and started again has all that it confirmed", async (ctx) => {
		ctx.skip(mongodbForgets !== null, mongodbForgets ?? "");
		const store = await mongo.open({ timeoutMs });
		let version = 0;
		for (let kills = 0; kills < 3; kills++) {
			for (let commits = 0; commits < 3; commits++) await untilTaken(store, ++version);
			const writing = untilTaken(store, ++version);
			await mongo.server.stop("SIGKILL");
			await mongo.server.restart();
			await writing;
		}
		await expectWritten(store, version);
	});

	test("that is not there is named in one line", async () => {
		const port = await freePort();
		await expect(mongo.open({ url: `mongodb://127.0.0.1:${port}/?directConnection=true`, timeoutMs })).rejects.toEqual(
			new StoreError(
				"STORE_UNREACHABLE",
				`can't open mongodb://127.0.0.1:${port}/${mongo.name}: it does not answer (connect ECONNREFUSED 127.0.0.1:${port})`,
			),
		);
	});

	test("that speaks no TLS where the URL asks for it is named in one line", async () => {
		await expect(mongo.open({ url: `${mongo.server.url}?tls=true`, timeoutMs })).rejects.toMatchObject({
			code: "STORE_TLS",
			message: expect.stringMatching(
				/^can't open mongodb:\/\/127\.0\.0\.1:\d+\/parkmate_\w+: no trusted TLS connection \(.*\)$/,
			),
		});
	});
});

describe("a server with users", () => {
	let server: MongoServer;
	const user = { name: "parkmate", password: "right/one" };
	const options = (credentials: string) => ({
		...mongo.options({ timeoutMs }),
		url: server.url.replace("//", `//${credentials}@`),
	});

	beforeEach(async (ctx) => {
		ctx.skip(mongodbWithoutUsers !== null, mongodbWithoutUsers ?? "");
		server = await MongoServer.start({ user });
		return () => server.close();
	});

	test("takes the right password", async () => {
		const store = await MongoStore.open(options(`${user.name}:${encodeURIComponent(user.password)}`));
		await store.commit(batchOf(1));
		await expectWritten(store, 1);
		await store.close();
	});

	test("refuses a wrong one, in one line without it", async () => {
		await expect(MongoStore.open(options("parkmate:wrong"))).rejects.toEqual(
			new StoreError(
				"STORE_DENIED",
				`can't open ${server.url}${mongo.name}: user name or password is wrong, or the user may not do this (Authentication failed.)`,
			),
		);
	});

	test("refuses who gives none", async () => {
		await expect(MongoStore.open({ ...options("x"), url: server.url })).rejects.toMatchObject({ code: "STORE_DENIED" });
	});
});

describe("an error", () => {
	const server = (code: number) => new MongoServerError({ code, message: "its own words" });

	test.each([
		[server(13), "STORE_DENIED", "user name or password is wrong, or the user may not do this"],
		[server(10107), "STORE_UNREACHABLE", "no server of it takes writes now"],
		[server(64), "STORE_UNCONFIRMED", "most of its servers did not confirm the write"],
		[server(14031), "STORE_FULL", "the disk is full"],
		[server(11000), "STORE_BUSY", "another gateway wrote the same at the same time"],
	])("of the server like %s has a code and a line of its own", (error, code, hint) => {
		const text = `can't write mongodb://h/db: ${hint} (its own words)`;
		expect(toStoreError("write", "mongodb://h/db", error)).toEqual(new StoreError(code, text));
	});

	test("that nobody foresaw says what it says", () => {
		const text = "can't write mongodb://h/db (odd)";
		expect(toStoreError("write", "mongodb://h/db", new MongoError("odd"))).toEqual(
			new StoreError("STORE_FAILED", text),
		);
	});

	test.each([
		["mongodb://me:secret@a:1,b:2/admin?tls=true", "mongodb://a:1,b:2/db"],
		["mongodb+srv://me:se/cr@et@cluster.example/?x=1", "mongodb+srv://cluster.example/db"],
		["mongodb://127.0.0.1", "mongodb://127.0.0.1/db"],
	])("names the place of %s as %s", (url, place) => {
		expect(placeOf(url, "db")).toBe(place);
	});

	test.each(["mongodb://me:se/cret@host/", "mongodb://me:secret@host/?foo=1", "mongodb://me:secret@"])(
		"about the URL %s does not tell its password",
		async (url) => {
			const error: unknown = await mongo.open({ url, timeoutMs }).catch((reason: unknown) => reason);
			expect(error).toMatchObject({ code: "STORE_REFUSED" });
			expect(String(error)).not.toMatch(/cret/);
		},
	);
});
