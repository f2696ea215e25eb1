/** An ESP32's sensors, lamps, Wi-Fi and clock, with pins and radio replaced. */
import { describe, expect, it } from "vitest";
import { askAgainMs, askEveryMs, SntpClock } from "../../../firmware/device/esp32/clock.ts";
import { lightFor } from "../../../firmware/device/esp32/colors.ts";
import { HcSr04 } from "../../../firmware/device/esp32/hc-sr04.ts";
import { RgbLamp } from "../../../firmware/device/esp32/rgb-lamp.ts";
import { stripLamps } from "../../../firmware/device/esp32/strip.ts";
import { WiFiManager, wifiDeadlineMs, wifiRetryMs } from "../../../firmware/device/esp32/wifi.ts";
import { Ranging } from "../../../firmware/ranging.ts";
import { VirtualTime } from "../virtual-time.ts";

/** The chip: a pin has one owner, the capture unit one user, and its memory begins with what lay there. */
class Chip {
	readonly owned = new Set<number>();
	capturing = false;
	/** What the sensor answers to a trigger, µs. */
	echoUs: number | undefined = 5800;
	high = false;
	readonly writes: number[] = [];
	#captured: number | undefined;

	sensor(trigger: number, echo: number): HcSr04 {
		return new HcSr04({
			openTrigger: () => this.#digital(trigger),
			openEcho: () => this.#digital(echo),
			openPulse: () => {
				this.#own(echo);
				if (this.capturing) throw new Error("no capture timer");
				this.capturing = true;
				this.#captured = 123_456;
				return {
					read: () => {
						const value = this.#captured;
						this.#captured = undefined;
						return value;
					},
					close: () => {
						this.capturing = false;
						this.owned.delete(echo);
					},
				};
			},
		});
	}

	#digital(pin: number) {
		this.#own(pin);
		return {
			read: (): 0 | 1 => (this.high ? 1 : 0),
			write: (value: 0 | 1) => {
				this.writes.push(value);
				if (value === 0 && this.capturing) this.#captured = this.echoUs ?? this.#captured;
			},
			close: () => void this.owned.delete(pin),
		};
	}

	#own(pin: number): void {
		if (this.owned.has(pin)) throw new Error("in use");
		this.owned.add(pin);
	}
}

describe("an HC-SR04 on an ESP32", () => {
	it("gives the pulse as it was timed, and never what lay in the capture unit before", () => {
		const chip = new Chip();
		const sensor = chip.sensor(4, 34);
		sensor.trigger();
		expect(sensor.read()).toBe(5800);
		chip.echoUs = undefined;
		sensor.trigger();
		expect(sensor.read()).toBeNull();
		expect(chip.writes).toEqual([1, 1, 0, 1, 1, 0]);
	});

	it("shares the capture unit with the others, and lets go of all pins", () => {
		const chip = new Chip();
		const sensors = [chip.sensor(4, 34), chip.sensor(13, 35)];
		const time = new VirtualTime();
		const kinds: string[] = [];
		const ranging = new Ranging({
			sensors,
			timer: time,
			random: () => 0,
			onMeasurement: ({ kind }) => kinds.push(kind),
		});
		ranging.start();
		time.advance(1000);
		chip.high = true;
		time.advance(1400);
		ranging.close();
		expect(kinds).toEqual(["ok", "ok", "ok", "ok", "stuck", "stuck", "stuck", "stuck"]);
		for (const sensor of sensors) sensor.close();
		expect([chip.capturing, chip.owned.size]).toEqual([false, 0]);
	});
});

describe("lamps on an ESP32", () => {
	it("light their own LEDs of the strip, in the eye's steps", () => {
		const pixels: number[] = [];
		let updates = 0;
		const strip = {
			makeRGB: (red: number, green: number, blue: number) => (red << 16) | (green << 8) | blue,
			setPixel: (index: number, color: number) => {
				pixels[index] = color;
			},
			update: () => updates++,
		};
		const lamps = stripLamps({ pixels: strip, count: 2, each: 2, brightness: 1 });
		lamps[1]?.set("red", 1);
		lamps[0]?.set("blue", 0.5);
		expect(pixels).toEqual([55, 55, 0xff0000, 0xff0000]);
		expect(updates).toBe(2);
		expect([lightFor(0), lightFor(1)]).toEqual([0, 1]);
	});

	it("mix their colour from three pins", () => {
		const duties: number[] = [];
		const pin = (part: number) => ({
			resolution: 10,
			write: (value: number) => {
				duties[part] = value;
			},
		});
		new RgbLamp({ pins: [pin(0), pin(1), pin(2)], brightness: 1 }).set("amber", 1);
		expect(duties).toEqual([1023, 441, 0]);
	});
});

