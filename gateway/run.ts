/** Starts the gateway: settings, store, broker, app, and the demo's boards; stops all of it on SIGINT or SIGTERM. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
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
import { gatewayId, passingId } from "./identity.ts";
import { freePort, HostError, PortTakenError } from "./ports.ts";
import { placeOf } from "./store/mongo-place.ts";
import { DataFolder } from "./store/sqlite-folder.ts";
import { SqliteThread } from "./store/sqlite-thread.ts";
import { type Store, StoreError } from "./store/store.ts";

/** An end that takes longer than this is forced. */
const maxStopMs = 1_800;

/** How long a gateway that died keeps others from its database, ms. */
const aloneMs = 15_000;

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
	// SQLite's store holds the folder itself.
	const taken = config.mongodbUrl === null ? null : takeName(config);
	const store = await openStore(config, taken?.id ?? "");
	stops.unshift(() => store.close());
	const name = taken ?? { id: gatewayId(config.dataDir), lasting: true };
	const shared = config.mongodbUrl !== null && config.mqttUrl !== null;
	if (config.mongodbUrl !== null && !shared) await holdAlone(store, name.id);
	for (const move of moves) say(move);
	const broker = makeBroker(config, mqttPort, {
		name: name.id,
		sessionExpiryS: shared ? () => gateway.peers?.sessionExpiryS() ?? 0 : undefined,
		onClientError: (client, error) =>
			gateway.refusals.count("mqtt_connection", { client }, `a board's connection ended: ${error.message}`),
	});
	const gateway: Gateway = new Gateway({
		store,
		broker,
		clock: { now: Date.now },
		steady: { now: () => performance.now() },
		log,
		topicPrefix: config.topicPrefix,
		peers: shared
			? {
					...name,
					renewSession: () => broker instanceof RemoteBroker && void broker.renew(),
					makeIngestBroker: () => remoteBroker(config, `${config.topicPrefix}-ingest`),
				}
			: null,
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
async function openStore({ mongodbUrl: url, mongodbDb: database, dataDir }: Config, gateway: string): Promise<Store> {
	if (url === null) return SqliteThread.open({ dataDir });
	// Its driver takes a third of a second to load, which a gateway with SQLite need not wait for.
	const { MongoStore } = await import("./store/mongo.ts");
	return MongoStore.open({
		url,
		database,
		gateway,
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
	options: {
		name: string;
		/** Given where several gateways share the broker. */
		sessionExpiryS?: () => number;
		onClientError: (client: string, error: Error) => void;
	},
): Broker {
	const { name, sessionExpiryS, onClientError } = options;
	const { host } = config;
	if (config.mqttUrl === null) return new EmbeddedBroker({ host, port: mqttPort ?? config.mqttPort, onClientError });
	if (sessionExpiryS === undefined) return remoteBroker(config, name);
	return remoteBroker(config, name, { sessionExpiryS, group: config.topicPrefix.replaceAll("/", "-") });
}

function remoteBroker(
	config: Config,
	clientId: string,
	sharing: { group?: string; sessionExpiryS?: () => number } = {},
): RemoteBroker {
	const { mqttUrl, mqttUsername: username, mqttPassword: password, mqttCa: ca } = config;
	return new RemoteBroker({ url: mqttUrl ?? "", username, password, ca, clientId, ...sharing });
}

/** The gateway's name at broker and database. Several gateways may be started in one folder: the first has the folder's name. */
function takeName({ dataDir }: Config): { id: string; lasting: boolean } {
	try {
		const folder = DataFolder.take(dataDir);
		stops.push(async () => folder.release());
		return { id: gatewayId(dataDir), lasting: true };
	} catch (error) {
		if (!(error instanceof StoreError && error.code === "STORE_LOCKED")) throw error;
		return { id: passingId(), lasting: false };
	}
}

/** Boards at an embedded broker are heard by its gateway alone, so others on the same database would never know. @throws StoreError */
async function holdAlone(store: Store, id: string): Promise<void> {
	const hold = () => store.holdLease("embedded-broker", id, aloneMs);
	if (!(await hold())) {
		const advice =
			"several gateways need one broker: give each of them the same MQTT_URL, or this one another MONGODB_DB";
		throw new StoreError(
			"STORE_LOCKED",
			`the database is in use by another gateway with a broker of its own; ${advice}`,
		);
	}
	const timer = setInterval(() => void hold().catch(() => {}), aloneMs / 3);
	stops.unshift(async () => clearInterval(timer));
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
