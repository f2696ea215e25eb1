/**
 * In: what a board must know about itself, from its memory or a person. Out: the same, whole and checked; the boot counter.
 * Never: lets a half-right setting through; says a password.
 */
import type { Mount } from "./detector.ts";
import { idPattern } from "./messages.ts";
import { sensorLimit } from "./ranging.ts";

/** Small texts that survive a reboot: flash preferences, or a file. May throw when the memory does. */
export interface KeyValueStore {
	get(key: string): string | undefined;
	set(key: string, value: string): void;
}

export interface SpotSettings {
	spot_id: string;
	/** Height of the sensor over the empty floor in cm; learnt when left out. */
	height_cm?: number;
}

export interface Settings {
	board_id: string;
	lot_id: string;
	/** One for each sensor, in their order. */
	spots: SpotSettings[];
	broker_url: string;
	broker_username?: string;
	broker_password?: string;
	topic_prefix: string;
	/** How the sensors are mounted; found out when left out. */
	mount?: Mount;
	/** °C, for the speed of sound. */
	temperature_c: number;
	/** How often an unchanged spot is said again, s. */
	refresh_s: number;
}

interface Field {
	/** What it is for, its unit with it. */
	description: string;
	/** What it takes, as error texts say it. */
	expected: string;
	takes: (value: unknown) => boolean;
	/** Left out where there is none: then the setting must be given, unless it is optional. */
	default?: string | number;
	optional?: boolean;
	/** Never shown. */
	secret?: boolean;
	example: string;
}

const isId = (value: unknown) => typeof value === "string" && new RegExp(idPattern).test(value);
const isText = (value: unknown) => typeof value === "string" && value.length >= 1 && value.length <= 128;
const isWithin = (value: unknown, min: number, max: number) =>
	typeof value === "number" && value >= min && value <= max;

const idWords = "1 to 64 letters, digits, `.`, `_`, `-`";

/** Every setting once: checks, defaults, error texts and the table in the README come from here. */
export const settingsFields: Readonly<Record<keyof Settings, Readonly<Field>>> = {
	board_id: { description: "the board's name", expected: idWords, takes: isId, example: "lot001-1" },
	lot_id: { description: "the lot that it stands in", expected: idWords, takes: isId, example: "LOT001" },
	spots: {
		description:
			"the spot under each sensor, and how high the sensor hangs over the empty floor, cm (learnt when left out)",
		expected: `a list of 1 to ${sensorLimit} spots`,
		takes: (value) => Array.isArray(value) && value.length >= 1 && value.length <= sensorLimit,
		example: '[{"spot_id": "SPOT001", "height_cm": 220}]',
	},
	broker_url: {
		description: "where the MQTT broker is",
		expected: "an address like mqtt://192.168.1.10:1883 (mqtt, mqtts, ws or wss)",
		takes: (value) => isText(value) && /^(mqtts?|wss?):\/\/[^\s/]+\S*$/.test(String(value)),
		default: "mqtt://127.0.0.1:1883",
		example: "mqtt://192.168.1.10:1883",
	},
	broker_username: {
		description: "who the board is for the broker",
		expected: "1 to 128 characters",
		takes: isText,
		optional: true,
		example: "lot001-1",
	},
	broker_password: {
		description: "how it proves that",
		expected: "1 to 128 characters",
		takes: isText,
		optional: true,
		secret: true,
		example: "…",
	},
	topic_prefix: {
		description: "what all topics begin with",
		expected: "1 to 64 letters, digits, `.`, `_`, `-`, in parts divided by `/`",
		takes: (value) => typeof value === "string" && value.length <= 64 && /^[\w.-]+(\/[\w.-]+)*$/.test(value),
		default: "parkmate",
		example: "parkmate",
	},
	mount: {
		description:
			"where the sensors are: `overhead` (2 to 3.5 m) or at a `wall`, at bumper height (found out when left out)",
		expected: "overhead or wall",
		takes: (value) => value === "overhead" || value === "wall",
		optional: true,
		example: "overhead",
	},
	temperature_c: {
		description: "air temperature for the speed of sound, °C",
		expected: "a number from -40 to 60",
		takes: (value) => isWithin(value, -40, 60),
		default: 20,
		example: "12",
	},
	refresh_s: {
		description: "how often an unchanged spot is said again, s",
		expected: "a number from 5 to 3600",
		takes: (value) => isWithin(value, 5, 3600),
		default: 60,
		example: "60",
	},
};
Object.freeze(settingsFields);
for (const field of Object.values(settingsFields)) Object.freeze(field);

