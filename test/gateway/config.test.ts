import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, envExample, readConfig, settings, settingsTable } from "../../gateway/config.ts";

const read = (environment: Record<string, string>, file: Record<string, string> = {}) =>
	readConfig({ environment, file });

describe("settings", () => {
	test("have defaults that need nothing", () => {
		expect(read({})).toMatchObject({
			port: 5000,
			portFixed: false,
			host: "127.0.0.1",
			mqttUrl: null,
			mqttPort: 1883,
			topicPrefix: "parkmate",
			virtualBoards: false,
			corsOrigin: "*",
			mongodbUrl: null,
			mongodbDb: "parkmate_db",
			logLevel: "info",
		});
	});

	test("run virtual boards by default in the demo only, and as told otherwise", () => {
		expect(readConfig({ environment: {}, demo: true }).virtualBoards).toBe(true);
		expect(readConfig({ environment: { VIRTUAL_BOARDS: "false" }, demo: true }).virtualBoards).toBe(false);
		expect(read({ VIRTUAL_BOARDS: "true" }).virtualBoards).toBe(true);
	});

	test("from the environment win over those of the file", () => {
		expect(read({ PORT: "8080" }, { PORT: "9090", LOG_LEVEL: "debug" })).toMatchObject({
			port: 8080,
			portFixed: true,
			logLevel: "debug",
		});
	});

	test("that are empty are not set", () => {
		expect(read({ PORT: "", MQTT_URL: " " })).toMatchObject({ port: 5000, portFixed: false, mqttUrl: null });
	});

	test("without CORS_ORIGIN let nobody's pages read where others can reach the gateway", () => {
		expect(read({ HOST: "0.0.0.0", INSECURE: "true" }).corsOrigin).toBeNull();
	});

	test.each([
		[{ PORT: "http" }, 'PORT must be an integer from 1 to 65535, got "http"'],
		[{ PORT: "0" }, 'PORT must be an integer from 1 to 65535, got "0"'],
		[{ PORT: "65536" }, 'PORT must be an integer from 1 to 65535, got "65536"'],
		[{ MQTT_PORT: "1883.5" }, 'MQTT_PORT must be an integer from 1 to 65535, got "1883.5"'],
		[
			{ MQTT_URL: "localhost:1883" },
			'MQTT_URL must be a URL with mqtt://, mqtts://, ws:// or wss://, got "localhost:1883"',
		],
		[
			{ MQTT_URL: "http://me:secret@host" },
			'MQTT_URL must be a URL with mqtt://, mqtts://, ws:// or wss://, got "http://***@host"',
		],
		[{ VIRTUAL_BOARDS: "yes" }, 'VIRTUAL_BOARDS must be true or false, got "yes"'],
		[{ LOG_LEVEL: "loud" }, 'LOG_LEVEL must be fatal, error, warn, info, debug, trace, silent, got "loud"'],
		[
			{ TOPIC_PREFIX: "a/#" },
			'TOPIC_PREFIX must be letters, digits, `.`, `_`, `-`, with `/` between levels, got "a/#"',
		],
		[{ HOST: "0.0.0.0" }, 'HOST must be loopback (127.0.0.1, ::1, localhost) unless INSECURE=true, got "0.0.0.0"'],
		[
			{ MONGODB_URL: "postgres://me:se/cret@host/db" },
			'MONGODB_URL must be a URL with mongodb:// or mongodb+srv://, got "postgres://***@host/db"',
		],
	])("like %j stop the start with one line", (environment, message) => {
		expect(() => read(environment as Record<string, string>)).toThrow(new ConfigError(message));
	});

	test("that nobody knows stop the start, in the file and among our names in the environment", () => {
		expect(() => read({}, { PROT: "1" })).toThrow(/^PROT is not a setting; expected one of PORT, HOST, /);
		expect(() => read({ MQTT_HOST: "x" })).toThrow(/^MQTT_HOST is not a setting/);
		expect(() => read({ HOME: "/root", PATH: "/bin" })).not.toThrow();
	});

	test("have examples that are valid", () => {
		for (const { name, example, valid } of settings) expect(valid(example), name).toBe(true);
	});

	test("stand in .env.example and in the README as the schema has them", () => {
		expect(readFileSync(".env.example", "utf8")).toBe(envExample());
		expect(readFileSync("README.md", "utf8")).toContain(settingsTable());
	});
});
