/** The command line of `npm run trace`, and what the environment says in its place. */
import { parseArgs } from "node:util";
import type { Mount } from "../../detector.ts";
import { ArgumentError, numberOf, refusal, setting } from "../../device/virtual/arguments.ts";
import { idPattern } from "../../messages.ts";
import { heightLimitsCm, settingsFields } from "../../settings.ts";

export interface Arguments {
	/** Where the board is heard: over a broker, or through a serial port (a device, a file; `-` for standard input). */
	source:
		| {
				kind: "mqtt";
				brokerUrl: string;
				username?: string;
				password?: string;
				topicPrefix: string;
				boardId: string;
				spotId?: string;
		  }
		| { kind: "serial"; path: string; baud: number };
	/** Until it is told to end when null. */
	seconds: number | null;
	/** Null: a name made of the board and the time. `-`: standard output. */
	out: string | null;
	/** What the trace is called; the board and the time when null. */
	name: string | null;
	mount?: Mount;
	/** Of all sensors over the empty floor, cm. */
	heightCm?: number;
	/** Whether a person says on standard input what is true. */
	truth: boolean;
}

/** Speeds that serial ports have. */
const baudLimits = Object.freeze({ min: 300, max: 4_000_000 });

/** A week. */
const secondsLimit = 7 * 24 * 3600;

export const help = `Records what a board's sensors time, raw, as a trace: a real lot's day becomes a test.

npm run trace -- record --board ID [options]      over the broker that the board speaks to
npm run trace -- record --serial PATH [options]   from the board's serial port (its firmware built with trace=serial);
                                                  PATH may be a file, or - for standard input

  --broker URL      the broker (default mqtt://127.0.0.1:1883; or MQTT_URL, MQTT_USERNAME, MQTT_PASSWORD)
  --spot ID         only this spot of the board
  --baud N          speed of the serial port (default 115200)
  --seconds N       end after that time (default: at Ctrl-C)
  --out FILE        where it is written, - for standard output (default BOARD-TIME.jsonl)
  --name TEXT       what the trace is called (default the board and the time)
  --mount MOUNT     overhead or wall, where the board does not say
  --height CM       how high the sensors hang over the empty floor, where the board does not say
  --truth           a person says what is true: a line like "SPOT001 o" (occupied) or "SPOT001 f" (free) when a car has
                    come to rest or has left
  --help            this

TOPIC_PREFIX is what all topics begin with (default parkmate).
`;

/**
 * What to do, or null when help is asked for.
 * @throws ArgumentError on the first argument or variable that is not as it must be.
 */
export function parseArguments(
	args: readonly string[],
	env: Readonly<Record<string, string | undefined>>,
): Arguments | null {
	const { values, positionals } = parse(args);
	if (values.help) return null;
	const [command = "", ...more] = positionals;
	if (command !== "record" || more.length > 0) throw refusal("the command", "record", positionals.join(" "));
	const out = values.out ?? null;
	const truth = values.truth ?? false;
	if (values.serial === "-" && truth) throw new ArgumentError("--truth needs standard input, which --serial - takes");
	const { mount } = values;
	if (mount !== undefined && mount !== "overhead" && mount !== "wall")
		throw refusal("--mount", "overhead or wall", mount);
	return {
		source: sourceOf(values, env),
		seconds: values.seconds === undefined ? null : numberOf("--seconds", values.seconds, 1, secondsLimit),
		out,
		name: values.name ?? null,
		mount,
		heightCm:
			values.height === undefined
				? undefined
				: numberOf("--height", values.height, heightLimitsCm.min, heightLimitsCm.max),
		truth,
	};
}

function parse(args: readonly string[]) {
	try {
		return parseArgs({
			args: [...args],
			allowPositionals: true,
			options: {
				board: { type: "string" },
				broker: { type: "string" },
				spot: { type: "string" },
				serial: { type: "string" },
				baud: { type: "string" },
				seconds: { type: "string" },
				out: { type: "string" },
				name: { type: "string" },
				mount: { type: "string" },
				height: { type: "string" },
				truth: { type: "boolean" },
				help: { type: "boolean" },
			},
		});
	} catch (error) {
		throw new ArgumentError(`${(error as Error).message.split(/\n|\. To /)[0]}; --help tells what there is`);
	}
}

function sourceOf(
	values: ReturnType<typeof parse>["values"],
	env: Readonly<Record<string, string | undefined>>,
): Arguments["source"] {
	if ((values.board === undefined) === (values.serial === undefined)) {
		throw new ArgumentError(`one of --board ID and --serial PATH must be given, got ${values.board ? "both" : "none"}`);
	}
	if (values.serial !== undefined) {
		const wrong = (["broker", "spot"] as const).find((name) => values[name] !== undefined);
		if (wrong) throw new ArgumentError(`--${wrong} belongs to --board, got it with --serial`);
		const baud = numberOf("--baud", values.baud ?? "115200", baudLimits.min, baudLimits.max);
		return { kind: "serial", path: values.serial, baud };
	}
	if (values.baud !== undefined) throw new ArgumentError("--baud belongs to --serial, got it with --board");
	const prefix = env.TOPIC_PREFIX || String(settingsFields.topic_prefix.default);
	return {
		kind: "mqtt",
		brokerUrl: values.broker
			? setting("--broker", "broker_url", values.broker)
			: setting("MQTT_URL", "broker_url", env.MQTT_URL || String(settingsFields.broker_url.default)),
		username: env.MQTT_USERNAME || undefined,
		password: env.MQTT_PASSWORD || undefined,
		topicPrefix: setting("TOPIC_PREFIX", "topic_prefix", prefix),
		boardId: id("--board", values.board ?? ""),
		spotId: values.spot === undefined ? undefined : id("--spot", values.spot),
	};
}

function id(name: string, text: string): string {
	if (!new RegExp(idPattern).test(text)) throw refusal(name, "1 to 64 letters, digits, `.`, `_`, `-`", text);
	return text;
}
