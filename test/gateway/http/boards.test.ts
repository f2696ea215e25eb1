import { readFileSync } from "node:fs";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BoardCommand, BoardResult, SensorHealth } from "../../../firmware/messages.ts";
import type { Board } from "../../../gateway/contract/resources.ts";
import { until } from "../../support/processes.ts";
import { startGateway } from "../app.ts";
import { sensorHealth } from "../boards/fakes.ts";
import { fixedClock, noon } from "../books.ts";

/** A board that says what a test wants it to, over the real embedded broker. */
class FakeBoard {
	readonly commands: BoardCommand[] = [];
	readonly #client: MqttClient;
	readonly #id: string;

	private constructor(client: MqttClient, id: string, answer: (command: BoardCommand) => object | null) {
		this.#client = client;
		this.#id = id;
		client.on("message", (_topic, payload) => {
			const command = JSON.parse(payload.toString()) as BoardCommand;
			this.commands.push(command);
			const result = answer(command);
			if (result !== null) {
				// Closing the test's board may cut off the PUBACK for what it said last.
				this.say("result", { id: command.id, ...result }).catch(() => {});
			}
		});
	}

	static async connect(
		id = "board-1",
		answer: (command: BoardCommand) => Omit<BoardResult, "id"> | null = () => ({ ok: true }),
	): Promise<FakeBoard> {
		const client = await connectAsync(running.mqttUrl, {
			reconnectPeriod: 0,
			will: {
				topic: `parkmate/board/${id}/status`,
				payload: Buffer.from('{"online":false,"boot":3}'),
				qos: 1,
				retain: true,
			},
		});
		const board = new FakeBoard(client, id, answer);
		await client.subscribeAsync(`parkmate/board/${id}/command`, { qos: 1 });
		const spots = ["SPOT001", "SPOT002"];
		await board.say("status", { online: true, boot: 3, firmware: "1.4.2", uptime_ms: 60_000, lot_id: "LOT001", spots });
		return board;
	}

	say(leaf: string, payload: object): Promise<unknown> {
		return this.#client.publishAsync(`parkmate/board/${this.#id}/${leaf}`, JSON.stringify(payload), { qos: 1 });
	}

	health(sensors: Record<string, SensorHealth>): Promise<unknown> {
		return this.say("health", { boot: 3, uptime_ms: 60_000, signal_dbm: -61, free_heap_bytes: 9_000, sensors });
	}

	/** Vanishes as one does whose power is cut. */
	vanish(): void {
		this.#client.stream.destroy();
	}

	close(): Promise<void> {
		return this.#client.endAsync(true);
	}
}

let running: Awaited<ReturnType<typeof startGateway>>;
let clock: ReturnType<typeof fixedClock>;
let board: FakeBoard | null;

beforeEach(async () => {
	clock = fixedClock();
	board = null;
	running = await startGateway({ clock });
	await call("POST", "/api/lots", { lot_id: "LOT001", name: "Tower", spots: 2 });
});
afterEach(async () => {
	await board?.close();
	await running.close();
});

async function call(method: "GET" | "POST", url: string, body?: object, headers: Record<string, string> = {}) {
	const response = await running.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
	return { status: response.statusCode, body: response.json(), headers: response.headers };
}
const ask = (body: object, boardId = "board-1") => call("POST", `/api/boards/${boardId}/command`, body);

