import { afterEach, describe, expect, test } from "vitest";
import { GatewayProcess, until } from "../support/processes.ts";
import { call, Sensor, watch } from "./clients.ts";

let gateway: GatewayProcess;
afterEach(() => gateway?.close());

/** A report as a board says it. */
const said = (seq: number, spot: number, occupied: boolean) => ({
	spot_id: `SPOT00${spot}`,
	lot_id: "LOT001",
	occupied,
	distance: occupied ? 35 : 210,
	board_id: "b1",
	boot: 1,
	seq,
	uptime_ms: seq * 1000,
});

describe("after kill -9", () => {
	test("spots, counters, history and overrides are those of everything that was acknowledged", async () => {
		gateway = await GatewayProcess.start();
		await call(`${gateway.url}/api/init`, {});
		const sensor = await Sensor.connect(gateway.mqttUrl);
		for (let seq = 1; seq <= 9; seq++) {
			await sensor.say(`parkmate/spot/status/LOT001/SPOT00${seq}`, said(seq, seq, seq % 2 === 1));
		}
		await call(`${gateway.url}/api/lots/LOT001/override`, { spot_id: "SPOT001", occupied: false, reason: "wet" });
		const before = (await call(`${gateway.url}/api/lots/LOT001`)).body;
		const history = (await call(`${gateway.url}/api/lots/LOT001/history`)).body;
		await gateway.kill();
		await sensor.close();
		gateway.launch();
		await gateway.ready();
		expect((await call(`${gateway.url}/api/lots/LOT001`)).body).toEqual(before);
		expect((await call(`${gateway.url}/api/lots/LOT001/history`)).body).toEqual(history);
		expect(before).toMatchObject({ occupied_spots: 4, available_spots: 5, unknown_spots: 11 });
	});

	test("a report that comes again is said stored and counted once, and lamps are there for boards that come back", async () => {
		gateway = await GatewayProcess.start();
		await call(`${gateway.url}/api/init`, {});
		const topic = "parkmate/spot/status/LOT001/SPOT001";
		const first = await Sensor.connect(gateway.mqttUrl);
		await first.say(topic, said(1, 1, true));
		await gateway.kill();
		await first.close();
		gateway.launch();
		await gateway.ready();
		const again = await Sensor.connect(
			gateway.mqttUrl,
			"parkmate/board/b1/stored",
			"parkmate/led/command/LOT001/SPOT001",
		);
		await again.say(topic, said(1, 1, true));
		await expect
			.poll(() => again.heard.map(({ topic, payload }) => [topic.split("/")[1], JSON.parse(payload)]))
			.toEqual(
				expect.arrayContaining([
					["board", { boot: 1, seqs: [[1, 1]] }],
					["led", { spot_id: "SPOT001", lot_id: "LOT001", color: "red", pattern: "steady" }],
				]),
			);
		expect((await call(`${gateway.url}/api/lots/LOT001/history`)).body).toHaveLength(1);
		await again.close();
	});

	test("an override ends at its time although the gateway was away at that time", async () => {
		gateway = await GatewayProcess.start();
		await call(`${gateway.url}/api/init`, {});
		const until = new Date(Date.now() + 1000).toISOString();
		await call(`${gateway.url}/api/lots/LOT001/override`, { spot_id: "SPOT001", occupied: true, until });
		await gateway.kill();
		await new Promise((resolve) => setTimeout(resolve, Date.parse(until) - Date.now()));
		gateway.launch();
		await gateway.ready();
		await expect
			.poll(async () => (await call(`${gateway.url}/api/lots/LOT001/spots/SPOT001`)).body.manual_override, {
				timeout: 5000,
			})
			.toBe(false);
	});
});

test("a browser's connection that comes back gets a whole snapshot", async () => {
	gateway = await GatewayProcess.start();
	await call(`${gateway.url}/api/init`, {});
	await gateway.restart();
	const live = watch(gateway.url, "LOT001");
	await until("a snapshot", () => live.frames[0]);
	expect(live.frames[0]).toMatchObject({ event: "snapshot", lot: { total_spots: 20 } });
	live.close();
});
