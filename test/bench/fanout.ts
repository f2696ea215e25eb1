/**
 * Question: how long from a change until the last of 10,000 WebSocket clients has it, and what does it cost the server?
 * Unit: ms, and ms of the server's CPU time; for one change at a time, and for 50 at once.
 * Comparison: a bare `ws` server that writes one shared buffer to as many clients, in turn with the gateway.
 */
import { parseArgs } from "node:util";
import type { SpotUpdate } from "../../gateway/contract/events.ts";
import {
	type Bench,
	circumstances,
	InputError,
	inOneLine,
	type Outcome,
	quantile,
	type Spread,
	show,
	spread,
} from "./bench.ts";
import { cpuMs } from "./cpu.ts";
import { nowMs } from "./fanout/messages.ts";
import { type Change, type Side, spots, startBare, startOurs } from "./fanout/sides.ts";
import { residentBytes } from "./memory.ts";
import { withEnds } from "./sides.ts";
import { table } from "./table.ts";

/** What the gateway may take of the bare server's time for one change. */
const wantedRatio = 1.1;

/** Changes that are said at once in the second part. */
const burst = 50;

/** Most clients of one server: this many files a process may have open, and some more, is the usual limit. */
const maxClients = 18_000;

interface Size {
	clients: number;
	turns: number;
	/** Changes, one after the other, in a turn. */
	changes: number;
	/** How long heartbeats are watched, ms. */
	idleMs: number;
}

/** Medians of one turn. */
interface Turn {
	changeMs: number;
	changeCpuMs: number;
	burstMs: number;
	burstCpuMs: number;
}

export const fanout: Bench = {
	question: "fanout: one change to 10,000 WebSocket clients, beside a bare ws server that writes one shared buffer",
	run: async (args) => {
		const { values } = parseArgs({
			args,
			options: { short: { type: "boolean", default: false }, clients: { type: "string" } },
		});
		const clients = Number(values.clients ?? (values.short ? 200 : 10_000));
		if (!Number.isInteger(clients) || clients < 1 || clients > maxClients) {
			throw new InputError(`--clients must be an integer from 1 to ${maxClients}, got "${values.clients}"`);
		}
		return compare(
			values.short
				? { clients, turns: 1, changes: 3, idleMs: 500 }
				: { clients, turns: 5, changes: 10, idleMs: 16_000 },
		);
	},
};

function compare(size: Size): Promise<Outcome> {
	return withEnds(async (ends) => {
		const gateway = await startOurs(size.clients, ends);
		const bare = await startBare(size.clients, gateway.template, ends);
		const runs = [new Run(gateway), new Run(bare)];
		for (const run of runs) await run.turn(size.changes);
		for (let turn = 0; turn < size.turns; turn++) for (const run of runs) run.turns.push(await run.turn(size.changes));
		const idle = await watchHeartbeats(gateway, size.idleMs);
		return outcome(runs, size, idle);
	});
}

/** One side's turns, and what was wrong in them. */
class Run {
	readonly side: Side;
	readonly turns: Turn[] = [];
	wrong = 0;
	#said = 0;
	/** What each spot is told to be, so that each report is a change. */
	readonly #occupied = new Map<string, boolean>([["SPOT0", true]]);

	constructor(side: Side) {
		this.side = side;
	}

	/** @throws Error when an update does not reach everybody, as all after it would be late, too. */
	async turn(changes: number): Promise<Turn> {
		const { pid } = this.side;
		const times = [];
		const cpuAt = cpuMs(pid);
		for (let change = 0; change < changes; change++) times.push(await this.#tell(1));
		const cpuBetween = cpuMs(pid);
		const burstMs = await this.#tell(burst);
		return {
			changeMs: quantile(times, 0.5),
			changeCpuMs: (cpuBetween - cpuAt) / changes,
			burstMs,
			burstCpuMs: cpuMs(pid) - cpuBetween,
		};
	}

	/** Says so many changes at once; gives the time until the last client has the last of them, ms. */
	async #tell(count: number): Promise<number> {
		const { crowd, name, publish } = this.side;
		const first = this.#said;
		const changes = Array.from({ length: count }, () => this.#next());
		const startAt = nowMs();
		publish(changes);
		let lastAt = startAt;
		for (const [index, change] of changes.entries()) {
			const arrival = await crowd.take(first + index);
			if (arrival === null || crowd.problem !== null) {
				throw new Error(crowd.problem ?? `expected update ${first + index} of the ${name} at all clients within 60 s`);
			}
			if (!isRight(arrival.text, change)) this.wrong++;
			lastAt = Math.max(lastAt, arrival.atMs);
		}
		return lastAt - startAt;
	}

	#next(): Change {
		const serial = ++this.#said;
		const spotId = `SPOT${serial % spots}`;
		const occupied = this.#occupied.get(spotId) !== true;
		this.#occupied.set(spotId, occupied);
		return { spotId, occupied, distanceCm: serial / 10, version: this.side.firstVersion + serial };
	}
}

