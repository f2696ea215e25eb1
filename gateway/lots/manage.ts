/** What an owner can do to lots and spots, on a draft. Each checks first and writes last, so that a refusal changes nothing. */
import { isDeepStrictEqual } from "node:util";
import type { Draft } from "./draft.ts";
import { DomainError } from "./errors.ts";
import {
	keptSpot,
	type LotWish,
	lotSettings,
	maxSpotsPerLot,
	newSpot,
	type OverrideWish,
	overrideFrom,
	type SpotWish,
	spotList,
} from "./make.ts";
import type { LotRecord, NewHistoryEntry, SpotRecord } from "./records.ts";
import { sampleLots } from "./sample.ts";
import { endOverride, setOverride } from "./spot.ts";

export interface Clock {
	/** Unix time in ms. */
	now(): number;
}

/** @throws DomainError `LOT_EXISTS` and what {@link lotSettings} and {@link spotList} throw. */
export function createLot(draft: Draft, wish: LotWish, nowMs: number): LotRecord {
	if (draft.lot(wish.lot_id) !== undefined) {
		throw new DomainError(409, "LOT_EXISTS", `lot "${wish.lot_id}" exists already; change it with PATCH`);
	}
	const at = new Date(nowMs).toISOString();
	const settings = lotSettings(wish, at);
	const spots = spotList(wish.spots ?? 0).map((spot, position) => newSpot(wish.lot_id, spot, position, at));
	return draft.replaceLot(settings, spots, []);
}

/** Changes what the wish names. A list of spots is the whole new list: spots that are on it stay as they are. */
export function changeLot(
	draft: Draft,
	lotId: string,
	wish: Partial<Omit<LotWish, "lot_id">>,
	nowMs: number,
): LotRecord {
	const lot = needLot(draft, lotId);
	const settings = lotSettings({ ...lot, ...wish, lot_id: lotId, spots: [] }, lot.created_at);
	const at = new Date(nowMs).toISOString();
	const before = ordered(draft, lotId);
	const known = new Map(before.map((spot) => [spot.spot_id, spot]));
	const spots =
		wish.spots === undefined
			? before
			: spotList(wish.spots).map((item, position) => {
					const old = known.get(item.spot_id);
					return old === undefined ? newSpot(lotId, item, position, at) : keptSpot(old, item, position);
				});
	return draft.replaceLot(settings, spots, []);
}

/** @throws DomainError `LOT_NOT_FOUND` */
export function removeLot(draft: Draft, lotId: string): void {
	needLot(draft, lotId);
	draft.removeLot(lotId);
}

/** Adds one spot at the lot's end: also how an owner adopts a spot that already reports. */
export function addSpot(draft: Draft, lotId: string, wish: SpotWish, nowMs: number): SpotRecord {
	const lot = needLot(draft, lotId);
	if (draft.spot(lotId, wish.spot_id) !== undefined) {
		throw new DomainError(409, "SPOT_EXISTS", `spot "${wish.spot_id}" exists already in lot "${lotId}"`);
	}
	const spots = ordered(draft, lotId);
	if (spots.length >= maxSpotsPerLot) {
		throw new DomainError(400, "TOO_MANY_SPOTS", `a lot takes at most ${maxSpotsPerLot} spots, got one more`);
	}
	const position = (spots.at(-1)?.position ?? -1) + 1;
	draft.replaceLot(lot, [...spots, newSpot(lotId, wish, position, new Date(nowMs).toISOString())], []);
	return needSpot(draft, lotId, wish.spot_id);
}

export function changeSpot(draft: Draft, lotId: string, spotId: string, wish: Omit<SpotWish, "spot_id">): SpotRecord {
	const lot = needLot(draft, lotId);
	const spot = needSpot(draft, lotId, spotId);
	const changed = keptSpot(spot, { ...wish, spot_id: spotId }, spot.position);
	draft.replaceLot(
		lot,
		ordered(draft, lotId).map((other) => (other.spot_id === spotId ? changed : other)),
		[],
	);
	return needSpot(draft, lotId, spotId);
}

