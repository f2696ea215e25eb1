/**
 * Question: what does a report cost in a city of 100,000 spots, and how much memory does each spot take?
 * Unit: µs of CPU time for each report, bytes for each spot. 100 reports under way, of spots in random order, each report a change;
 * lots of 20 spots, boards of 10. Each gateway has the SQLite store of its own and a broker that takes no time: neither that nor the
 * boards hide what the gateway does. Reports are made before the clock runs, and handed over in the gateway's process.
 * Comparison: the same gateway with 100 spots, in turn.
 */
import { once } from "node:events";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type Bench, circumstances, inOneLine, type Outcome, show, spread } from "./bench.ts";
import { residentBytes } from "./memory.ts";
import type { Ask, Ended, Started, Turn } from "./scale/gateway.ts";
import { type Ends, startPeer, temporaryFile, withEnds } from "./sides.ts";
import { table } from "./table.ts";

/** A report's CPU time, by that with the fewest spots, at most. */
const wantedRatio = 1.3;
/** What the books take for a spot, at most. */
const wantedBytes = 500;

interface Size {
	spots: readonly number[];
	turns: number;
	reports: number;
}

interface City {
	spots: number;
	started: Started;
	turns: Turn[];
	ended: Ended;
	/** Of the process, once each spot has spoken, bytes. */
	residentBytes: number;
	/** What the embedded broker would keep, bytes. */
	brokerBytes: number;
}

interface Side {
	city: City;
	pid: number;
	ask<T>(ask: Ask): Promise<T>;
}

export const scale: Bench = {
	question: "scale: a report's CPU time and a spot's memory, from 100 spots to 100,000",
	run: async (args) => {
		const { values } = parseArgs({ args, options: { short: { type: "boolean", default: false } } });
		return compare(
			values.short
				? { spots: [100, 400], turns: 1, reports: 400 }
				: { spots: [100, 1_000, 10_000, 100_000], turns: 9, reports: 5_000 },
		);
	},
};

function compare(size: Size): Promise<Outcome> {
	return withEnds(async (ends) => {
		const sides: Side[] = [];
		for (const spots of size.spots) sides.push(await startSide(spots, ends));
		// Once through all spots: what runs often is compiled then, and no spot's record is as it was read.
		for (const { ask, city } of sides) {
			await ask<Turn>({ ask: "turn", reports: Math.max(city.spots, size.reports) });
		}
		for (let turn = 0; turn < size.turns; turn++) {
			for (const { ask, city } of sides) city.turns.push(await ask<Turn>({ ask: "turn", reports: size.reports }));
		}
		for (const { ask, city, pid } of sides) {
			city.residentBytes = residentBytes(pid);
			city.ended = await ask<Ended>({ ask: "end" });
		}
		return outcome(
			sides.map(({ city }) => city),
			size,
		);
	});
}

/** Fills a folder, and starts a gateway on it. */
async function startSide(spots: number, ends: Ends): Promise<Side> {
	const args = [dirname(temporaryFile("parkmate.db", ends)), String(spots)];
	const filled = await startPeer<string>("fill", { file: "scale/fill.ts", args, ends });
	await filled.program.ended;
	const broker = await startPeer<number>("broker", { file: "scale/broker.ts", args: [String(spots)], ends });
	await broker.program.ended;
	const { program, pid, ready } = await startPeer<Started>("gateway", { file: "scale/gateway.ts", args, ends });
	const gone = program.ended.then(() => {
		throw program.complaint("it ended before it answered");
	});
	// Who waits for an answer hears of it.
	gone.catch(() => {});
	const ask = async <T>(question: Ask): Promise<T> => {
		const answer = once(program.child, "message");
		program.child.send(question);
		const [given] = (await Promise.race([answer, gone])) as [T];
		return given;
	};
	const ended = { usedBytes: 0, booksBytes: 0, snapshotMs: 0, wrong: 0 };
	const city = { spots, started: ready, turns: [], ended, residentBytes: 0, brokerBytes: broker.ready };
	return { city, pid, ask };
}

function outcome(cities: readonly City[], size: Size): Outcome {
	const [least] = cities;
	const rows = cities.map((city) => {
		const of = (figure: keyof Turn) => spread(city.turns.map((turn) => turn[figure]));
		const ratio = spread(city.turns.map(({ cpuUs }, turn) => cpuUs / (least?.turns[turn]?.cpuUs ?? Number.NaN)));
		const mainRatio = spread(city.turns.map(({ mainUs }, turn) => mainUs / (least?.turns[turn]?.mainUs ?? Number.NaN)));
		const more = (bytes: (city: City) => number) =>
			least === undefined || city === least ? null : (bytes(city) - bytes(least)) / (city.spots - least.spots);
		return {
			spots: city.spots,
			cpuUs: of("cpuUs"),
			mainUs: of("mainUs"),
			ratio,
			mainRatio,
			startMs: city.started.startMs,
			snapshotMs: city.ended.snapshotMs,
			bytesPerSpot: {
				books: more(({ ended }) => ended.booksBytes),
				booksWhenLoaded: more(({ started }) => started.usedBytes),
				gateway: more(({ ended }) => ended.usedBytes),
				resident: more((one) => one.residentBytes),
				broker: more(({ brokerBytes }) => brokerBytes),
			},
		};
	});
	const wrong = cities.reduce((sum, { ended }) => sum + ended.wrong, 0);
	const machine = circumstances([]);
	const bytes = (value: number | null) => (value === null ? "" : value.toFixed(0));
	const text = [
		table([
			["spots", "CPU µs/report", "÷ least", "main thread", "÷ least", "start ms", "snapshot ms"],
			...rows.map((row) => [
				String(row.spots),
				show(row.cpuUs, 0),
				show(row.ratio, 2),
				show(row.mainUs, 0),
				show(row.mainRatio, 2),
				row.startMs.toFixed(0),
				row.snapshotMs.toFixed(2),
			]),
		]),
		"",
		table([
			["bytes a spot", "books", "as loaded", "+ boards", "process", "embedded broker"],
			...rows.map(({ spots, bytesPerSpot: { books, booksWhenLoaded, gateway, resident, broker } }) => [
				String(spots),
				...[books, booksWhenLoaded, gateway, resident, broker].map(bytes),
			]),
		]),
		`÷ least is to be at most ${wantedRatio}, books at most ${wantedBytes}; a spot's bytes are those that the city has more than the smallest`,
		"process: resident memory with the store's thread, its pages in memory and garbage; embedded broker: a report and a lamp retained for each spot",
		`median (least-most) of ${size.turns} turns of ${size.reports} reports each, in turn, after each spot has spoken; ${wrong} spots or lots wrong in the books or in the store`,
		inOneLine(machine),
	].join("\n");
	return {
		text,
		right: wrong === 0,
		figures: { bench: "scale", ...size, wantedRatio, wantedBytes, wrong, rows, machine },
	};
}
