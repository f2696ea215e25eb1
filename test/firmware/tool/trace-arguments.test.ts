import { describe, expect, it } from "vitest";
import { ArgumentError } from "../../../firmware/device/virtual/arguments.ts";
import { parseArguments } from "../../../firmware/tool/trace/arguments.ts";

const parse = (...args: string[]) => parseArguments(args, {});

describe("the command line of a recording", () => {
	it("needs a board and nothing more", () => {
		expect(parse("record", "--board", "b1")).toEqual({
			source: {
				kind: "mqtt",
				brokerUrl: "mqtt://127.0.0.1:1883",
				username: undefined,
				password: undefined,
				topicPrefix: "parkmate",
				boardId: "b1",
				spotId: undefined,
			},
			seconds: null,
			out: null,
			name: null,
			mount: undefined,
			heightCm: undefined,
			truth: false,
		});
	});

	it("takes the broker from the environment where it is not given", () => {
		const env = { MQTT_URL: "mqtts://x", MQTT_USERNAME: "u", MQTT_PASSWORD: "p", TOPIC_PREFIX: "city" };
		const source = { brokerUrl: "mqtts://x", username: "u", password: "p", topicPrefix: "city" };
		expect(parseArguments(["record", "--board", "b1"], env)?.source).toMatchObject(source);
	});

	it("takes a serial port in place of a broker", () => {
		const source = { kind: "serial", path: "/dev/ttyUSB0", baud: 460_800 };
		expect(parse("record", "--serial", "/dev/ttyUSB0", "--baud", "460800")?.source).toEqual(source);
	});

	it("gives nothing when help is asked for", () => expect(parse("--help")).toBeNull());

	it.each([
		[[], 'the command must be record, got ""'],
		[["play", "--board", "b1"], 'the command must be record, got "play"'],
		[["record"], "one of --board ID and --serial PATH must be given, got none"],
		[["record", "--board", "b", "--serial", "x"], "one of --board ID and --serial PATH must be given, got both"],
		[["record", "--board", "a b"], '--board must be 1 to 64 letters, digits, `.`, `_`, `-`, got "a b"'],
		[["record", "--board", "b", "--seconds", "0"], '--seconds must be a number from 1 to 604800, got "0"'],
		[["record", "--board", "b", "--height", "19"], '--height must be a number from 20 to 400, got "19"'],
		[["record", "--board", "b", "--mount", "roof"], '--mount must be overhead or wall, got "roof"'],
		[["record", "--board", "b", "--baud", "9600"], "--baud belongs to --serial, got it with --board"],
		[["record", "--serial", "x", "--spot", "A"], "--spot belongs to --board, got it with --serial"],
		[["record", "--serial", "x", "--baud", "fast"], '--baud must be a number from 300 to 4000000, got "fast"'],
		[["record", "--serial", "-", "--truth"], "--truth needs standard input, which --serial - takes"],
		[["record", "--board", "b", "--colour"], "Unknown option '--colour'; --help tells what there is"],
	])("refuses %j", (args, message) => {
		expect(() => parse(...args)).toThrow(new ArgumentError(message));
	});

	it("repeats no password", () => {
		expect(() => parse("record", "--board", "b", "--broker", "ftp://me:secret@x")).toThrow(/got "ftp:\/\/…@x"$/);
	});
});
