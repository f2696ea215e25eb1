/**
 * What the benches compare with: the reference design done plainly. For each message: find the spot, update it, insert history, recount
 * the lot, publish the lamp's command, broadcast, each awaited before the next. Its tables have the reference's fields and indexes.
 *
 * Takes the broker's URL, the prefix of its topics, the file of its database, lots, and spots a lot. Tells its parent `"ready"`, then how many
 * messages it has handled.
 */
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { connectAsync } from "mqtt";
import { WebSocket, WebSocketServer } from "ws";
import { tellHandled } from "./handled.ts";
import { lotId, spotId } from "./site.ts";

const [url = "", prefix = "", path = "", lots = "0", spotsPerLot = "0"] = process.argv.slice(2);

const database = new DatabaseSync(path);
// As safe as the gateway's: what is written survives a power cut.
database.exec(`
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = FULL;
	CREATE TABLE parking_lots (
		lot_id TEXT PRIMARY KEY, name TEXT, address TEXT, total_spots INTEGER, occupied_spots INTEGER, available_spots INTEGER,
		price_per_hour REAL
	);
	CREATE TABLE parking_spots (
		id INTEGER PRIMARY KEY, spot_id TEXT, lot_id TEXT, occupied INTEGER, distance REAL, manual_override INTEGER, last_update TEXT
	);
	CREATE INDEX spots_spot_id ON parking_spots (spot_id);
	CREATE INDEX spots_lot_id ON parking_spots (lot_id);
	CREATE TABLE parking_history (id INTEGER PRIMARY KEY, spot_id TEXT, lot_id TEXT, occupied INTEGER, timestamp TEXT);
	CREATE INDEX history_timestamp ON parking_history (timestamp);
`);
database.exec("BEGIN");
const makeLot = database.prepare("INSERT INTO parking_lots VALUES (?, ?, '', ?, 0, ?, 2)");
const makeSpot = database.prepare("INSERT INTO parking_spots VALUES (NULL, ?, ?, 0, NULL, 0, NULL)");
for (let lot = 0; lot < Number(lots); lot++) {
	makeLot.run(lotId(lot), lotId(lot), Number(spotsPerLot), Number(spotsPerLot));
	for (let spot = 0; spot < Number(spotsPerLot); spot++) makeSpot.run(spotId(spot), lotId(lot));
}
database.exec("COMMIT");
const findSpot = database.prepare("SELECT * FROM parking_spots WHERE spot_id = ? AND lot_id = ?");
const updateSpot = database.prepare(
	"UPDATE parking_spots SET occupied = ?, distance = ?, last_update = ? WHERE id = ?",
);
const insertHistory = database.prepare("INSERT INTO parking_history VALUES (NULL, ?, ?, ?, ?)");
const recount = database.prepare(`
	UPDATE parking_lots SET
		occupied_spots = (SELECT count(*) FROM parking_spots WHERE lot_id = ?1 AND occupied = 1),
		available_spots = (SELECT count(*) FROM parking_spots WHERE lot_id = ?1 AND occupied = 0)
	WHERE lot_id = ?1
`);

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(server, "listening");
const client = await connectAsync(url);
const count = tellHandled();

async function handle(topic: string, payload: Buffer): Promise<void> {
	const { spot_id, lot_id, occupied, distance } = JSON.parse(payload.toString());
	const spot = findSpot.get(spot_id, lot_id);
	if (spot === undefined || spot.manual_override === 1) return;
	const now = new Date().toISOString();
	updateSpot.run(occupied ? 1 : 0, distance, now, Number(spot.id));
	insertHistory.run(spot_id, lot_id, occupied ? 1 : 0, now);
	recount.run(lot_id);
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
