/**
 * Question: how many answers to `GET /api/lots/:id` (20 spots) can a gateway give, and how fresh are they while spots change?
 * Unit: requests/s, ms, and ms of the server's CPU time for 1,000 requests, over 32 connections that are kept open.
 * Comparison: a bare `node:http` server that sends the same bytes, in turn with the gateway.
 */
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { parseArgs } from "node:util";
import type { LotWithSpots } from "../../gateway/contract/resources.ts";
import type { GatewayProcess } from "../support/processes.ts";
import { type Bench, circumstances, inOneLine, type Outcome, show, spread } from "./bench.ts";
import { cpuMs } from "./cpu.ts";
import { connections, Load, type LoadTurn, type Questions } from "./rest/load.ts";
import type { RawAnswer } from "./rest/raw.ts";
import { Reports, reportsPerS, spotIdAt, spots } from "./rest/reports.ts";
import { type Ends, makeLot, startGateway, startPeer, withEnds } from "./sides.ts";
import { table } from "./table.ts";

/** What the gateway is to reach of the raw server's requests/s. */
const wantedRatio = 0.85;

/** Every answer's version is looked at; one in so many is read and compared whole. */
const wholeEvery = 50;

/** Headers that Node.js adds to each answer by itself. */
const nodesOwn = new Set(["date", "connection", "keep-alive"]);

interface Side {
	name: string;
	pid: number;
	turn(requests: number): Promise<LoadTurn>;
}

type Turn = LoadTurn & { cpuMsPer1000: number };

export const rest: Bench = {
	question: "rest: GET of a lot with 20 spots, beside a bare node:http server that sends the same bytes",
	run: async (args) => {
		const { values } = parseArgs({ args, options: { short: { type: "boolean", default: false } } });
		return compare(values.short ? { turns: 1, requests: 500 } : { turns: 11, requests: 8_000 });
	},
};

function compare(size: { turns: number; requests: number }): Promise<Outcome> {
	return withEnds(async (ends) => {
		const gateway = await startGateway("embedded", ends);
		const still = await startLot(gateway, "STILL", ends);
		for (let report = 0; report < spots; report++) await still.say();
		const moving = await startLot(gateway, "MOVING", ends);

		const answer = await fetchRaw(`${gateway.url}/api/lots/STILL`);
		const raw = await startPeer<number>("raw server", { file: "rest/raw.ts", first: answer, ends });
		const rawPort = raw.ready;
		await needSame(`${gateway.url}/api/lots/STILL`, `http://127.0.0.1:${rawPort}/api/lots/STILL`);

		const open = async (port: number, path: string) => {
			const load = await Load.open(port, path);
			ends.unshift(() => load.close());
			return load;
		};
		const loads = {
			still: await open(gateway.port, "/api/lots/STILL"),
			moving: await open(gateway.port, "/api/lots/MOVING"),
			raw: await open(rawPort, "/api/lots/STILL"),
		};
		const same = sameBytes(Buffer.from(answer.body));
		const fresh = freshAnswers(moving);
		const gatewayPid = gateway.pid ?? 0;
		// Side by side in time, too: what else the machine does meets both alike.
		const sides: Side[] = [
			{ name: "raw node:http", pid: raw.pid, turn: (requests) => loads.raw.run({ requests, ...same }) },
			{ name: "gateway", pid: gatewayPid, turn: (requests) => loads.still.run({ requests, ...same }) },
			{
				name: `gateway, ${reportsPerS} reports/s meanwhile`,
				pid: gatewayPid,
				turn: async (requests) => {
					moving.start();
					return loads.moving.run({ requests, ...fresh }).finally(() => moving.stop());
				},
			},
		];
		// What runs often is compiled by then.
		for (const side of sides) await measure(side, size.requests);
		const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
		for (let turn = 0; turn < size.turns; turn++) {
			for (const side of sides) turns.get(side)?.push(await measure(side, size.requests));
		}
		return outcome(turns, size, answer);
	});
}

async function measure(side: Side, requests: number): Promise<Turn> {
	const cpuAt = cpuMs(side.pid);
	const turn = await side.turn(requests);
	return { ...turn, cpuMsPer1000: ((cpuMs(side.pid) - cpuAt) / requests) * 1000 };
}

/** Each answer must be these bytes. */
function sameBytes(body: Buffer): Omit<Questions<null>, "requests"> {
	return {
		before: () => null,
		check: (answer) => answer.head.startsWith("HTTP/1.1 200 ") && answer.body.equals(body),
	};
}

