/** What the samples of a soak come to. Pure. */
import { circumstances, inOneLine, type Outcome, quantile } from "../bench.ts";
import { table } from "../table.ts";
import { type Slope, slope } from "./slope.ts";

/** This share of the time is not counted: V8 lets the heap grow until its first major collections, and SQLite fills its cache. */
const warmUpShare = 0.2;

/** Samples whose mean is one point of the slope: 20 s. */
const blockSamples = 20;

export interface Size {
	lots: number;
	spotsPerLot: number;
	/** WebSocket clients of each side. */
	viewers: number;
	minutes: number;
	ratePerSecond: number;
}

export interface Sample {
	/** Minutes since the load began. */
	x: number;
	gatewayBytes: number;
	heapBytes: number;
	bareBytes: number;
	databaseBytes: number;
	walBytes: number;
}

export interface Measured {
	samples: Sample[];
	times: { x: number; ms: number }[];
	minutes: number;
	cpu: number;
	said: number;
	skipped: number;
	wrong: string[];
}

/** The figures of one run, for people and for programs. */
export function report(size: Size, measured: Measured): Outcome {
	const { times, minutes, cpu, said, skipped, wrong } = measured;
	const warmMinutes = minutes * warmUpShare;
	const samples = measured.samples.filter(({ x }) => x >= warmMinutes);
	const third = (minutes - warmMinutes) / 3;
	const thirds = <T extends { x: number }>(all: readonly T[], value: (one: T) => number) => {
		const first = all.filter(({ x }) => x >= warmMinutes && x < warmMinutes + third).map(value);
		const last = all.filter(({ x }) => x >= minutes - third).map(value);
		return { first, last };
	};
	const memory = (key: "gatewayBytes" | "heapBytes" | "bareBytes") => {
		// Where nobody could tell it at that moment it is NaN.
		const known = samples.filter((sample) => Number.isFinite(sample[key]));
		const { first, last } = thirds(known, (sample) => sample[key]);
		const firstMb = quantile(first, 0.5) / 1e6;
		const lastMb = quantile(last, 0.5) / 1e6;
		const points = known.map((sample) => ({ x: sample.x, y: sample[key] / 1e3 }));
		return {
			slopeKbPerMin: slope(points, size.minutes < 5 ? 1 : blockSamples),
			firstMb,
			lastMb,
			ratio: lastMb / firstMb,
		};
	};
	const figures = {
		bench: "soak",
		...size,
		warmMinutes,
		reports: said,
		skipped,
		wrong: wrong.length,
		rss: memory("gatewayBytes"),
		heap: memory("heapBytes"),
		bareRss: memory("bareBytes"),
		stored: (() => {
			const { first, last } = thirds(times, ({ ms }) => ms);
			const at = (values: number[]) => ({ p50Ms: quantile(values, 0.5), p99Ms: quantile(values, 0.99) });
			return { first: at(first), last: at(last) };
		})(),
		cpuMsPer1000: (cpu / said) * 1000,
		databaseMb: (measured.samples.at(-1)?.databaseBytes ?? Number.NaN) / 1e6,
		walMostMb: Math.max(...measured.samples.map(({ walBytes }) => walBytes)) / 1e6,
		machine: circumstances(["mqtt", "aedes", "fastify", "ws"]),
	};
	return { text: textOf(figures, wrong), figures, right: wrong.length === 0 };
}

type Memory = { slopeKbPerMin: Slope; firstMb: number; lastMb: number; ratio: number };

function textOf(
	figures: Size & {
		warmMinutes: number;
		reports: number;
		skipped: number;
		rss: Memory;
		heap: Memory;
		bareRss: Memory;
		stored: Record<"first" | "last", { p50Ms: number; p99Ms: number }>;
		cpuMsPer1000: number;
		databaseMb: number;
		walMostMb: number;
		machine: Record<string, string>;
	},
	wrong: readonly string[],
): string {
	const { minutes, ratePerSecond, lots, spotsPerLot, warmMinutes, stored } = figures;
	const row = (name: string, { slopeKbPerMin, firstMb, lastMb, ratio }: Memory) => [
		name,
		`${slopeKbPerMin.perX.toFixed(0)} ± ${slopeKbPerMin.plusMinus.toFixed(0)}`,
		firstMb.toFixed(1),
		lastMb.toFixed(1),
		ratio.toFixed(3),
	];
	const time = (name: string, key: "p50Ms" | "p99Ms") => [
		name,
		stored.first[key].toFixed(2),
		stored.last[key].toFixed(2),
		(stored.last[key] / stored.first[key]).toFixed(2),
	];
	return [
		table([
			["memory", "KB a minute", "first third, MB", "last third, MB", "last ÷ first"],
			row("gateway, resident", figures.rss),
			row("  JavaScript's heap", figures.heap),
			row("bare broker, resident", figures.bareRss),
		]),
		"",
		table([
			["from report to stored", "first third, ms", "last third, ms", "last ÷ first"],
			time("p50", "p50Ms"),
			time("p99", "p99Ms"),
		]),
		"",
		`${figures.reports} reports, ${figures.skipped} turns skipped, ${figures.cpuMsPer1000.toFixed(0)} ms of CPU time for 1,000 reports; database ${figures.databaseMb.toFixed(1)} MB, write-ahead log at most ${figures.walMostMb.toFixed(1)} MB`,
		`${minutes} min at ${ratePerSecond}/s over ${lots * spotsPerLot} spots in ${lots} lots, ${figures.viewers} WebSocket clients on each side, both sides at the same time; the first ${warmMinutes.toFixed(1)} min not counted; medians; ± 95 % confidence`,
		...wrong.map((line) => `WRONG: ${line}`),
		inOneLine(figures.machine),
	].join("\n");
}
