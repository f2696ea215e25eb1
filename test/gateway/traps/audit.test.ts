/** Trap: counters that drifted in the store, by a hand or another program: the start's audit finds and repairs them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EmbeddedBroker } from "../../../gateway/broker/embedded.ts";
import { Gateway } from "../../../gateway/gateway.ts";
import { createLot, override } from "../../../gateway/lots/manage.ts";
import { SqliteStore } from "../../../gateway/store/sqlite.ts";
import { MemoryLog } from "../books.ts";

let dataDir: string;
let open: Gateway | null;

beforeEach(() => {
	dataDir = mkdtempSync(join(tmpdir(), "parkmate-audit-"));
	open = null;
});
afterEach(async () => {
	await open?.close();
	rmSync(dataDir, { recursive: true });
});

/** Starts a gateway on the data; gives it with what it complained of. */
async function start(): Promise<{ gateway: Gateway; warnings: MemoryLog["lines"] }> {
	const log = new MemoryLog();
	const store = await SqliteStore.open({ dataDir });
	const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
	const gateway = new Gateway({ store, broker, clock: { now: Date.now }, log, topicPrefix: "parkmate" });
	await gateway.start();
	open = gateway;
	return { gateway, warnings: log.lines.filter(({ level }) => level === "warn") };
}

const occupy = (gateway: Gateway, spotId: string) =>
	gateway.write((draft) => override(draft, "LOT001", spotId, { occupied: true }, Date.now()));

test("a lot's counters that are not those of its spots are repaired at the start, with a line in the log, and stay so", async () => {
	const { gateway } = await start();
	await gateway.make((draft) => createLot(draft, { lot_id: "LOT001", name: "Tower", spots: 4 }, Date.now()));
	await gateway.make((draft) => createLot(draft, { lot_id: "LOT002", name: "Field", spots: 2 }, Date.now()));
	await occupy(gateway, "SPOT001");
	await gateway.close();
	const database = new DatabaseSync(join(dataDir, "parkmate.db"));
	database.exec("UPDATE parking_lots SET occupied_spots = 3, available_spots = 9 WHERE lot_id = 'LOT001'");
	database.close();

	const second = await start();
	const counted = { total_spots: 4, available_spots: 0, occupied_spots: 1, reserved_spots: 0, unknown_spots: 3 };
	expect(second.warnings).toEqual([
		{
			level: "warn",
			message: "a lot's counters were not those of its spots; the count of its spots holds",
			fields: { lot_id: "LOT001", stored: { ...counted, available_spots: 9, occupied_spots: 3 }, counted },
		},
	]);
	expect(second.gateway.books.lot("LOT001")).toMatchObject(counted);
	await occupy(second.gateway, "SPOT002");
	await second.gateway.close();

	const third = await start();
	expect(third.warnings).toEqual([]);
	expect(third.gateway.books.lot("LOT001")).toMatchObject({ ...counted, occupied_spots: 2, unknown_spots: 2 });
});