test("a board is shown with what it last said of itself", async () => {
	board = await FakeBoard.connect();
	await board.health({ SPOT001: sensorHealth(), SPOT002: sensorHealth({ alarm: "drift" }) });
	const expected = {
		board_id: "board-1",
		lot_id: "LOT001",
		spots: ["SPOT001", "SPOT002"],
		online: true,
		boot: 3,
		since: new Date(noon).toISOString(),
		started_at: new Date(noon - 60_000).toISOString(),
		firmware: "1.4.2",
		restarted: null,
		health: {
			boot: 3,
			uptime_ms: 60_000,
			signal_dbm: -61,
			free_heap_bytes: 9_000,
			sensors: { SPOT001: sensorHealth(), SPOT002: sensorHealth({ alarm: "drift" }) },
		},
		health_at: new Date(noon).toISOString(),
		trace_until: null,
		contested: [],
	};
	expect(await call("GET", "/api/boards/board-1")).toMatchObject({ status: 200, body: expected });
	expect((await call("GET", "/api/boards")).body).toEqual([expected]);
	expect((await call("GET", "/api/boards?lot_id=LOT001&trouble=true")).body).toHaveLength(1);
	expect((await call("GET", "/api/boards?lot_id=LOT002")).body).toEqual([]);
	expect((await call("GET", "/health")).body.components.boards).toEqual({
		known: 1,
		online: 1,
		traced: 0,
		contested: 0,
	});
});

test("a board that vanishes is shown offline, by its last will", async () => {
	board = await FakeBoard.connect();
	clock.ms += 5_000;
	board.vanish();
	await until("the board to be offline", async () => (await call("GET", "/api/boards/board-1")).body.online === false);
	expect((await call("GET", "/api/boards/board-1")).body).toMatchObject({
		lot_id: "LOT001",
		since: new Date(noon + 5_000).toISOString(),
	});
	expect(await ask({ command: "identify" })).toMatchObject({
		status: 409,
		body: { statusCode: 409, error: "Conflict", code: "BOARD_OFFLINE" },
	});
});

test("two boards that claim one spot are shown with each other until one of them vanishes", async () => {
	board = await FakeBoard.connect("old");
	const other = await FakeBoard.connect("new");
	const contested = async () => {
		const { body } = await call("GET", "/api/boards?lot_id=LOT001&trouble=true");
		return body.map((one: Board) => [one.board_id, one.contested.map((contest) => [contest.spot_id, contest.with])]);
	};
	expect(await contested()).toEqual([
		[
			"new",
			[
				["SPOT001", "old"],
				["SPOT002", "old"],
			],
		],
		[
			"old",
			[
				["SPOT001", "new"],
				["SPOT002", "new"],
			],
		],
	]);
	const { components } = (await call("GET", "/health")).body;
	expect([components.boards.contested, components.ingest.refused.spot_contested]).toEqual([2, 2]);
	board.vanish();
	await until("the board to be offline", async () => (await call("GET", "/api/boards/old")).body.online === false);
	expect((await call("GET", "/api/boards/new")).body.contested).toEqual([]);
	expect((await call("GET", "/health")).body.components.boards.contested).toBe(0);
	await other.close();
});

test("a command reaches the board, and its answer whoever asked", async () => {
	board = await FakeBoard.connect("board-1", ({ command }) =>
		command === "learn_floor" ? { ok: true, floors: { SPOT001: 219.5 } } : { ok: true },
	);
	expect(await ask({ command: "identify", spot_id: "SPOT002" })).toMatchObject({ status: 200, body: { ok: true } });
	expect((await ask({ command: "learn_floor", spot_id: "SPOT001" })).body).toMatchObject({
		floors: { SPOT001: 219.5 },
	});
	expect(board.commands).toMatchObject([
		{ command: "identify", spot_id: "SPOT002" },
		{ command: "learn_floor", spot_id: "SPOT001" },
	]);
});

test("a board that says no is quoted with 502", async () => {
	board = await FakeBoard.connect("board-1", () => ({ ok: false, message: "SPOT001: no calm echo" }));
	expect(await ask({ command: "learn_floor" })).toEqual(
		expect.objectContaining({
			status: 502,
			body: {
				statusCode: 502,
				error: "Bad Gateway",
				code: "BOARD_REFUSED",
				message: 'board "board-1": SPOT001: no calm echo',
			},
		}),
	);
});

