/** Where to go when a spot is taken. */
import type { LotView } from "../model/view.ts";
import type { Zone } from "../spots.ts";

/** The next free spot of the lot after `spotId`, see {@link nextFree}. */
export function nextFreeIn(view: LotView, spotId: string): string | null {
	return nextFree(view.zones.peek(), spotId, (id) => view.isFree(id));
}

/** The next free spot after `spotId`: first in its own zone, going round, then in the zones after it. Null when there is none. */
export function nextFree(zones: readonly Zone[], spotId: string, isFree: (spotId: string) => boolean): string | null {
	const home = Math.max(
		0,
		zones.findIndex((zone) => zone.spotIds.includes(spotId)),
	);
	const here = zones[home]?.spotIds ?? [];
	const at = here.indexOf(spotId);
	const others = [...zones.slice(home + 1), ...zones.slice(0, home)].flatMap((zone) => zone.spotIds);
	return [...here.slice(at + 1), ...here.slice(0, Math.max(0, at)), ...others].find(isFree) ?? null;
}
