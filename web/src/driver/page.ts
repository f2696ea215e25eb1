/** The driver page's state: the lot in view, the filter, the open spot. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { formatTime } from "../format.ts";
import { isVisible } from "../model/browser.ts";
import { type LotChoice, lotsOldAfterMs } from "../model/choice.ts";
import { browserClock } from "../model/clock.ts";
import { Ticker } from "../model/ticker.ts";
import { LotView } from "../model/view.ts";

export type Filter = "all" | "free";

export class DriverPage {
	readonly choice: LotChoice;
	readonly ticker = new Ticker({ clock: browserClock, isVisible });
	/** Null until it is known which lot to show. */
	readonly view: ReadonlySignal<LotView | null>;
	readonly filter: Signal<Filter> = signal("all");
	/** The spot whose sheet is open. */
	readonly open: Signal<string | null> = signal(null);
	/** The one bay that Tab reaches; null: the first one. */
	readonly tabStop: Signal<string | null> = signal(null);
	/** The bay that has focus, kept in view even if a filter would hide it. */
	readonly focused: Signal<string | null> = signal(null);
	/** Sheets and keys, once their code is there. */
	readonly later: Signal<typeof import("./later.ts") | null> = signal(null);
	/** Moves once a minute: names of bays tell ages in minutes, and must not be written anew every second. */
	readonly minute: ReadonlySignal<number>;
	/** The time of the other lots' numbers, if they are too old to be called now. */
	readonly lotsAsOf: ReadonlySignal<string | null>;

	constructor(choice: LotChoice) {
		this.choice = choice;
		this.view = computed(() => (choice.live.value === null ? null : new LotView(choice.live.value)));
		this.minute = computed(() => Math.floor(this.ticker.now.value / 60_000));
		this.lotsAsOf = computed(() => {
			const loadedAt = choice.lots.loadedAt.value;
			if (loadedAt === null || this.ticker.now.value - loadedAt < lotsOldAfterMs) return null;
			return formatTime(loadedAt, this.view.value?.timeZone.value ?? "UTC");
		});
		effect(() => this.#startLot(this.view.value));
	}

	/** Loads the code of sheets, keys and speech; to be called once, when the page stands. `said` is its live region. */
	async loadLater(said: HTMLElement): Promise<void> {
		const later = await import("./later.ts");
		this.later.value = later;
		later.sayAloud(this, said);
	}

	#startLot(_view: LotView | null): void {
		this.open.value = null;
		this.tabStop.value = null;
		this.focused.value = null;
		this.filter.value = "all";
	}
}
