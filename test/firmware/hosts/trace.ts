/** What a board was told and what it did, step by step, and where two such traces part. */
import type { BoardEvent, EngineReply } from "../../../firmware/device/virtual/engine-protocol.ts";

export interface Step {
	events: readonly BoardEvent[];
	reply: EngineReply;
}

/** Null when both are the same; else a text that names the first step that differs and shows both sides of it. */
export function firstDifference(expected: readonly Step[], got: readonly Step[]): string | null {
	const length = Math.max(expected.length, got.length);
	for (let index = 0; index < length; index++) {
		const one = expected[index];
		const other = got[index];
		for (const part of ["events", "reply"] as const) {
			const text = JSON.stringify(one?.[part]) ?? "nothing";
			const otherText = JSON.stringify(other?.[part]) ?? "nothing";
			if (text === otherText) continue;
			const from = Math.max(0, [...text].findIndex((char, at) => char !== otherText[at]) - 60);
			const shown = (whole: string) => whole.slice(from, from + 200);
			return `step ${index + 1} of ${length}: ${part} must be …${shown(text)}…, got …${shown(otherText)}…`;
		}
	}
	return null;
}
