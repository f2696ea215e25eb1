import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "../../../gateway/store/store.ts";
import { startGateway } from "../app.ts";
import { fixedClock, noon } from "../books.ts";

let running: Awaited<ReturnType<typeof startGateway>>;
let clock: ReturnType<typeof fixedClock>;

beforeEach(async () => {
	clock = fixedClock();
	running = await startGateway({ clock });
});
afterEach(() => running.close());

async function call(
	method: "GET" | "POST" | "PATCH" | "DELETE",
	url: string,
	body?: object,
	headers: Record<string, string> = {},
) {
	const response = await running.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
	return {
		status: response.statusCode,
		body: response.body === "" ? null : response.json(),
		headers: response.headers,
	};
}

async function report(payload: object, topic = "parkmate/spot/status"): Promise<void> {
	const client: MqttClient = await connectAsync(running.mqttUrl, { reconnectPeriod: 0 });
	await client.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
	await client.endAsync();
}

const twenty = { lot_id: "LOT001", name: "Central Parking Tower", spots: 20 };

describe("the six addresses of the reference design", () => {
	test("make the sample lots and answer what was made", async () => {
		const { status, body } = await call("POST", "/api/init");
		expect(status).toBe(200);
		expect(body.lots.map((lot: { lot_id: string }) => lot.lot_id)).toEqual(["LOT001", "LOT002", "LOT003"]);
		expect(body.lots[0]).toMatchObject({ name: "Central Parking Tower", total_spots: 20 });
		expect(body.lots[0].spots).toHaveLength(20);
	});

	test("list lots with their counters", async () => {
		await call("POST", "/api/lots", twenty);
		await report({ spot_id: "SPOT001", lot_id: "LOT001", occupied: true, distance: 35 });
		await report({ spot_id: "SPOT002", lot_id: "LOT001", occupied: false, distance: 210 });
		const { body } = await call("GET", "/api/lots");
		expect(body).toMatchObject([
			{
				lot_id: "LOT001",
				total_spots: 20,
				occupied_spots: 1,
				available_spots: 1,
				unknown_spots: 18,
				price_per_hour: 0,
			},
		]);
	});

	test("show a lot with its spots in order", async () => {
		await call("POST", "/api/lots", twenty);
		await report({ spot_id: "SPOT001", lot_id: "LOT001", occupied: true, distance: 35 });
		const { body } = await call("GET", "/api/lots/LOT001");
		expect(body.spots.map((spot: { spot_id: string }) => spot.spot_id).slice(0, 3)).toEqual([
			"SPOT001",
			"SPOT002",
			"SPOT003",
		]);
		expect(body.spots[0]).toMatchObject({
			spot_id: "SPOT001",
			lot_id: "LOT001",
			occupied: true,
			distance: 35,
			manual_override: false,
			last_update: new Date(noon).toISOString(),
		});
	});

	test("list the spots of all lots, of one, or in one state", async () => {
		await call("POST", "/api/init");
		await report({ spot_id: "SPOT301", occupied: true });
		expect((await call("GET", "/api/spots")).body).toHaveLength(80);
		expect((await call("GET", "/api/spots?lot_id=LOT003")).body).toHaveLength(12);
		expect((await call("GET", "/api/spots?state=occupied")).body).toMatchObject([{ spot_id: "SPOT301" }]);
	});

	test("tell a lot's statistics of today", async () => {
		await call("POST", "/api/lots", { ...twenty, spots: 1 });
		await report({ spot_id: "SPOT001", lot_id: "LOT001", occupied: false });
		clock.ms += 60_000;
		await report({ spot_id: "SPOT001", lot_id: "LOT001", occupied: true });
		clock.ms += 60_000;
		const { body } = await call("GET", "/api/stats/LOT001");
		expect(body).toMatchObject({ total_spots: 1, occupied_spots: 1, occupancy_rate: 1, arrivals: 1, departures: 0 });
		expect(body.busiest).toEqual({ occupancy_rate: 1, timestamp: new Date(noon + 60_000).toISOString() });
		expect(body.from).toBe("2026-03-03T00:00:00.000Z");
	});

	test("override a spot and clear it again", async () => {
		await call("POST", "/api/lots", twenty);
		await report({ spot_id: "SPOT001", lot_id: "LOT001", occupied: false });
		const set = await call("POST", "/api/lots/LOT001/override", { spot_id: "SPOT001", occupied: true });
		expect(set).toMatchObject({ status: 200, body: { occupied: true, manual_override: true, sensor_occupied: false } });
		expect((await call("GET", "/api/lots")).body[0]).toMatchObject({ occupied_spots: 1, available_spots: 0 });
		const cleared = await call("POST", "/api/lots/LOT001/override", { spot_id: "SPOT001", occupied: null });
		expect(cleared.body).toMatchObject({ occupied: false, state: "free", manual_override: false, override: null });
		const history = await call("GET", "/api/lots/LOT001/spots/SPOT001/history");
		expect(history.body.map((entry: { action: string | null }) => entry.action)).toEqual(["cleared", "set", null]);
	});
});

