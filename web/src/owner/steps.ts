import type { Stats } from "../../../gateway/contract/resources.ts";

/** One step of the occupancy line; it holds until the next one. */
export interface Step {
	/** When it began, in ms since 1970. */
	atMs: number;
	/** Occupied spots among those whose state is known, 0 to 1; null where none is. */
	share: number | null;
	free: number;
	unknown: number;
}

/** Today's steps, oldest first. Spots in an unknown state are left out of the share, as in the gateway's own rate. */
export function stepsOf({ occupancy }: Pick<Stats, "occupancy">): Step[] {
	return occupancy.map(({ timestamp, available_spots, occupied_spots, unknown_spots }) => {
		const known = available_spots + occupied_spots;
		return {
			atMs: Date.parse(timestamp),
			share: known === 0 ? null : occupied_spots / known,
			free: available_spots,
			unknown: unknown_spots,
		};
	});
}
