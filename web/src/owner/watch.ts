/**
 * In: a sensor's measurements as its board tells them. Out: the last minutes of them, what the sensor said meanwhile, one sentence.
 * Never: keeps more than the last minutes; asks on when the board has stopped telling.
 */
import { effect, type Signal, signal } from "@preact/signals";
import type { SensorState } from "../../../firmware/messages.ts";
import type { HistoryEntry, Sample, SpotTrace } from "../../../gateway/contract/resources.ts";
import { formatNumber } from "../format.ts";
import type { Clock } from "../model/clock.ts";
import { Polled } from "../model/polled.ts";
import type { Page } from "../model/transport.ts";
import { sayOwner as say } from "../words.ts";

/** New measurements are asked for this often. */
export const watchEveryMs = 1_000;
/** How far back the plot goes, ms, and for how long a board is asked to tell. */
export const watchSpanMs = 300_000;
/** Measurements that are kept: the gateway keeps no more of a spot. */
export const maxWatched = 1_000;
/** Changes of the sensor's word that are looked at. */
export const maxChanges = 20;

/** One measurement as it is drawn. */
export interface Point {
	/** ms since 1970, by the gateway's clock. */
	atMs: number;
	/** µs; null where no pulse ended. */
	echoUs: number | null;
	/** Null where there was no echo. */
	cm: number | null;
}

/** What the sensor said from `fromMs` on, until the next one. */
export interface Span {
	fromMs: number;
	state: SensorState;
}

export interface WatchOptions {
	/** What was measured after `sinceMs`. */
	load: (sinceMs: number) => Promise<SpotTrace>;
	/** The spot's newest changes, newest first. */
	loadChanges: () => Promise<HistoryEntry[]>;
	/** What the sensor says now; read as a signal. */
	state: () => SensorState;
	clock: Clock;
	page: Page;
	isVisible: () => boolean;
}

/** One sensor, watched. */
export class Watch {
	readonly trace: Polled<SpotTrace>;
	/** Oldest first. */
	readonly points: Signal<readonly Point[]> = signal([]);
	/** Oldest first. */
	readonly spans: Signal<readonly Span[]> = signal([]);
	/** The gateway's time at the newest answer, ms since 1970; null before it. */
	readonly nowMs: Signal<number | null> = signal(null);
	/** False when the board has stopped telling. */
	readonly isRunning = signal(true);
	readonly #stop: () => void;

	constructor(options: WatchOptions) {
		const { load, loadChanges, state, ...common } = options;
		this.trace = new Polled({
			...common,
			load: async () => {
				const trace = await load(this.points.peek().at(-1)?.atMs ?? 0);
				this.#take(trace);
				return trace;
			},
			everyMs: watchEveryMs,
		});
		this.#stop = effect(() => {
			const now = state();
			loadChanges().then(
				(entries) => {
					this.spans.value = spansOf(entries, now);
				},
				// Without them the plot has its dots all the same.
				() => {},
			);
		});
	}

	/** Twice is fine. */
	close(): void {
		this.trace.close();
		this.#stop();
	}

	#take({ at, trace_until, samples }: SpotTrace): void {
		const nowMs = Date.parse(at);
		this.nowMs.value = nowMs;
		const fresh = samples.map(pointOf);
		const points = [...this.points.peek(), ...fresh].filter(({ atMs }) => atMs > nowMs - watchSpanMs);
		this.points.value = points.slice(-maxWatched);
		if (trace_until !== null) return;
		this.isRunning.value = false;
		this.trace.close();
	}
}

function pointOf({ t, echo_us, distance_cm }: Sample): Point {
	return { atMs: Date.parse(t), echoUs: echo_us, cm: distance_cm };
}

/** What a sensor said when, from its changes (newest first); where there are none it always said what it says now. */
export function spansOf(entries: readonly HistoryEntry[], now: SensorState): Span[] {
	const spans = entries
		.filter(({ source }) => source === "sensor")
		.map(({ timestamp, sensor_state }) => ({ fromMs: Date.parse(timestamp), state: sensor_state }))
		.reverse();
	return spans.length === 0 ? [{ fromMs: 0, state: now }] : spans;
}

/** The plot in a sentence. */
export function watchWords(points: readonly Point[]): string {
	const cms = points.flatMap(({ cm }) => cm ?? []).sort((a, b) => a - b);
	const silent = points.length - cms.length;
	const [nearest] = cms;
	const furthest = cms.at(-1);
	if (points.length === 0) return say("watchWaiting");
	const n = points.length;
	if (nearest === undefined || furthest === undefined) return say("watchSilent", { n });
	const range = { n, near: formatNumber(nearest), far: formatNumber(furthest) };
	return silent === 0 ? say("watchWords", range) : say("watchWordsSilent", { ...range, silent });
}
