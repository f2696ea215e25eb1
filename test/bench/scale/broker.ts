/**
 * What the embedded broker keeps for each spot: its newest report and its lamp's command. Takes the number of spots; says how many
 * bytes more are in use with them.
 */
import { lampFor } from "../../../firmware/messages.ts";
import { EmbeddedBroker } from "../../../gateway/broker/embedded.ts";
import { City } from "./city.ts";
import { usedBytes } from "./doubles.ts";

const [spots = ""] = process.argv.slice(2);
const city = new City(Number(spots));
const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
await broker.start({ filters: [], onMessage: async () => {}, onConnect: () => {}, onDisconnect: () => {} });
const before = await usedBytes();
for (const { topic, payload } of city.firstReports()) {
	const [lot_id = "", spot_id = ""] = topic.split("/").slice(-2);
	const lamp = JSON.stringify({ spot_id, lot_id, ...lampFor("occupied") });
	await broker.publish([
		{ topic, payload: Buffer.from(payload).toString(), retain: true },
		{ topic: `parkmate/led/command/${lot_id}/${spot_id}`, payload: lamp, retain: true },
	]);
}
const bytes = (await usedBytes()) - before;
await broker.close();
process.send?.(bytes, () => process.disconnect?.());
