/**
 * Question: how long from `npm start` in a folder without data to the first live snapshot in a browser?
 * Unit: s.
 * Comparison: npm starting a bare Fastify with one WebSocket, in turn with ours.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../support/mosquitto.ts";
import { Program, until } from "../support/processes.ts";
import { type Bench, circumstances, inOneLine, show, spread } from "./bench.ts";
import { table } from "./table.ts";

/** How long a start may take, ms. The very first one builds the pages. */
const deadlineMs = 60_000;

interface Side {
	name: string;
	args: string[];
	/** How many spots its first frame must have. */
	spots: number;
}

const ours: Side = { name: "npm start", args: ["start"], spots: 20 };
const bare: Side = { name: "bare Fastify", args: ["exec", "--offline", "-c", "node test/bench/hello.ts"], spots: 0 };

export const start: Bench = {
	question: "start: from npm start to the first live snapshot, beside npm starting a bare Fastify",
	run: async (args) => {
		const { values } = parseArgs({ args, options: { short: { type: "boolean", default: false } } });
		const turns = values.short ? 1 : 7;
		// The first of each reads files that the others find in memory; the pages are built if they are not.
		if (!values.short) for (const side of [ours, bare]) await firstFrameMs(side);
		const times = { ours: [] as number[], bare: [] as number[] };
		for (let turn = 0; turn < turns; turn++) {
			times.ours.push((await firstFrameMs(ours)) / 1000);
			times.bare.push((await firstFrameMs(bare)) / 1000);
		}
		const ratio = times.ours.map((seconds, turn) => seconds / (times.bare[turn] ?? Number.NaN));
		const figures = { oursS: spread(times.ours), bareS: spread(times.bare), ratio: spread(ratio) };
		const machine = circumstances(["fastify"]);
		const text = [
			table([
				["to the first snapshot", "s", `÷ ${bare.name}`],
				[ours.name, show(figures.oursS, 2), show(figures.ratio, 2)],
				[bare.name, show(figures.bareS, 2), "1"],
			]),
			`median (least-most) of ${turns} starts each, in turn; with virtual boards, on a new data folder`,
			inOneLine(machine),
		].join("\n");
		return { text, right: true, figures: { bench: "start", turns, ...figures, machine } };
	},
};

/** Starts it, waits for the first frame, ends it. @throws Error when the frame is not what it must be, or does not come. */
async function firstFrameMs(side: Side): Promise<number> {
	const dataDir = mkdtempSync(join(tmpdir(), "parkmate-start-"));
	const port = await freePort();
	const env = { ...process.env, PORT: String(port), MQTT_PORT: String(await freePort()), DATA_DIR: dataDir };
	const startAt = performance.now();
	// npm starts a shell that starts us: all of them are ended.
	const program = new Program(side.name, "npm", side.args, { detached: true, env });
	try {
		const frame = await until(
			"a first frame",
			() => {
				if (!program.running) throw program.complaint("it ended before it answered");
				return firstFrame(`ws://127.0.0.1:${port}/ws?lot=LOT001`);
			},
			{ deadlineMs },
		).catch((error: Error) => {
			throw program.complaint(error.message);
		});
		const ms = performance.now() - startAt;
		const { event, lot_id, spots } = JSON.parse(frame) as { event: string; lot_id: string; spots: unknown[] };
		if (event !== "snapshot" || lot_id !== "LOT001" || spots.length !== side.spots) {
			throw new Error(`expected a snapshot of LOT001 with ${side.spots} spots, got ${frame.slice(0, 200)}`);
		}
		return ms;
	} finally {
		await program.end("SIGTERM");
		rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
	}
}

/** Null while nobody answers. */
function firstFrame(url: string): Promise<string | null> {
	return new Promise((resolve) => {
		const socket = new WebSocket(url);
		const end = (frame: string | null) => {
			resolve(frame);
			socket.close();
		};
		socket.onmessage = ({ data }) => end(String(data));
		socket.onerror = () => end(null);
		socket.onclose = () => end(null);
	});
}
