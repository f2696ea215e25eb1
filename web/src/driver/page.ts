/** The driver page's state: the lot in view, the filter, the open spot, and what is said aloud. */
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { formatTime } from "../format.ts";
import { Announcer } from "../model/announcer.ts";
import { isVisible } from "../model/browser.ts";
import { type LotChoice, lotsOldAfterMs } from "../model/choice.ts";
import { browserClock } from "../model/clock.ts";
import { Ticker } from "../model/ticker.ts";
import { LotView } from "../model/view.ts";
import { nextFree } from "../spots.ts";
import { sayDriver as say } from "../words.ts";

export type Filter = "all" | "free";

export class DriverPage {
	readonly choice: LotChoice;
	readonly announcer = new Announcer(browserClock);
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
	/** The zone that a very large lot shows; null: the list of zones. */
	readonly openZone: Signal<string | null> = signal(null);
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
		effect(() => this.#sayConnection());
		effect(() => this.#sayCount());
		effect(() => this.#sayOpenSpot());
	}

	/** The next free spot after the given one; null when there is none. */
	nextFreeAfter(spotId: string): string | null {
		const view = this.view.peek();
		return view === null ? null : nextFree(view.zones.peek(), spotId, (id) => view.isFree(id));
	}

	#startLot(_view: LotView | null): void {
		this.announcer.reset();
		this.open.value = null;
		this.tabStop.value = null;
		this.focused.value = null;
		this.openZone.value = null;
		this.filter.value = "all";
	}

	#sayConnection(): void {
		const view = this.view.value;
		if (view === null || view.live.model.lot.value === null) return;
		const isLive = view.isLive.value;
		untracked(() => {
			if (isLive) this.announcer.found(`${say("saidLive")} ${this.#countText(view)}`);
			else this.announcer.lost(say("saidLost", { time: view.asOf.peek() ?? "" }));
		});
	}

	#wasFull = false;

	#sayCount(): void {
		const view = this.view.value;
		const lot = view?.live.model.lot.value;
		if (view === null || lot === null || lot === undefined || !view.isLive.value) return;
		view.best.value;
		const isFull = lot.available_spots === 0;
		const turned = isFull !== this.#wasFull;
		this.#wasFull = isFull;
		untracked(() => this.announcer.count(this.#countText(view), turned));
	}

	#countText(view: LotView): string {
		const n = view.live.model.lot.peek()?.available_spots ?? 0;
		const zone = view.zones.peek()[view.best.peek()];
		if (n === 0 || zone === undefined) return say("saidFull");
		const count = say("saidCount", { n });
		if (view.zones.peek().length < 2) return count;
		return `${count} ${say("saidBest", { zone: zone.name, n: view.freeCounts.peek()[view.best.peek()] ?? 0 })}`;
	}

	#openState: string | null = null;

	#sayOpenSpot(): void {
		const spotId = this.open.value;
		const spot = spotId === null ? undefined : this.view.value?.live.model.spot(spotId)?.value.spot;
		const key = spot === undefined ? null : `${spot.spot_id} ${spot.state}`;
		const before = this.#openState;
		this.#openState = key;
		if (spot === undefined || before === null || before === key || !before.startsWith(`${spot.spot_id} `)) return;
		untracked(() => {
			const view = this.view.peek();
			const label = view?.labelOf(spot.spot_id) ?? spot.spot_id;
			const next = spot.state === "free" ? null : this.nextFreeAfter(spot.spot_id);
			const news = say("saidSpot", { label, state: say(spot.state).toLocaleLowerCase() });
			this.announcer.say(next === null ? news : `${news} ${say("saidNext", { label: view?.labelOf(next) ?? next })}`);
		});
	}
}
