import { once } from "node:events";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { freePort, Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { type GatewayOptions, GatewayProcess, Program, root, until } from "../support/processes.ts";
import { call, watch } from "./clients.ts";

type Test = Pick<TestContext, "onTestFinished">;

async function start({ onTestFinished }: Test, options?: GatewayOptions): Promise<GatewayProcess> {
	const gateway = await GatewayProcess.start(options);
	onTestFinished(() => gateway.close());
	return gateway;
}

/** Starts a gateway that can't run; gives its exit code and what it said. */
async function refused({ onTestFinished }: Test, env: Record<string, string>) {
	const program = new Program("gateway", process.execPath, ["gateway/main.ts"], {
		env: { ...process.env, LOG_LEVEL: "error", MONGODB_URL: "", ...env },
	});
	onTestFinished(async () => {
		await program.end("SIGKILL");
	});
	const { code } = await program.ended;
	return { code, lines: program.output.trim().split("\n") };
}

function folder({ onTestFinished }: Test): string {
	const path = mkdtempSync(join(tmpdir(), "parkmate-start-"));
	onTestFinished(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

describe("npm start", () => {
	test("shows the sample lot, whose cars come and go, and ends within 2 s with 0 on Ctrl-C, boards and all", async (ctx) => {
		const gateway = await start(ctx, { demo: true });
		const live = watch(gateway.url, "LOT001");
		ctx.onTestFinished(() => live.close());
		await until("a snapshot", () => live.frames[0]);
		expect(live.frames[0]).toMatchObject({ lot: { name: "Central Parking Tower", total_spots: 20 } });
		expect((await call(`${gateway.url}/api/lots`)).body.length).toBeGreaterThan(1);
		// Every spot is decided within seconds, …
		const spots = async () => (await call(`${gateway.url}/api/spots`)).body as { spot_id: string; state: string }[];
		await ctx.expect
			.poll(async () => (await spots()).some(({ state }) => state === "unknown"), { timeout: 15_000 })
			.toBe(false);
		// … and then cars come and go, in one lot or the other.
		const first = new Map((await spots()).map(({ spot_id, state }) => [spot_id, state]));
		const moved = async () => (await spots()).some(({ spot_id, state }) => first.get(spot_id) !== state);
		await until("a car to come or go", moved, { deadlineMs: 30_000, everyMs: 100 });
		expect(live.frames.map(({ event }) => event)).toContain("spot_update");
		const { pid } = gateway;
		const at = performance.now();
		process.kill(Number(pid), "SIGINT");
		expect(await gateway.stop()).toBe(0);
		expect(performance.now() - at).toBeLessThan(2000);
	}, 60_000);

	test("leaves no board behind when it is killed", async (ctx) => {
		const program = new Program("gateway", process.execPath, ["gateway/main.ts", "--demo"], {
			env: {
				...process.env,
				DATA_DIR: folder(ctx),
				PORT: String(await freePort()),
				MQTT_PORT: String(await freePort()),
			},
		});
		ctx.onTestFinished(async () => {
			await program.end("SIGKILL");
		});
		await until("the boards", () => program.output.includes("Virtual boards: connected"), { deadlineMs: 20_000 });
		// Boards write to the same pipe: it closes when the last of them is gone.
		const closed = once(program.child, "close", { signal: AbortSignal.timeout(5000) });
		program.kill("SIGKILL");
		await closed;
	}, 30_000);
});

describe("a gateway that can't start says why in one line", () => {
	test("when another one has the same data", async (ctx) => {
		const gateway = await start(ctx);
		const { code, lines } = await refused(ctx, { DATA_DIR: gateway.dataDir });
		expect(code).toBe(1);
		expect(lines).toHaveLength(1);
		expect(lines[0]).toContain(`${gateway.dataDir} is in use by another gateway (process ${gateway.pid})`);
	});

	test("when its database is no database, or cut short", async (ctx) => {
		const dataDir = folder(ctx);
		writeFileSync(join(dataDir, "parkmate.db"), "hello, I am a text file\n".repeat(200));
		expect(await refused(ctx, { DATA_DIR: dataDir })).toMatchObject({
			code: 1,
			lines: [expect.stringContaining("parkmate.db")],
		});

		const gateway = await start(ctx, { dataDir: folder(ctx) });
		await call(`${gateway.url}/api/init`, {});
		await gateway.stop();
		const file = openSync(join(gateway.dataDir, "parkmate.db"), "r+");
		ftruncateSync(file, 5000);
		closeSync(file);
		expect(await refused(ctx, { DATA_DIR: gateway.dataDir })).toMatchObject({
			code: 1,
			lines: [expect.stringContaining("parkmate.db")],
		});
	});

	test("when a port set by hand is taken", async (ctx) => {
		const gateway = await start(ctx);
		const dataDir = folder(ctx);
		const { code, lines } = await refused(ctx, { DATA_DIR: dataDir, PORT: String(gateway.port) });
		expect([code, lines]).toEqual([
			1,
			[`parkmate: PORT=${gateway.port} is taken by another program; choose another port or end that program`],
		]);
		expect((await refused(ctx, { DATA_DIR: dataDir, MQTT_PORT: String(gateway.mqttPort) })).lines).toEqual([
			`parkmate: MQTT_PORT=${gateway.mqttPort} is taken by another program; choose another port or end that program`,
		]);
	});

	test("when the file with the authority is missing", async (ctx) => {
		const { code, lines } = await refused(ctx, { MQTT_URL: "mqtts://127.0.0.1:8883", MQTT_CA: "/nowhere/ca.pem" });
		expect([code, lines]).toEqual([
			1,
			['parkmate: MQTT_CA must be the path of a file that can be read, got "/nowhere/ca.pem" (ENOENT)'],
		]);
	});

	test("when the database is away, without its password", async (ctx) => {
		const port = await freePort();
		const url = `mongodb://me:secret@127.0.0.1:${port}/?directConnection=true`;
		const { code, lines } = await refused(ctx, { MONGODB_URL: url, DATA_DIR: folder(ctx) });
		expect([code, lines]).toEqual([
			1,
			[
				`parkmate: can't open mongodb://127.0.0.1:${port}/parkmate_db: it does not answer (connect ECONNREFUSED 127.0.0.1:${port})`,
			],
		]);
	});

	test("when a setting is malformed", async (ctx) => {
		const { code, lines } = await refused(ctx, { PORT: "http" });
		expect([code, lines]).toEqual([1, ['parkmate: PORT must be an integer from 1 to 65535, got "http"']]);
	});
});

test("a broker that is away leaves pages and API up, health says so, and all is well when it comes", async (ctx) => {
	ctx.skip(mosquittoMissing !== null, mosquittoMissing ?? "");
	const mosquitto = await Mosquitto.start();
	ctx.onTestFinished(() => mosquitto.close());
	await mosquitto.stop();
	const gateway = await start(ctx, { mqttUrl: mosquitto.url });
	await call(`${gateway.url}/api/init`, {});
	expect((await fetch(`${gateway.url}/`)).status).toBe(200);
	expect(await call(`${gateway.url}/health`)).toMatchObject({
		status: 503,
		body: {
			components: {
				broker: { ready: false, error: expect.stringContaining("connection refused") },
				store: { ready: true },
			},
		},
	});
	await mosquitto.restart();
	await ctx.expect.poll(async () => (await call(`${gateway.url}/health`)).status, { timeout: 20_000 }).toBe(200);
}, 40_000);

test("the scripts that the README names are there", () => {
	const readme = readFileSync(join(root, "README.md"), "utf8");
	const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	const named = [...readme.matchAll(/npm (?:run )?(start|test|[a-z]+)(?= |`|\n)/g)].map((match) => match[1]);
	for (const name of new Set(named)) if (name !== "install") expect(scripts, name).toHaveProperty([String(name)]);
});
