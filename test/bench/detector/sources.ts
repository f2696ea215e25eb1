/** Where the bench's traces come from: files, or the model of a lot. */
import { basename } from "node:path";
import { readTrace } from "../../../firmware/device/virtual/trace-file.ts";
import type { TraceHead, TraceLine } from "../../../firmware/trace.ts";

/** A trace that can be read. */
export interface Source {
	/** For people: the scenario, or the file as it was named. */
	name: string;
	/** What its file is called, or would be. */
	fileName: string;
	/** Its file, where it has one. */
	path?: string;
	lines: () => Iterable<TraceHead | TraceLine>;
}

export function fileSource(path: string): Source {
	return { name: path, fileName: basename(path), path, lines: () => readTrace(path) };
}

// The model is not there yet.
interface Scenario {
	name: string;
}
const model = "../../../firmware/device/virtual/scenarios.ts";
const { scenarios, traceOf } = (await import(model).catch(() => ({ scenarios: [], traceOf: () => [] }))) as {
	scenarios: Scenario[];
	traceOf: (scenario: Scenario, seed: number) => Iterable<TraceHead | TraceLine>;
};

/** Scenarios that show quickly that the bench still works. */
const shortNames: readonly string[] = [];

/** The model's whole set: the same seed (32 bits) gives the same traces. */
export function modelSet(seed: number): Source[] {
	return scenarios.map((scenario) => ({
		name: scenario.name,
		fileName: `${scenario.name}.jsonl`,
		lines: () => traceOf(scenario, seed),
	}));
}

/** A part of the set for a quick look. */
export function shortSet(seed: number): Source[] {
	return modelSet(seed).filter(({ name }) => shortNames.includes(name));
}
