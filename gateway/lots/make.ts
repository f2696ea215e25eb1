/** Making and changing lots: from what an owner asks for to records. Pure. */
import type { Override } from "../contract/resources.ts";
import { DomainError } from "./errors.ts";
import type { LotRecord, SpotRecord } from "./records.ts";

/** Spots that one lot can have. */
export const maxSpotsPerLot = 20_000;

export interface SpotWish {
	spot_id: string;
	label?: string | null;
	zone?: string | null;
}

export interface LotWish {
	lot_id: string;
	name: string;
	address?: string;
	price_per_hour?: number;
	currency?: string;
	time_zone?: string;
	/** A number makes SPOT001, SPOT002, … */
	spots?: number | SpotWish[];
}

export type LotSettings = Pick<
	LotRecord,
	"lot_id" | "name" | "address" | "price_per_hour" | "currency" | "time_zone" | "created_at"
>;

/**
 * A lot's own settings from a wish.
 * @throws DomainError `BAD_CURRENCY`, `BAD_TIME_ZONE`
 */
export function lotSettings(wish: LotWish, createdAt: string): LotSettings {
	const currency = wish.currency ?? "EUR";
	const time_zone = wish.time_zone ?? "UTC";
	if (!Intl.supportedValuesOf("currency").includes(currency)) {
		throw new DomainError(400, "BAD_CURRENCY", `currency must be an ISO 4217 code like EUR, got "${currency}"`);
	}
	try {
		new Intl.DateTimeFormat("en", { timeZone: time_zone });
	} catch {
		throw new DomainError(
			400,
			"BAD_TIME_ZONE",
			`time_zone must be an IANA zone like Europe/Berlin, got "${time_zone}"`,
		);
	}
	return {
		lot_id: wish.lot_id,
		name: wish.name,
		address: wish.address ?? "",
		price_per_hour: wish.price_per_hour ?? 0,
		currency,
		time_zone,
		created_at: createdAt,
	};
}

/**
 * The list of spots that a wish means.
 * @throws DomainError `TOO_MANY_SPOTS`, `SPOT_TWICE`
 */
export function spotList(spots: number | SpotWish[]): SpotWish[] {
	const wanted = typeof spots === "number" ? spots : spots.length;
	if (wanted > maxSpotsPerLot) {
		throw new DomainError(400, "TOO_MANY_SPOTS", `a lot takes at most ${maxSpotsPerLot} spots, got ${wanted}`);
	}
	if (typeof spots === "number") {
		const digits = Math.max(3, String(spots).length);
		return Array.from({ length: spots }, (_, index) => ({ spot_id: `SPOT${String(index + 1).padStart(digits, "0")}` }));
	}
	const seen = new Set<string>();
	for (const { spot_id } of spots) {
		if (seen.has(spot_id))
			throw new DomainError(400, "SPOT_TWICE", `spot_id must be unique in its lot, got "${spot_id}" twice`);
		seen.add(spot_id);
	}
	return spots;
}

/** A spot of which nobody has said anything: unknown, not free. */
export function newSpot(lotId: string, wish: SpotWish, position: number, at: string): SpotRecord {
	return {
		spot_id: wish.spot_id,
		lot_id: lotId,
		label: wish.label ?? null,
		zone: wish.zone ?? null,
		occupied: false,
		state: "unknown",
		since: at,
		distance: null,
		sensor_occupied: null,
		sensor_state: "unknown",
		confidence: null,
		reason: null,
		manual_override: false,
		override: null,
		board_id: null,
		last_heard: null,
		last_update: null,
		position,
		cursors: [],
		topic_form: null,
		last_event: null,
		version: 1,
	};
}

/** An existing spot under a new list: its place, label and zone change, what is known of it stays. */
export function keptSpot(spot: SpotRecord, wish: SpotWish, position: number): SpotRecord {
	return {
		...spot,
		position,
		label: wish.label === undefined ? spot.label : wish.label,
		zone: wish.zone === undefined ? spot.zone : wish.zone,
	};
}

/** What an owner asks for with an override; `occupied: null` is handled before. */
export interface OverrideWish {
	occupied: boolean;
	reserved?: boolean;
	until?: string | null;
	reason?: string | null;
	/** Who says it, as long as there is no sign-in that knows. */
	by?: string | null;
}

/**
 * The override that a wish means, said at `nowMs`.
 * @throws DomainError `BAD_OVERRIDE` when reserved without occupied, or `until` is no moment in the future.
 */
export function overrideFrom(wish: OverrideWish, nowMs: number): Override {
	if (wish.reserved === true && !wish.occupied) {
		throw new DomainError(400, "BAD_OVERRIDE", "reserved: true needs occupied: true, got occupied: false");
	}
	let until: string | null = null;
	if (wish.until !== undefined && wish.until !== null) {
		const untilMs = Date.parse(wish.until);
		if (!(untilMs > nowMs)) {
			throw new DomainError(400, "BAD_OVERRIDE", `until must be a moment in the future, got "${wish.until}"`);
		}
		until = new Date(untilMs).toISOString();
	}
	return {
		occupied: wish.occupied,
		reserved: wish.reserved ?? false,
		until,
		reason: wish.reason?.trim() || null,
		by: wish.by?.trim() || null,
		at: new Date(nowMs).toISOString(),
	};
}
