/** Commits in a loop, and prints the number of each batch once it is acknowledged. Its parent kills it. */
import { MongoStore } from "../../gateway/store/mongo.ts";
import { aBatch, aLot, anEntry, aSpot, later } from "./records.ts";

const [url, database] = process.argv.slice(2);
if (url === undefined || database === undefined) throw new Error("expected the URL and the database as arguments");

const spotIds = ["A", "B", "C", "D", "E"];
const clock = { now: Date.now };
const store = await MongoStore.open({ url, database, gateway: "parkmate-child", clock, random: Math.random });
const found = (await store.load()).spots;
const versions = new Map(spotIds.map((id) => [id, found.find(({ spot_id }) => spot_id === id)?.version ?? 0]));
for (;;) {
	// Those that were not written when it was killed are written now, before the others go on.
	const behind = Math.min(...versions.values());
	const due = spotIds.filter((id) => versions.get(id) === behind);
	const version = behind + 1;
	await store.commit(
		aBatch({
			lots: [aLot("LOT001", { lot_version: version })],
			spots: due.map((id) => aSpot("LOT001", id, { version, label: `${version}`, position: spotIds.indexOf(id) })),
			history: due.map((id) =>
				anEntry({ spot_id: id, board_id: `board-${id}`, boot: 1, seq: version, timestamp: later(version) }),
			),
		}),
	);
	for (const id of due) versions.set(id, version);
	process.stdout.write(`${version}\n`);
	// Lets the line out.
	await new Promise((resolve) => setImmediate(resolve));
}
