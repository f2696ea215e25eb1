/**
 * In: the lines of a trace. Out: what each contender's answers are worth, and the first one's answers themselves.
 * Never: holds the trace.
 */
import type { SensorState } from "../../../firmware/messages.ts";
import type { TraceHead, TraceLine } from "../../../firmware/trace.ts";
import type { Contender } from "./contenders.ts";
import { emptyScore, type Score } from "./score.ts";
import { SpotScorer } from "./scorer.ts";

/** A line of `--decisions`: what is held of a spot from `t` on. */
export interface Decision {
	t: number;
	spot: string;
	state: SensorState;
}

export interface Replayed {
	spots: number;
	samples: number;
	/** From the first line to the last, ms. */
	spanMs: number;
	/** In the contenders' order. */
	scores: Score[];
}

/**
 * Plays one trace to all contenders. The last answer holds until the trace's last line.
 * `onDecision` hears the first contender's answer to each spot's first measurement, and then each change.
 * @throws Error on lines that do not begin with a head; RangeError on a head that a contender can't work with.
 */
export function replay(
	lines: Iterable<TraceHead | TraceLine>,
	contenders: readonly Contender[],
	onDecision: (decision: Decision) => void = () => {},
): Replayed {
	const reader = lines[Symbol.iterator]();
	try {
		const first = reader.next();
		if (first.done || !("trace" in first.value)) throw new Error("a trace must begin with its head");
		return play(first.value, { [Symbol.iterator]: () => reader }, contenders, onDecision);
	} finally {
		// A file is open behind it.
		reader.return?.();
	}
}

function play(
	head: TraceHead,
	lines: Iterable<TraceHead | TraceLine>,
	contenders: readonly Contender[],
	onDecision: (decision: Decision) => void,
): Replayed {
	const judges = contenders.map((contender) => contender.start(head));
	const scores = contenders.map(() => emptyScore());
	const spots = new Map(head.spots.map((spot, index) => [spot.spot_id, new Spot(index, scores)]));
	let samples = 0;
	let firstMs: number | null = null;
	let lastMs = 0;
	for (const line of lines) {
		if ("trace" in line) throw new Error("a trace must have one head, got another");
		const spot = spots.get(line.spot);
		if (!spot) throw new Error(`spot must be one of the head's, got ${JSON.stringify(line.spot)}`);
		firstMs ??= line.t;
		lastMs = line.t;
		if ("truth" in line) {
			for (const scorer of spot.scorers) scorer.truth(line.t, line.truth, line.unknowable === true);
			continue;
		}
		samples++;
		for (let i = 0; i < judges.length; i++) {
			const state = judges[i]?.(spot.index, line) ?? "unknown";
			spot.scorers[i]?.answer(line.t, state);
			if (i > 0 || state === spot.said) continue;
			spot.said = state;
			onDecision({ t: line.t, spot: line.spot, state });
		}
	}
	if (firstMs !== null) {
		for (const { scorers } of spots.values()) for (const scorer of scorers) scorer.end(lastMs);
	}
	return { spots: spots.size, samples, spanMs: lastMs - (firstMs ?? 0), scores };
}

/** One spot on the way through a trace. */
class Spot {
	readonly index: number;
	/** One for each contender. */
	readonly scorers: SpotScorer[];
	/** What the first contender said last. */
	said: SensorState | null = null;

	constructor(index: number, scores: readonly Score[]) {
		this.index = index;
		this.scorers = scores.map((score) => new SpotScorer(score));
	}
}