describe("an override", () => {
	beforeEach(() => call("POST", "/api/lots", twenty));

	test("keeps who, why and until when, and shows reserved", async () => {
		const until = new Date(noon + 3_600_000).toISOString();
		const wish = { spot_id: "SPOT005", occupied: true, reserved: true, until, reason: "Delivery", by: "Anna" };
		const { body } = await call("POST", "/api/lots/LOT001/override", wish);
		expect(body).toMatchObject({
			state: "reserved",
			override: {
				occupied: true,
				reserved: true,
				until,
				reason: "Delivery",
				by: "Anna",
				at: new Date(noon).toISOString(),
			},
		});
		expect((await call("GET", "/api/lots/LOT001")).body).toMatchObject({
			reserved_spots: 1,
			occupied_spots: 1,
			unknown_spots: 19,
		});
	});

	test("ends by itself at its time, with what the sensor says then", async () => {
		const until = new Date(noon + 60_000).toISOString();
		await call("POST", "/api/lots/LOT001/override", { spot_id: "SPOT001", occupied: false, until });
		await report({ spot_id: "SPOT001", lot_id: "LOT001", occupied: true });
		clock.ms += 60_000;
		await expect
			.poll(async () => (await call("GET", "/api/lots/LOT001/spots/SPOT001")).body, { timeout: 3000 })
			.toMatchObject({ state: "occupied", manual_override: false });
		const { body } = await call("GET", "/api/lots/LOT001/history?limit=1");
		expect(body).toMatchObject([{ action: "expired", state: "occupied", previous_state: "free" }]);
	});

	test("cleared where none holds changes nothing", async () => {
		const { status } = await call("POST", "/api/lots/LOT001/override", { spot_id: "SPOT001", occupied: null });
		expect(status).toBe(200);
		expect((await call("GET", "/api/lots/LOT001/history")).body).toEqual([]);
	});

	test.each([
		[{ occupied: true }, 400, "BAD_REQUEST", "body must have required properties spot_id"],
		[{ spot_id: "SPOT001" }, 400, "BAD_REQUEST", "body must have required properties occupied"],
		[{ spot_id: "SPOT001", occupied: "yes" }, 400, "BAD_REQUEST", 'occupied must be boolean or null, got "yes"'],
		[{ spot_id: "SPOT001", occupied: true, color: "red" }, 400, "BAD_REQUEST", 'body takes no field "color"'],
		[{ spot_id: "SPOT999", occupied: true }, 404, "SPOT_NOT_FOUND", 'lot "LOT001" has no spot "SPOT999"'],
		[
			{ spot_id: "SPOT001", occupied: false, reserved: true },
			400,
			"BAD_OVERRIDE",
			"reserved: true needs occupied: true, got occupied: false",
		],
		[
			{ spot_id: "SPOT001", occupied: true, until: "2020-01-01T00:00:00Z" },
			400,
			"BAD_OVERRIDE",
			'until must be a moment in the future, got "2020-01-01T00:00:00Z"',
		],
	])("like %j is refused", async (wish, status, code, message) => {
		const answer = await call("POST", "/api/lots/LOT001/override", wish);
		expect(answer).toMatchObject({ status, body: { statusCode: status, code, message } });
		expect((await call("GET", "/api/lots/LOT001/history")).body).toEqual([]);
	});
});

