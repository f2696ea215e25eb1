/**
 * In: what detectors have learnt. Out: the same after a restart, each text at the spot that it was learnt at.
 * Never: fails because the memory does; writes what is there already.
 */
import type { KeyValueStore } from "./settings.ts";

/** What it is kept under: one value for the whole board, as each costs flash of its own. */
export const learntKey = "learnt";

/** Characters of one spot's text. */
export const learntLimit = 40;

type Spots = readonly { spot_id: string }[];

/** What each spot had learnt, in the order of `spots`; "" for one that is new, or for anything that makes no sense. */
export function loadLearnt(store: KeyValueStore, spots: Spots): string[] {
	let kept: Record<string, unknown> = {};
	try {
		const value: unknown = JSON.parse(store.get(learntKey) ?? "{}");
		if (typeof value === "object" && value !== null) kept = value as Record<string, unknown>;
	} catch {
		// A board that has to learn again is better than none.
	}
	return spots.map(({ spot_id }) => {
		const text = kept[spot_id];
		return typeof text === "string" && text.length <= learntLimit ? text : "";
	});
}

/**
 * Keeps what each spot has learnt, in the order of `spots`, and forgets all others. Writes only what has changed.
 * @throws Error when the memory does.
 */
export function saveLearnt(store: KeyValueStore, spots: Spots, learnt: readonly string[]): void {
	const kept: Record<string, string> = {};
	spots.forEach(({ spot_id }, spot) => {
		if (learnt[spot]) kept[spot_id] = learnt[spot];
	});
	const text = JSON.stringify(kept);
	if (text !== (store.get(learntKey) ?? "{}")) store.set(learntKey, text);
}
