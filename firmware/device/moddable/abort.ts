/** What happens when something was thrown that nobody caught, or the engine can't go on. */
import type { KeyValueStore } from "../../settings.ts";

export interface AbortOptions {
	store: KeyValueStore;
	restart: () => void;
}

/** Where the last one is kept until the next start. */
const key = "abort";

/** Longer texts are cut, characters. */
const textLimit = 200;

/**
 * The app goes on after an exception: it came out of one callback, and the others still work. From all else (no memory,
 * stack overflow) the board begins again, and says why after that: what it kept is traced, then forgotten.
 */
export function watchAborts({ store, restart }: AbortOptions): void {
	const last = store.get(key);
	if (last) {
		trace(`parkmate: started again after ${last}\n`);
		store.set(key, "");
	}
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
}