describe("lots", () => {
	test("are made with all of their settings, changed and removed, and their history stays", async () => {
		const wish = {
			lot_id: "P2",
			name: "Airport P2",
			address: "Terminal road",
			price_per_hour: 4,
			currency: "CHF",
			time_zone: "Europe/Zurich",
			spots: [{ spot_id: "A1", label: "1", zone: "Level 3" }, { spot_id: "A2" }],
		};
		const made = await call("POST", "/api/lots", wish);
		expect(made).toMatchObject({
			status: 201,
			body: { ...wish, spots: [{ label: "1", zone: "Level 3" }, { label: null }] },
		});
		await report({ spot_id: "A1", occupied: true });
		const changed = await call("PATCH", "/api/lots/P2", {
			name: "P2 North",
			spots: [{ spot_id: "A1" }, { spot_id: "A3" }],
		});
		expect(changed.body).toMatchObject({ name: "P2 North", currency: "CHF", total_spots: 2, occupied_spots: 1 });
		expect((await call("DELETE", "/api/lots/P2")).status).toBe(204);
		expect((await call("GET", "/api/lots/P2")).status).toBe(404);
		expect((await call("GET", "/api/lots/P2/history")).body).toHaveLength(1);
	});

	test("take single spots and let them go", async () => {
		await call("POST", "/api/lots", { lot_id: "L", name: "L", spots: 1 });
		expect((await call("POST", "/api/lots/L/spots", { spot_id: "X" })).status).toBe(201);
		expect((await call("PATCH", "/api/lots/L/spots/X", { label: "7" })).body).toMatchObject({ label: "7" });
		expect((await call("DELETE", "/api/lots/L/spots/SPOT001")).status).toBe(204);
		expect((await call("GET", "/api/lots/L")).body).toMatchObject({
			total_spots: 1,
			spots: [{ spot_id: "X", label: "7" }],
		});
	});

	test("adopt a spot that reported before it was made", async () => {
		await call("POST", "/api/lots", { lot_id: "L", name: "L", spots: 0 });
		await report({ spot_id: "X", lot_id: "L", occupied: true, distance: 31 });
		expect((await call("GET", "/api/unclaimed")).body).toMatchObject([
			{ lot_id: "L", spot_id: "X", occupied: true, reports: 1 },
		]);
		expect((await call("POST", "/api/lots/L/spots", { spot_id: "X" })).body).toMatchObject({
			state: "occupied",
			distance: 31,
		});
		expect((await call("GET", "/api/unclaimed")).body).toEqual([]);
	});

	test.each([
		[{ name: "x" }, "body must have required properties lot_id"],
		[{ lot_id: "a b", name: "x" }, 'lot_id must match pattern "^[A-Za-z0-9._-]{1,64}$", got "a b"'],
		[{ lot_id: "L", name: "" }, 'name must not have fewer than 1 characters, got ""'],
		[{ lot_id: "L", name: "x", spots: -1 }, "spots must be >= 0 or array, got -1"],
		[{ lot_id: "L", name: "x", spots: [{ id: 1 }] }, 'spots.0 takes no field "id"'],
		[{ lot_id: "L", name: "x", price_per_hour: "4" }, 'price_per_hour must be number, got "4"'],
		[{ lot_id: "L", name: "x", currency: "euro" }, 'currency must match pattern "^[A-Z]{3}$", got "euro"'],
		[
			{ lot_id: "L", name: "x", time_zone: "Mars/Base" },
			'time_zone must be an IANA zone like Europe/Berlin, got "Mars/Base"',
		],
	])("like %j are refused", async (wish, message) => {
		expect(await call("POST", "/api/lots", wish)).toMatchObject({ status: 400, body: { message } });
		expect((await call("GET", "/api/lots")).body).toEqual([]);
	});

	test("are not made twice", async () => {
		await call("POST", "/api/lots", twenty);
		expect(await call("POST", "/api/lots", twenty)).toMatchObject({ status: 409, body: { code: "LOT_EXISTS" } });
	});
});

