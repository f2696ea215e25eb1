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

/** Commands that were not begun yet, at most; further ones are refused. */
export const commandLimit = 8;

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
	/** Commands are begun one after the other, each after a measurement: deep in the network client's calls a board's stack is too small. */
	readonly #waiting: RawCommand[] = [];
	/** While somebody records. */
	#recorder: Recorder | null = null;
	/** While floors are learnt. */
	#calibration: Calibration | null = null;

	constructor(options: CommandsOptions) {
		this.#options = options;
	}

	/** To be done soon; answered when it is. */
	take(command: RawCommand): void {
		if (this.#waiting.length < commandLimit) this.#waiting.push(command);
		else this.#refuse(command.id, `at most ${commandLimit} commands can wait, got one more`);
	}

	/** Does it, or begins to; answers now or in the end. */
	#begin({ id, command, spot_id, seconds }: RawCommand): void {
		const { settings, link } = this.#options;
		// A bit for each spot that is meant.
		let asked = 0;
		for (const [index, spot] of settings.spots.entries()) {
			if (spot_id === undefined || spot.spot_id === spot_id) asked |= 1 << index;
		}
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
		if (problem === "") link.answer({ id, ok: true });
		else this.#refuse(id, problem);
	}

	/** To be called with each measurement, before its detector judges it. */
	record(measurement: Readonly<Measurement>): void {
		if (this.#recorder?.take(measurement) === false) this.#recorder = null;
	}

	/** To be called after each measurement, when its detector has judged it. True when commands to learn are over. */
	check(nowMs: number): boolean {
		const command = this.#waiting.length > 0 ? this.#waiting.shift() : undefined;
		if (command) this.#begin(command);
		if (this.#calibration?.check(nowMs) !== false) return false;
		this.#calibration = null;
		return true;
	}

	/** Answers all that were not answered. Twice is fine. */
	close(): void {
		for (const { id } of this.#waiting.splice(0)) this.#refuse(id, "the board was closed or got other settings");
		this.#calibration?.close();
	}

	#refuse(id: string, message: string): void {
		this.#options.link.answer({ id, ok: false, message });
	}

	#identify(spots: number): void {
		const { detectors, lamps } = this.#options;
		for (let spot = 0; spot < detectors.length; spot++) {
			if (spots & (1 << spot)) lamps.signal(spot, "identify", identifyForMs);
		}
	}

	/** Gives what is wrong with `seconds`; "" when nothing is. */
	#record(spots: number, seconds: unknown): string {
		if (typeof seconds !== "number" || !(seconds === 0 || (seconds >= 1 && seconds <= recordLimitS))) {
			const got = seconds === undefined ? "nothing" : typeof seconds === "number" ? seconds : `a ${typeof seconds}`;
			return `seconds must be a number from 1 to ${recordLimitS}, or 0 to end it, got ${got}`;
		}
		const { settings, detectors, link, timer } = this.#options;
		if (seconds > 0) this.#recorder ??= new Recorder({ sink: link, temperatureC: settings.temperature_c });
		const untilMs = timer.now() + seconds * 1000;
		for (let spot = 0; spot < detectors.length; spot++) {
			if (spots & (1 << spot)) this.#recorder?.record(spot, untilMs);
		}
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
