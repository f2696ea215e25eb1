/**
 * In: a network's name and password. Out: a connection to it, again and again.
 * Never: holds up the start, or gives up.
 */
import type { Alarm, Timer } from "../../timer.ts";

/** As `embedded:network/interface/wifi`. */
export interface WiFiStation {
	connect(options: { SSID: string; password?: string }): void;
	/** 500 and more: there is an address. 200 and less: not connected. */
	readonly connection: number;
	/** dBm. */
	readonly RSSI: number | undefined;
}

export interface WiFiOptions {
	/** Opens the station; it calls back when anything about it changes. */
	open: (onChanged: () => void) => WiFiStation;
	ssid: string;
	/** "" for an open network. */
	password: string;
	timer: Timer;
	/** There is an address, for the first time or again. */
	onConnect: () => void;
}

/** First wait before connecting again, ms; doubled each time, up to `last`. */
export const wifiRetryMs = Object.freeze({ first: 1000, last: 30_000 });

/** A try that has led to no address in this time is given up for another, ms: routers that are busy take 10 s. */
export const wifiDeadlineMs = 20_000;

const hasAddress = 500;

export class WiFiManager {
	readonly #options: WiFiOptions;
	readonly #alarm: Alarm;
	#station: WiFiStation | null = null;
	#connected = false;
	#losses = 0;
	#tries = 0;

	constructor(options: WiFiOptions) {
		this.#options = options;
		this.#alarm = options.timer.alarm(() => this.#connect());
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** How often the connection was lost since the start. */
	get losses(): number {
		return this.#losses;
	}

	/** dBm; undefined while there is no connection. */
	get signalDbm(): number | undefined {
		return this.#connected ? this.#station?.RSSI : undefined;
	}

	/** Begins to connect. To be called once. */
	start(): void {
		this.#connect();
	}

	#connect(): void {
		// Whatever comes of it, there is a next time.
		this.#alarm.set(wifiDeadlineMs);
		const { open, ssid, password } = this.#options;
		try {
			this.#station ??= open(() => this.#onChanged());
			this.#station.connect(password === "" ? { SSID: ssid } : { SSID: ssid, password });
		} catch {
			this.#retry();
		}
	}

	#onChanged(): void {
		const connection = this.#station?.connection ?? 0;
		if (connection >= hasAddress) {
			if (this.#connected) return;
			this.#connected = true;
			this.#tries = 0;
			this.#alarm.cancel();
			this.#options.onConnect();
			return;
		}
		if (this.#connected) {
			this.#connected = false;
			this.#losses++;
			this.#retry();
		}
	}

	#retry(): void {
		this.#alarm.set(Math.min(wifiRetryMs.first * 2 ** this.#tries, wifiRetryMs.last));
		this.#tries = Math.min(this.#tries + 1, 10);
	}
}
Object.freeze(WiFiManager.prototype);
