/** For tests of the store: one server for a test file, and a database of its own for each test. */
import { randomUUID } from "node:crypto";
import { type Db, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { MongoStore, type MongoStoreOptions } from "../../gateway/store/mongo.ts";
import { MongoServer, mongodbMissing } from "../support/mongodb.ts";

export interface MongoDatabase {
	readonly server: MongoServer;
	readonly name: string;
	/** As another program sees it. */
	readonly db: Db;
	options(changes?: Partial<MongoStoreOptions>): MongoStoreOptions;
	/** Closed when the test is over. */
	open(changes?: Partial<MongoStoreOptions>): Promise<MongoStore>;
}

/** Registers what the tests of this file need; they are skipped where `missing` says why. */
export function mongoDatabase(missing: string | null = mongodbMissing): MongoDatabase {
	let server: MongoServer | null = null;
	let client: MongoClient | null = null;
	let name = "";
	let stores: MongoStore[] = [];

	const running = () => {
		if (server === null || client === null) throw new Error("the server is there within tests only");
		return { server, client };
	};
	const options = (changes: Partial<MongoStoreOptions> = {}): MongoStoreOptions => ({
		url: running().server.url,
		database: name,
		gateway: "parkmate-1",
		clock: { now: Date.now },
		random: Math.random,
		...changes,
	});

	beforeAll(async () => {
		if (missing !== null) return;
		server = await MongoServer.start();
		client = new MongoClient(server.url);
	});
	afterAll(async () => {
		await client?.close();
		await server?.close();
	});
	beforeEach((ctx) => {
		ctx.skip(missing !== null, missing ?? "");
		if (server !== null) ctx.task.meta.testedWith = server.name;
		name = `parkmate_${randomUUID().slice(0, 8)}`;
	});
	afterEach(async () => {
		for (const store of stores) await store.close();
		stores = [];
		await client?.db(name).dropDatabase();
	});

	return {
		get server() {
			return running().server;
		},
		get name() {
			return name;
		},
		get db() {
			return running().client.db(name);
		},
		options,
		open: async (changes) => {
			const store = await MongoStore.open(options(changes));
			stores.push(store);
			return store;
		},
	};
}
