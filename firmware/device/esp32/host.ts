/** The host on an ESP32: which pins there are comes from the manifest's config. */

import getResetReason from "resetReason";
import Digital from "embedded:io/digital";
import PulseWidth from "embedded:io/pulsewidth";
import PWM from "embedded:io/pwm";
import Serial from "embedded:io/serial";
import WiFi from "embedded:network/interface/wifi";
import Instrumentation from "instrumentation";
import NeoPixel from "neopixel";
import SNTP from "sntp";
import Time from "time";
import type { LampOutput } from "../../lamps.ts";
import type { BoardHealth } from "../../messages.ts";
import type { Settings } from "../../settings.ts";
import type { Connect } from "../../transport.ts";
import { type BoardConfig, certificateFrom } from "../moddable/config.ts";
import type { Host, HostOptions, HostSensor, MakeHost } from "../moddable/host.ts";
import { MqttTransport } from "../moddable/mqtt.ts";
import { ModdableTimer } from "../moddable/timer.ts";
import { SntpClock } from "./clock.ts";
import { HcSr04 } from "./hc-sr04.ts";
import { RgbLamp } from "./rgb-lamp.ts";
import { SerialLines } from "./serial-lines.ts";
import { stripLamps } from "./strip.ts";
import { WiFiManager } from "./wifi.ts";

interface Esp32Config extends BoardConfig {
	wifi: string;
	wifi_password: string;
	/** Server that tells the time. */
	sntp: string;
	/** Pins of each sensor, in the spots' order. */
	sensors: readonly { trigger: number; echo: number }[];
	/** Where `trace=serial` goes: the pin that the board's USB bridge listens at. */
	serial: { port: number; transmit: number; baud: number };
	/** A strip of WS2812s; or RGB LEDs, three pins each, where `rgb` has any. */
	lamps: {
		brightness: number;
		strip: { pin: number; order: string; count: number; each: number };
		rgb: readonly (readonly [number, number, number])[];
	};
}

class Esp32Host implements Host {
	readonly firmware = "parkmate-esp32 0.1.0";
	readonly resetReason = getResetReason().string;
	readonly timer = new ModdableTimer();
	readonly clock: SntpClock;
	/** The chip's own noise. */
	readonly random = Math.random;
	readonly lamps: readonly LampOutput[];
	readonly connect: Connect;
	readonly #config: Esp32Config;
	readonly #wifi: WiFiManager;

	constructor({ config }: HostOptions) {
		this.#config = config as Esp32Config;
		const { wifi, wifi_password, broker_ca, sntp } = this.#config;
		trace(`parkmate: started by ${this.resetReason}\n`);
		this.lamps = openLamps(this.#config.lamps);
		this.clock = new SntpClock({
			timer: this.timer,
			ask: (onAnswer) => askSntp(sntp, onAnswer),
			onTime: (epochMs) => Time.set(Math.round(epochMs / 1000)),
		});
		this.#wifi = new WiFiManager({
			open: (onChanged) => new WiFi({ onChanged }),
			ssid: wifi,
			password: wifi_password,
			timer: this.timer,
			onConnect: () => this.clock.ask(),
		});
		const ca = certificateFrom(broker_ca);
		this.connect = (options) => {
			if (!this.#wifi.connected) throw new Error(`no Wi-Fi ${wifi}`);
			return new MqttTransport(options, ca);
		};
	}

	openSensors({ spots }: Settings): readonly HostSensor[] {
		const { sensors } = this.#config;
		if (spots.length > sensors.length) {
			throw new Error(`spots must be ${sensors.length} at most, one for each pair of pins, got ${spots.length}`);
		}
		return sensors.slice(0, spots.length).map(({ trigger, echo }) => {
			return new HcSr04({
				openTrigger: () => new Digital({ pin: trigger, mode: Digital.Output, initialValue: 0 }),
				openEcho: () => new Digital({ pin: echo, mode: Digital.Input }),
				openPulse: () => new PulseWidth({ pin: echo, edges: PulseWidth.RisingToFalling, mode: PulseWidth.Input }),
			});
		});
	}

	start(): void {
		if (this.#config.wifi === "") trace("parkmate: no Wi-Fi is set; the lamps go by the board's own sensors\n");
		else this.#wifi.start();
	}

	hasNetwork(): boolean {
		return this.#wifi.connected;
	}

	vitals(): Pick<BoardHealth, "signal_dbm" | "free_heap_bytes" | "wifi_losses"> {
		return {
			signal_dbm: this.#wifi.signalDbm,
			free_heap_bytes: Instrumentation.get(Instrumentation.map("System Free Memory")),
			wifi_losses: this.#wifi.losses,
		};
	}

	showLink(connected: boolean, reason: string): void {
		trace(connected ? "parkmate: connected\n" : `parkmate: not connected, ${reason}\n`);
	}

	openSerial(): (line: string) => void {
		// The SDK's own trace() is silent here but in builds for the debugger, whose the port is then.
		const lines = new SerialLines({ open: (onWritable) => new Serial({ ...this.#config.serial, onWritable }) });
		return (line) => lines.say(line);
	}

	restart(): void {
		System.restart();
	}
}

function openLamps({ brightness, strip, rgb }: Esp32Config["lamps"]): readonly LampOutput[] {
	if (rgb.length > 0) {
		return rgb.map(([red, green, blue]) => {
			return new RgbLamp({
				pins: [new PWM({ pin: red }), new PWM({ pin: green }), new PWM({ pin: blue })],
				brightness,
			});
		});
	}
	const { pin, order, count, each } = strip;
	return stripLamps({ pixels: new NeoPixel({ pin, order, length: count * each }), count, each, brightness });
}

/** It tries five times, 5 s apart. Where it can't even begin, the clock asks again anyway. */
function askSntp(host: string, onAnswer: (epochMs: number | null) => void): void {
	try {
		new SNTP({ host }, (message, value) => {
			if (message === SNTP.time) onAnswer((value ?? 0) * 1000);
			else if (message === SNTP.error) onAnswer(null);
		});
	} catch {
		onAnswer(null);
	}
}

export const makeHost: MakeHost = (options) => new Esp32Host(options);
