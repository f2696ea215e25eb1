/** A board's memory as the SDK's preferences: flash on a board, a file under a simulator. */
import type { KeyValueStore } from "../../settings.ts";

/** The SDK's `preference` module, as far as it is used. Handed in: one that keeps a cache can't be preloaded. */
export interface Preferences {
	get(domain: string, key: string): string | boolean | number | ArrayBuffer | undefined;
	set(domain: string, key: string, value: string): void;
}

/** What all keys are kept under. */
const domain = "parkmate";

/** Keys have 15 characters at most, values 4000: limits of the ESP32's flash library. */
export class PreferenceStore implements KeyValueStore {
	readonly #preferences: Preferences;

	constructor(preferences: Preferences) {
		this.#preferences = preferences;
	}

	get(key: string): string | undefined {
		const value = this.#preferences.get(domain, key);
		return value === undefined ? undefined : String(value);
	}

	/** @throws Error when the flash can't be written. */
	set(key: string, value: string): void {
		this.#preferences.set(domain, key, value);
	}
}
Object.freeze(PreferenceStore.prototype);
