/** What a fault is, and what several of them use. */
import type { Random } from "../../../firmware/device/virtual/random.ts";
import type { Site } from "../site.ts";

/** What a fault takes hold of: two that share a part can't be injected at once. */
export type Part = "gateway" | "boards" | "broker" | "boards' clocks" | "network" | "store";

export interface Fault {
	readonly touches: readonly Part[];
	/**
	 * Over when its promise resolves: everything is up, the network open, the disk roomy.
	 * @param alone that no other fault is injected meanwhile: only then it can tell what the gateway must do in the middle of it
	 */
	inject(site: Site, random: Random, alone: boolean): Promise<void>;
}

export type Faults = Record<string, Fault>;

/** One of several, all equally likely. */
export function pick<T>(choices: readonly T[], random: Random): T {
	const choice = choices[Math.floor(random() * choices.length)];
	if (choice === undefined) throw new Error("there is nothing to choose from");
	return choice;
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
