/** A sensor as the reference design has it: the plain payload on the short topic, and no more knowledge than PUBACK. */
import { connect, type MqttClient } from "mqtt";
import { between, type Random } from "../../firmware/device/virtual/random.ts";
import { distanceOf, type SensorWord } from "./check.ts";

/** Silence before a PINGREQ, s: as short as the boards' in their fast time, so that a line that died in silence is found within a round. */
const keepaliveS = 3;

export class PlainSensor {
	readonly #client: MqttClient;
	readonly #lotId: string;
	readonly spotId: string;
	readonly #random: Random;
	readonly #wordMs: number;
	readonly #words: SensorWord[] = [];
	readonly #excused = new Set<SensorWord>();
	#timer: NodeJS.Timeout | undefined;
	#waiting = false;
	#paused = false;

	/** Speaks until it is paused or closed; `wordMs` is the mean time between two words. */
	constructor(options: { brokerUrl: string; lotId: string; spotId: string; random: Random; wordMs: number }) {
		this.#lotId = options.lotId;
		this.spotId = options.spotId;
		this.#random = options.random;
		this.#wordMs = options.wordMs;
		// MQTT.js keeps what has no PUBACK, and sends it again when it is connected again.
		this.#client = connect(options.brokerUrl, { reconnectPeriod: 100, connectTimeout: 2_000, keepalive: keepaliveS });
		this.#client.on("error", () => {});
		this.#next();
	}

	/** Everything said has its PUBACK. */
	get settled(): boolean {
		return this.#paused && !this.#waiting;
	}

	get words(): readonly SensorWord[] {
		return this.#words;
	}

	pause(): void {
		this.#paused = true;
	}

	resume(): void {
		this.#paused = false;
	}

	/** The broker died with what it had acknowledged: what was said from word number `from` until now need not have arrived. */
	excuse(from: number): void {
		for (const word of this.#words.slice(from)) {
			word.stored = false;
			this.#excused.add(word);
		}
	}

	async close(): Promise<void> {
		clearTimeout(this.#timer);
		await this.#client.endAsync(true);
	}

	#next(): void {
		this.#timer = setTimeout(
			() => {
				// One word at a time: without a name for each, two that are sent again could not be told from two new ones.
				if (!this.#paused && !this.#waiting) this.#say();
				this.#next();
			},
			between(this.#random, 0.5, 1.5) * this.#wordMs,
		);
	}

	#say(): void {
		const last = this.#words.at(-1);
		const serial = (last?.serial ?? 0) + 1;
		const occupied = last?.state !== "occupied";
		const state = occupied ? "occupied" : "free";
		const word: SensorWord = { spotId: this.spotId, serial, state, stored: false, repeats: false };
		this.#words.push(word);
		this.#waiting = true;
		const payload = { spot_id: this.spotId, lot_id: this.#lotId, occupied, distance: distanceOf(serial) };
		this.#client.publish("parkmate/spot/status", JSON.stringify(payload), { qos: 1 }, (error) => {
			this.#waiting = false;
			word.stored = !error && !this.#excused.has(word);
		});
	}
}
