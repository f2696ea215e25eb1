/** The command line of the virtual boards, and what the environment says in its place. */
import { parseArgs } from "node:util";
import { idPattern } from "../../messages.ts";
import { settingsFields } from "../../settings.ts";
import type { FleetLot } from "./fleet.ts";
import { demoPace, lifePace, type Pace } from "./lot-model.ts";

export interface Arguments {
	brokerUrl: string;
	username?: string;
	password?: string;
	topicPrefix?: string;
	lots: FleetLot[];
	dataDir: string;
	pace: Pace;
	seed: number;
	/** What runs the firmware: this process, or the engine of real boards, built from its sources. */
	engine: "node" | "xs";
	/** When to end by itself, ms; null for never. */
	forMs: number | null;
}

/** An argument that makes no sense. The text names it, what it got and what it takes. */
export class ArgumentError extends Error {
	readonly code = "BAD_ARGUMENT";

	constructor(message: string) {
		super(message);
		this.name = "ArgumentError";
	}
}

/** Spots that one process runs at most: 1,250 boards, each with a connection. */
export const spotLimit = 10_000;

/** Faster, a car would be gone before a sensor could be sure of it. */
export const speedLimit = 20;

export const help = `Virtual boards: ParkMate's firmware over a model of parked cars, speaking MQTT to any broker.

npm run boards -- [options]

  --broker URL      the broker (default mqtt://127.0.0.1:1883; or MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD)
  --lot LOT:SPOTS   a lot and its spots, as a range of ids (SPOT001-SPOT020), a list (A1,A2,B7) or both;
                    again for more lots (default LOT001:SPOT001-SPOT020)
  --data DIR        where the boards keep what they must remember (default data/boards)
  --pace PACE       demo: a change every few seconds (default); life: as real cars come and stay
  --speed N         that many times faster, 0.01 to ${speedLimit} (default 1)
  --seed N          another story, told the same way each time (default 1)
  --engine ENGINE   node: all boards in this process (default); xs: each in the engine of real boards, which is
                    built first and needs a C compiler
  --for SECONDS     end after that time
  --help            this

TOPIC_PREFIX is what all topics begin with (default parkmate).
`;

const paces = new Map<string, Pace>([
	["demo", demoPace],
	["life", lifePace],
]);

/**
 * What to do, or null when help is asked for.
 * @throws ArgumentError on the first argument or variable that is not as it must be.
 */
export function parseArguments(
	args: readonly string[],
	env: Readonly<Record<string, string | undefined>>,
): Arguments | null {
	const values = parse(args);
	if (values.help) return null;
	const speed = numberOf("--speed", values.speed ?? "1", 0.01, speedLimit);
	const paceName = values.pace ?? "demo";
	const pace = paces.get(paceName);
	if (!pace) throw refusal("--pace", "demo or life", paceName);
	const seed = numberOf("--seed", values.seed ?? "1", 0, 0xffffffff);
	if (!Number.isInteger(seed)) throw refusal("--seed", "a whole number", values.seed ?? "");
	const engine = values.engine ?? "node";
	if (engine !== "node" && engine !== "xs") throw refusal("--engine", "node or xs", engine);
	return {
		brokerUrl: values.broker
			? setting("--broker", "broker_url", values.broker)
			: setting("MQTT_URL", "broker_url", env.MQTT_URL || String(settingsFields.broker_url.default)),
		username: env.MQTT_USERNAME || undefined,
		password: env.MQTT_PASSWORD || undefined,
		topicPrefix: env.TOPIC_PREFIX ? setting("TOPIC_PREFIX", "topic_prefix", env.TOPIC_PREFIX) : undefined,
		lots: parseLots(values.lot ?? ["LOT001:SPOT001-SPOT020"]),
		dataDir: values.data ?? "data/boards",
		pace: { cycleMs: pace.cycleMs / speed, dayMs: pace.dayMs / speed },
		seed,
		engine,
		forMs: values.for === undefined ? null : numberOf("--for", values.for, 0, 2_000_000) * 1000,
	};
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			options: {
				broker: { type: "string" },
				lot: { type: "string", multiple: true },
				data: { type: "string" },
				pace: { type: "string" },
				speed: { type: "string" },
				seed: { type: "string" },
				engine: { type: "string" },
				for: { type: "string" },
				help: { type: "boolean" },
			},
		}).values;
	} catch (error) {
		throw new ArgumentError(`${(error as Error).message.split("\n")[0]}; --help tells what there is`);
	}
}

function parseLots(texts: readonly string[]): FleetLot[] {
	const lots = texts.map(parseLot);
	// Board names are made of lot names in lower case.
	const names = lots.map((lot) => lot.lotId.toLowerCase());
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) throw refusal("--lot", "a different lot each time", `${twice} twice`);
	const spots = lots.reduce((sum, lot) => sum + lot.spotIds.length, 0);
	if (spots > spotLimit) throw refusal("--lot", `at most ${spotLimit} spots in all`, String(spots));
	return lots;
}

function parseLot(text: string): FleetLot {
	const expected = "LOT:SPOTS like LOT001:SPOT001-SPOT020 or LOT001:A1,A2";
	const [lotId, list, ...more] = text.split(":");
	if (!lotId || !list || more.length > 0) throw refusal("--lot", expected, text);
	// Room for the board's number behind it.
	if (!isId(lotId) || lotId.length > 58)
		throw refusal("--lot", "a lot of 1 to 58 letters, digits, `.`, `_`, `-`", lotId);
	const spotIds = list.split(",").flatMap(parseSpots);
	const wrong = spotIds.find((spotId) => !isId(spotId));
	if (wrong !== undefined) throw refusal("--lot", "spots of 1 to 64 letters, digits, `.`, `_`, `-`", wrong);
	const twice = spotIds.length - new Set(spotIds).size;
	if (twice > 0) throw refusal("--lot", "each spot once", text);
	return { lotId, spotIds };
}

/** `SPOT001-SPOT020` is a range; `B-3` is a name. */
function parseSpots(text: string): string[] {
	const [, prefix = "", first = "", last = ""] = /^(.*?)(\d+)-\1(\d+)$/.exec(text) ?? [];
	if (first === "") return [text];
	if (first.length !== last.length || last < first) {
		throw refusal("--lot", "a range that rises, with as many digits on both sides (SPOT01-SPOT20)", text);
	}
	const count = Number(last) - Number(first) + 1;
	if (count > spotLimit) throw refusal("--lot", `at most ${spotLimit} spots in all`, text);
	return Array.from(
		{ length: count },
		(_, index) => prefix + String(Number(first) + index).padStart(first.length, "0"),
	);
}

function isId(text: string): boolean {
	return new RegExp(idPattern).test(text);
}

/** `text` as the setting `field`. @throws ArgumentError when that would not take it; without its password. */
export function setting(name: string, field: "broker_url" | "topic_prefix", text: string): string {
	const { takes, expected } = settingsFields[field];
	// An address may have a password in it.
	if (!takes(text)) throw refusal(name, expected, text.replace(/\/\/[^/@]*@/, "//…@"));
	return text;
}

/** `text` as a number from `min` to `max`. @throws ArgumentError when it is none. */
export function numberOf(name: string, text: string, min: number, max: number): number {
	const value = text.trim() === "" ? Number.NaN : Number(text);
	if (value >= min && value <= max) return value;
	throw refusal(name, `a number from ${min} to ${max}`, text);
}

/** What to throw for an argument that is not as expected. */
export function refusal(name: string, expected: string, got: string): ArgumentError {
	return new ArgumentError(`${name} must be ${expected}, got ${JSON.stringify(got)}`);
}