function isRight(text: string, { spotId, occupied, distanceCm, version }: Change): boolean {
	const { event, spot_id, occupied: told, distance, lot_version } = JSON.parse(text) as SpotUpdate;
	return (
		event === "spot_update" &&
		spot_id === spotId &&
		told === occupied &&
		distance === distanceCm &&
		lot_version === version
	);
}

interface Idle {
	cpuPercent: number;
	/** Times of `GET /health/live` while heartbeats go out, ms. */
	p50Ms: number;
	longestMs: number;
}

/** Nothing changes: what is left are heartbeats and pongs. A request every 10 ms shows how long they hold up everything else. */
async function watchHeartbeats(gateway: Side & { url: string }, idleMs: number): Promise<Idle> {
	const times: number[] = [];
	const startAt = nowMs();
	const cpuAt = cpuMs(gateway.pid);
	while (nowMs() - startAt < idleMs) {
		const at = nowMs();
		await (await fetch(`${gateway.url}/health/live`)).text();
		times.push(nowMs() - at);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	const cpuPercent = ((cpuMs(gateway.pid) - cpuAt) / (nowMs() - startAt)) * 100;
	return { cpuPercent, p50Ms: quantile(times, 0.5), longestMs: Math.max(...times) };
}

function outcome(runs: readonly Run[], size: Size, idle: Idle): Outcome {
	const base = runs.at(-1)?.turns ?? [];
	const rows = runs.map(({ side, turns }) => {
		const of = (figure: keyof Turn) => spread(turns.map((turn) => turn[figure]));
		const ratio = (figure: keyof Turn) =>
			spread(turns.map((turn, index) => turn[figure] / (base[index]?.[figure] ?? Number.NaN)));
		const figures = {} as Record<keyof Turn | `${keyof Turn}ToBare`, Spread>;
		for (const figure of ["changeMs", "changeCpuMs", "burstMs", "burstCpuMs"] as const) {
			figures[figure] = of(figure);
			figures[`${figure}ToBare`] = ratio(figure);
		}
		const { before, after } = side.residentBytes;
		const memory = { before, after, end: residentBytes(side.pid) };
		return { name: side.name, ...figures, memory, bytesPerClient: (after - before) / size.clients };
	});
	const wrong = runs.reduce((sum, run) => sum + run.wrong, 0);
	const machine = circumstances(["fastify", "ws", "mqtt", "aedes"]);
	const cells = (figure: keyof Turn, digits: number) => (row: (typeof rows)[number]) => [
		show(row[figure], digits),
		show(row[`${figure}ToBare`], 2),
	];
	const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);
	const text = [
		table([
			["one change to all", "ms", "÷ bare", "CPU ms", "÷ bare"],
			...rows.map((row) => [row.name, ...cells("changeMs", 0)(row), ...cells("changeCpuMs", 0)(row)]),
		]),
		`ms ÷ bare is to be at most ${wantedRatio}. The gateway hears the change over MQTT at QoS 1 and stores it before it tells; the bare server is handed the frame`,
		"",
		table([
			[`${burst} changes at once`, "ms", "÷ bare", "CPU ms", "÷ bare"],
			...rows.map((row) => [row.name, ...cells("burstMs", 0)(row), ...cells("burstCpuMs", 0)(row)]),
		]),
		"",
		table([
			["memory", "MiB before", "with clients", "in the end", "KiB a client"],
			...rows.map(({ name, memory, bytesPerClient }) => [
				name,
				...[memory.before, memory.after, memory.end].map(mib),
				(bytesPerClient / 1024).toFixed(1),
			]),
		]),
		"",
		`with nothing but heartbeats and a request every 10 ms: ${idle.cpuPercent.toFixed(1)} % of a core; GET /health/live ${idle.p50Ms.toFixed(1)} ms (p50), at most ${idle.longestMs.toFixed(1)} ms`,
		`${size.clients} clients each; median (least-most) of ${size.turns} turns of ${size.changes} changes and a burst each, in turn; ${wrong} updates wrong`,
		inOneLine(machine),
	].join("\n");
	return {
		text,
		right: wrong === 0,
		figures: { bench: "fanout", ...size, burst, wantedRatio, wrong, rows, idle, machine },
	};
}
