/** Every setting, once: what it is called, what it takes, what it means. The type, the start-up check, `.env.example` and the README's table come from here. */
import { resolve } from "node:path";

export interface Config {
	port: number;
	/** True when the port was set by hand: then it is never moved. */
	portFixed: boolean;
	host: string;
	insecure: boolean;
	/** Null: the embedded broker. */
	mqttUrl: string | null;
	mqttPort: number;
	mqttPortFixed: boolean;
	mqttUsername: string | null;
	mqttPassword: string | null;
	/** Path of a PEM file, or null for the system's authorities. */
	mqttCa: string | null;
	/** With user name and password, where it has them: never printed. Null: SQLite. */
	mongodbUrl: string | null;
	mongodbDb: string;
	/** Absolute. */
	dataDir: string;
	topicPrefix: string;
	virtualBoards: boolean;
	/** Null: nobody else's pages; `*`: anybody's may read. */
	corsOrigin: string | null;
	logLevel: (typeof logLevels)[number];
}

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

interface Setting {
	name: string;
	/** What stands in the table: the value without which nothing needs to be set. */
	default: string;
	takes: string;
	means: string;
	example: string;
	valid(value: string): boolean;
}

const anything = (): boolean => true;
const isPort = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65535;
const isBoolean = (value: string): boolean => value === "true" || value === "false";

export const settings: readonly Setting[] = [
	{
		name: "PORT",
		default: "5000",
		takes: "an integer from 1 to 65535",
		means:
			"Web pages, REST and WebSocket. The default moves to the next free port when it is taken; a port set by hand does not",
		example: "8080",
		valid: isPort,
	},
	{
		name: "HOST",
		default: "127.0.0.1",
		takes: "an address of this machine",
		means:
			"Where to listen, for pages and for the embedded broker. Anything but loopback needs `INSECURE=true`, as there is no sign-in yet",
		example: "0.0.0.0",
		valid: (value) => /^[A-Za-z0-9.:_-]+$/.test(value),
	},
	{
		name: "INSECURE",
		default: "false",
		takes: "true or false",
		means: "Allows a `HOST` that others can reach, without any sign-in",
		example: "true",
		valid: isBoolean,
	},
	{
		name: "MQTT_URL",
		default: "",
		takes: "a URL with mqtt://, mqtts://, ws:// or wss://",
		means: "Another broker, like Mosquitto. Empty: the embedded broker",
		example: "mqtt://127.0.0.1:1883",
		valid: (value) => /^(mqtts?|wss?):\/\/[^\s/]+/.test(value) && URL.canParse(value),
	},
	{
		name: "MQTT_PORT",
		default: "1883",
		takes: "an integer from 1 to 65535",
		means: "The embedded broker's port; it moves like `PORT`",
		example: "1884",
		valid: isPort,
	},
	{ name: "MQTT_USERNAME", default: "", takes: "text", means: "For `MQTT_URL`", example: "gateway", valid: anything },
	{ name: "MQTT_PASSWORD", default: "", takes: "text", means: "For `MQTT_URL`", example: "secret", valid: anything },
	{
		name: "MQTT_CA",
		default: "",
		takes: "the path of a PEM file",
		means: "The authority that signed the broker's certificate, for `mqtts://`. Empty: those that the system trusts",
		example: "./ca.pem",
		valid: anything,
	},
	{
		name: "MONGODB_URL",
		default: "",
		takes: "a URL with mongodb:// or mongodb+srv://",
		means: "Keeps the data in MongoDB; user, password and TLS are said in the URL. Empty: the SQLite file",
		example: "mongodb://127.0.0.1:27017/?replicaSet=rs0",
		valid: (value) => /^mongodb(\+srv)?:\/\/[^\s/]+/.test(value),
	},
	{
		name: "MONGODB_DB",
		default: "parkmate_db",
		takes: "a database name",
		means: "The database in MongoDB",
		example: "parkmate_db",
		valid: (value) => /^[A-Za-z0-9_-]{1,63}$/.test(value),
	},
	{
		name: "DATA_DIR",
		default: "./data",
		takes: "a folder",
		means: "Where the SQLite file `parkmate.db` and this gateway's name are kept; made when missing",
		example: "/var/lib/parkmate",
		valid: anything,
	},
	{
		name: "TOPIC_PREFIX",
		default: "parkmate",
		takes: "letters, digits, `.`, `_`, `-`, with `/` between levels",
		means: "What every MQTT topic begins with",
		example: "city/parkmate",
		valid: (value) => /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(value),
	},
	{
		name: "VIRTUAL_BOARDS",
		default: "true under npm start, else false",
		takes: "true or false",
		means: "The demo: virtual boards and cars for the sample lots, which are made if there never was a lot",
		example: "false",
		valid: isBoolean,
	},
	{
		name: "CORS_ORIGIN",
		default: "* for reads on loopback, else empty",
		takes: "origins like https://example.org, separated by commas, or *",
		means: "Whose pages may call the API. `*` is for reads only; named origins may write too",
		example: "https://parking.example.org",
		valid: (value) => value === "*" || value.split(",").every((origin) => /^https?:\/\/[^\s/,]+$/.test(origin.trim())),
	},
	{
		name: "LOG_LEVEL",
		default: "info",
		takes: logLevels.join(", "),
		means: "How much is logged",
		example: "debug",
		valid: (value) => logLevels.some((level) => level === value),
	},
];

