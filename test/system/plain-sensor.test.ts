import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { GatewayProcess, Program, root, until } from "../support/processes.ts";
import { call, Sensor, watch } from "./clients.ts";

const brokers = [
	{ name: "the embedded broker", skipped: null },
	{ name: "Mosquitto", skipped: mosquittoMissing },
];

describe.each(brokers)("a plain sensor on $name", ({ name, skipped }) => {
	let mosquitto: Mosquitto | null = null;
	let gateway: GatewayProcess;

	beforeAll(async () => {
		if (skipped !== null) return;
		if (name === "Mosquitto") mosquitto = await Mosquitto.start();
		gateway = await GatewayProcess.start(mosquitto === null ? {} : { mqttUrl: mosquitto.url });
		await until("a gateway that is ready", async () => (await call(`${gateway.url}/health`)).status === 200);
	});
	beforeEach(async (ctx) => {
		ctx.skip(skipped !== null, skipped ?? "");
		await call(`${gateway.url}/api/init`, {});
	});
	afterAll(async () => {
		await gateway?.close();
		await mosquitto?.close();
	});

	test("with the payload of the reference design is followed by REST, history, counters, lamp and browser", async () => {
		const sensor = await Sensor.connect(gateway.mqttUrl, "parkmate/led/command");
		const live = watch(gateway.url, "LOT001");
		await expect.poll(() => live.frames[0]?.event).toBe("snapshot");
		await sensor.say("parkmate/spot/status", {
			spot_id: "SPOT001",
			lot_id: "LOT001",
			occupied: true,
			distance: 35,
			timestamp: "2024-01-01T12:00:00Z",
		});
		await expect
			.poll(() => sensor.heard.map(({ payload }) => JSON.parse(payload)))
			.toMatchObject([{ spot_id: "SPOT001", lot_id: "LOT001", color: "red" }]);
		await expect
			.poll(() => live.frames[1])
			.toMatchObject({ event: "spot_update", spot_id: "SPOT001", lot_id: "LOT001", occupied: true, distance: 35 });
		const { body: lot } = await call(`${gateway.url}/api/lots/LOT001`);
		expect(lot).toMatchObject({ total_spots: 20, occupied_spots: 1, available_spots: 0, unknown_spots: 19 });
		expect(lot.spots[0]).toMatchObject({ spot_id: "SPOT001", occupied: true, distance: 35 });
		const { body: history } = await call(`${gateway.url}/api/lots/LOT001/spots/SPOT001/history?limit=1`);
		expect(history).toMatchObject([{ spot_id: "SPOT001", lot_id: "LOT001", occupied: true }]);
		live.close();
		await sensor.close();
	});

	test("is a full citizen beside a board that speaks the long form", async () => {
		const plain = await Sensor.connect(gateway.mqttUrl, "parkmate/led/command");
		const board = await Sensor.connect(
			gateway.mqttUrl,
			"parkmate/led/command/LOT001/SPOT003",
			"parkmate/board/b1/stored",
		);
		await plain.say("parkmate/spot/status", { spot_id: "SPOT002", occupied: true });
		await board.say("parkmate/spot/status/LOT001/SPOT003", {
			spot_id: "SPOT003",
			lot_id: "LOT001",
			occupied: false,
			board_id: "b1",
			boot: Math.floor(Date.now() / 1000),
			seq: 1,
			distance: 210,
		});
		await expect.poll(() => plain.heard).toHaveLength(1);
		await expect
			.poll(() => board.heard.map(({ topic }) => topic).sort())
			.toEqual(["parkmate/board/b1/stored", "parkmate/led/command/LOT001/SPOT003"]);
		const { body } = await call(`${gateway.url}/api/lots/LOT001`);
		expect(body).toMatchObject({ occupied_spots: 1, available_spots: 1 });
		await plain.close();
		await board.close();
	});

	test("that comes back finds its lamp's desired state, and so does a board without saying anything", async () => {
		await call(`${gateway.url}/api/lots/LOT001/override`, { spot_id: "SPOT004", occupied: true, reserved: true });
		const board = await Sensor.connect(gateway.mqttUrl, "parkmate/led/command/LOT001/SPOT004");
		await expect
			.poll(() => board.heard.map(({ payload, retained }) => [JSON.parse(payload).color, retained]))
			.toEqual([["blue", true]]);
		await board.close();
	});

	test("as the README has it runs as it stands", async () => {
		const code = /<!-- a test runs this -->\n```js\n([\s\S]*?)```/.exec(
			readFileSync(join(root, "README.md"), "utf8"),
		)?.[1];
		// In the project's folder, where its import finds the package.
		const folder = mkdtempSync(join(root, "node_modules", ".readme-sensor-"));
		const file = join(folder, "sensor.mjs");
		writeFileSync(file, String(code).replace("mqtt://localhost:1883", gateway.mqttUrl).replace("}, 3000)", "}, 100)"));
		const sensor = new Program("sensor", process.execPath, [file]);
		try {
			await expect.poll(() => sensor.output, { timeout: 10_000 }).toMatch(/lamp: .*"color":"red"/);
			await expect.poll(() => sensor.output, { timeout: 10_000 }).toMatch(/lamp: .*"color":"green"/);
		} finally {
			await sensor.end("SIGKILL");
			rmSync(folder, { recursive: true });
		}
	});

	test("and strangers' messages change nothing, and are counted", async () => {
		const before = (await call(`${gateway.url}/api/lots/LOT001`)).body;
		const counted = (await call(`${gateway.url}/health`)).body.components.ingest.refused;
		const sensor = await Sensor.connect(gateway.mqttUrl);
		await sensor.say("parkmate/spot/status", "not json");
		await sensor.say("parkmate/spot/status", `{"spot_id":"SPOT001","occupied":true,"x":"${"x".repeat(5000)}"}`);
		await sensor.say("parkmate/spot/status", { spot_id: "SPOT001", lot_id: "LOT001", occupied: 1 });
		await sensor.say("parkmate/spot/status/LOT001/SPOT001", { spot_id: "SPOT002", occupied: true });
		await sensor.say("parkmate/spot/status", { spot_id: "NOBODYS", lot_id: "LOT001", occupied: true });
		await expect
			.poll(async () => {
				const now = (await call(`${gateway.url}/health`)).body.components.ingest.refused;
				return ["not_json", "oversized", "wrong_shape", "topic_mismatch", "unknown_spot"].map(
					(cause) => (now[cause] ?? 0) - (counted[cause] ?? 0),
				);
			})
			.toEqual([1, 1, 1, 1, 1]);
		expect((await call(`${gateway.url}/api/lots/LOT001`)).body).toEqual(before);
		expect((await call(`${gateway.url}/api/unclaimed`)).body).toMatchObject([{ spot_id: "NOBODYS" }]);
		await sensor.close();
	});
});
