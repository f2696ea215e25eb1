import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	countBoot,
	firstBootLimit,
	type KeyValueStore,
	loadSettings,
	parseSettings,
	SettingsError,
	saveBoot,
	saveSettings,
	settingsFields,
} from "../../firmware/settings.ts";

class MemoryStore implements KeyValueStore {
	readonly values = new Map<string, string>();
	writes = 0;

	get(key: string): string | undefined {
		return this.values.get(key);
	}

	set(key: string, value: string): void {
		this.writes++;
		this.values.set(key, value);
	}
}

const least = { board_id: "b1", lot_id: "LOT001", spots: [{ spot_id: "SPOT001" }] };

describe("settings", () => {
	it("fill in what may be left out", () => {
		expect(parseSettings(least)).toEqual({
			...least,
			broker_url: "mqtt://127.0.0.1:1883",
			topic_prefix: "parkmate",
			temperature_c: 20,
			refresh_s: 60,
		});
	});

	it("keep what is given", () => {
		const all = {
			board_id: "b1",
			lot_id: "LOT001",
			spots: [{ spot_id: "A", height_cm: 250 }, { spot_id: "B" }],
			broker_url: "mqtts://broker.example:8883",
			broker_username: "u",
			broker_password: "p",
			topic_prefix: "city/parkmate",
			temperature_c: -5,
			refresh_s: 30,
		};
		expect(parseSettings(all)).toEqual(all);
	});

	const spots = (...list: unknown[]) => ({ ...least, spots: list });
	it.each([
		[null, "setting settings must be an object, got null"],
		[[], "setting settings must be an object, got []"],
		[{ ...least, board_id: undefined }, "setting board_id must be 1 to 64 letters, digits, `.`, `_`, `-`, got nothing"],
		[{ ...least, board_id: "a b" }, 'setting board_id must be 1 to 64 letters, digits, `.`, `_`, `-`, got "a b"'],
		[{ ...least, lot_id: 7 }, "setting lot_id must be 1 to 64 letters, digits, `.`, `_`, `-`, got 7"],
		[spots(), "setting spots must be a list of 1 to 8 spots, got []"],
		[spots("A"), 'setting spots[0] must be an object, got "A"'],
		[
			spots({ spot_id: "A" }, { spot_id: "" }),
			'setting spots[1].spot_id must be 1 to 64 letters, digits, `.`, `_`, `-`, got ""',
		],
		[spots({ spot_id: "A" }, { spot_id: "A" }), "setting spots must be different spots, got A twice"],
		[
			spots({ spot_id: "A", height_cm: "220" }),
			'setting spots[0].height_cm must be a number from 20 to 400, got "220"',
		],
		[spots({ spot_id: "A", height_cm: 401 }), "setting spots[0].height_cm must be a number from 20 to 400, got 401"],
		[spots({ spot_id: "A", pin: 4 }), "setting spots[0].pin is unknown; known are spot_id, height_cm"],
		[
			{ ...least, broker_url: "127.0.0.1" },
			'setting broker_url must be an address like mqtt://192.168.1.10:1883 (mqtt, mqtts, ws or wss), got "127.0.0.1"',
		],
		[{ ...least, broker_password: 5 }, "setting broker_password must be 1 to 128 characters, got something else"],
		[
			{ ...least, topic_prefix: "a/#" },
			'setting topic_prefix must be 1 to 64 letters, digits, `.`, `_`, `-`, in parts divided by `/`, got "a/#"',
		],
		[{ ...least, temperature_c: 61 }, "setting temperature_c must be a number from -40 to 60, got 61"],
		[{ ...least, refresh_s: Number.NaN }, "setting refresh_s must be a number from 5 to 3600, got null"],
		[{ ...least, toString: 1 }, `setting toString is unknown; known are ${Object.keys(settingsFields).join(", ")}`],
	])("refuse what is wrong and say so (case %#)", (value, message) => {
		expect(() => parseSettings(value)).toThrow(new SettingsError(message));
	});

	it.each([
		["broker_username", "u".repeat(128), "u".repeat(129)],
		["broker_username", "u", ""],
		["temperature_c", 60, 60.1],
		["temperature_c", -40, -40.1],
		["refresh_s", 3600, 3601],
		["refresh_s", 5, 4],
		["topic_prefix", "a".repeat(64), "a".repeat(65)],
	])("take %s up to its limit and no further (case %#)", (name, good, bad) => {
		expect(parseSettings({ ...least, [name]: good })).toHaveProperty(name, good);
		expect(() => parseSettings({ ...least, [name]: bad })).toThrow(SettingsError);
	});

	it("refuse or take anything, without any other error", () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.jsonValue(),
					fc.jsonValue().map((spots) => ({ ...least, spots })),
				),
				(value) => {
					try {
						expect(parseSettings(value).spots.length).toBeGreaterThan(0);
					} catch (error) {
						expect(error).toBeInstanceOf(SettingsError);
					}
				},
			),
		);
	});

	it("come back from memory as they were saved", () => {
		const store = new MemoryStore();
		expect(loadSettings(store)).toBeNull();
		saveSettings(store, parseSettings(least));
		expect(loadSettings(store)).toEqual(parseSettings(least));
	});

	it("are not saved when they are wrong", () => {
		const store = new MemoryStore();
		saveSettings(store, parseSettings(least));
		const before = store.get("settings");
		expect(() => saveSettings(store, { ...parseSettings(least), refresh_s: 0 })).toThrow(SettingsError);
		expect(store.get("settings")).toBe(before);
	});

	it("say when the memory is damaged", () => {
		const store = new MemoryStore();
		store.set("settings", '{"board_id": "b');
		expect(() => loadSettings(store)).toThrow(/^saved settings are damaged: /);
	});

	it("stand in the README, each of them and no other", () => {
		const readme = readFileSync(new URL("../../firmware/README.md", import.meta.url), "utf8");
		const rows = [...readme.matchAll(/^\| `(\w+)` +\| (.*) \| (.*) \| (.*) \|$/gm)].map((row) =>
			row.slice(1).map((cell) => cell.trim()),
		);
		expect(rows).toEqual(
			Object.entries(settingsFields).map(([name, field]) => [
				name,
				field.description,
				field.default === undefined ? (field.optional ? "none" : "must be given") : `\`${field.default}\``,
				`\`${field.example}\``,
			]),
		);
	});

	it("give examples and defaults that they take", () => {
		for (const field of Object.values(settingsFields)) {
			if (field.default !== undefined) expect(field.takes(field.default)).toBe(true);
			const example = /^[[\d]/.test(field.example) ? JSON.parse(field.example) : field.example;
			expect(field.takes(example)).toBe(true);
		}
	});
});

describe("the boot counter", () => {
	const lowest = () => 0;
	const highest = () => 0.999_999_999;

	it("counts starts, with one write each", () => {
		const store = new MemoryStore();
		expect([countBoot(store, lowest), countBoot(store, highest), countBoot(store, highest)]).toEqual([1, 2, 3]);
		expect(store.writes).toBe(3);
	});

	it("goes on from where it was set", () => {
		const store = new MemoryStore();
		saveBoot(store, 41);
		expect(countBoot(store, lowest)).toBe(42);
	});

	it.each(["", "x", "-3", "NaN", "1e99", String(Number.MAX_SAFE_INTEGER)])("begins anywhere after %j", (saved) => {
		const store = new MemoryStore();
		store.set("boot", saved);
		expect(countBoot(store, highest)).toBe(firstBootLimit);
		expect(store.get("boot")).toBe(String(firstBootLimit));
	});
});
