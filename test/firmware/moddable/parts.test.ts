/** The parts of a Moddable host that need nothing of its SDK. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Board, healthMs } from "../../../firmware/board.ts";
import { watchAborts } from "../../../firmware/device/moddable/abort.ts";
import { parseBrokerUrl } from "../../../firmware/device/moddable/address.ts";
import {
	type BoardConfig,
	certificateFrom,
	parseSpots,
	settingsFrom,
} from "../../../firmware/device/moddable/config.ts";
import { Startup, selfTestColors, selfTestMs } from "../../../firmware/device/moddable/startup.ts";
import { PreferenceStore } from "../../../firmware/device/moddable/store.ts";
import type { BoardHealth } from "../../../firmware/messages.ts";
import { parseSettings } from "../../../firmware/settings.ts";
import { FakeBroker } from "../fake-broker.ts";
import { FakeSensor } from "../fake-sensor.ts";
import { VirtualTime } from "../virtual-time.ts";

describe("a broker's address", () => {
	it.each([
		["mqtt://broker", { host: "broker", port: 1883, tls: false }],
		["mqtts://broker.example.org/", { host: "broker.example.org", port: 8883, tls: true }],
		["mqtt://192.168.1.10:2883", { host: "192.168.1.10", port: 2883, tls: false }],
	])("is taken apart: %s", (url, address) => expect(parseBrokerUrl(url)).toEqual(address));

	it.each([
		"ws://broker",
		"mqtt://",
		"mqtt://broker:0",
		"mqtt://broker:65536",
		"mqtt://me@broker",
		"mqtt://[::1]:1883",
		"",
	])("is refused: %s", (url) => {
		const text = `broker_url must be mqtt://HOST[:PORT] or mqtts://HOST[:PORT] on this board, got ${url}`;
		expect(() => parseBrokerUrl(url)).toThrow(new Error(text));
	});
});

describe("the manifest's config", () => {
	const config: BoardConfig = {
		board: "b1",
		lot: "LOT001",
		spots: "A1-A3,B7",
		height: "230",
		broker: "mqtt://broker",
		broker_user: "",
		broker_password: "",
		broker_ca: "",
		prefix: "parkmate",
		temperature: 20,
		refresh: "30",
		trace: "",
	};

	it("becomes settings, whether its numbers are numbers or the command line's texts", () => {
		expect(settingsFrom(config)).toEqual({
			board_id: "b1",
			lot_id: "LOT001",
			spots: ["A1", "A2", "A3", "B7"].map((spot_id) => ({ spot_id, height_cm: 230 })),
			broker_url: "mqtt://broker",
			topic_prefix: "parkmate",
			temperature_c: 20,
			refresh_s: 30,
		});
	});

	it("leaves the floor to be learnt where the height is 0", () => {
		expect(settingsFrom({ ...config, height: 0 }).spots[0]).toEqual({ spot_id: "A1" });
	});

	it("is refused with the setting's name", () => {
		expect(() => settingsFrom({ ...config, refresh: "often" })).toThrow("setting refresh_s must be");
	});

	it.each(["A3-A1", "A1-A10", "A001-A999"])("takes no range like %s", (text) => {
		expect(() => parseSpots(text)).toThrow(`spots must be like SPOT001-SPOT008 or A1,A2, got ${text}`);
	});

	it("takes a certificate as PEM or as its base64 alone", () => {
		const bytes = Uint8Array.from([1, 2, 3, 250]);
		const base64 = Buffer.from(bytes).toString("base64");
		const pem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
		for (const text of [base64, pem]) expect(new Uint8Array(certificateFrom(text) ?? new ArrayBuffer())).toEqual(bytes);
		expect(certificateFrom("")).toBeUndefined();
	});
});

it("what the device can measure of itself is in the board's health", () => {
	const time = new VirtualTime();
	const broker = new FakeBroker(time);
	const vitals = { signal_dbm: -61, free_heap_bytes: 90_000, wifi_losses: 2 };
	const board = new Board({
		settings: parseSettings({ board_id: "b", lot_id: "L", spots: [{ spot_id: "A" }] }),
		boot: 1,
		firmware: "test",
		sensors: [new FakeSensor(220)],
		lamps: [],
		timer: time,
		clock: { now: () => null },
		random: () => 0,
		connect: broker.connect,
		saveBoot: () => {},
		vitals: () => vitals,
	});
	board.start();
	time.advance(healthMs);
	expect(broker.payloads<BoardHealth>("/health")[0]).toMatchObject(vitals);
	board.close();
});

describe("the start", () => {
	function start() {
		const time = new VirtualTime();
		const shown: string[] = [];
		const lamps = [0, 1].map((lamp) => ({
			set: (color: string, level: number) => shown.push(`${lamp} ${color} ${level}`),
		}));
		return { time, shown, startup: new Startup({ lamps, timer: time }) };
	}

	it("shows every colour on every lamp, then dark, then goes on", () => {
		const { time, shown, startup } = start();
		let done = 0;
		startup.run(() => done++);
		time.advance(selfTestColors.length * selfTestMs - 1);
		expect([shown.length, done]).toEqual([8, 0]);
		time.advance(1);
		expect(shown).toEqual([
			...selfTestColors.flatMap((color) => [`0 ${color} 1`, `1 ${color} 1`]),
			...["0 green 0", "1 green 0"],
		]);
		expect([done, time.pending]).toEqual([1, 0]);
	});

	it("blinks blue on all lamps when there is nothing to work with, until it is closed", () => {
		const { time, shown, startup } = start();
		startup.fault();
		time.advance(1000);
		expect(shown.slice(-4)).toEqual(["0 blue 0", "1 blue 0", "0 blue 1", "1 blue 1"]);
		startup.close();
		startup.close();
		expect(shown.slice(-2)).toEqual(["0 blue 0", "1 blue 0"]);
		expect(time.pending).toBe(0);
	});
});

it("keeps texts under its own domain", () => {
	const kept = new Map<string, string | number>();
	const store = new PreferenceStore({
		get: (domain, key) => kept.get(`${domain}/${key}`),
		set: (domain, key, value) => kept.set(`${domain}/${key}`, value),
	});
	expect(store.get("boot")).toBeUndefined();
	store.set("boot", "7");
	expect([store.get("boot"), kept.get("parkmate/boot")]).toEqual(["7", "7"]);
	kept.set("parkmate/boot", 8);
	expect(store.get("boot")).toBe("8");
});

describe("what nobody caught", () => {
	const globals = globalThis as { abort?: (status: string, thrown: unknown) => boolean };

	afterEach(() => {
		vi.unstubAllGlobals();
		globals.abort = undefined;
	});

	function watch() {
		const kept = new Map<string, string>();
		const traced: string[] = [];
		let restarts = 0;
		vi.stubGlobal("trace", (text: string) => traced.push(text));
		const store = {
			get: (key: string) => kept.get(key),
			set: (key: string, value: string) => void kept.set(key, value),
		};
		const again = () => watchAborts({ store, restart: () => restarts++ });
		const first = again();
		return { first, kept, traced, store, again, restarts: () => restarts };
	}

	it("lets the app go on after an exception", () => {
		const { traced, restarts } = watch();
		expect(globals.abort?.("unhandled exception", new Error("odd"))).toBe(false);
		expect(traced).toEqual(["parkmate: unhandled exception: odd\n"]);
		expect(restarts()).toBe(0);
	});

	it("begins again when the engine can't go on, and says why once after that", () => {
		const { first, traced, again, restarts } = watch();
		expect(globals.abort?.("memory full", undefined)).toBe(true);
		expect(restarts()).toBe(1);
		expect([first, again(), again()]).toEqual([undefined, "memory full: undefined", undefined]);
		expect(traced.filter((text) => text.startsWith("parkmate: started again"))).toEqual([
			"parkmate: started again after memory full: undefined\n",
		]);
	});

	it("says no more of it than a status may have", () => {
		const { again } = watch();
		globals.abort?.("memory full", new Error("x".repeat(1000)));
		expect(again()).toBe(`memory full: ${"x".repeat(67)}`);
	});

	it("starts all the same when its memory can't be read", () => {
		const { store } = watch();
		store.get = () => {
			throw new Error("flash");
		};
		expect(watchAborts({ store, restart: () => {} })).toBeUndefined();
	});
});