export function removeSpot(draft: Draft, lotId: string, spotId: string): void {
	const lot = needLot(draft, lotId);
	needSpot(draft, lotId, spotId);
	draft.replaceLot(
		lot,
		ordered(draft, lotId).filter((spot) => spot.spot_id !== spotId),
		[],
	);
}

/** The owner's word over one spot, or its end with `occupied: null`. Clearing where nothing holds changes nothing. */
export function override(
	draft: Draft,
	lotId: string,
	spotId: string,
	wish: Omit<OverrideWish, "occupied"> & { occupied: boolean | null },
	nowMs: number,
): SpotRecord {
	needLot(draft, lotId);
	const spot = needSpot(draft, lotId, spotId);
	if (wish.occupied === null) {
		if (spot.override === null) return spot;
		const ended = endOverride(spot, new Date(nowMs).toISOString(), "cleared");
		draft.update(ended.spot, ended.entry, ended.spot.state !== spot.state);
	} else {
		const word = overrideFrom({ ...wish, occupied: wish.occupied }, nowMs);
		if (draft.again && isDeepStrictEqual(spot.override, word)) return spot;
		const told = setOverride(spot, word);
		draft.update(told.spot, told.entry, told.spot.state !== spot.state);
	}
	return needSpot(draft, lotId, spotId);
}

/** Ends an override whose time has come; nothing where it was changed or cleared since. */
export function expireOverride(draft: Draft, lotId: string, spotId: string, nowMs: number): void {
	const spot = draft.spot(lotId, spotId);
	const until = spot?.override?.until;
	if (spot === undefined || until === undefined || until === null || Date.parse(until) > nowMs) return;
	const ended = endOverride(spot, new Date(nowMs).toISOString(), "expired");
	draft.update(ended.spot, ended.entry, ended.spot.state !== spot.state);
}

/**
 * Makes the sample lots anew: settings and spots as in the sample, no overrides, every sensor unknown until it speaks again.
 * How far each board was heard stays, so that nothing that is in the history can enter it twice.
 */
export function createSample(draft: Draft, nowMs: number): LotRecord[] {
	const at = new Date(nowMs).toISOString();
	return sampleLots.map((wish) => {
		const entries: NewHistoryEntry[] = [];
		const spots = spotList(wish.spots ?? 0).map((item, position) => {
			const fresh = newSpot(wish.lot_id, item, position, at);
			const old = draft.spot(wish.lot_id, item.spot_id);
			if (old === undefined) return fresh;
			if (old.override !== null) entries.push(endOverride(old, at, "cleared").entry);
			return { ...fresh, cursors: old.cursors, topic_form: old.topic_form, last_event: old.last_event };
		});
		return draft.replaceLot(lotSettings(wish, draft.lot(wish.lot_id)?.created_at ?? at), spots, entries);
	});
}

/** Writes the counters of these lots anew, as their spots are. */
export function recount(draft: Draft, lots: readonly { lot_id: string }[]): void {
	for (const { lot_id } of lots) {
		const lot = draft.lot(lot_id);
		if (lot !== undefined) draft.replaceLot(lot, ordered(draft, lot_id), []);
	}
}

function needLot(draft: Draft, lotId: string): LotRecord {
	const lot = draft.lot(lotId);
	if (lot === undefined) throw new DomainError(404, "LOT_NOT_FOUND", `there is no lot "${lotId}"`);
	return lot;
}

function needSpot(draft: Draft, lotId: string, spotId: string): SpotRecord {
	const spot = draft.spot(lotId, spotId);
	if (spot === undefined) throw new DomainError(404, "SPOT_NOT_FOUND", `lot "${lotId}" has no spot "${spotId}"`);
	return spot;
}

function ordered(draft: Draft, lotId: string): SpotRecord[] {
	return draft.spots(lotId).sort((a, b) => a.position - b.position);
}
