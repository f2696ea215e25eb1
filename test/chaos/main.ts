/** `npm run chaos`: kills things, and shows whether anything was lost or counted twice. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { table } from "../bench/table.ts";
import { mosquittoMissing } from "../support/mosquitto.ts";
import { faultsFor, injectionOf, leftOut } from "./faults.ts";
import { type ChaosResult, isClean, type Round, runChaos } from "./run.ts";
import { type BrokerKind, boardSpeed } from "./site.ts";

/** Lines of differences that are printed, of each kind. */
const shownFindings = 10;

const help = `npm run chaos -- [--rounds 20] [--seed N] [--broker embedded|mosquitto|both] [--only NAME]... [--json]

Each round: boards, plain sensors and an owner speak, something dies or stalls, and when everything is said the gateway's
books, and what pages show, are compared with what was said. Every third round two things go wrong at once.
--broker both (the default where Mosquitto is installed) shares the rounds out.
--seed decides what happens when; a run prints it.
--only injects nothing but this fault, "A + B" two at once; several times for several. The names:
${Object.keys({ ...faultsFor("embedded"), ...faultsFor("mosquitto") })
	.map((name) => `  ${name}`)
	.join("\n")}
`;

interface Arguments {
	rounds: number;
	seed: number;
	broker: "embedded" | "mosquitto" | "both";
	only: string[] | undefined;
	json: boolean;
}

function readArguments(args: string[]): Arguments | null {
	const { values } = parseArgs({
		args,
		options: {
			rounds: { type: "string", default: "20" },
			seed: { type: "string" },
			broker: { type: "string", default: mosquittoMissing === null ? "both" : "embedded" },
			only: { type: "string", multiple: true },
			json: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	if (values.help) return null;
	const { broker, json } = values;
	if (broker !== "embedded" && broker !== "mosquitto" && broker !== "both") {
		throw new Error(`--broker must be embedded, mosquitto or both, got "${broker}"`);
	}
	if (broker !== "embedded" && mosquittoMissing !== null) throw new Error(mosquittoMissing);
	for (const stage of stagesOf(broker)) for (const name of values.only ?? []) injectionOf(name, faultsFor(stage));
	return {
		rounds: count("--rounds", values.rounds, 1, 10_000),
		seed: count("--seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 32)), 0, 2 ** 32 - 1),
		broker,
		only: values.only,
		json,
	};
}

function count(name: string, text: string, min: number, max: number): number {
	const value = Number(text);
	if (text.trim() !== "" && Number.isInteger(value) && value >= min && value <= max) return value;
	throw new Error(`${name} must be an integer from ${min} to ${max}, got "${text}"`);
}

function stagesOf(broker: Arguments["broker"]): BrokerKind[] {
	return [
		...(broker === "mosquitto" ? [] : (["embedded"] as const)),
		...(broker === "embedded" ? [] : (["mosquitto", "mosquitto with persistence"] as const)),
	];
}

/** Which brokers, with how many of the rounds: half of them with the embedded one, a quarter with each Mosquitto. */
function plan({ rounds, broker }: Arguments): { broker: BrokerKind; rounds: number }[] {
	const embedded = broker === "both" ? Math.ceil(rounds / 2) : broker === "embedded" ? rounds : 0;
	const persistent = Math.floor((rounds - embedded) / 2);
	const shares = { embedded, mosquitto: rounds - embedded - persistent, "mosquitto with persistence": persistent };
	return stagesOf(broker)
		.map((stage) => ({ broker: stage, rounds: shares[stage] }))
		.filter((stage) => stage.rounds > 0);
}

function print(results: readonly ChaosResult[]): void {
	const faults = [...new Set(results.flatMap((result) => Object.keys(result.faults)))];
	const row = (name: string, cell: (result: ChaosResult) => number | string | undefined) => [
		name,
		...results.map((result) => String(cell(result) ?? "-")),
	];
	const text = table([
		row("", ({ broker }) => broker),
		row("rounds", ({ rounds }) => rounds),
		row("faults injected", (result) => Object.values(result.faults).reduce((sum, count) => sum + count, 0)),
		...faults.map((fault) => row(`  ${fault}`, (result) => result.faults[fault])),
		row("  rounds with two of them at once", ({ pairs }) => pairs),
		row("reports of boards", ({ reports }) => reports),
		row("  confirmed as stored", ({ stored }) => stored),
		row("  merged, or gone with a killed board", ({ unconfirmed }) => unconfirmed),
		row("acknowledged to plain sensors", ({ plain }) => plain),
		row("acknowledged overrides", ({ overrides }) => overrides),
		row("pages: connected again", ({ reconnections }) => reconnections),
		row("  asked for a missing frame", ({ resyncs }) => resyncs),
		row("lost", ({ findings }) => findings.lost.length),
		row("doubled", ({ findings }) => findings.doubled.length),
		row("in another order", ({ findings }) => findings.misordered.length),
		row("wrong state, counter, lamp, time or page", ({ findings }) => findings.wrong.length),
		row("longest recovery, s", ({ longestRecoveryMs }) => (longestRecoveryMs / 1000).toFixed(1)),
	]);
	console.log(`\n${text}`);
	for (const { broker, findings, failure } of results) {
		for (const [kind, lines] of Object.entries(findings) as [string, string[]][]) {
			for (const line of lines.slice(0, shownFindings)) console.log(`${broker}: ${kind}: ${line}`);
			if (lines.length > shownFindings) console.log(`${broker}: ${kind}: and ${lines.length - shownFindings} more`);
		}
		if (failure !== null) console.log(`${broker}: ended early: ${failure}`);
	}
}

// Ctrl-C ends what was started, too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

let given: Arguments | null;
try {
	given = readArguments(process.argv.slice(2));
} catch (error) {
	console.error((error as Error).message.split("\n")[0]);
	process.exit(2);
}
if (given === null) {
	process.stdout.write(help);
	process.exit(0);
}
const { seed, json } = given;
const startedAt = performance.now();
const cores = `${availableParallelism()} cores, Node ${process.versions.node}`;
if (!json) {
	console.log(
		`Chaos with --seed ${seed} (${cores}; recovery: from the end of the fault to the first report that is taken; boards' waits run ${boardSpeed} × faster)`,
	);
}
const results: ChaosResult[] = [];
for (const stage of plan(given)) {
	const onRound = ({ number, faults, recoveryMs, settleMs, findings }: Round) => {
		if (json) return;
		const found = Object.values(findings).reduce((sum: number, list: string[]) => sum + list.length, 0);
		const outcome = found === 0 ? "all there, once" : `${found} DIFFERENCES`;
		const times = `reports again after ${(recoveryMs / 1000).toFixed(1)} s, confirmed after ${(settleMs / 1000).toFixed(1)} s`;
		console.log(`${stage.broker} ${number}/${stage.rounds}: ${faults.join(" + ")}: ${times}: ${outcome}`);
	};
	results.push(await runChaos({ ...stage, seed, only: given.only, onRound }));
}
const clean = results.every(isClean);
if (json) console.log(JSON.stringify({ seed, cores, clean, results }));
else {
	print(results);
	for (const line of leftOut()) console.log(line);
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
	console.log(`\n${clean ? "Nothing lost, nothing doubled" : "NOT clean"} (${seconds} s, --seed ${seed})`);
}
process.exit(clean ? 0 : 1);
