/** What every bench gives to `main.ts`, and what they count with. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { root } from "../support/processes.ts";

export interface Outcome {
	/** For people: figures beside what they are compared with. */
	text: string;
	/** The same for programs. */
	figures: object;
	/** Whether every answer was what it had to be; figures of wrong answers count for nothing. */
	right: boolean;
}

/** An argument or a file that is not as it must be: the bench ends with 2, and one line that says which, what it got and what it takes. */
export class InputError extends Error {
	readonly code = "BAD_INPUT";

	constructor(message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "InputError";
	}
}

export interface Bench {
	/** One line for the list of benches: what it measures, and what it is compared with. */
	question: string;
	/** @throws Error on an argument that it does not know. */
	run(args: string[]): Promise<Outcome>;
}

/** The value below which a share of `values` lies, 0 to 1, by the nearest rank; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle of several turns, and how far they lie apart. */
export interface Spread {
	median: number;
	min: number;
	max: number;
}

export function spread(turns: readonly number[]): Spread {
	return { median: quantile(turns, 0.5), min: Math.min(...turns), max: Math.max(...turns) };
}

/** `3.2 (2.9-4.0)`, with this many digits behind the point. */
export function show({ median, min, max }: Spread, digits: number): string {
	return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}

/** The machine and the versions that the figures are of. `packages` are names in `node_modules`. */
export function circumstances(packages: readonly string[]): Record<string, string> {
	const versions = packages.map((name) => {
		const { version } = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
		return [name, String(version)];
	});
	return {
		cores: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
		node: process.versions.node,
		...Object.fromEntries(versions),
	};
}

/** What {@link circumstances} gives, for people. */
export function inOneLine(machine: Readonly<Record<string, string>>): string {
	return Object.entries(machine)
		.map(([name, value]) => `${name} ${value}`)
		.join(", ");
}
