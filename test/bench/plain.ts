/**
 * What the benches compare with: the reference design done plainly. For each message: find the spot, update it, insert history, recount
 * the lot, publish the lamp's command, broadcast, each awaited before the next. Its tables have the reference's fields and indexes.
 *
 * Takes the broker's URL, the prefix of its topics, the file of its database or the URL of a MongoDB, lots, and spots a lot. Tells its parent `"ready"`, then how many
 * messages it has handled.
 */
import { once } from "node:events";
import { connectAsync } from "mqtt";
import { WebSocket, WebSocketServer } from "ws";
import { tellHandled } from "./handled.ts";
import { mongoTables } from "./plain/mongo.ts";
import { sqliteTables } from "./plain/sqlite.ts";

const [url = "", prefix = "", place = "", lots = "0", spotsPerLot = "0"] = process.argv.slice(2);

const size = { lots: Number(lots), spotsPerLot: Number(spotsPerLot) };
const tables = place.startsWith("mongodb") ? await mongoTables(place, size) : sqliteTables(place, size);

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
const client = await connectAsync(url);
const count = tellHandled();

async function handle(topic: string, payload: Buffer): Promise<void> {
	const { spot_id, lot_id, occupied, distance } = JSON.parse(payload.toString());
	const spot = await tables.findSpot(spot_id, lot_id);
	if (spot === null || spot.overruled) return;
	const now = new Date().toISOString();
	await tables.updateSpot(spot, occupied, distance, now);
	await tables.insertHistory(spot_id, lot_id, occupied, now);
	await tables.recount(lot_id);
	const command = JSON.stringify({ spot_id, lot_id, color: occupied ? "red" : "green" });
	// In the form in which the sensor speaks, as the lamp of a board listens there.
	await client.publishAsync(topic.replace("/spot/status", "/led/command"), command, { qos: 1 });
	const event = JSON.stringify({ event: "spot_update", spot_id, lot_id, occupied, distance });
	for (const browser of server.clients) if (browser.readyState === WebSocket.OPEN) browser.send(event);
}

client.on("message", async (topic, payload) => {
	await handle(topic, payload);
	count();
});
await client.subscribeAsync(`${prefix}/spot/status/#`, { qos: 1 });
process.send?.("ready");
