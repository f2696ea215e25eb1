/**
 * Question: how many reports a second does a gateway take and store, and what does each cost?
 * Unit: updates/s, and µs of the process's CPU time for each; 1,000 spots in 50 lots, QoS 1, 2,000 reports under way over 4 connections.
 * Comparison: on the same broker and store, in turn, a relay that only subscribes and acknowledges, and the reference design done plainly.
 */
import { parseArgs } from "node:util";
import type { LotWithSpots } from "../../gateway/contract/resources.ts";
import type { GatewayProcess } from "../support/processes.ts";
import { type Bench, circumstances, inOneLine, type Outcome, type Spread, show, spread } from "./bench.ts";
import { cpuMs } from "./cpu.ts";
import { Load, lots, type Said, spotsPerLot } from "./ingest/load.ts";
import { countStored } from "./ingest/stored.ts";
import {
	type BrokerName,
	brokerNamed,
	type Ends,
	makeLot,
	type StoreName,
	startGateway,
	startPeer,
	startStore,
	storeNamed,
	temporaryFile,
	withEnds,
} from "./sides.ts";
import { lotId } from "./site.ts";
import { table } from "./table.ts";

interface Engines {
	broker: BrokerName;
	store: StoreName;
}

interface Side {
	name: string;
	load: Load;
	pid: number;
	/** Of the gateway's reports the plain design does a part: it would take minutes. */
	reports: number;
	handled(): number;
}

interface Turn {
	perSecond: number;
	cpuUs: number;
}

export const ingest: Bench = {
	question:
		"ingest: reports stored a second, beside a relay that only acknowledges and the reference design done plainly",
	run: async (args) => {
		const { values } = parseArgs({
			args,
			options: {
				short: { type: "boolean", default: false },
				broker: { type: "string", default: "embedded" },
				store: { type: "string", default: "sqlite" },
			},
		});
		const size = values.short ? { turns: 1, reports: 2_000 } : { turns: 5, reports: 40_000 };
		return compare({ broker: brokerNamed(values.broker), store: storeNamed(values.store) }, size);
	},
};

function compare({ broker, store }: Engines, size: { turns: number; reports: number }): Promise<Outcome> {
	return withEnds(async (ends) => {
		const server = await startStore(store, ends);
		const gateway = await startGateway(broker, ends, server === null ? {} : { MONGODB_URL: server.url });
		for (let lot = 0; lot < lots; lot++) await makeLot(gateway.url, { lot_id: lotId(lot), spots: spotsPerLot });
		const url = gateway.mqttUrl;
		const sides = [
			await gatewaySide(gateway, size.reports, ends),
			await otherSide("relay", { file: "ingest/relay.ts", url, args: [], reports: size.reports, ends }),
			await plainSide({ url, place: server?.url, reports: Math.ceil(size.reports / 10), ends }),
		];
		for (const side of sides) await turn({ ...side, reports: Math.ceil(side.reports / 4) });
		const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
		for (let number = 0; number < size.turns; number++) {
			for (const side of sides) turns.get(side)?.push(await turn(side));
		}
		const wrong = await wrongSpots(gateway.url, sides[0]?.load.said ?? new Map());
		return outcome({ broker, store: server?.name ?? "SQLite" }, turns, size, wrong);
	});
}

async function turn({ load, pid, reports, handled }: Side): Promise<Turn> {
	const cpuBefore = cpuMs(pid);
	const ms = await load.run(reports, handled);
	return { perSecond: (reports * 1000) / ms, cpuUs: ((cpuMs(pid) - cpuBefore) * 1000) / reports };
}

/** Counts what the gateway says to be stored. */
async function gatewaySide(gateway: GatewayProcess, reports: number, ends: Ends): Promise<Side> {
	const handled = await countStored(gateway.mqttUrl, "parkmate", ends);
	const load = await Load.open(gateway.mqttUrl, "parkmate");
	ends.unshift(() => load.close());
	return { name: "gateway", load, pid: gateway.pid ?? 0, reports, handled };
}

/** On the server at `place`, or in a SQLite file of its own. */
async function plainSide(options: { url: string; place?: string; reports: number; ends: Ends }): Promise<Side> {
	const { url, ends, place = temporaryFile("plain.db", ends), reports } = options;
	const args = [place, String(lots), String(spotsPerLot)];
	return otherSide("plain", { file: "plain.ts", url, args, reports, ends });
}

/** `file` as a process of its own, on topics below `name`, that tells how many messages it has handled. */
async function otherSide(
	name: string,
	options: { file: string; url: string; args: string[]; reports: number; ends: Ends },
): Promise<Side> {
	const { file, url, args, reports, ends } = options;
	const { program, pid } = await startPeer(name, { file, args: [url, name, ...args], ends });
	let handled = 0;
	program.child.on("message", (count: number) => {
		handled = count;
	});
	const load = await Load.open(url, name);
	ends.unshift(() => load.close());
	return { name, load, pid, reports, handled: () => handled };
}

function outcome(
	{ broker, store }: { broker: string; store: string },
	turns: ReadonlyMap<Side, Turn[]>,
	size: { turns: number; reports: number },
	wrong: number,
): Outcome {
	const [own = []] = turns.values();
	const ratio = (of: (turn: Turn) => number, others: readonly Turn[]): Spread =>
		spread(own.map((turn, index) => of(turn) / of(others[index] ?? turn)));
	const rows = [...turns].map(([{ name }, measured]) => ({
		name,
		perSecond: spread(measured.map(({ perSecond }) => perSecond)),
		cpuUs: spread(measured.map(({ cpuUs }) => cpuUs)),
		gatewayPerSecond: ratio(({ perSecond }) => perSecond, measured),
		gatewayCpu: ratio(({ cpuUs }) => cpuUs, measured),
	}));
	const machine = circumstances(["mqtt", "aedes"]);
	const text = [
		table([
			["", "updates/s", "CPU µs/update", "gateway's updates/s ÷ its", "gateway's CPU ÷ its"],
			...rows.map((row) => [
				row.name,
				show(row.perSecond, 0),
				show(row.cpuUs, 0),
				show(row.gatewayPerSecond, 2),
				show(row.gatewayCpu, 3),
			]),
		]),
		`${broker} broker${broker === "embedded" ? " (its CPU time is in the gateway's)" : ""}, ${store}; median (least-most) of ${size.turns} turns of ${size.reports} reports, a tenth of it for plain; ${wrong} of ${lots * spotsPerLot} spots wrong`,
		inOneLine(machine),
	].join("\n");
	return { text, right: wrong === 0, figures: { bench: "ingest", broker, store, ...size, wrong, rows, machine } };
}

/** How many spots are not what was said last of them, and how many lots do not count them right. */
export async function wrongSpots(url: string, said: ReadonlyMap<string, Said>): Promise<number> {
	let wrong = 0;
	for (let lot = 0; lot < lots; lot++) {
		const answer = (await (await fetch(`${url}/api/lots/${lotId(lot)}`)).json()) as LotWithSpots;
		for (const spot of answer.spots) {
			const last = said.get(`${spot.lot_id}/${spot.spot_id}`);
			if (last?.occupied !== spot.occupied || last.distance !== spot.distance) wrong++;
		}
		if (answer.occupied_spots !== answer.spots.filter(({ occupied }) => occupied).length) wrong++;
	}
	return wrong;
}
