/**
 * In: the last minutes of a sensor. Out: its distances as dots, its silences as strokes, the floor as dashes, its word as a band.
 * Never: the only place where a number stands.
 */
import uPlot from "uplot";
import type { SensorState } from "../../../firmware/messages.ts";
import { formatClock, formatNumber, formatTime } from "../format.ts";
import { sayOwner as say } from "../words.ts";
import { type Point, type Span, watchSpanMs } from "./watch.ts";

/** Height of the plot in px; its width is its place's. */
export const heightPx = 200;
/** Height of the band that tells the sensor's word, px. */
const bandPx = 18;
/** The plot is never shorter than this, ms. */
const shortestMs = 60_000;
/** Height of a stroke that stands for a measurement without an echo, px. */
const strokePx = 7;
const font = "12px system-ui, sans-serif";

export interface Shown {
	/** Oldest first. */
	points: readonly Point[];
	/** Oldest first. */
	spans: readonly Span[];
	floorCm: number | null;
	/** The right edge, ms since 1970. */
	nowMs: number;
}

export interface TracePlotOptions {
	/** Holds an element with the class `tint` for each state: its background is the state's colour in the band. */
	host: HTMLElement;
	timeZone: string;
}

/** A plot that follows its measurements, its place's width and the page's colours. */
export class TracePlot {
	readonly #options: TracePlotOptions;
	readonly #resized: ResizeObserver;
	readonly #recoloured = new AbortController();
	#plot: uPlot | null = null;
	#shown: Shown = { points: [], spans: [], floorCm: null, nowMs: 0 };