test("a trace that was asked for is kept, and told from a moment on", async () => {
	board = await FakeBoard.connect();
	await ask({ command: "trace" });
	expect(board.commands).toMatchObject([{ command: "trace", seconds: 300 }]);
	await board.say("trace", {
		boot: 3,
		n: 1,
		temp_c: 20,
		samples: [
			[59_920, 0, 12_700],
			[60_000, 1, null],
		],
	});
	const until = new Date(noon + 300_000).toISOString();
	const sample = { t: new Date(noon - 80).toISOString(), echo_us: 12_700, distance_cm: 218.1 };
	expect((await call("GET", "/api/boards/board-1/trace?spot_id=SPOT001")).body).toEqual({
		board_id: "board-1",
		spot_id: "SPOT001",
		at: new Date(noon).toISOString(),
		trace_until: until,
		lost: 0,
		samples: [sample],
	});
	expect((await call("GET", `/api/boards/board-1/trace?spot_id=SPOT001&since=${noon - 80}`)).body.samples).toEqual([]);
	expect((await call("GET", "/api/boards/board-1")).body.trace_until).toBe(until);
	await ask({ command: "trace", seconds: 0 });
	expect((await call("GET", "/api/boards/board-1")).body.trace_until).toBeNull();
});

test.each([
	["GET", "/api/boards/nobody", undefined, 404, 'there is no board "nobody"'],
	["POST", "/api/boards/nobody/command", { command: "identify" }, 404, 'there is no board "nobody"'],
	["GET", "/api/boards/nobody/trace?spot_id=S1", undefined, 404, 'there is no board "nobody"'],
	["GET", "/api/boards/board-1/trace?spot_id=S1", undefined, 404, 'board "board-1" has no spot "S1"'],
	["GET", "/api/boards/board-1/trace", undefined, 400, "query must have required properties spot_id"],
	["GET", "/api/boards?limit=5000", undefined, 400, "limit must be <= 1000, got 5000"],
	["GET", "/api/boards?colour=red", undefined, 400, 'query takes no field "colour"'],
	["POST", "/api/boards/board-1/command", { command: "restart" }, 400, "command must be"],
	["POST", "/api/boards/board-1/command", { command: "trace", seconds: -1 }, 400, "seconds must be >= 0, got -1"],
	["POST", "/api/boards/board-1/command", { command: "identify", seconds: 5 }, 400, "seconds is for trace alone"],
	["POST", "/api/boards/board-1/command", { command: "identify", spot_id: "S9" }, 404, "spot_id must be one of"],
] as const)("%s %s with %j is refused in words", async (method, url, body, status, message) => {
	board = await FakeBoard.connect();
	const answer = await call(method, url, body);
	expect(answer.status).toBe(status);
	expect(answer.body.message).toContain(message);
	expect(Object.keys(answer.body)).toEqual(["statusCode", "error", "code", "message"]);
	expect(board.commands).toEqual([]);
});

test("every refusal of a board's command stands in the README, and no other", () => {
	const sources = ["gateway/boards/commands.ts", "gateway/http/boards.ts"].map((path) => readFileSync(path, "utf8"));
	const codes = sources.flatMap((text) =>
		[...text.matchAll(/DomainError\(\s*\d+,\s*"([A-Z_]+)"/g)].map(([, code]) => code),
	);
	const [, section = ""] = readFileSync("gateway/README.md", "utf8").split("\n## Boards\n");
	const [table = ""] = section.split("\n## ");
	const documented = [...table.matchAll(/`([A-Z]+_[A-Z_]+|CLOSING)`/g)].map(([, code]) => code);
	expect(documented.sort()).toEqual([...new Set(codes)].sort());
});

test("a stranger's page may read boards on loopback, and not command them", async () => {
	board = await FakeBoard.connect();
	const origin = "https://elsewhere.example";
	const read = await call("GET", "/api/boards", undefined, { origin });
	expect(read.headers["access-control-allow-origin"]).toBe("*");
	const write = await call("POST", "/api/boards/board-1/command", { command: "identify" }, { origin });
	expect(write).toMatchObject({ status: 403, body: { code: "FOREIGN_ORIGIN" } });
	expect(board.commands).toEqual([]);
});
