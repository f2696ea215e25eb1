/** Traps that make a word come twice, or look as if it did: lost acknowledgements, and packet ids that are used again. */
import mqtt, { type IClientOptions } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Network } from "../../chaos/network.ts";
import { mosquittoMissing } from "../../support/mosquitto.ts";
import { until } from "../../support/processes.ts";
import { lotId, Site } from "./site.ts";

let site: Site;
let network: Network | null;

beforeEach(() => {
	network = null;
});
afterEach(async () => {
	await site?.close();
	await network?.close();
});

/** Always 1, taken or not: as in many a sketch for a small board. */
class OneId implements NonNullable<IClientOptions["messageIdProvider"]> {
	allocate = () => 1;
	getLastAllocated = () => 1;
	register = () => true;
	deallocate(): void {}
	clear(): void {}
}

describe.each([
	{ name: "embedded broker", options: {}, missing: null },
	{ name: "Mosquitto", options: { mosquitto: {} }, missing: mosquittoMissing },
])("$name", ({ options, missing }) => {
	beforeEach((context) => context.skip(missing !== null, missing ?? ""));

	test("a report whose PUBACK and whose `stored` are lost is said again, and taken once", async () => {
		site = await Site.start(options);
		network = await Network.start(Number(new URL(site.url).port));
		const board = site.board({ url: `mqtt://127.0.0.1:${network.port}` });
		board.say(1, "free");
		await until("a confirmed report", () => board.link.outboxSize === 0);
		network.hush(["down"]);
		board.say(0, "occupied");
		await until("a stored report", async () => (await site.history("SPOT001")).length === 1);
		expect(board.link.outboxSize).toBe(1);
		await network.cut();
		network.unhush();
		await until("a confirmed report", () => board.link.outboxSize === 0);
		expect(await site.history("SPOT001")).toHaveLength(1);
		expect(site.gateway.ingest.counts).toMatchObject({ changes: 2, refused: { duplicate: 1 } });
	});

	test.each([false, true])("reports that all have packet id 1 are all taken (DUP set: %s)", async (dup) => {
		site = await Site.start(options);
		await until("the gateway at its broker", () => site.gateway.broker.state.connected);
		const sensor = mqtt.connect(site.url, { messageIdProvider: new OneId(), reconnectPeriod: 0 });
		const ids: unknown[] = [];
		sensor.on("packetsend", (packet) => packet.cmd === "publish" && ids.push([packet.messageId, packet.dup]));
		await new Promise((resolve, reject) => sensor.once("connect", resolve).once("error", reject));
		// A plain one, which nothing but its state tells from the one before, and one of a board.
		for (let seq = 1; seq <= 4; seq++) {
			const occupied = seq % 2 === 1;
			const plain = { spot_id: "SPOT001", lot_id: lotId, occupied };
			const numbered = { spot_id: "SPOT002", lot_id: lotId, occupied, board_id: "b1", boot: 1, seq };
			await sensor.publishAsync("parkmate/spot/status", JSON.stringify(plain), { qos: 1, dup });
			const long = `parkmate/spot/status/${lotId}/SPOT002`;
			await sensor.publishAsync(long, JSON.stringify(numbered), { qos: 1, dup });
		}
		await sensor.endAsync();
		await until("all changes", () => site.gateway.ingest.counts.changes === 8);
		expect(ids).toEqual(Array.from({ length: 8 }, () => [1, dup]));
		for (const spotId of ["SPOT001", "SPOT002"]) {
			const states = (await site.history(spotId)).map(({ state }) => state);
			expect(states).toEqual(["occupied", "free", "occupied", "free"]);
		}
	});
});
