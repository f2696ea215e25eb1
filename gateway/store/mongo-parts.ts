/** Long lists in pieces that a server takes well. */

/**
 * Updates in one command. FerretDB 1 keeps a connection to its SQLite file open for each of them until the command ends, and stands still
 * for good when all of its 100 are; and a server that needs long for each must answer before the store gives up on it.
 */
export const updatesTogether = 80;

/** `items` in their order, at most `size` at a time. */
export function* parts<T>(items: readonly T[], size: number): Generator<readonly T[]> {
	for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
