/** Commits in a loop, and prints the number of each batch once it is acknowledged. Its parent kills it. */
import { SqliteStore } from "../../gateway/store/sqlite.ts";
import { aBatch, aLot, anEntry, aSpot } from "./records.ts";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("expected the data folder as argument");

const store = await SqliteStore.open({ dataDir });
const { spots } = await store.load();
let version = spots[0]?.version ?? 0;
for (;;) {
	version += 1;
	const changes = { version, label: `${version}` };
	await store.commit(
		aBatch({
			lots: [aLot("LOT001", { lot_version: version })],
			spots: [aSpot("LOT001", "A", changes), aSpot("LOT001", "B", { ...changes, position: 1 })],
			history: [
				anEntry({ spot_id: "A", board_id: "b", boot: 1, seq: version * 2 - 1 }),
				anEntry({ spot_id: "B", board_id: "b", boot: 1, seq: version * 2 }),
			],
		}),
	);
	process.stdout.write(`${version}\n`);
	// Lets the line out.
	await new Promise((resolve) => setImmediate(resolve));
}
