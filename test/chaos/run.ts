/** Rounds of load, a fault, silence and a comparison; and what they came to. */
import { setTimeout as pause } from "node:timers/promises";
import { between, seededRandom } from "../../firmware/device/virtual/random.ts";
import { type Findings, noFindings } from "./check.ts";
import { deal, faultsFor } from "./faults.ts";
import { type BrokerKind, Site, type Tally } from "./site.ts";

export interface ChaosOptions {
	broker: BrokerKind;
	rounds: number;
	seed: number;
	/** Only faults of these names. */
	only?: readonly string[];
	onRound?: (round: Round) => void;
}

export interface Round {
	number: number;
	fault: string;
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
	const faults = faultsFor(broker).filter(({ name }) => options.only?.includes(name) ?? true);
	const nextFault = deal(faults, random);
	const injected: Record<string, number> = Object.fromEntries(faults.map(({ name }) => [name, 0]));
	let findings = noFindings();
	let longestRecoveryMs = 0;
	let failure: string | null = null;
	let rounds = 0;
	const site = await Site.start({ broker, seed });
	try {
		for (let number = 1; number <= options.rounds && failure === null; number++) {
			const fault = nextFault.next().value;
			try {
				site.resume();
				await pause(between(random, loadMs.min, loadMs.max));
				injected[fault.name] = (injected[fault.name] ?? 0) + 1;
				await fault.inject(site, random);
				const recoveryMs = await site.recovered();
				longestRecoveryMs = Math.max(longestRecoveryMs, recoveryMs);
				await pause(between(random, loadMs.min, loadMs.max));
				const silentAt = performance.now();
				await site.settle();
				const settleMs = performance.now() - silentAt;
				findings = await site.check();
				rounds++;
				onRound?.({ number, fault: fault.name, recoveryMs, settleMs, findings });
			} catch (error) {
				failure = `round ${number}, ${fault.name}: ${(error as Error).message}\n${site.gateway.output}`;
			}
		}
		return { broker, seed, rounds, faults: injected, findings, longestRecoveryMs, failure, ...site.tally() };
	} finally {
		await site.close();
	}
}

/** True when everything that was said is in the books exactly once, and every round was made. */
export function isClean({ findings, failure }: Pick<ChaosResult, "findings" | "failure">): boolean {
	return failure === null && Object.values(findings).every((list: string[]) => list.length === 0);
}
