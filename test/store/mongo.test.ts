import { randomUUID } from "node:crypto";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { MongoStore } from "../../gateway/store/mongo.ts";
import { MongoServer, mongodbMissing } from "../support/mongodb.ts";
import { storeContract } from "./contract.ts";

let server: MongoServer;

beforeEach((ctx) => ctx.skip(mongodbMissing !== null, mongodbMissing ?? ""));
beforeAll(async () => {
	if (mongodbMissing === null) server = await MongoServer.start();
});
afterAll(() => server?.close());

storeContract("MongoStore", async () => {
	const database = `parkmate_${randomUUID().slice(0, 8)}`;
	const options = { url: server.url, database, gateway: "parkmate-1", clock: { now: Date.now }, random: Math.random };
	let store = await MongoStore.open(options);
	return {
		store,
		reopen: async () => {
			await store.close();
			store = await MongoStore.open(options);
			return store;
		},
		cleanup: async () => {
			await store.close();
			const client = new MongoClient(server.url);
			await client.db(database).dropDatabase();
			await client.close();
		},
	};
});
