/**
 * In: what a person, through the gateway, wants the board to do. Out: it is done, and an answer to each.
 * Never: leaves a command without its answer; takes memory while there is none.
 */
import { Calibration } from "./calibration.ts";
import type { Detector } from "./detector.ts";
import type { RawCommand } from "./inbox.ts";
import type { Lamps } from "./lamps.ts";
import type { Link } from "./link.ts";
import type { Measurement } from "./ranging.ts";
import { Recorder, recordLimitS } from "./recorder.ts";
import type { Settings } from "./settings.ts";
import type { Timer } from "./timer.ts";

/** How long a lamp blinks to be found, ms. */
export const identifyForMs = 10_000;

export interface CommandsOptions {
	settings: Settings;
	/** One for each spot, in the settings' order. */
	detectors: readonly Detector[];
	lamps: Lamps;
	link: Link;
	timer: Timer;
}

export class Commands {
	readonly #options: CommandsOptions;
	/** While somebody records. */
	#recorder: Recorder | null = null;
	/** While floors are learnt. */
	#calibration: Calibration | null = null;

	constructor(options: CommandsOptions) {
		this.#options = options;
	}

	/** Does it, or begins to; answers now or when it is done. */
	take({ id, command, spot_id, seconds }: RawCommand): void {
		const { settings, link } = this.#options;
		// A bit for each spot that is meant.
		let asked = 0;
		settings.spots.forEach((spot, index) => {
			if (spot_id === undefined || spot.spot_id === spot_id) asked |= 1 << index;
		});
		let problem = "";
		if (command === "identify" || command === "learn_floor" || command === "trace") {
			if (asked === 0) problem = `spot_id must be one of ${idsOf(settings)}, got ${spot_id}`;
			else if (command === "identify") this.#identify(asked);
			else if (command === "trace") problem = this.#record(asked, seconds);
			else {
				this.#learn(id, asked);
				return;
			}
		} else problem = `command must be identify, learn_floor or trace, got ${command}`;
		link.answer(problem === "" ? { id, ok: true } : { id, ok: false, message: problem });
	}

	/** To be called with each measurement, before its detector judges it. */
	record(measurement: Readonly<Measurement>): void {
		if (this.#recorder?.take(measurement) === false) this.#recorder = null;
	}

	/** To be called after each measurement, when its detector has judged it. True when commands to learn are over. */
	check(nowMs: number): boolean {
		if (this.#calibration?.check(nowMs) !== false) return false;
		this.#calibration = null;
		return true;
	}

	/** Answers what was begun. Twice is fine. */
	close(): void {
		this.#calibration?.close();
	}

	#identify(spots: number): void {
		this.#options.settings.spots.forEach((_, spot) => {
			if (spots & (1 << spot)) this.#options.lamps.signal(spot, "identify", identifyForMs);
		});
	}

	/** Gives what is wrong with `seconds`; "" when nothing is. */
	#record(spots: number, seconds: unknown): string {
		if (typeof seconds !== "number" || !(seconds === 0 || (seconds >= 1 && seconds <= recordLimitS))) {
			const got = seconds === undefined ? "nothing" : typeof seconds === "number" ? seconds : `a ${typeof seconds}`;
			return `seconds must be a number from 1 to ${recordLimitS}, or 0 to end it, got ${got}`;
		}
		const { settings, link, timer } = this.#options;
		if (seconds > 0) this.#recorder ??= new Recorder({ sink: link, temperatureC: settings.temperature_c });
		const untilMs = timer.now() + seconds * 1000;
		settings.spots.forEach((_, spot) => {
			if (spots & (1 << spot)) this.#recorder?.record(spot, untilMs);
		});
		return "";
	}

	#learn(id: string, spots: number): void {
		const { settings, detectors, lamps, link, timer } = this.#options;
		this.#calibration ??= new Calibration({ detectors, spots: settings.spots, lamps, link });
		this.#calibration.learn(id, spots, timer.now());
	}
}
Object.freeze(Commands.prototype);

function idsOf({ spots }: Settings): string {
	return spots.map((spot) => spot.spot_id).join(", ");
}
