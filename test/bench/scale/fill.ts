/** Makes a city in a folder: its lots, then one report of each spot. Takes the folder and the number of spots; ends when all is stored. */
import { Gateway } from "../../../gateway/gateway.ts";
import { createLot } from "../../../gateway/lots/manage.ts";
import { SqliteThread } from "../../../gateway/store/sqlite-thread.ts";
import { lotId } from "../site.ts";
import { City, spotsPerLot } from "./city.ts";
import { StubBroker, strictLog } from "./doubles.ts";

/** Reports under way at once. */
const atOnce = 1000;

const [dataDir = "", spots = ""] = process.argv.slice(2);
const city = new City(Number(spots));
const broker = new StubBroker();
const store = await SqliteThread.open({ dataDir });
const gateway = new Gateway({ store, broker, clock: { now: Date.now }, log: strictLog, topicPrefix: "parkmate" });
await gateway.start();
const numbers = Array.from({ length: city.lots }, (_, lot) => lot);
await Promise.all(
	numbers.map((lot) => {
		const wish = { lot_id: lotId(lot), name: `Lot ${lot + 1}`, address: "1 Main Street", spots: spotsPerLot };
		return gateway.write((draft) => createLot(draft, wish, Date.now()));
	}),
);
let waiting: Promise<void>[] = [];
for (const report of city.firstReports()) {
	waiting.push(broker.hand(report));
	if (waiting.length < atOnce) continue;
	await Promise.all(waiting);
	waiting = [];
}
await Promise.all(waiting);
await gateway.close();
process.send?.("filled", () => process.disconnect?.());
