/** A board's memory as a file. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { KeyValueStore } from "../../settings.ts";

/**
 * A small JSON file. Each `set` writes all of it to a second file and puts that in its place, so that whenever the
 * process dies, the old or the new content is there. What is no JSON object is taken for empty, as an erased flash is.
 */
export class FileStore implements KeyValueStore {
	readonly #path: string;
	readonly #values: Map<string, string>;

	/** @throws Error when the folder can't be made, or the file is there and can't be read. */
	constructor(path: string) {
		mkdirSync(dirname(path), { recursive: true });
		this.#path = path;
		this.#values = read(path);
	}

	get(key: string): string | undefined {
		return this.#values.get(key);
	}

	/** @throws Error when the file can't be written. */
	set(key: string, value: string): void {
		this.#values.set(key, value);
		const nextPath = `${this.#path}.tmp`;
		const file = openSync(nextPath, "w");
		try {
			writeSync(file, `${JSON.stringify(Object.fromEntries(this.#values), null, "\t")}\n`);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		renameSync(nextPath, this.#path);
	}
}

function read(path: string): Map<string, string> {
	let text: string;
	try {
		text = readFileSync(path, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
		throw error;
	}
	try {
		const value: unknown = JSON.parse(text);
		const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
		return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
	} catch {
		return new Map();
	}
}
