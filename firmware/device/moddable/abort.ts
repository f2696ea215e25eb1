/** What happens when something was thrown that nobody caught, or the engine can't go on. */
import type { KeyValueStore } from "../../settings.ts";

export interface AbortOptions {
	store: KeyValueStore;
	restart: () => void;
}

/** Where the last one is kept until the next start. */
const key = "abort";

/** Longer texts are cut, characters: as much as a board's status may have. */
const textLimit = 80;

/**
 * The app goes on after an exception: it came out of one callback, and the others still work. From all else (no memory
 * above all) the board begins again, and says why after that: what it kept is traced, then forgotten. Of a stack that
 * overflows the engine tells nobody; then the chip's word is all there is.
 * Gives what ended the last run; undefined when nothing like that did, or it could not be kept.
 */
export function watchAborts({ store, restart }: AbortOptions): string | undefined {
	const last = takeLast(store);
	if (last) trace(`parkmate: started again after ${last}\n`);
	// The SDK's name for it. `false` keeps the app alive.
	(globalThis as { abort?: (status: string, thrown: unknown) => boolean }).abort = (status, thrown) => {
		const why = `${status}: ${thrown instanceof Error ? thrown.message : String(thrown)}`.slice(0, textLimit);
		trace(`parkmate: ${why}\n`);
		if (status.startsWith("unhandled")) return false;
		try {
			store.set(key, why);
		} catch {
			// It can't be kept; that it begins again is more important.
		}
		restart();
		return true;
	};
	return last;
}

function takeLast(store: KeyValueStore): string | undefined {
	try {
		const last = store.get(key) || undefined;
		if (last) store.set(key, "");
		return last;
	} catch {
		// The lot is watched without a memory too.
		return undefined;
	}
}
