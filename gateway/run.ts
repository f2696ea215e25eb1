/** Starts the gateway: settings, store, broker, app, and the demo's boards; stops all of it on SIGINT or SIGTERM. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import pino from "pino";
import { buildApp } from "./app.ts";
import type { Broker } from "./broker/broker.ts";
import { EmbeddedBroker } from "./broker/embedded.ts";
import { RemoteBroker } from "./broker/remote.ts";
import { type Config, ConfigError, isLoopback, readConfig } from "./config.ts";
import { firstSnapshotMs, makeSampleOnce, VirtualBoards } from "./demo.ts";
import { Gateway } from "./gateway.ts";
import { gatewayId } from "./identity.ts";
import { freePort, HostError, PortTakenError } from "./ports.ts";
import { MongoStore } from "./store/mongo.ts";
import { placeOf } from "./store/mongo-errors.ts";
import { SqliteThread } from "./store/sqlite-thread.ts";
import { type Store, StoreError } from "./store/store.ts";

/** An end that takes longer than this is forced. */
const maxStopMs = 1_800;

const root = fileURLToPath(new URL("..", import.meta.url));
/** What must be ended, newest first. */
const stops: (() => Promise<void>)[] = [];
let stopping = false;

/** Lines for people go to standard output; the log, as JSON lines, goes to standard error. */
function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

async function start(): Promise<void> {
	const config = readConfig({
		environment: process.env,
		file: readEnvFile(),
		demo: process.argv.includes("--demo"),
	});
	const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
	const log = pino({ level: config.logLevel }, pino.destination({ dest: 2, sync: true }));

	if (config.mqttCa !== null) needFile("MQTT_CA", config.mqttCa);
	// Ports first: one that was set by hand and is taken must stop the start before anything is touched.
	const moves: string[] = [];
	const port = await freePort({
		setting: "PORT",
		host: config.host,
		port: config.port,
		fixed: config.portFixed,
		moved: (from, to) => moves.push(`Port ${from} is taken; the pages are on ${to}. PORT chooses another one.`),
	});
	const mqttPort = config.mqttUrl !== null ? null : await freeMqttPort(config, moves);
	const store = await openStore(config);
	stops.unshift(() => store.close());
	for (const move of moves) say(move);
	const broker = makeBroker(config, mqttPort, (client, error) =>
		gateway.refusals.count("mqtt_connection", { client }, `a board's connection ended: ${error.message}`),
	);
	const gateway: Gateway = new Gateway({
		store,
		broker,
		clock: { now: Date.now },
		steady: { now: () => performance.now() },
		log,
		topicPrefix: config.topicPrefix,
	});
	stops.unshift(() => gateway.close());
	await gateway.start();
	if (config.virtualBoards && (await makeSampleOnce(gateway))) say("Made the sample lots, as there were none yet.");

	const pages = existsSync(`${root}web/dist/index.html`) ? `${root}web/dist` : null;
	if (pages === null) say("There are no pages in web/dist: npm run build makes them. API and boards go on without.");
	const app = await buildApp({ gateway, log, version, corsOrigin: config.corsOrigin, pages });
	stops.unshift(() => app.close());
	await app.listen({ host: config.host, port });

	const url = `http://${isLoopback(config.host) ? "localhost" : config.host}:${port}`;
	say(`Drivers: ${url}/   Owners: ${url}/owner.html   API: ${url}/api/lots   Health: ${url}/health`);
	say(`Boards:  ${broker.url} (${broker.kind} broker)   Data: ${dataPlace(config)}`);
	const [lot] = gateway.books.lots();
	if (lot === undefined) say("There is no lot yet: POST /api/lots makes one, POST /api/init makes the sample lots.");
	else {
		const ms = await firstSnapshotMs(
			`http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
			lot.lot_id,
		);
		say(`Ready: a page gets its first live snapshot ${(ms / 1000).toFixed(1)} s after the start.`);
	}
	if (config.virtualBoards) {
		const boards = new VirtualBoards({
			gateway,
			config,
			onEnd: (code) => log.error({ code }, "the virtual boards ended; the gateway goes on without them"),
		});
		stops.unshift(() => boards.stop());
	}
}

/** @throws ConfigError */
function needFile(setting: string, path: string): void {
	try {
		accessSync(path, constants.R_OK);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new ConfigError(`${setting} must be the path of a file that can be read, got "${path}" (${code})`);
	}
}

function freeMqttPort(config: Config, moves: string[]): Promise<number> {
	const { host, mqttPort: port, mqttPortFixed: fixed } = config;
	const moved = (from: number, to: number) =>
		moves.push(
			`Port ${from} is taken; the embedded broker is on ${to}. MQTT_URL=mqtt://${host}:${from} uses what is there.`,
		);
	return freePort({ setting: "MQTT_PORT", host, port, fixed, moved });
}

/** MongoDB where `MONGODB_URL` names it, else the SQLite file in `DATA_DIR`. */
async function openStore({ mongodbUrl: url, mongodbDb: database, dataDir }: Config): Promise<Store> {
	if (url === null) return SqliteThread.open({ dataDir });
	mkdirSync(dataDir, { recursive: true });
	return MongoStore.open({
		url,
		database,
		gateway: gatewayId(dataDir),
		clock: { now: Date.now },
		random: Math.random,
	});
}

/** Where the data is, for people: without what is secret. */
function dataPlace({ mongodbUrl: url, mongodbDb: database, dataDir }: Config): string {
	return url === null ? dataDir : placeOf(url, database);
}

/** The broker of `MQTT_URL`, or else the embedded one on `mqttPort`. */
function makeBroker(
	config: Config,
	mqttPort: number | null,
	onClientError: (client: string, error: Error) => void,
): Broker {
	const { mqttUrl: url, mqttUsername: username, mqttPassword: password, mqttCa: ca, host, dataDir } = config;
	if (url === null) return new EmbeddedBroker({ host, port: mqttPort ?? config.mqttPort, onClientError });
	return new RemoteBroker({ url, username, password, ca, clientId: gatewayId(dataDir) });
}

function readEnvFile(): Record<string, string | undefined> {
	try {
		return parseEnv(readFileSync(".env", "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw new ConfigError(`.env can't be read: ${(error as Error).message}`);
	}
}

/** Ends everything in the order of use: who brings work first, who keeps it last. */
async function stop(exitCode: number): Promise<void> {
	if (stopping) return;
	stopping = true;
	setTimeout(() => {
		process.stderr.write("parkmate: something did not end in time; ended by force\n");
		process.exit(1);
	}, maxStopMs).unref();
	for (const end of stops) await end();
	process.exit(exitCode);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));

try {
	await start();
} catch (error) {
	if (stopping) process.exit(0);
	// What a setting or the data's state explains is one line; anything else is ours to find, so it comes with its stack.
	const expected = [ConfigError, StoreError, PortTakenError, HostError].some((kind) => error instanceof kind);
	const { message, stack } = error as Error;
	process.stderr.write(`parkmate: ${expected ? message : stack}\n`);
	await stop(1);
}
