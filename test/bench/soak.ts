/**
 * Question: does the gateway's memory grow while it takes reports for a quarter of an hour, and does it slow down?
 * Unit: KB of resident memory a minute, at 1,000 reports a second, each a change of its spot.
 * Comparison: a bare broker with a WebSocket server in one Node process, under the same load at the same time.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { GatewayProcess, until } from "../support/processes.ts";
import { type Bench, InputError, type Outcome } from "./bench.ts";
import { cpuMs } from "./cpu.ts";
import { residentBytes } from "./memory.ts";
import { makeLot, startPeer, temporaryFile, withEnds } from "./sides.ts";
import { wrongBooks } from "./soak/books.ts";
import { Fleet, lotIdOf, spotIdOf } from "./soak/fleet.ts";
import { report, type Sample, type Size } from "./soak/report.ts";
import { Viewer } from "./soak/viewer.ts";

const lots = 20;
const spotsPerLot = 20;
/** WebSocket clients of each side; half of them watch one lot each, the others all. */
const viewers = 4;

/** Samples, in all, of a run that lasts less than so many seconds. */
const fewestSamples = 60;

/** How long the last confirmations may take, ms. */
const deadlineMs = 15_000;

export const soak: Bench = {
	question:
		"soak: memory and time from report to stored over a quarter of an hour, beside a bare broker that only passes on",
	run: async (args) => {
		const { values } = parseArgs({
			args,
			options: {
				short: { type: "boolean", default: false },
				minutes: { type: "string", default: "15" },
				rate: { type: "string", default: "1000" },
			},
		});
		if (values.short) return measure({ minutes: 0.1, ratePerSecond: 300 });
		return measure({
			minutes: number("--minutes", values.minutes, 0.1, 24 * 60),
			ratePerSecond: number("--rate", values.rate, 20, 100_000),
		});
	},
};

function number(name: string, text: string, min: number, max: number): number {
	const value = Number(text);
	if (text.trim() !== "" && value >= min && value <= max) return value;
	throw new InputError(`${name} must be a number from ${min} to ${max}, got "${text}"`);
}

function measure(size: Pick<Size, "minutes" | "ratePerSecond">): Promise<Outcome> {
	return withEnds(async (ends) => {
		const heapPath = temporaryFile("heap", ends);
		const inside = new URL("soak/heap-inside.ts", import.meta.url).href;
		const gateway = await GatewayProcess.start({
			dataDir: join(dirname(heapPath), "data"),
			env: { LOG_LEVEL: "warn", NODE_OPTIONS: `--import ${inside}`, PARKMATE_SOAK_HEAP: heapPath },
		});
		ends.unshift(() => gateway.close());
		for (let lot = 0; lot < lots; lot++) {
			const spots = Array.from({ length: spotsPerLot }, (_, spot) => ({ spot_id: spotIdOf(spot) }));
			await makeLot(gateway.url, { lot_id: lotIdOf(lot), spots });
		}
		const { pid, ready: ports } = await startPeer<{ mqttPort: number; wsPort: number }>("bare broker", {
			file: "soak/bare.ts",
			ends,
		});

		/** By the time of the report, minutes since the load began. */
		const times: { x: number; ms: number }[] = [];
		let startMs = 0;
		const plan = { lots, spotsPerLot };
		const fleets = await Promise.all([
			Fleet.start({
				...plan,
				mqttUrl: gateway.mqttUrl,
				confirmedBy: "stored",
				onConfirmed: (saidMs, ms) => times.push({ x: (saidMs - startMs) / 60_000, ms }),
			}),
			Fleet.start({
				...plan,
				mqttUrl: `mqtt://127.0.0.1:${ports.mqttPort}`,
				confirmedBy: "puback",
				onConfirmed: () => {},
			}),
		]);
		ends.unshift(() => Promise.all(fleets.map((fleet) => fleet.close())));
		const watching = await openViewers(gateway, ports.wsPort);
		ends.unshift(() => {
			for (const viewer of watching.all) viewer.close();
		});

		startMs = performance.now();
		const cpuBefore = cpuMs(gateway.pid ?? 0);
		const samples = await load(size, fleets, startMs, (x) => ({
			x,
			gatewayBytes: residentBytes(gateway.pid ?? 0),
			heapBytes: heapOf(heapPath),
			bareBytes: residentBytes(pid),
			databaseBytes: sizeOf(join(gateway.dataDir, "parkmate.db")),
			walBytes: sizeOf(join(gateway.dataDir, "parkmate.db-wal")),
		}));
		const minutes = (performance.now() - startMs) / 60_000;
		const cpu = cpuMs(gateway.pid ?? 0) - cpuBefore;
		const [ours] = fleets;
		await until("the last confirmations", () => ours.waiting === 0, { deadlineMs }).catch(() => {});
		const wrong = [
			...(ours.waiting > 0 ? [`${ours.waiting} reports were never confirmed`] : []),
			...(await wrongBooks(gateway.url, ours, lots, watching.ours)),
		];
		return report(
			{ ...plan, ...size, viewers },
			{ samples, times, minutes, cpu, said: ours.said, skipped: ours.skipped, wrong },
		);
	});
}

/** Says reports to both sides, evenly in time, and samples meanwhile. */
async function load(
	{ minutes, ratePerSecond }: Pick<Size, "minutes" | "ratePerSecond">,
	fleets: readonly Fleet[],
	startMs: number,
	sample: (x: number) => Sample,
): Promise<Sample[]> {
	const samples: Sample[] = [];
	const totalMs = minutes * 60_000;
	const everyMs = Math.min(1_000, totalMs / fewestSamples);
	let turns = 0;
	for (let nowMs = 0; nowMs < totalMs; nowMs = performance.now() - startMs) {
		for (const due = Math.floor((nowMs * ratePerSecond) / 1000); turns < due; turns++) {
			for (const fleet of fleets) fleet.say(turns);
		}
		if (nowMs >= samples.length * everyMs) samples.push(sample(nowMs / 60_000));
		await pause(5);
	}
	return samples;
}

async function openViewers(gateway: GatewayProcess, barePort: number): Promise<{ ours: Viewer[]; all: Viewer[] }> {
	const open = (url: string, reads: boolean) =>
		Promise.all(
			Array.from({ length: viewers }, (_, index) =>
				Viewer.open(index % 2 === 0 ? `${url}?lot=${lotIdOf(index)}` : url, { reads }),
			),
		);
	const ours = await open(`${gateway.url.replace("http", "ws")}/ws`, true);
	const others = await open(`ws://127.0.0.1:${barePort}/`, false);
	return { ours, all: [...ours, ...others] };
}

function heapOf(path: string): number {
	try {
		const text = readFileSync(path, "utf8");
		return text === "" ? Number.NaN : Number(text);
	} catch {
		return Number.NaN;
	}
}

function sizeOf(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
