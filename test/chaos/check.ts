/**
 * In: what sensors and owners said, as they wrote it down themselves; what the gateway's books say. Out: every difference.
 * Never: talks to anybody.
 */
import { lampFor, type SensorState } from "../../firmware/messages.ts";
import type { HistoryEntry, LotWithSpots, Spot } from "../../gateway/contract/resources.ts";

/** What a sensor said. `serial` names it: it rises from word to word, and travels as the distance, in mm. */
export interface SensorWord {
	spotId: string;
	serial: number;
	state: SensorState;
	/** The gateway confirmed it: it must be in the books. Without that it may be. */
	stored: boolean;
	/** It was said without a change. */
	repeats: boolean;
}

/** What an owner did. */
export interface OwnerWord {
	spotId: string;
	/** Names the override that is set; null clears the one that holds. */
	reason: string | null;
	/** It ends by itself. */
	ends: boolean;
	/** The gateway answered 200. */
	stored: boolean;
}

export interface Books {
	lot: LotWithSpots;
	/** Oldest first. */
	history: HistoryEntry[];
}

/** One line for each difference. */
export interface Findings {
	/** Confirmed, and not there. */
	lost: string[];
	/** There more often than it was said, or without being said, or without a change. */
	doubled: string[];
	/** There in another order than it was said. */
	misordered: string[];
	/** A state, counter, lamp or page that is not what follows from the history; a time that can't be. */
	wrong: string[];
}

/** A report's time may lie so far before it was heard, ms: what the gateway believes of a clock, and what an outage takes in the boards' fast time. */
const maxLateMs = 15 * 60_000;

export function noFindings(): Findings {
	return { lost: [], doubled: [], misordered: [], wrong: [] };
}

/** Compares everything. `sensors` and `owners` are in the order in which they were said, spot by spot. */
export function check(said: { sensors: readonly SensorWord[]; owners: readonly OwnerWord[] }, books: Books): Findings {
	const findings = noFindings();
	const sensors = Map.groupBy(said.sensors, (word) => word.spotId);
	const owners = Map.groupBy(said.owners, (word) => word.spotId);
	const entries = Map.groupBy(books.history, (entry) => entry.spot_id);
	for (const spot of books.lot.spots) {
		const history = entries.get(spot.spot_id) ?? [];
		checkSensor(sensors.get(spot.spot_id) ?? [], history, spot, findings);
		checkOwner(owners.get(spot.spot_id) ?? [], history, spot, findings);
		checkChain(history, spot, findings);
	}
	checkCounters(books.lot, findings);
	checkTimes(books.history, findings);
	return findings;
}

function checkSensor(words: readonly SensorWord[], history: HistoryEntry[], spot: Spot, findings: Findings): void {
	const places = new Map(words.map((word, place) => [word.serial, place]));
	const found = new Map<number, HistoryEntry>();
	let newest = -1;
	for (const entry of history) {
		if (entry.source !== "sensor") continue;
		const serial = serialOf(entry.distance);
		const place = places.get(serial);
		if (place === undefined) findings.doubled.push(`${spot.spot_id}: entry ${entry.id} (${serial}) was never said`);
		else if (found.has(serial))
			findings.doubled.push(`${spot.spot_id}: ${serial} is there twice, again as ${entry.id}`);
		else {
			found.set(serial, entry);
			if (place < newest) findings.misordered.push(`${spot.spot_id}: ${serial} comes after what was said later`);
			newest = Math.max(newest, place);
		}
	}
	let state: SensorState = "unknown";
	for (const word of words) {
		const entry = found.get(word.serial);
		if (entry === undefined) {
			if (word.stored && word.state !== state) findings.lost.push(`${spot.spot_id}: ${word.serial} (${word.state})`);
			continue;
		}
		if (entry.sensor_state !== word.state) {
			findings.wrong.push(`${spot.spot_id}: ${word.serial} said ${word.state}, its entry says ${entry.sensor_state}`);
		}
		if (word.state === state) findings.doubled.push(`${spot.spot_id}: ${word.serial} (${state}) changed nothing`);
		state = word.state;
	}
	if (spot.sensor_state !== state) {
		findings.wrong.push(`${spot.spot_id}: its sensor is ${spot.sensor_state}, expected ${state} from the history`);
	}
	const last = words.findLast((word) => word.stored && !word.repeats);
	if (last !== undefined && serialOf(spot.distance) < last.serial) {
		findings.wrong.push(`${spot.spot_id}: shows word ${serialOf(spot.distance)}, expected ${last.serial} or later`);
	}
}

