/** Rounds of load, a fault, silence and a comparison; and what they came to. */
import { setTimeout as pause } from "node:timers/promises";
import { between, seededRandom } from "../../firmware/device/virtual/random.ts";
import { type Findings, noFindings } from "./check.ts";
import { deal, dealAll, faultsFor, injectionOf } from "./faults.ts";
import { type BrokerKind, Site, type Tally } from "./site.ts";

export interface ChaosOptions {
	broker: BrokerKind;
	rounds: number;
	seed: number;
	/** Only these faults; two at once as `gateway killed + network cut`. */
	only?: readonly string[];
	onRound?: (round: Round) => void;
}

export interface Round {
	number: number;
	/** One, or two that overlapped. */
	faults: string[];
	/** From the end of the fault to the first report that the gateway took. */
	recoveryMs: number;
	/** From the end of the load to the last confirmation. */
	settleMs: number;
	findings: Findings;
}

export interface ChaosResult extends Tally {
	broker: BrokerKind;
	seed: number;
	rounds: number;
	/** How often each was injected. */
	faults: Record<string, number>;
	/** Rounds with two faults that overlapped. */
	pairs: number;
	/** As of the last comparison: what is lost stays lost. */
	findings: Findings;
	longestRecoveryMs: number;
	/** Why it could not go on; null when all rounds were made. */
	failure: string | null;
}

/** Load before the fault and after the first report, ms. */
const loadMs = { min: 200, max: 1000 };

/** Runs the rounds against processes of its own. Everything that was decided by chance comes from the seed; the machine's timing does not. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
	const { broker, seed, onRound } = options;
	const random = seededRandom(seed, broker);
	const known = faultsFor(broker);
	const only = options.only?.map((name) => injectionOf(name, known));
	const injections = only === undefined ? dealAll(known, random) : deal(only, random);
	const names = only?.flatMap((injection) => injection.faults) ?? Object.keys(known);
	const injected: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
	let pairs = 0;
	let findings = noFindings();
	let longestRecoveryMs = 0;
	let failure: string | null = null;
	let rounds = 0;
	const site = await Site.start({ broker, seed });
	try {
		for (let number = 1; number <= options.rounds && failure === null; number++) {
			const { faults, inject } = injections.next().value;
			try {
				site.resume();
				await pause(between(random, loadMs.min, loadMs.max));
				for (const fault of faults) injected[fault] = (injected[fault] ?? 0) + 1;
				if (faults.length > 1) pairs++;
				await inject(site, random);
				const recoveryMs = await site.recovered();
				longestRecoveryMs = Math.max(longestRecoveryMs, recoveryMs);
				await pause(between(random, loadMs.min, loadMs.max));
				const silentAt = performance.now();
				await site.settle();
				const settleMs = performance.now() - silentAt;
				findings = await site.check();
				rounds++;
				onRound?.({ number, faults, recoveryMs, settleMs, findings });
			} catch (error) {
				failure = `round ${number}, ${faults.join(" + ")}: ${(error as Error).message}\n${site.gateway.output}`;
			}
		}
		return { broker, seed, rounds, faults: injected, pairs, findings, longestRecoveryMs, failure, ...site.tally() };
	} finally {
		await site.close();
	}
}

/** True when everything that was said is in the books exactly once, and every round was made. */
export function isClean({ findings, failure }: Pick<ChaosResult, "findings" | "failure">): boolean {
	return failure === null && Object.values(findings).every((list: string[]) => list.length === 0);
}
