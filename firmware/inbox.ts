/** Payloads from the broker, checked: anybody may publish anything there. Nothing here throws; what is wrong is null. */
import { lampColors, lampPatterns } from "./lamps.ts";
import type { BoardCommand, LedCommand, Stored } from "./messages.ts";

/** Longer payloads are not parsed, characters: a `stored` with a range for every report in a full outbox is under 2,000. */
export const payloadLimit = 4096;

/**
 * Every field that is read here. XS keeps each name that it has ever met in JSON until the next start, so that messages
 * with ever new ones would fill a board's memory; given this list, it skips all others. Other engines ignore it.
 */
const fields = Object.freeze(["boot", "color", "command", "id", "lot_id", "pattern", "seconds", "seqs", "spot_id"]);

/** A lamp command for this spot of this lot. A pattern that this firmware does not know is left out: the colour still counts. */
export function readLedCommand(payload: string, lotId: string, spotId: string): LedCommand | null {
	const value = readObject(payload);
	if (value?.lot_id !== lotId || value.spot_id !== spotId) return null;
	const color = lampColors.find((known) => known === value.color);
	if (color === undefined) return null;
	return { lot_id: lotId, spot_id: spotId, color, pattern: lampPatterns.find((known) => known === value.pattern) };
}

/** The largest number that counts is no boot: a board that fell behind must be able to go one further. */
export function readStored(payload: string): Stored | null {
	const value = readObject(payload);
	if (!value || !isCount(value.boot) || value.boot === Number.MAX_SAFE_INTEGER || !Array.isArray(value.seqs))
		return null;
	for (const range of value.seqs as unknown[]) {
		if (!Array.isArray(range) || range.length !== 2 || !isCount(range[0]) || !isCount(range[1])) return null;
	}
	return { boot: value.boot, seqs: value.seqs as Stored["seqs"] };
}

/** A command as it came: which words and numbers this firmware takes is the board's to say, so that it can answer. */
export interface RawCommand extends Omit<BoardCommand, "command" | "seconds"> {
	command: string;
	seconds?: unknown;
}

export function readCommand(payload: string): RawCommand | null {
	const value = readObject(payload);
	if (!value || !isWord(value.id) || !isWord(value.command)) return null;
	if (value.spot_id !== undefined && !isWord(value.spot_id)) return null;
	return { id: value.id, command: value.command, spot_id: value.spot_id, seconds: value.seconds };
}

function readObject(payload: string): Record<string, unknown> | null {
	if (payload.length > payloadLimit) return null;
	try {
		const value: unknown = JSON.parse(payload, fields as unknown as undefined);
		return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
	} catch {
		return null;
	}
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isWord(value: unknown): value is string {
	return typeof value === "string" && value.length >= 1 && value.length <= 64;
}
