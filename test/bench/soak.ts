/**
 * Question: does the gateway's memory grow while it takes reports for a quarter of an hour, and does it slow down?
 * Unit: KB of resident memory a minute, at 1,000 reports a second, each a change of its spot.
 * Comparison: a bare broker with a WebSocket server in one Node process, under the same load at the same time.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GatewayProcess, Program, until } from "../support/processes.ts";
import { type Bench, InputError, type Outcome } from "./bench.ts";
import { cpuMs } from "./cpu.ts";
import { residentBytes } from "./memory.ts";
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

async function measure(size: Pick<Size, "minutes" | "ratePerSecond">): Promise<Outcome> {
	const ends: (() => Promise<unknown> | unknown)[] = [];
	try {
		const folder = mkdtempSync(join(tmpdir(), "parkmate-soak-"));
		ends.unshift(() => rmSync(folder, { recursive: true, force: true }));
		const heapPath = join(folder, "heap");
		const inside = new URL("soak/heap-inside.ts", import.meta.url).href;
		const gateway = await GatewayProcess.start({
			dataDir: join(folder, "data"),
			env: { LOG_LEVEL: "warn", NODE_OPTIONS: `--import ${inside}`, PARKMATE_SOAK_HEAP: heapPath },
		});
		ends.unshift(() => gateway.close());
		for (let lot = 0; lot < lots; lot++) await makeLot(gateway.url, lotIdOf(lot));
		const bare = await startBare();
		ends.unshift(() => bare.program.end());

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
				mqttUrl: `mqtt://127.0.0.1:${bare.mqttPort}`,
				confirmedBy: "puback",
				onConfirmed: () => {},
			}),
		]);
		ends.unshift(() => Promise.all(fleets.map((fleet) => fleet.close())));
		const watching = await openViewers(gateway, bare.wsPort);
		ends.unshift(() => {
			for (const viewer of watching.all) viewer.close();
		});

		startMs = performance.now();
		const cpuBefore = cpuMs(gateway.pid ?? 0);
		const samples = await load(size, fleets, startMs, (x) => ({
			x,
			gatewayBytes: residentBytes(gateway.pid ?? 0),
			heapBytes: heapOf(heapPath),
			bareBytes: residentBytes(bare.program.child.pid ?? 0),
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
	} finally {
		for (const end of ends) await end();
	}
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

async function startBare(): Promise<{ program: Program; mqttPort: number; wsPort: number }> {
	const path = fileURLToPath(new URL("soak/bare.ts", import.meta.url));
	const program = new Program("bare broker", process.execPath, [path], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
	const gone = program.ended.then(() => {
		throw program.complaint("it ended before it was ready");
	});
	const [ports] = (await Promise.race([once(program.child, "message"), gone])) as [
		{ mqttPort: number; wsPort: number },
	];
	return { program, ...ports };
}

async function makeLot(url: string, lotId: string): Promise<void> {
	const spots = Array.from({ length: spotsPerLot }, (_, spot) => ({ spot_id: spotIdOf(spot) }));
	const answer = await fetch(`${url}/api/lots`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ lot_id: lotId, name: "Soak", spots }),
	});
	if (answer.status !== 201)
		throw new Error(`expected 201 for a new lot, got ${answer.status}: ${await answer.text()}`);
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