/** No answer may be older than what was confirmed before it was asked for, nor newer than what was said; some are read whole. */
function freshAnswers(reports: Reports): Omit<Questions<number>, "requests"> {
	let answers = 0;
	return {
		before: () => reports.confirmedVersion,
		check: ({ head, body }, confirmedVersion) => {
			const at = body.indexOf('"lot_version":');
			const version = Number.parseInt(body.toString("latin1", at + 14, at + 34), 10);
			if (!head.startsWith("HTTP/1.1 200 ") || !(version >= confirmedVersion && version <= reports.saidVersion))
				return false;
			return ++answers % wholeEvery !== 0 || reports.matches(JSON.parse(body.toString()) as LotWithSpots);
		},
	};
}

function outcome(
	turns: ReadonlyMap<Side, Turn[]>,
	size: { turns: number; requests: number },
	answer: RawAnswer,
): Outcome {
	const all = [...turns.values()];
	const base = all[0] ?? [];
	const rows = [...turns].map(([side, measured]) => {
		const of = (figure: keyof Turn) => spread(measured.map((turn) => turn[figure]));
		const ratio = (figure: keyof Turn) =>
			spread(measured.map((turn, index) => turn[figure] / (base[index]?.[figure] ?? Number.NaN)));
		return {
			name: side.name,
			requestsPerS: of("requestsPerS"),
			p50Ms: of("p50Ms"),
			p99Ms: of("p99Ms"),
			cpuMsPer1000: of("cpuMsPer1000"),
			requestsToRaw: ratio("requestsPerS"),
			cpuToRaw: ratio("cpuMsPer1000"),
		};
	});
	const wrong = all.flat().reduce((sum, turn) => sum + turn.wrong, 0);
	const machine = circumstances(["fastify"]);
	const bytes = Buffer.byteLength(answer.body);
	const text = [
		table([
			["", "requests/s", "÷ raw", "p50 ms", "p99 ms", "CPU ms per 1,000", "÷ raw"],
			...rows.map((row) => [
				row.name,
				show(row.requestsPerS, 0),
				show(row.requestsToRaw, 2),
				show(row.p50Ms, 2),
				show(row.p99Ms, 2),
				show(row.cpuMsPer1000, 1),
				show(row.cpuToRaw, 2),
			]),
		]),
		`requests/s ÷ raw is to be at least ${wantedRatio} in the second row; the server's CPU time is known under Linux only`,
		`${bytes} bytes of JSON, ${connections} connections; median (least-most) of ${size.turns} turns of ${size.requests} requests each, in turn; ${wrong} of ${size.turns * size.requests * rows.length} answers wrong`,
		inOneLine(machine),
	].join("\n");
	return { text, right: wrong === 0, figures: { bench: "rest", ...size, bytes, wantedRatio, wrong, rows, machine } };
}

/** A lot of {@link spots} spots with a sensor of its own. */
async function startLot(gateway: GatewayProcess, lotId: string, ends: Ends): Promise<Reports> {
	const { lot_version } = await makeLot(gateway.url, {
		...{ lot_id: lotId, name: "Central Parking Tower", address: "1 Main Street", price_per_hour: 2.5 },
		spots: Array.from({ length: spots }, (_, index) => ({ spot_id: spotIdAt(index) })),
	});
	const reports = await Reports.connect(gateway.mqttUrl, lotId, lot_version);
	ends.unshift(() => reports.close());
	return reports;
}

/** One answer as it came. */
async function ask(url: string): Promise<{ response: IncomingMessage; body: string }> {
	const agent = new Agent({ keepAlive: true });
	const [response] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
	let body = "";
	for await (const text of response.setEncoding("utf8")) body += text;
	agent.destroy();
	return { response, body };
}

/** What the raw server is to send. */
async function fetchRaw(url: string): Promise<RawAnswer> {
	const { response, body } = await ask(url);
	const keepAliveS = Number(/timeout=(\d+)/.exec(String(response.headers["keep-alive"]))?.[1] ?? 5);
	const headers = pairs(response).filter(([name]) => !nodesOwn.has(name.toLowerCase()));
	return { headers, body, keepAliveTimeoutMs: keepAliveS * 1000 };
}

/** @throws Error when the two answers differ in more than their date. */
async function needSame(url: string, rawUrl: string): Promise<void> {
	const [one, other] = await Promise.all(
		[url, rawUrl].map(async (address) => {
			const { response, body } = await ask(address);
			const headers = pairs(response).map(([name, value]) => `${name}: ${name === "Date" ? "" : value}`);
			return [`${response.statusCode} ${response.statusMessage}`, ...headers, body].join("\n");
		}),
	);
	if (one !== other) throw new Error(`expected the same bytes from both, got\n${one}\nand\n${other}`);
}

function pairs({ rawHeaders }: IncomingMessage): [name: string, value: string][] {
	return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
		rawHeaders[2 * index] ?? "",
		rawHeaders[2 * index + 1] ?? "",
	]);
}
