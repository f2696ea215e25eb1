/** Where the bench's traces come from: files, or the model of a lot. */
import { basename } from "node:path";
import { type Scenario, scenarios, traceOf } from "../../../firmware/device/virtual/scenarios.ts";
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

/** The model's whole set: the same seed (32 bits) gives the same traces. */
export function modelSet(seed: number): Source[] {
	return scenarios.map((scenario) => modelSource(scenario, seed));
}

/** The shortest scenario of each mount: a quick look at whether the bench still works. */
export function shortSet(seed: number): Source[] {
	const spotHours = ({ spots, hours }: Scenario) => spots * hours;
	const shortest = new Map<Scenario["mount"], Scenario>();
	for (const scenario of scenarios) {
		const other = shortest.get(scenario.mount);
		if (!other || spotHours(scenario) < spotHours(other)) shortest.set(scenario.mount, scenario);
	}
	return [...shortest.values()].map((scenario) => modelSource(scenario, seed));
}

function modelSource(scenario: Scenario, seed: number): Source {
	return {
		name: scenario.name,
		fileName: `${scenario.name.replaceAll(/[^A-Za-z0-9]+/g, "-")}.jsonl`,
		lines: () => traceOf(scenario, seed),
	};
}