/** Height of a sensor, cm: of a wall's at the height of bumpers at least, within an HC-SR04's 4 m at most. Below 150 no car fits under it: then it is a wall's. */
export const heightLimitsCm = Object.freeze({ min: 20, max: 400 });

/** A setting that is missing, unknown or wrong. The text names it, what it got and what it takes. */
export class SettingsError extends Error {
	readonly code = "BAD_SETTING";
	// A field: where the engine's own prototypes are frozen, an inherited name can't be assigned to.
	override readonly name = "SettingsError";
}

/**
 * Settings from anything: fills in defaults, takes nothing that is unknown or out of range.
 * @throws SettingsError on the first that is not as it must be.
 */
export function parseSettings(value: unknown): Settings {
	const given = fieldsOf(value, "settings");
	for (const name of Object.keys(given)) {
		if (!Object.hasOwn(settingsFields, name)) {
			throw new SettingsError(`setting ${name} is unknown; known are ${Object.keys(settingsFields).join(", ")}`);
		}
	}
	const settings: Record<string, unknown> = {};
	for (const [name, field] of Object.entries(settingsFields)) {
		const got = given[name] ?? field.default;
		if (got === undefined && field.optional) continue;
		if (!field.takes(got))
			throw refusal(name, field.expected, field.secret && got !== undefined ? "something else" : shown(got));
		settings[name] = got;
	}
	const checked = settings as unknown as Settings;
	checked.spots = checked.spots.map((spot, index) => parseSpot(spot, `spots[${index}]`));
	const ids = checked.spots.map((spot) => spot.spot_id);
	const twice = ids.find((spotId, index) => ids.indexOf(spotId) !== index);
	if (twice !== undefined) throw refusal("spots", "different spots", `${twice} twice`);
	return checked;
}

function parseSpot(value: unknown, path: string): SpotSettings {
	const { spot_id, height_cm, ...others } = fieldsOf(value, path);
	const [unknown] = Object.keys(others);
	if (unknown !== undefined) {
		throw new SettingsError(`setting ${path}.${unknown} is unknown; known are spot_id, height_cm`);
	}
	if (!isId(spot_id)) throw refusal(`${path}.spot_id`, idWords, shown(spot_id));
	const { min, max } = heightLimitsCm;
	if (height_cm !== undefined && !isWithin(height_cm, min, max)) {
		throw refusal(`${path}.height_cm`, `a number from ${min} to ${max}`, shown(height_cm));
	}
	const spot: SpotSettings = { spot_id: spot_id as string };
	if (height_cm !== undefined) spot.height_cm = height_cm as number;
	return spot;
}

function fieldsOf(value: unknown, path: string): Record<string, unknown> {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	throw refusal(path, "an object", shown(value));
}

function refusal(name: string, expected: string, got: string): SettingsError {
	return new SettingsError(`setting ${name} must be ${expected}, got ${got}`);
}

function shown(value: unknown): string {
	const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? typeof value);
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/**
 * What `store` holds, checked. Null when nothing was saved yet.
 * @throws SettingsError when what was saved is damaged or no longer valid.
 */
export function loadSettings(store: KeyValueStore): Settings | null {
	const text = store.get("settings");
	if (text === undefined) return null;
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (cause) {
		throw new SettingsError(`saved settings are damaged: ${(cause as Error).message}`);
	}
	return parseSettings(value);
}

/** Keeps settings over reboots. @throws SettingsError as {@link parseSettings} does, and then keeps what was there. */
export function saveSettings(store: KeyValueStore, settings: Settings): void {
	store.set("settings", JSON.stringify(parseSettings(settings)));
}

/** A counter that is lost begins again anywhere up to this, so that two starts of one board hardly ever share a number. */
export const firstBootLimit = 1_000_000;

/**
 * Counts this start and returns its number. Call it once a start: it is the one write to flash that a start costs. A
 * counter that is missing or damaged begins at a number that `random` (0 up to, not with, 1) chooses, up to {@link firstBootLimit}: a board
 * that began at 1 again would have its reports taken for those of its first start. Below where it was, the gateway tells it.
 */
export function countBoot(store: KeyValueStore, random: () => number): number {
	const last = Number(store.get("boot"));
	const boot = last > 0 && Number.isSafeInteger(last + 1) ? last + 1 : 1 + Math.floor(random() * firstBootLimit);
	saveBoot(store, boot);
	return boot;
}

/** Sets the counter for a start that is under way, after it was found to have fallen behind. */
export function saveBoot(store: KeyValueStore, boot: number): void {
	store.set("boot", String(boot));
}
