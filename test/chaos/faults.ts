/** What can go wrong, one after the other or two at once. */
import { between, type Random, seededRandom } from "../../firmware/device/virtual/random.ts";
import { diskMissing } from "./disk.ts";
import { clockFaults } from "./faults/clocks.ts";
import { type Fault, type Faults, pause, pick } from "./faults/fault.ts";
import { brokerNetworkFaults, networkFaults } from "./faults/network.ts";
import { brokerFaults, processFaults } from "./faults/processes.ts";
import { diskFaults, lockFaults } from "./faults/store.ts";
import { type BrokerKind, canFill, type Site } from "./site.ts";

/** Between the names of two faults of one round. */
const and = " + ";

/** The second of two begins at most so much later, ms. */
const maxStaggerMs = 1_500;

/** What goes wrong in one round. */
export interface Injection {
	/** Names of its faults. */
	faults: string[];
	inject(site: Site, random: Random): Promise<void>;
}

/** All faults that a site with this broker can have, by their names, in a fixed order. */
export function faultsFor(broker: BrokerKind): Faults {
	return {
		...processFaults,
		...networkFaults,
		...clockFaults,
		...lockFaults,
		...(canFill(broker) ? diskFaults : {}),
		...(broker === "embedded" ? {} : { ...brokerFaults, ...brokerNetworkFaults }),
	};
}

/** Faults that are left out on this machine, as lines that say why. */
export function leftOut(): string[] {
	if (diskMissing === null) return [];
	return [`left out: ${Object.keys(diskFaults).join(", ")}: ${diskMissing}`];
}

/** One fault, or two at once where the name is like `gateway killed + network cut`. @throws Error that lists the names there are. */
export function injectionOf(name: string, faults: Faults): Injection {
	const names = name.split(and);
	const found = names.map((one) => {
		const fault = Object.hasOwn(faults, one) ? faults[one] : undefined;
		if (fault !== undefined) return fault;
		throw new Error(`a fault must be one of ${Object.keys(faults).join(", ")}, got "${one}"`);
	});
	const [first, second, ...more] = found;
	if (first === undefined || more.length > 0) throw new Error(`a round has one fault or two, got "${name}"`);
	if (second === undefined) return { faults: names, inject: (site, random) => first.inject(site, random, true) };
	if (!canOverlap(first, second)) throw new Error(`two faults of one round must not share a part, got "${name}"`);
	return { faults: names, inject: (site, random) => both(found, site, random) };
}

/** Gives each once before it gives one again, in an order that the seed decides. */
export function* deal(injections: readonly Injection[], random: Random): Generator<Injection, never> {
	for (;;) {
		const left = [...injections];
		while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1);
	}
}

/** Gives single faults as {@link deal} does, and before every third one two that overlap, any two that can. */
export function* dealAll(faults: Faults, random: Random): Generator<Injection, never> {
	const singles = deal(
		Object.keys(faults).map((name) => injectionOf(name, faults)),
		random,
	);
	const names = Object.keys(faults);
	const pairs = names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b] as const));
	const overlapping = pairs.filter(([a, b]) => canOverlap(faults[a], faults[b]));
	for (;;) {
		yield singles.next().value;
		yield singles.next().value;
		if (overlapping.length > 0) yield injectionOf(pick(overlapping, random).join(and), faults);
	}
}

function canOverlap(a: Fault | undefined, b: Fault | undefined): boolean {
	return a !== undefined && b !== undefined && !a.touches.some((part) => b.touches.includes(part));
}

/** Waits for both, also where one of them fails: what it took hold of must be let go. */
async function both(faults: readonly Fault[], site: Site, random: Random): Promise<void> {
	// Chance of its own for each: which of them asks first is up to the machine.
	const injected = faults.map(async (fault, index) => {
		const own = seededRandom(Math.floor(random() * 2 ** 32), "fault");
		if (index > 0) await pause(between(own, 0, maxStaggerMs));
		await fault.inject(site, own, false);
	});
	for (const outcome of await Promise.allSettled(injected)) if (outcome.status === "rejected") throw outcome.reason;
}