describe("history", () => {
	test("comes newest first, page by page", async () => {
		await call("POST", "/api/lots", { lot_id: "L", name: "L", spots: 1 });
		for (let change = 0; change < 5; change++) {
			clock.ms += 1000;
			await report({ spot_id: "SPOT001", occupied: change % 2 === 0 });
		}
		const first = (await call("GET", "/api/lots/L/history?limit=3")).body;
		const second = (await call("GET", `/api/lots/L/history?limit=3&before=${first[2].id}`)).body;
		expect([...first, ...second].map((entry: { occupied: boolean }) => entry.occupied)).toEqual([
			true,
			false,
			true,
			false,
			true,
		]);
		const from = new Date(noon + 4000).toISOString();
		expect((await call("GET", `/api/lots/L/history?from=${from}`)).body).toHaveLength(2);
		expect((await call("GET", `/api/lots/L/history?to=${from}`)).body).toHaveLength(3);
	});

	test.each([
		["limit=0", "limit must be >= 1, got 0"],
		["limit=x", 'limit must be integer, got "x"'],
		["from=yesterday", "from must match pattern"],
		["from=2026-02-31T99:00:00Z", 'from must be a real moment in ISO 8601, got "2026-02-31T99:00:00Z"'],
		["order=asc", 'query takes no field "order"'],
	])("with %s is refused", async (query, message) => {
		await call("POST", "/api/lots", { lot_id: "L", name: "L", spots: 1 });
		const answer = await call("GET", `/api/lots/L/history?${query}`);
		expect(answer.status).toBe(400);
		expect(answer.body.message).toContain(message);
	});
});