describe("Wi-Fi", () => {
	function start({ failing = false } = {}) {
		const time = new VirtualTime();
		const station = { connection: 0, RSSI: -61, tries: 0, connect: () => {} };
		station.connect = () => {
			station.tries++;
			if (failing) throw new Error("no radio");
		};
		let changed = () => {};
		let connects = 0;
		const wifi = new WiFiManager({
			open: (onChanged) => {
				changed = onChanged;
				return station;
			},
			ssid: "lot",
			password: "",
			timer: time,
			onConnect: () => connects++,
		});
		wifi.start();
		const become = (connection: number) => {
			station.connection = connection;
			changed();
		};
		return { time, station, wifi, become, connects: () => connects };
	}

	it("tries again when no address came in time", () => {
		const { time, station, become, wifi } = start();
		become(400);
		time.advance(wifiDeadlineMs);
		expect([station.tries, wifi.connected]).toEqual([2, false]);
	});

	it("connects again when it was lost, and counts that", () => {
		const { time, station, wifi, become, connects } = start();
		become(500);
		become(500);
		expect([wifi.connected, wifi.signalDbm, connects(), time.pending]).toEqual([true, -61, 1, 0]);
		become(100);
		become(100);
		expect([wifi.connected, wifi.signalDbm, wifi.losses]).toEqual([false, undefined, 1]);
		time.advance(wifiRetryMs.first);
		expect(station.tries).toBe(2);
		become(500);
		expect(connects()).toBe(2);
	});

	it("waits longer each time that it can't even begin, up to half a minute", () => {
		const { time, station } = start({ failing: true });
		time.advance(1000 + 2000 + 4000 + 8000 + 16_000);
		expect(station.tries).toBe(6);
		time.advance(wifiRetryMs.last * 10);
		expect(station.tries).toBe(16);
	});
});

describe("the clock", () => {
	const noon = Date.UTC(2026, 0, 1, 12);

	function start() {
		const time = new VirtualTime();
		const answers: ((epochMs: number | null) => void)[] = [];
		const times: number[] = [];
		const clock = new SntpClock({
			timer: time,
			ask: (onAnswer) => answers.push(onAnswer),
			onTime: (epochMs) => times.push(epochMs),
		});
		clock.ask();
		return { time, answers, times, clock };
	}

	it("knows no time until somebody has told it, and asks again", () => {
		const { time, answers, clock } = start();
		expect(clock.now()).toBeNull();
		answers[0]?.(null);
		time.advance(askAgainMs);
		expect(answers.length).toBe(2);
		answers[1]?.(noon);
		time.advance(5000);
		expect(clock.now()).toBe(noon + 5000);
	});

	it("follows small corrections each hour", () => {
		const { time, answers, clock } = start();
		answers[0]?.(noon);
		time.advance(askEveryMs);
		expect(answers.length).toBe(2);
		answers[1]?.(noon + askEveryMs + 150);
		expect(clock.now()).toBe(noon + askEveryMs + 150);
	});

	it("believes a jump of a day only when it is told twice", () => {
		const day = 86_400_000;
		const { time, answers, times, clock } = start();
		answers[0]?.(noon);
		time.advance(askEveryMs);
		answers[1]?.(noon + askEveryMs + day);
		expect(clock.now()).toBe(noon + askEveryMs);
		time.advance(askAgainMs);
		answers[2]?.(noon + askEveryMs + askAgainMs + day);
		expect(clock.now()).toBe(noon + askEveryMs + askAgainMs + day);
		expect(times.length).toBe(2);
	});
});
