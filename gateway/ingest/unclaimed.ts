/** Reports for spots that nobody made: the last of each, so that an owner can adopt the spot. */
import type { Unclaimed } from "../contract/resources.ts";
import type { Sent } from "./decode.ts";

/** Spots remembered; the one heard longest ago is forgotten first. */
export const maxUnclaimed = 1000;

interface Kept {
	sent: Sent;
	firstSeen: string;
	lastSeen: string;
	reports: number;
}

export class UnclaimedSpots {
	readonly #kept = new Map<string, Kept>();

	/** `at` is when it was heard, ISO 8601. */
	keep(sent: Sent, at: string): void {
		const id = key(sent.lot_id, sent.spot_id);
		const known = this.#kept.get(id);
		this.#kept.delete(id);
		this.#kept.set(id, {
			sent,
			firstSeen: known?.firstSeen ?? at,
			lastSeen: at,
			reports: (known?.reports ?? 0) + 1,
		});
		if (this.#kept.size > maxUnclaimed) {
			const [oldest] = this.#kept.keys();
			if (oldest !== undefined) this.#kept.delete(oldest);
		}
	}

	/** Heard last first. */
	list(): Unclaimed[] {
		return [...this.#kept.values()].reverse().map(({ sent, firstSeen, lastSeen, reports }) => ({
			lot_id: sent.lot_id,
			spot_id: sent.spot_id,
			board_id: sent.board_id,
			occupied: sent.state === "occupied",
			distance: sent.distance,
			first_seen: firstSeen,
			last_seen: lastSeen,
			reports,
		}));
	}

	/** Takes out the reports that `claimed` says have a spot now: their last words count at once. */
	takeClaimed(claimed: (sent: Sent) => boolean): Sent[] {
		const taken: Sent[] = [];
		for (const [id, { sent }] of this.#kept) {
			if (!claimed(sent)) continue;
			this.#kept.delete(id);
			taken.push(sent);
		}
		return taken;
	}
}

function key(lotId: string | null, spotId: string): string {
	return `${lotId ?? ""}/${spotId}`;
}
