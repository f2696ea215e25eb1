import { describe, expect, it } from "vitest";
import { ArgumentError, help, parseArguments } from "../../../../firmware/device/virtual/arguments.ts";
import { demoPace, lifePace } from "../../../../firmware/device/virtual/lot-model.ts";

const range = (count: number) => Array.from({ length: count }, (_, i) => `SPOT${String(i + 1).padStart(3, "0")}`);
const lotsOf = (...lots: string[]) =>
	parseArguments(
		lots.flatMap((lot) => ["--lot", lot]),
		{},
	)?.lots;

describe("the virtual boards' arguments", () => {
	it("may all be left out", () => {
		expect(parseArguments([], {})).toEqual({
			brokerUrl: "mqtt://127.0.0.1:1883",
			lots: [{ lotId: "LOT001", spotIds: range(20) }],
			dataDir: "data/boards",
			pace: demoPace,
			seed: 1,
			engine: "node",
			forMs: null,
		});
	});

	it("are taken as they are given", () => {
		const args = "--broker mqtt://h:1 --lot L:A,B --data d --pace life --speed 2 --seed 7 --engine xs --for 1.5".split(
			" ",
		);
		expect(parseArguments(args, {})).toMatchObject({
			brokerUrl: "mqtt://h:1",
			lots: [{ lotId: "L", spotIds: ["A", "B"] }],
			dataDir: "d",
			pace: { cycleMs: lifePace.cycleMs / 2, dayMs: lifePace.dayMs / 2 },
			seed: 7,
			engine: "xs",
			forMs: 1500,
		});
	});

	it("come from the environment where they are left out", () => {
		const env = { MQTT_URL: "mqtts://h", MQTT_USERNAME: "u", MQTT_PASSWORD: "p", TOPIC_PREFIX: "city" };
		expect(parseArguments([], env)).toMatchObject({
			brokerUrl: "mqtts://h",
			username: "u",
			password: "p",
			topicPrefix: "city",
		});
		expect(parseArguments(["--broker", "mqtt://other"], env)?.brokerUrl).toBe("mqtt://other");
	});

	it("take an empty variable for one that is not there", () => {
		const env = { MQTT_URL: "", MQTT_USERNAME: "", MQTT_PASSWORD: "", TOPIC_PREFIX: "" };
		expect(parseArguments([], env)).toEqual(parseArguments([], {}));
	});

	it("read ranges, lists and both", () => {
		expect(lotsOf("L:SPOT001-SPOT020")).toEqual([{ lotId: "L", spotIds: range(20) }]);
		expect(lotsOf("L:A9-A9,B-3,P1.7-P1.9,X")?.[0]?.spotIds).toEqual(["A9", "B-3", "P1.7", "P1.8", "P1.9", "X"]);
		expect(lotsOf("L:1-1-1-3")?.[0]?.spotIds).toEqual(["1-1", "1-2", "1-3"]);
	});

	it("read more lots than one", () => {
		expect(lotsOf("L1:A1-A2", "L2:B")).toEqual([
			{ lotId: "L1", spotIds: ["A1", "A2"] },
			{ lotId: "L2", spotIds: ["B"] },
		]);
	});

	it("give nothing to do when help is asked for, and help names each of them", () => {
		expect(parseArguments(["--help", "--lot", "?"], {})).toBeNull();
		for (const name of ["broker", "lot", "data", "pace", "speed", "seed", "engine", "for", "help"]) {
			expect(help).toContain(`--${name}`);
		}
	});

	const lot = "LOT:SPOTS like LOT001:SPOT001-SPOT020 or LOT001:A1,A2";
	it.each([
		["--lot L", `--lot must be ${lot}, got "L"`],
		["--lot L:", `--lot must be ${lot}, got "L:"`],
		["--lot :A", `--lot must be ${lot}, got ":A"`],
		["--lot L:A:B", `--lot must be ${lot}, got "L:A:B"`],
		["--lot L/1:A", '--lot must be a lot of 1 to 58 letters, digits, `.`, `_`, `-`, got "L/1"'],
		["--lot L:A,,B", '--lot must be spots of 1 to 64 letters, digits, `.`, `_`, `-`, got ""'],
		["--lot L:A#", '--lot must be spots of 1 to 64 letters, digits, `.`, `_`, `-`, got "A#"'],
		["--lot L:A,A", '--lot must be each spot once, got "L:A,A"'],
		[
			"--lot L:S1-S20",
			'--lot must be a range that rises, with as many digits on both sides (SPOT01-SPOT20), got "S1-S20"',
		],
		[
			"--lot L:S9-S1",
			'--lot must be a range that rises, with as many digits on both sides (SPOT01-SPOT20), got "S9-S1"',
		],
		["--lot L:S000001-S999999", '--lot must be at most 10000 spots in all, got "S000001-S999999"'],
		["--lot L:S00001-S09999 --lot M:A,B", '--lot must be at most 10000 spots in all, got "10001"'],
		["--lot L:A --lot l:B", '--lot must be a different lot each time, got "l twice"'],
		[
			"--broker localhost",
			'--broker must be an address like mqtt://192.168.1.10:1883 (mqtt, mqtts, ws or wss), got "localhost"',
		],
		["--speed 0", '--speed must be a number from 0.01 to 20, got "0"'],
		["--speed fast", '--speed must be a number from 0.01 to 20, got "fast"'],
		["--seed 1.5", '--seed must be a whole number, got "1.5"'],
		["--seed= ", '--seed must be a number from 0 to 4294967295, got ""'],
		["--engine v8", '--engine must be node or xs, got "v8"'],
		["--pace toString", '--pace must be demo or life, got "toString"'],
		["--for=-1", '--for must be a number from 0 to 2000000, got "-1"'],
		["--fast", "Unknown option '--fast'; --help tells what there is"],
	])("refuse %s", (args, message) => {
		expect(() => parseArguments(args.split(" ").filter(Boolean), {})).toThrow(new ArgumentError(message));
	});

	it("refuse a malformed variable by its name, without the password in it", () => {
		expect(() => parseArguments([], { MQTT_URL: "http://u:secret@h" })).toThrow(
			new ArgumentError(
				'MQTT_URL must be an address like mqtt://192.168.1.10:1883 (mqtt, mqtts, ws or wss), got "http://…@h"',
			),
		);
		expect(() => parseArguments([], { TOPIC_PREFIX: "#" })).toThrow(
			new ArgumentError(
				'TOPIC_PREFIX must be 1 to 64 letters, digits, `.`, `_`, `-`, in parts divided by `/`, got "#"',
			),
		);
	});
});
