/**
 * In: today's steps. Out: a stepped ink line from midnight to midnight of the lot's day.
 * Never: the only place where a number stands.
 */
import uPlot from "uplot";
import type { Stats } from "../../../gateway/contract/resources.ts";
import { formatShare, formatTime } from "../format.ts";
import { sayOwner as say } from "../words.ts";
import type { Step } from "./steps.ts";

/** Height of the chart in px; its width is its place's. */
export const heightPx = 216;
const dayS = 86_400;
/** A lot known for less time than this is drawn from its first moment on. */
const youngS = 6 * 3_600;
/** Never less than this, in eighths of whole minutes. */
const shortestS = 16 * 60;
const font = "12px system-ui, sans-serif";

export interface OccupancyChartOptions {
	host: HTMLElement;
	timeZone: string;
}

/** The chart of one day. Follows its place's width and the page's colours. */
export class OccupancyChart {
	readonly #options: OccupancyChartOptions;
	readonly #resized: ResizeObserver;
	readonly #recoloured = new AbortController();
	#plot: uPlot | null = null;
	#shown: { stats: Stats; steps: readonly Step[] } | null = null;

	constructor(options: OccupancyChartOptions) {
		this.#options = options;
		this.#resized = new ResizeObserver(() => {
			this.#plot?.setSize({ width: options.host.clientWidth, height: heightPx });
		});
		this.#resized.observe(options.host);
		// A canvas has no stylesheet: new colours are a new drawing.
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw(), {
			signal: this.#recoloured.signal,
		});
	}

	/** Draws the day that `stats` tell of. */
	show(stats: Stats, steps: readonly Step[]): void {
		this.#shown = { stats, steps };
		this.#draw();
	}

	/** Twice is fine. */
	close(): void {
		this.#recoloured.abort();
		this.#resized.disconnect();
		this.#plot?.destroy();
		this.#plot = null;
	}

	#draw(): void {
		this.#plot?.destroy();
		this.#plot = null;
		if (this.#shown === null) return;
		const { host, timeZone } = this.#options;
		const { stats, steps } = this.#shown;
		const ink = getComputedStyle(host).color;
		const faint = (share: number) => ink.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);
		const fromS = Date.parse(stats.from) / 1000;
		const toS = Date.parse(stats.to) / 1000;
		const last = steps.at(-1);
		const times = [...steps.map((step) => step.atMs / 1000), ...(last === undefined ? [] : [toS])];
		const shares = [...steps.map((step) => step.share), ...(last === undefined ? [] : [last.share])];
		const [minS, maxS] = rangeOf(fromS, toS, steps);
		const grid = { stroke: faint(0.12), width: 1 };
		this.#plot = new uPlot(
			{
				width: host.clientWidth,
				height: heightPx,
				padding: [12, 24, 0, 0],
				legend: { show: false },
				cursor: { show: false },
				scales: {
					x: { time: true, range: [minS, maxS] },
					y: { range: [0, 1] },
				},
				axes: [
					{
						font,
						stroke: faint(0.75),
						grid: { show: false },
						ticks: { show: false },
						size: 28,
						splits: () => Array.from({ length: 9 }, (_, index) => minS + (index * (maxS - minS)) / 8),
						values: (plot, splits) =>
							splits.map((at, index) => (plot.width < 480 && index % 2 === 1 ? "" : formatTime(at * 1000, timeZone))),
					},
					{
						font,
						stroke: faint(0.75),
						grid,
						ticks: { show: false },
						size: 52,
						splits: () => [0, 0.25, 0.5, 0.75, 1],
						values: (_plot, splits) => splits.map(formatShare),
					},
				],
				series: [
					{},
					{
						stroke: ink,
						width: 2,
						fill: faint(0.07),
						points: { show: false },
						paths: uPlot.paths.stepped?.({ align: 1 }),
					},
				],
				hooks: { draw: [(plot) => drawNow(plot, toS, last?.share ?? null, ink)] },
			},
			[times, shares],
			host,
		);
	}
}

/**
 * The whole day; but where a lot is known for less than {@link youngS}, only as long as that, so that its first hour
 * is more than a stroke.
 */
function rangeOf(fromS: number, toS: number, steps: readonly Step[]): [minS: number, maxS: number] {
	const known = steps.find((step) => step.share !== null);
	const knownFromS = known === undefined ? fromS : known.atMs / 1000;
	const ageS = toS - knownFromS;
	if (knownFromS <= fromS || ageS > youngS) return [fromS, Math.max(fromS + dayS, toS)];
	const minS = Math.floor(knownFromS / 60) * 60;
	return [minS, minS + Math.max(shortestS, Math.ceil((ageS * 1.2) / 480) * 480)];
}

/** The line's end: a dot, and its number beside it. */
function drawNow(plot: uPlot, atS: number, share: number | null, ink: string): void {
	if (share === null) return;
	const { ctx } = plot;
	const scale = devicePixelRatio;
	const x = plot.valToPos(atS, "x", true);
	const y = plot.valToPos(share, "y", true);
	const isLate = x > plot.bbox.left + plot.bbox.width * 0.8;
	ctx.save();
	ctx.fillStyle = ink;
	ctx.beginPath();
	ctx.arc(x, y, 4 * scale, 0, 2 * Math.PI);
	ctx.fill();
	ctx.font = `600 ${12 * scale}px system-ui, sans-serif`;
	ctx.textAlign = isLate ? "right" : "left";
	ctx.textBaseline = share > 0.85 ? "top" : "bottom";
	ctx.fillText(
		say("chartNow", { share: formatShare(share) }),
		x + (isLate ? -10 : 10) * scale,
		y + (share > 0.85 ? 8 : -6) * scale,
	);
	ctx.restore();
}