describe("answers to what is wrong", () => {
	test.each([
		["GET", "/api/nothing", 404, "NOT_FOUND"],
		["GET", "/api/lots/NOPE", 404, "LOT_NOT_FOUND"],
		["GET", "/api/stats/NOPE", 404, "LOT_NOT_FOUND"],
		["GET", "/api/lots/NOPE/history", 404, "LOT_NOT_FOUND"],
		["GET", "/api/lots/a%20b", 400, "BAD_REQUEST"],
		["DELETE", "/api/lots/NOPE", 404, "LOT_NOT_FOUND"],
		["POST", "/api/lots", 400, "BAD_REQUEST"],
		["GET", "/ws", 426, "UPGRADE_REQUIRED"],
	] as const)("%s %s have the one shape", async (method, url, status, code) => {
		const answer = await call(method, url);
		expect(answer.status).toBe(status);
		expect(Object.keys(answer.body).sort()).toEqual(["code", "error", "message", "statusCode"]);
		expect(answer.body).toMatchObject({ statusCode: status, code });
	});

	test("of no JSON have it too", async () => {
		const response = await running.app.inject({
			method: "POST",
			url: "/api/lots",
			headers: { "content-type": "application/json" },
			payload: '{"lot_id":',
		});
		expect(response.statusCode).toBe(400);
		expect(response.json()).toMatchObject({ statusCode: 400, error: "Bad Request" });
	});

	test("too large have it too", async () => {
		const answer = await call("POST", "/api/lots/L/override", { spot_id: "x".repeat(100_000), occupied: true });
		expect(answer).toMatchObject({ status: 413, body: { statusCode: 413, error: "Payload Too Large" } });
	});

	test("do not come for an empty body that says it is JSON", async () => {
		const headers = { "content-type": "application/json" };
		const response = await running.app.inject({ method: "POST", url: "/api/init", headers, payload: "" });
		expect(response.statusCode).toBe(200);
	});

	test("come at once, with 503, while the store refuses to write", async () => {
		await call("POST", "/api/lots", twenty);
		const { store } = running.gateway;
		const commit = store.commit.bind(store);
		store.commit = () => Promise.reject(new StoreError("STORE_FULL", "the disk is full"));
		const waiting = call("POST", "/api/lots/LOT001/override", { spot_id: "SPOT001", occupied: true });
		await expect.poll(async () => (await call("GET", "/health")).body.components.store.error).toBe("the disk is full");
		const refused = await call("POST", "/api/lots/LOT001/override", { spot_id: "SPOT002", occupied: true });
		expect(refused).toMatchObject({ status: 503, body: { code: "STORE_UNAVAILABLE" } });
		store.commit = commit;
		expect(await waiting).toMatchObject({ status: 200, body: { occupied: true } });
	});

	test("hide what went wrong inside", async () => {
		running.gateway.store.history = () => Promise.reject(new Error("secret path /var/x"));
		await call("POST", "/api/lots", { lot_id: "L", name: "L", spots: 1 });
		const answer = await call("GET", "/api/lots/L/history");
		expect(answer).toMatchObject({ status: 500, body: { code: "INTERNAL" } });
		expect(JSON.stringify(answer.body)).not.toContain("secret");
	});
});

describe("other people's pages", () => {
	test("may read on loopback and may not write", async () => {
		const headers = { origin: "https://evil.example", host: "localhost:5000" };
		const read = await call("GET", "/api/lots", undefined, headers);
		expect(read.headers["access-control-allow-origin"]).toBe("*");
		const write = await call("POST", "/api/init", undefined, headers);
		expect(write).toMatchObject({ status: 403, body: { code: "FOREIGN_ORIGIN" } });
		expect((await call("GET", "/api/lots")).body).toEqual([]);
	});

	test("are our own where origin and host agree", async () => {
		const own = { origin: "http://localhost:5000", host: "localhost:5000" };
		expect((await call("POST", "/api/init", undefined, own)).status).toBe(200);
	});
});

describe("health", () => {
	test("says live, and ready with each component's state", async () => {
		expect((await call("GET", "/health/live")).body).toEqual({ status: "live" });
		const { status, body } = await call("GET", "/health/ready");
		expect(status).toBe(200);
		expect(body).toMatchObject({
			status: "ready",
			components: {
				store: { ready: true, kind: "sqlite" },
				broker: { ready: true, kind: "embedded" },
				live: { clients: 0 },
			},
		});
	});

	test("says not ready, and why, when the store does not answer", async () => {
		running.gateway.store.ping = () => Promise.reject(new Error("disk gone"));
		const { status, body } = await call("GET", "/health");
		expect(status).toBe(503);
		expect(body).toMatchObject({ status: "not ready", components: { store: { ready: false, error: "disk gone" } } });
	});

	test("counts requests that were refused, by code", async () => {
		await call("GET", "/api/nothing");
		await call("GET", "/api/lots/NOPE");
		await call("GET", "/api/lots/NOPE");
		expect((await call("GET", "/health")).body.components.clients).toEqual({
			refused: { http_not_found: 1, http_lot_not_found: 2 },
		});
	});

	test("counts messages that were refused, by cause", async () => {
		await report({ spot_id: "SPOT001", occupied: "yes" });
		expect((await call("GET", "/health")).body.components.ingest).toMatchObject({
			received: 1,
			refused: { wrong_shape: 1 },
		});
	});
});
