/**
 * In: frames of one lot, in the order of arrival. Out: the lot and its spots as signals, painted once per animation frame.
 * Never: recounts what the gateway has counted; touches the page.
 */
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Heartbeat, ServerFrame, Snapshot, SpotUpdate } from "../../../gateway/contract/events.ts";
import type { Counters, Lot, Spot } from "../../../gateway/contract/resources.ts";

/** When more spots than this change in one flush, none of them is marked as just changed: a page full of rings says nothing. */
export const maxMarkedChanges = 12;

export interface LotModelOptions {
	lotId: string;
	/** Runs the flush a little later, before the next paint; not at all while the page is hidden. */
	schedule: (flush: () => void) => void;
	/** Asks the gateway for a fresh snapshot. */
	onGap: () => void;
}

/** A spot on the page. `changes` counts the state changes seen, so that the page can mark the newest one. */
export interface ShownSpot {
	spot: Spot;
	changes: number;
}

/** One lot as its frames tell it. */
export class LotModel {
	readonly #options: LotModelOptions;
	readonly #spots = new Map<string, Signal<ShownSpot>>();
	/** The newest word on each spot that is not on the page yet: never more than the lot has spots. */
	readonly #pending = new Map<string, Spot>();
	#pendingCounters: Counters | null = null;
	#scheduled = false;
	#version = 0;
	#inGap = false;
	/** Null until the first snapshot. */
	readonly lot = signal<Lot | null>(null);
	/** The spots' ids in the gateway's order. A new array with each snapshot: ids, labels and zones change only there. */
	readonly order = signal<readonly string[]>([]);
	/** Rises with each flush: read it to depend on all spots at once. */
	readonly revision = signal(0);
	/** True once the gateway said that the lot was deleted. */
	readonly removed = signal(false);

	constructor(options: LotModelOptions) {
		this.#options = options;
	}

	/** The version of the newest frame taken. */
	get version(): number {
		return this.#version;
	}

	/** True while a frame is missing and the fresh snapshot has not come. */
	get inGap(): boolean {
		return this.#inGap;
	}

	/** The signal of one spot, for what shows just this one. */
	spot(spotId: string): ReadonlySignal<ShownSpot> | undefined {
		return this.#spots.get(spotId);
	}

	/** All spots in order, and a dependency on any change of them. */
	all(): Spot[] {
		this.revision.value;
		return this.order.value.map((id) => this.#spots.get(id)?.peek().spot).filter((spot) => spot !== undefined);
	}

	/** Takes a frame; those of other lots, and those that are older than what is known, change nothing. */
	take(frame: ServerFrame): void {
		switch (frame.event) {
			case "snapshot":
				if (frame.lot_id === this.#options.lotId) this.#replace(frame);
				break;
			case "spot_update":
				if (frame.lot_id === this.#options.lotId) this.#update(frame);
				break;
			case "heartbeat":
				this.#compare(frame);
				break;
			case "lot_removed":
				if (frame.lot_id === this.#options.lotId) this.removed.value = true;
				break;
		}
	}

	#replace(frame: Snapshot): void {
		this.#version = frame.lot_version;
		this.#inGap = false;
		this.#pending.clear();
		this.#pendingCounters = null;
		batch(() => {
			const gone = new Set(this.#spots.keys());
			for (const spot of frame.spots) {
				gone.delete(spot.spot_id);
				this.#show(spot, false);
			}
			for (const id of gone) this.#spots.delete(id);
			this.order.value = frame.spots.map((spot) => spot.spot_id);
			this.lot.value = frame.lot;
			this.removed.value = false;
			this.revision.value += 1;
		});
	}

	#update(frame: SpotUpdate): void {
		if (this.lot.peek() === null || this.#inGap || frame.lot_version <= this.#version) return;
		if (frame.lot_version > this.#version + 1 || !this.#spots.has(frame.spot_id)) {
			this.#gap();
			return;
		}
		const { event: _event, lot_version, at: _at, lot, ...spot } = frame;
		this.#version = lot_version;
		this.#pending.set(spot.spot_id, spot);
		this.#pendingCounters = lot;
		if (this.#scheduled) return;
		this.#scheduled = true;
		this.#options.schedule(() => this.#flush());
	}

	#compare(frame: Heartbeat): void {
		const newest = frame.lots[this.#options.lotId];
		// While in a gap each heartbeat asks again: the request or its answer may have been lost.
		if (this.lot.peek() !== null && newest !== undefined && (newest > this.#version || this.#inGap)) this.#gap();
	}

	#gap(): void {
		this.#inGap = true;
		this.#options.onGap();
	}

	#flush(): void {
		this.#scheduled = false;
		const lot = this.lot.peek();
		if (this.#pending.size === 0 || lot === null) return;
		const mark = this.#pending.size <= maxMarkedChanges;
		batch(() => {
			for (const spot of this.#pending.values()) this.#show(spot, mark);
			if (this.#pendingCounters !== null) this.lot.value = { ...lot, ...this.#pendingCounters };
			this.revision.value += 1;
		});
		this.#pending.clear();
		this.#pendingCounters = null;
	}

	#show(spot: Spot, mark: boolean): void {
		const shown = this.#spots.get(spot.spot_id);
		if (shown === undefined) {
			this.#spots.set(spot.spot_id, signal({ spot, changes: 0 }));
			return;
		}
		const { spot: before, changes } = shown.peek();
		shown.value = { spot, changes: mark && before.state !== spot.state ? changes + 1 : changes };
	}
}