	constructor(options: TracePlotOptions) {
		this.#options = options;
		this.#resized = new ResizeObserver(() => {
			this.#plot?.setSize({ width: options.host.clientWidth, height: heightPx });
		});
		this.#resized.observe(options.host);
		// A canvas has no stylesheet: new colours are a new drawing.
		matchMedia("(prefers-color-scheme: dark)").addEventListener(
			"change",
			() => {
				this.#plot?.destroy();
				this.#plot = this.#draw();
			},
			{ signal: this.#recoloured.signal },
		);
	}

	show(shown: Shown): void {
		this.#shown = shown;
		if (this.#plot === null) this.#plot = this.#draw();
		else this.#plot.setData(this.#data());
	}

	/** Twice is fine. */
	close(): void {
		this.#recoloured.abort();
		this.#resized.disconnect();
		this.#plot?.destroy();
		this.#plot = null;
	}

	#data(): uPlot.AlignedData {
		const { points } = this.#shown;
		return [points.map(({ atMs }) => atMs / 1000), points.map(({ cm }) => cm)];
	}

	#draw(): uPlot {
		const { host, timeZone } = this.#options;
		const ink = getComputedStyle(host).color;
		const faint = (share: number) => ink.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);
		return new uPlot(
			{
				width: host.clientWidth,
				height: heightPx,
				padding: [bandPx + 6, 8, 0, 0],
				legend: { show: false },
				cursor: { show: false },
				scales: {
					x: { time: true, range: () => this.#rangeS() },
					y: { range: () => [0, this.#topCm()] },
				},
				axes: [
					{
						font,
						stroke: faint(0.75),
						grid: { show: false },
						ticks: { show: false },
						size: 26,
						splits: (_plot, _axis, minS, maxS) => timesBetween(minS, maxS),
						values: (_plot, splits) => {
							const format = splits.every((at) => at % 60 === 0) ? formatTime : formatClock;
							return splits.map((at) => format(at * 1000, timeZone));
						},
					},
					{
						font,
						stroke: faint(0.75),
						grid: { stroke: faint(0.12), width: 1 },
						ticks: { show: false },
						size: 40,
						values: (_plot, splits) => splits.map((cm) => formatNumber(cm)),
					},
				],
				series: [{}, { stroke: ink, paths: () => null, points: { show: true, size: 4, fill: ink, width: 0 } }],
				hooks: { draw: [(plot) => this.#decorate(plot, ink)] },
			},
			this.#data(),
			host,
		);
	}

	/** What there is, so that the first minute is more than a stroke. */
	#rangeS(): [number, number] {
		const { points, nowMs } = this.#shown;
		const ageMs = nowMs - (points[0]?.atMs ?? nowMs);
		return [(nowMs - Math.min(watchSpanMs, Math.max(shortestMs, ageMs))) / 1000, nowMs / 1000];
	}

	/** So that floor and echoes fit, in whole 50 cm, with some air above. */
	#topCm(): number {
		const { points, floorCm } = this.#shown;
		const most = points.reduce((top, { cm }) => Math.max(top, cm ?? 0), floorCm ?? 0);
		return Math.max(100, Math.ceil((most * 1.1) / 50) * 50);
	}

	#decorate(plot: uPlot, ink: string): void {
		const { ctx, bbox } = plot;
		const { points, spans, floorCm, nowMs } = this.#shown;
		const scale = devicePixelRatio;
		const xOf = (ms: number) =>
			Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(ms / 1000, "x", true)));
		ctx.save();
		ctx.font = `${11 * scale}px system-ui, sans-serif`;
		ctx.strokeStyle = ink;
		ctx.fillStyle = ink;
		ctx.lineWidth = scale;
		ctx.textAlign = "left";
		ctx.beginPath();
		for (const { atMs, cm } of points) {
			if (cm !== null) continue;
			ctx.moveTo(xOf(atMs), bbox.top + bbox.height - strokePx * scale);
			ctx.lineTo(xOf(atMs), bbox.top + bbox.height);
		}
		ctx.stroke();
		if (floorCm !== null) {
			const y = plot.valToPos(floorCm, "y", true);
			ctx.setLineDash([5 * scale, 4 * scale]);
			ctx.beginPath();
			ctx.moveTo(bbox.left, y);
			ctx.lineTo(bbox.left + bbox.width, y);
			ctx.stroke();
			ctx.setLineDash([]);
			ctx.textBaseline = "bottom";
			ctx.fillText(say("watchFloor", { n: Math.round(floorCm) }), bbox.left + 4 * scale, y - 3 * scale);
		}
		spans.forEach(({ fromMs, state }, index) => {
			const left = xOf(fromMs);
			const right = xOf(spans[index + 1]?.fromMs ?? nowMs);
			if (right > left) this.#band(ctx, { left, right, top: bbox.top - (bandPx + 3) * scale, state, ink });
		});
		ctx.restore();
	}

	/** The sensor's word over a span of time: its colour, and its name where that fits. */
	#band(
		ctx: CanvasRenderingContext2D,
		{ left, right, top, state, ink }: { left: number; right: number; top: number; state: SensorState; ink: string },
	): void {
		const scale = devicePixelRatio;
		const tint = this.#options.host.querySelector(`.tint[data-state="${state}"]`);
		ctx.fillStyle = tint === null ? "transparent" : getComputedStyle(tint).backgroundColor;
		ctx.fillRect(left, top, right - left, bandPx * scale);
		ctx.fillStyle = ink;
		ctx.fillRect(left, top, scale, bandPx * scale);
		ctx.textBaseline = "middle";
		const room = right - left - 8 * scale;
		const words = [say(state), say(state).slice(0, 1)];
		const text = words.find((word) => ctx.measureText(word).width <= room);
		if (text !== undefined) ctx.fillText(text, left + 5 * scale, top + (bandPx / 2) * scale);
	}
}

/** Whole minutes, and half ones where those would be too few. */
function timesBetween(minS: number, maxS: number): number[] {
	const stepS = maxS - minS < 100 ? 30 : 60;
	const times: number[] = [];
	for (let at = Math.ceil(minS / stepS) * stepS; at <= maxS; at += stepS) times.push(at);
	return times;
}
