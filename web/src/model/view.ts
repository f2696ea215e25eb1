/** What both pages derive from a live lot: names, zones, counts, and the time that they hold for. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { formatTime } from "../format.ts";
import { bestBet, labelsOf, type Zone, zonesOf } from "../spots.ts";
import type { LiveLot } from "./live.ts";

/** A live lot as the pages show it. All signals; nothing to dispose. */
export class LotView {
	readonly live: LiveLot;
	/** What stands on each spot's tile, by `spot_id`. */
	readonly labels: ReadonlySignal<ReadonlyMap<string, string>>;
	readonly zones: ReadonlySignal<readonly Zone[]>;
	/** Name of each spot's zone, by `spot_id`. */
	readonly zoneNames: ReadonlySignal<ReadonlyMap<string, string>>;
	/** Free spots of each zone, in the order of `zones`. */
	readonly freeCounts: ReadonlySignal<readonly number[]>;
	/** Index of the zone with most free spots, -1 when none is free. */
	readonly best: ReadonlySignal<number>;
	readonly isLive: ReadonlySignal<boolean>;
	readonly timeZone: ReadonlySignal<string>;
	/** The lot's time at which the page was last heard to be true, like `14:31`; null while it is live. */
	readonly asOf: ReadonlySignal<string | null>;

	constructor(live: LiveLot) {
		this.live = live;
		const { model } = live;
		const structure = computed(() => {
			const spots = model.order.value.flatMap((id) => model.spot(id)?.peek().spot ?? []);
			const zones = zonesOf(spots);
			const zoneNames = new Map(zones.flatMap((zone) => zone.spotIds.map((id) => [id, zone.name] as const)));
			return { labels: labelsOf(spots), zones, zoneNames };
		});
		this.labels = computed(() => structure.value.labels);
		this.zones = computed(() => structure.value.zones);
		this.zoneNames = computed(() => structure.value.zoneNames);
		this.freeCounts = computed(() => {
			model.revision.value;
			return this.zones.value.map((zone) => zone.spotIds.filter((id) => this.isFree(id)).length);
		});
		let previousBest = -1;
		this.best = computed(() => {
			previousBest = bestBet(this.freeCounts.value, previousBest);
			return previousBest;
		});
		this.isLive = computed(() => live.phase.value === "live");
		this.timeZone = computed(() => model.lot.value?.time_zone ?? "UTC");
		this.asOf = computed(() => {
			if (this.isLive.value) return null;
			const heardAt = live.heardAt.value;
			return heardAt === null ? null : formatTime(live.serverTime(heardAt), this.timeZone.value);
		});
	}

	/** Whether drivers see the spot as free, as the page shows it. */
	isFree(spotId: string): boolean {
		return this.live.model.spot(spotId)?.peek().spot.state === "free";
	}

	labelOf(spotId: string): string {
		return this.labels.value.get(spotId) ?? spotId;
	}
}
