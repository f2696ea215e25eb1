/** Trap: counters that drifted in the store, or spots that are not what their history says, by a hand or another program: the start's audit finds them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EmbeddedBroker } from "../../../gateway/broker/embedded.ts";
import { Gateway } from "../../../gateway/gateway.ts";
import { createLot, createSample, override } from "../../../gateway/lots/manage.ts";
import { takeReport } from "../../../gateway/lots/spot.ts";
import { SqliteStore } from "../../../gateway/store/sqlite.ts";
import { until } from "../../support/processes.ts";
import { MemoryLog, report } from "../books.ts";

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
async function start(): Promise<{ gateway: Gateway; log: MemoryLog; warnings: MemoryLog["lines"] }> {
	const log = new MemoryLog();
	const store = await SqliteStore.open({ dataDir });
	const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
	const gateway = new Gateway({ store, broker, clock: { now: Date.now }, log, topicPrefix: "parkmate" });
	await gateway.start();
	open = gateway;
	return { gateway, log, warnings: log.lines.filter(({ level }) => level === "warn") };
}

/** What a hand does to the file, while no gateway has it. */
function stored(sql: string): object[] {
	const database = new DatabaseSync(join(dataDir, "parkmate.db"));
	try {
		return database
			.prepare(sql)
			.all()
			.map((row) => ({ ...row }));
	} finally {
		database.close();
	}
}

async function audited(gateway: Gateway) {
	await until("the audit's end", async () => (await gateway.state()).store.audit.ended);
	return (await gateway.state()).store.audit;
}

const occupy = (gateway: Gateway, spotId: string) =>
	gateway.write((draft) => override(draft, "LOT001", spotId, { occupied: true }, Date.now()));

test("a lot's counters that are not those of its spots are repaired at the start, with a line in the log, and stay so", async () => {
	const { gateway } = await start();
	await gateway.make((draft) => createLot(draft, { lot_id: "LOT001", name: "Tower", spots: 4 }, Date.now()));
	await gateway.make((draft) => createLot(draft, { lot_id: "LOT002", name: "Field", spots: 2 }, Date.now()));
	await occupy(gateway, "SPOT001");
	await gateway.close();
	stored("UPDATE parking_lots SET occupied_spots = 3, available_spots = 9 WHERE lot_id = 'LOT001'");

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
	await second.gateway.close();
	expect(stored("SELECT available_spots, occupied_spots FROM parking_lots WHERE lot_id = 'LOT001'")).toEqual([
		{ available_spots: 0, occupied_spots: 1 },
	]);

	const again = await start();
	expect(again.warnings).toEqual([]);
	await occupy(again.gateway, "SPOT002");
	await again.gateway.close();

	const third = await start();
	expect(third.warnings).toEqual([]);
	expect(third.gateway.books.lot("LOT001")).toMatchObject({ ...counted, occupied_spots: 2, unknown_spots: 2 });
});

test("a spot whose state is not that of its newest history entry is named in the log and counted, and holds", async () => {
	const { gateway } = await start();
	await gateway.make((draft) => createLot(draft, { lot_id: "LOT001", name: "Tower", spots: 4 }, Date.now()));
	for (const spotId of ["SPOT001", "SPOT002"]) await occupy(gateway, spotId);
	await gateway.close();
	stored("UPDATE parking_spots SET state = 'free', occupied = 0 WHERE spot_id = 'SPOT002'");
	stored("UPDATE parking_lots SET occupied_spots = 1, available_spots = 1");

	const second = await start();
	expect(await audited(second.gateway)).toEqual({ spots: 2, contradictions: 1, ended: true });
	const warnings = second.log.lines.filter(({ level }) => level === "warn");
	expect(warnings).toEqual([
		{
			level: "warn",
			message: "a spot's state is not the one in which its newest history entry left it; the spot holds",
			fields: { lot_id: "LOT001", spot_id: "SPOT002", spot: "free", entry: "occupied", entry_id: "2" },
		},
	]);
	expect(second.gateway.books.spot("LOT001", "SPOT002")?.state).toBe("free");
});

test("a spot with many entries hides none of its neighbours from the audit", async () => {
	const { gateway } = await start();
	await gateway.make((draft) => createLot(draft, { lot_id: "LOT001", name: "Tower", spots: 2 }, Date.now()));
	await occupy(gateway, "SPOT001");
	for (let time = 0; time < 20; time++) await occupy(gateway, "SPOT002");
	await gateway.close();
	stored("UPDATE parking_spots SET state = 'reserved' WHERE spot_id = 'SPOT001'");
	stored("UPDATE parking_lots SET reserved_spots = 1");
	expect(await audited((await start()).gateway)).toEqual({ spots: 2, contradictions: 1, ended: true });
});

test("spots that nobody spoke of, and those that were made anew, contradict nothing", async () => {
	const { gateway } = await start();
	await gateway.make((draft) => createSample(draft, Date.now() - 1000));
	await gateway.write((draft) => {
		const spot = draft.spot("LOT001", "SPOT001");
		const outcome = spot && takeReport(spot, report({ state: "occupied" }));
		if (outcome?.kind === "change") draft.update(outcome.spot, outcome.entry, false);
	});
	await gateway.make((draft) => createSample(draft, Date.now() + 1000));
	await gateway.write((draft) => {
		const spot = draft.spot("LOT001", "SPOT001");
		// A sensor that says that it does not know says nothing new.
		if (spot !== undefined) draft.update({ ...spot, last_update: new Date().toISOString() }, null, false);
	});
	await gateway.close();
	expect(await audited((await start()).gateway)).toEqual({ spots: 1, contradictions: 0, ended: true });
});