/** Names in the environment that start like ours are ours: a misspelt one stops the start. */
const ourPrefixes = /^(MQTT_|MONGODB_|VIRTUAL_BOARD|TOPIC_PREFIX|CORS_)/;

/** A setting is wrong. One line: its name, what it got, what it takes. */
export class ConfigError extends Error {
	constructor(message: string) {
		super(message);
		this.name = "ConfigError";
	}
}

/**
 * The settings from `environment`, with `file` (the parsed `.env`, whose every name must be a setting) below it. Empty means default.
 * @throws ConfigError
 */
export function readConfig(options: {
	environment: Record<string, string | undefined>;
	file?: Record<string, string | undefined>;
	/** What VIRTUAL_BOARDS is when nobody sets it. */
	demo?: boolean;
}): Config {
	const { environment, file = {}, demo = false } = options;
	const known = new Set(settings.map((setting) => setting.name));
	const strangers = [
		...Object.keys(file).filter((name) => !known.has(name)),
		...Object.keys(environment).filter((name) => ourPrefixes.test(name) && !known.has(name)),
	];
	if (strangers[0] !== undefined) {
		throw new ConfigError(`${strangers[0]} is not a setting; expected one of ${[...known].join(", ")}`);
	}
	const given = new Map<string, string>();
	for (const setting of settings) {
		const value = (environment[setting.name] ?? file[setting.name] ?? "").trim();
		if (value === "") continue;
		if (!setting.valid(value)) {
			// A password never stands in an error; what is checked here holds none but in a URL.
			throw new ConfigError(`${setting.name} must be ${setting.takes}, got "${value.replace(/\/\/.*@/, "//***@")}"`);
		}
		given.set(setting.name, value);
	}
	const text = (name: string): string | null => given.get(name) ?? null;
	const host = text("HOST") ?? "127.0.0.1";
	const insecure = text("INSECURE") === "true";
	if (!isLoopback(host) && !insecure) {
		throw new ConfigError(`HOST must be loopback (127.0.0.1, ::1, localhost) unless INSECURE=true, got "${host}"`);
	}
	return {
		port: Number(text("PORT") ?? 5000),
		portFixed: given.has("PORT"),
		host,
		insecure,
		mqttUrl: text("MQTT_URL"),
		mqttPort: Number(text("MQTT_PORT") ?? 1883),
		mqttPortFixed: given.has("MQTT_PORT"),
		mqttUsername: text("MQTT_USERNAME"),
		mqttPassword: text("MQTT_PASSWORD"),
		mqttCa: text("MQTT_CA"),
		mongodbUrl: text("MONGODB_URL"),
		mongodbDb: text("MONGODB_DB") ?? "parkmate_db",
		dataDir: resolve(text("DATA_DIR") ?? "./data"),
		topicPrefix: text("TOPIC_PREFIX") ?? "parkmate",
		virtualBoards: given.has("VIRTUAL_BOARDS") ? text("VIRTUAL_BOARDS") === "true" : demo,
		corsOrigin: text("CORS_ORIGIN") ?? (isLoopback(host) ? "*" : null),
		logLevel: logLevels.find((level) => level === text("LOG_LEVEL")) ?? "info",
	};
}

export function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `.env.example`: every setting with its meaning, commented out. */
export function envExample(): string {
	const blocks = settings.map(
		(setting) => `# ${setting.means}. Takes ${setting.takes}.\n#${setting.name}=${setting.example}\n`,
	);
	return `# Copy to .env and take the # away from what you change.\n\n${blocks.join("\n")}`;
}

/** The README's table. */
export function settingsTable(): string {
	const rows = settings.map(
		(setting) => `| \`${setting.name}\` | ${setting.default === "" ? "empty" : setting.default} | ${setting.means}. |`,
	);
	return ["| setting | default | meaning |", "|---|---|---|", ...rows].join("\n");
}