function checkOwner(words: readonly OwnerWord[], history: HistoryEntry[], spot: Spot, findings: Findings): void {
	const reasons = new Set(words.map((word) => word.reason));
	/** By what was done to which override, like `set 12`. */
	const found = new Set<string>();
	for (const entry of history) {
		if (entry.source !== "override") continue;
		const reason = entry.override?.reason ?? null;
		// Cleared or expired: an override ends once.
		const name = `${entry.action === "set" ? "set" : "ended"} ${reason}`;
		if (!reasons.has(reason)) findings.doubled.push(`${spot.spot_id}: override ${entry.id} (${reason}) was never made`);
		else if (found.has(name)) findings.doubled.push(`${spot.spot_id}: override ${name} is there twice`);
		found.add(name);
	}
	let current: OwnerWord | null = null;
	for (const word of words) {
		if (word.reason !== null) {
			if (found.has(`set ${word.reason}`)) current = word;
			else if (word.stored) findings.lost.push(`${spot.spot_id}: override ${word.reason} set`);
		} else if (current !== null) {
			if (found.has(`ended ${current.reason}`)) current = null;
			else if (word.stored) {
				findings.lost.push(`${spot.spot_id}: override ${current.reason} cleared`);
				current = null;
			}
		}
	}
	if (current?.ends) {
		if (!found.has(`ended ${current.reason}`))
			findings.lost.push(`${spot.spot_id}: override ${current.reason} expired`);
		current = null;
	}
	const holds = spot.override?.reason ?? null;
	const expected: string | null = current === null ? null : current.reason;
	if (holds !== expected) findings.wrong.push(`${spot.spot_id}: override ${holds} holds, expected ${expected}`);
}

/** Each entry starts where the one before it ended, and the spot is where the last one ended. */
function checkChain(history: HistoryEntry[], spot: Spot, findings: Findings): void {
	let state: Spot["state"] = "unknown";
	for (const entry of history) {
		if (entry.previous_state !== state) {
			findings.wrong.push(`${spot.spot_id}: entry ${entry.id} starts at ${entry.previous_state}, expected ${state}`);
		}
		state = entry.state;
	}
	if (spot.state !== state)
		findings.wrong.push(`${spot.spot_id}: is ${spot.state}, expected ${state} from the history`);
}

function checkCounters(lot: LotWithSpots, findings: Findings): void {
	const count = (...states: Spot["state"][]) => lot.spots.filter((spot) => states.includes(spot.state)).length;
	const counted = {
		total_spots: lot.spots.length,
		available_spots: count("free"),
		occupied_spots: count("occupied", "reserved"),
		reserved_spots: count("reserved"),
		unknown_spots: count("unknown"),
	};
	for (const [name, expected] of Object.entries(counted)) {
		const got = lot[name as keyof typeof counted];
		if (got !== expected) findings.wrong.push(`${name} is ${got}, expected ${expected} from the spots`);
	}
}

/** Whatever boards' clocks say, an event happened shortly before it was heard. Where the gateway's own clock was set back, a spot's time stands still. */
function checkTimes(history: readonly HistoryEntry[], findings: Findings): void {
	let newestMs = Number.NEGATIVE_INFINITY;
	for (const { id, spot_id, timestamp, received_at } of history) {
		const [atMs, heardMs] = [Date.parse(timestamp), Date.parse(received_at)];
		newestMs = Math.max(newestMs, heardMs);
		if (atMs >= heardMs - maxLateMs && atMs <= newestMs + maxLateMs) continue;
		findings.wrong.push(`${spot_id}: entry ${id} happened at ${timestamp}, heard at ${received_at}`);
	}
}

/** Retained lamp commands against the spots that have a board, and those that an owner overrules. `colors` is by `spot_id`. */
export function checkLamps(lot: LotWithSpots, colors: ReadonlyMap<string, string>): string[] {
	return lot.spots
		.filter((spot) => spot.board_id !== null || (spot.override !== null && spot.last_heard === null))
		.filter((spot) => colors.get(spot.spot_id) !== lampFor(spot.state).color)
		.map((spot) => `${spot.spot_id}: its lamp is ${colors.get(spot.spot_id) ?? "dark"}, expected ${spot.state}'s`);
}

/** The distance in cm, as a word of this number has it. */
export function distanceOf(serial: number): number {
	return serial / 10;
}

function serialOf(distanceCm: number | null): number {
	return Math.round((distanceCm ?? -0.1) * 10);
}
