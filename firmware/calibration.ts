/**
 * In: a person's word that spots are empty now. Out: detectors that learn, lamps that show it, an answer for each word.
 * Never: leaves anybody without an answer, whatever the sensors do.
 */
import type { Detector } from "./detector.ts";
import type { Lamps } from "./lamps.ts";
import type { Link } from "./link.ts";
import type { BoardResult } from "./messages.ts";

/** How long a spot may take, ms: the detector's own deadline is shorter, but it counts only measurements. */
export const learnForMs = 20_000;

/** How long a lamp shows how it went, ms. */
export const showResultMs = 3000;

/** Commands that wait for their answer at once, at most; further ones are refused. */
export const askLimit = 4;

export interface CalibrationOptions {
	detectors: readonly Pick<Detector, "learnFloor" | "learning" | "knowsEmpty" | "floorCm" | "verdict">[];
	/** In the detectors' order. */
	spots: readonly { spot_id: string }[];
	lamps: Pick<Lamps, "signal">;
	link: Pick<Link, "answer">;
}

/** A command that was not answered yet. */
interface Ask {
	id: string;
	/** Spots that still learn, a bit each. */
	waiting: number;
	/** Of the spots that have learnt, cm. */
	floors: Record<string, number | null>;
	/** Of the others, a text each. */
	problems: string[];
}

/** Made when somebody asks, and dropped when {@link check} says that it is over: a board at work pays nothing. */
export class Calibration {
	readonly #options: CalibrationOptions;
	readonly #asks: Ask[] = [];
	/** Up to when each spot may learn, ms since the board's start; 0 while it does not. */
	readonly #untilMs: Float64Array;

	constructor(options: CalibrationOptions) {
		this.#options = options;
		this.#untilMs = new Float64Array(options.spots.length);
	}

	/** Learns at these `spots` (a bit each). A spot that is at it already does not begin again. Answers in the end. */
	learn(id: string, spots: number, nowMs: number): void {
		const { detectors, lamps, link } = this.#options;
		if (this.#asks.length >= askLimit) {
			const message = `at most ${askLimit} learn_floor commands can wait for their answers, got one more`;
			link.answer({ id, ok: false, message });
			return;
		}
		this.#asks.push({ id, waiting: spots, floors: {}, problems: [] });
		for (const [spot, detector] of detectors.entries()) {
			if (!(spots & (1 << spot)) || this.#untilMs[spot]) continue;
			this.#untilMs[spot] = nowMs + learnForMs;
			detector.learnFloor();
			lamps.signal(spot, "learning", learnForMs);
		}
	}

	/** Looks how far it is; to be called after each measurement. False when everybody was answered. */
	check(nowMs: number): boolean {
		for (const [spot, detector] of this.#options.detectors.entries()) {
			const untilMs = this.#untilMs[spot] ?? 0;
			if (untilMs > 0 && (!detector.learning || nowMs >= untilMs)) this.#finish(spot);
		}
		return this.#asks.length > 0;
	}

	/** The board ends: tells those who wait. */
	close(): void {
		for (const { id } of this.#asks.splice(0)) {
			this.#options.link.answer({
				id,
				ok: false,
				message: "the board was closed or got other settings while it learnt",
			});
		}
	}

	#finish(spot: number): void {
		const { detectors, spots, lamps, link } = this.#options;
		const detector = detectors[spot];
		const spotId = spots[spot]?.spot_id ?? "";
		if (!detector) return;
		this.#untilMs[spot] = 0;
		const learnt = !detector.learning && detector.knowsEmpty;
		lamps.signal(spot, learnt ? "learnt" : "not_learnt", showResultMs);
		let kept = 0;
		for (const ask of this.#asks) {
			if (ask.waiting & (1 << spot)) {
				ask.waiting ^= 1 << spot;
				if (learnt) ask.floors[spotId] = detector.floorCm === null ? null : Math.round(detector.floorCm * 10) / 10;
				else ask.problems.push(`${spotId}: ${problemOf(detector.verdict.reason)}`);
			}
			if (ask.waiting) this.#asks[kept++] = ask;
			else link.answer(answerOf(ask));
		}
		this.#asks.length = kept;
	}
}
Object.freeze(Calibration.prototype);

function answerOf({ id, floors, problems }: Ask): BoardResult {
	return problems.length === 0 ? { id, ok: true, floors } : { id, ok: false, message: problems.join("; "), floors };
}

/** For the person on the ladder: what is wrong, and where to look. */
function problemOf(reason: Detector["verdict"]["reason"]): string {
	switch (reason) {
		case "unplugged":
			return "no pulse at all; are its wires off?";
		case "stuck":
			return "its echo pin stays high; is it wired right?";
		case "too_short":
		case "blocked":
			return "something sits on the sensor or close before it; what is it?";
		default:
			return "no floor was heard; does something stand or move under it?";
	}
}
