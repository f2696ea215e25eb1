/**
 * Question: how many reports a second do two gateways on one broker and one database store, and what binds them?
 * Unit: updates/s, and µs of CPU time for each, of the gateways together, the broker and the database; 1,000 spots in 50 lots, QoS 1,
 * 500 reports under way (each spot's next comes when the one before is stored, as boards do).
 * Comparison: the first number of gateways that is named, in turn with the others, on the same broker and database server.
 */
import { parseArgs } from "node:util";
import type { MongoServer } from "../support/mongodb.ts";
import { Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { GatewayProcess, until } from "../support/processes.ts";
import { type Bench, circumstances, InputError, inOneLine, type Outcome, show, spread } from "./bench.ts";
import { cpuMs } from "./cpu.ts";
import { Load, lots, spotsPerLot } from "./ingest/load.ts";
import { countStored } from "./ingest/stored.ts";
import { wrongSpots } from "./ingest.ts";
import { type Ends, makeLot, mosquittoConfig, startStore, storeNamed, withEnds } from "./sides.ts";
import { lotId } from "./site.ts";
import { table } from "./table.ts";

/** Reports said and not yet stored. Fewer than there are spots. */
const underWay = 500;
/** Gateways of one turn; more of them would measure the machine. */
const maxGateways = 8;

interface Group {
	gateways: GatewayProcess[];
	load: Load;
	stored: () => number;
}

interface Turn {
	perSecond: number;
	/** By part. */
	cpuUs: Record<"gateways" | "broker" | "database" | "load", number>;
	/** Processors that all of them together kept busy. */
	cores: number;
}

export const gateways: Bench = {
	question:
		"gateways: reports that several gateways store a second, beside fewer of them on the same broker and database",
	run: async (args) => {
		const { values, positionals } = parseArgs({
			args,
			allowPositionals: true,
			options: { short: { type: "boolean", default: false } },
		});
		const counts = (positionals.length === 0 ? ["1", "2"] : positionals).map((text) => {
			const count = Number(text);
			if (Number.isInteger(count) && count >= 1 && count <= maxGateways) return count;
			throw new InputError(`a number of gateways must be an integer from 1 to ${maxGateways}, got "${text}"`);
		});
		if (mosquittoMissing !== null) throw new InputError(mosquittoMissing);
		storeNamed("mongodb");
		return compare(counts, values.short ? { turns: 1, reports: 1_000 } : { turns: 5, reports: 10_000 });
	},
};

function compare(counts: number[], size: { turns: number; reports: number }): Promise<Outcome> {
	return withEnds(async (ends) => {
		const server = await startStore("mongodb", ends);
		if (server === null) throw new Error("expected a database server");
		const mosquitto = await Mosquitto.start({ config: mosquittoConfig });
		ends.unshift(() => mosquitto.close());
		const parts = { broker: mosquitto.pid, database: server.pid };
		const groups = new Map<Group, Turn[]>();
		for (const [index, count] of counts.entries()) {
			groups.set(await start(`group${index + 1}`, count, { server, mosquitto, ends }), []);
		}
		for (const group of groups.keys()) await turn(group, Math.ceil(size.reports / 4), parts);
		for (let number = 0; number < size.turns; number++) {
			for (const [group, turns] of groups) turns.push(await turn(group, size.reports, parts));
		}
		let wrong = 0;
		for (const { gateways, load } of groups.keys()) {
			for (const { url } of gateways) {
				// The last change may still be on its way to the others.
				const none = () => wrongSpots(url, load.said).then((found) => found === 0);
				wrong += await until("spots as they were said to be", none, { everyMs: 200 }).then(
					() => 0,
					() => wrongSpots(url, load.said),
				);
			}
		}
		return outcome(groups, { ...size, store: server.name, wrong });
	});
}

/** `count` gateways with a topic prefix and a database of their own. */
async function start(
	name: string,
	count: number,
	{ server, mosquitto, ends }: { server: MongoServer; mosquitto: Mosquitto; ends: Ends },
): Promise<Group> {
	const env = { MONGODB_URL: server.url, MONGODB_DB: `parkmate_${name}`, TOPIC_PREFIX: name, LOG_LEVEL: "warn" };
	const gateways: GatewayProcess[] = [];
	for (let index = 0; index < count; index++) {
		const gateway = await GatewayProcess.start({ mqttUrl: mosquitto.url, env });
		ends.unshift(() => gateway.close());
		gateways.push(gateway);
	}
	const [first, ...others] = gateways;
	for (let lot = 0; lot < lots; lot++) {
		await makeLot(first?.url ?? "", { lot_id: lotId(lot), spots: spotsPerLot });
	}
	for (const { url } of others) {
		const all = async () => ((await (await fetch(`${url}/api/lots`)).json()) as unknown[]).length === lots;
		await until("the lots at every gateway", all);
	}
	const stored = await countStored(mosquitto.url, name, ends);
	const load = await Load.open(mosquitto.url, name);
	ends.unshift(() => load.close());
	return { gateways, load, stored };
}

async function turn(
	{ gateways, load, stored }: Group,
	reports: number,
	{ broker, database }: { broker: number; database: number },
): Promise<Turn> {
	const cpu = () => ({
		gateways: gateways.reduce((sum, { pid }) => sum + cpuMs(pid ?? 0), 0),
		broker: cpuMs(broker),
		database: cpuMs(database),
		load: cpuMs(process.pid),
	});
	const before = cpu();
	const ms = await load.run(reports, stored, underWay);
	const after = cpu();
	const each = (part: keyof typeof before) => ((after[part] - before[part]) * 1000) / reports;
	const cpuUs = {
		...{ gateways: each("gateways"), broker: each("broker"), database: each("database"), load: each("load") },
	};
	const usedUs = Object.values(cpuUs).reduce((sum, us) => sum + us, 0) * reports;
	return { perSecond: (reports * 1000) / ms, cpuUs, cores: usedUs / (ms * 1000) };
}

function outcome(
	groups: ReadonlyMap<Group, Turn[]>,
	facts: { turns: number; reports: number; store: string; wrong: number },
): Outcome {
	const [first = []] = groups.values();
	const rows = [...groups].map(([{ gateways }, turns]) => ({
		gateways: gateways.length,
		perSecond: spread(turns.map(({ perSecond }) => perSecond)),
		ratio: spread(turns.map(({ perSecond }, index) => perSecond / (first[index]?.perSecond ?? Number.NaN))),
		gatewaysUs: spread(turns.map(({ cpuUs }) => cpuUs.gateways)),
		brokerUs: spread(turns.map(({ cpuUs }) => cpuUs.broker)),
		databaseUs: spread(turns.map(({ cpuUs }) => cpuUs.database)),
		loadUs: spread(turns.map(({ cpuUs }) => cpuUs.load)),
		cores: spread(turns.map(({ cores }) => cores)),
	}));
	const machine = circumstances(["mqtt", "mongodb"]);
	const text = [
		table([
			["gateways", "updates/s", "÷ first", "CPU µs/update: gateways", "broker", "database", "load", "cores busy"],
			...rows.map((row) => [
				String(row.gateways),
				show(row.perSecond, 0),
				show(row.ratio, 2),
				...[row.gatewaysUs, row.brokerUs, row.databaseUs, row.loadUs].map((us) => show(us, 0)),
				show(row.cores, 2),
			]),
		]),
		`Mosquitto, ${facts.store}; median (least-most) of ${facts.turns} turns of ${facts.reports} reports; ${facts.wrong} spots wrong`,
		inOneLine(machine),
	].join("\n");
	return { text, right: facts.wrong === 0, figures: { bench: "gateways", ...facts, rows, machine } };
}
