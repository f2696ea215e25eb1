/** The owner page's state: the lot in view, today's numbers, the table's wishes, the overrides. */
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import type { Board, HistoryEntry, Spot, Stats } from "../../../gateway/contract/resources.ts";
import { formatTime } from "../format.ts";
import { Announcer } from "../model/announcer.ts";
import {
	getBoard,
	getBoards,
	getHistory,
	getSpotHistory,
	getStats,
	getTrace,
	postCommand,
	postOverride,
} from "../model/api.ts";
import { browserHttp, isVisible } from "../model/browser.ts";
import type { LotChoice } from "../model/choice.ts";
import { lotsOldAfterMs } from "../model/choice.ts";
import { browserClock } from "../model/clock.ts";
import { Polled } from "../model/polled.ts";
import { Ticker } from "../model/ticker.ts";
import { browserPage } from "../model/transport.ts";
import { LotView } from "../model/view.ts";
import { sayOwner as say } from "../words.ts";
import { LotBoards } from "./boards.ts";
import { type Alarms, type Need, needOf } from "./judge.ts";
import { type Filter, filters, inOrder, movedCount, type Sort, sorts, type Wanted } from "./order.ts";
import { Overrides } from "./overrides.ts";
import { Sensors } from "./sensors.ts";
import { maxChanges } from "./watch.ts";

/** Today's numbers are asked for this often; live counters tell what changes in between. */
export const statsEveryMs = 30_000;
/** The list of changes is asked for this often. */
export const changesEveryMs = 10_000;
/** Changes listed. */
export const changesShown = 12;

/** What is asked anew for each lot. */
export interface Today {
	stats: Polled<Stats>;
	changes: Polled<HistoryEntry[]>;
	boards: LotBoards;
}

const noAlarms: Alarms = new Map();
const whys = {
	silent: "whySilent",
	disagrees: "whyDisagrees",
	forgotten: "whyForgotten",
	drift: "whyDrift",
	dirt: "whyDirt",
} as const satisfies Record<Need, string>;

export class OwnerPage {
	readonly choice: LotChoice;
	readonly announcer = new Announcer(browserClock);
	readonly ticker = new Ticker({ clock: browserClock, isVisible });
	readonly view: ReadonlySignal<LotView | null>;
	readonly overrides: Overrides;
	readonly sensors: Sensors;
	readonly today: Signal<Today | null> = signal(null);
	readonly wanted: Signal<Wanted>;
	/** The rows as they stand, with what decided each one's place: they stay where they are until they are sorted again. */
	readonly shown: Signal<ReadonlyMap<string, string>> = signal(new Map());
	/** Rows that would stand elsewhere if they were sorted now. */
	readonly moved: ReadonlySignal<number>;
	/** Spots that need their owner, in natural order. */
	readonly needs: ReadonlySignal<readonly { spot: Spot; need: Need }[]>;
	/** Boards that are offline for too long. */
	readonly offline: ReadonlySignal<readonly Board[]>;
	/** What goes wrong slowly with the lot's sensors. */
	readonly alarms: ReadonlySignal<Alarms>;
	/** The lot's time now, which ages are told by; moves every second. */
	readonly now: ReadonlySignal<number>;
	/** Moves every 10 s: enough for what only turns old. */
	readonly slowNow: ReadonlySignal<number>;
	readonly lotsAsOf: ReadonlySignal<string | null>;

	constructor(choice: LotChoice) {
		this.choice = choice;
		this.view = computed(() => (choice.live.value === null ? null : new LotView(choice.live.value)));
		this.overrides = new Overrides({
			send: (lotId, request) => postOverride(browserHttp, lotId, request),
			clock: browserClock,
			view: this.view,
			say: (text) => this.announcer.say(text),
		});
		const common = { clock: browserClock, page: browserPage, isVisible };
		this.sensors = new Sensors({
			...common,
			loadBoard: (boardId) => getBoard(browserHttp, boardId),
			loadTrace: (boardId, spotId, sinceMs) => getTrace(browserHttp, boardId, spotId, sinceMs),
			loadChanges: (lotId, spotId) => getSpotHistory(browserHttp, lotId, spotId, maxChanges),
			send: (boardId, request) => postCommand(browserHttp, boardId, request),
			stateOf: (spotId) => this.view.value?.live.model.spot(spotId)?.value.spot.sensor_state ?? "unknown",
			labelOf: (spotId) => this.view.peek()?.labelOf(spotId) ?? spotId,
			say: (text) => this.announcer.say(text),
		});
		this.now = computed(() => {
			const now = this.ticker.now.value;
			return this.view.value?.live.serverTime(now) ?? now;
		});
		this.slowNow = computed(() => Math.floor(this.now.value / 10_000) * 10_000);
		this.alarms = computed(() => this.today.value?.boards.alarms.value ?? noAlarms);
		this.offline = computed(() => this.today.value?.boards.offline(this.slowNow.value) ?? []);
		this.needs = computed(() =>
			(this.view.value?.live.model.all() ?? [])
				.map((spot) => ({ spot, need: needOf(spot, this.slowNow.value, this.alarms.value) }))
				.filter((item): item is { spot: Spot; need: Need } => item.need !== null),
		);
		this.wanted = signal(wantedIn(new URL(location.href).searchParams));
		const fresh = computed(() => this.#order());
		this.moved = computed(() => movedCount(this.shown.value, fresh.value));
		this.lotsAsOf = computed(() => {
			const loadedAt = choice.lots.loadedAt.value;
			if (loadedAt === null || this.ticker.now.value - loadedAt < lotsOldAfterMs) return null;
			return formatTime(loadedAt, this.view.value?.timeZone.value ?? "UTC");
		});
		effect(() => this.#startLot(this.view.value));
		const isAlarmsKnown = computed(() => typeof this.today.value?.boards.trouble.loadedAt.value === "number");
		effect(() => {
			// The first alarms belong to the first order.
			isAlarmsKnown.value;
			this.wanted.value;
			this.view.value?.zones.value;
			untracked(() => this.sortAgain());
		});
		effect(() => this.#remember(this.wanted.value));
		effect(() => this.#sayConnection());
		effect(() => this.#sayNeeds());
		effect(() => {
			// Both panels have one place.
			if (this.overrides.draft.value !== null) this.sensors.close();
		});
	}

	/** Lets every row go to its place. */
	sortAgain(): void {
		this.shown.value = this.#order();
	}

	/** Shows a spot's sensor, in place of the override panel. */
	lookAt(spot: Spot): void {
		this.overrides.close();
		this.sensors.open(spot);
	}

	want(change: Partial<Wanted>): void {
		this.wanted.value = { ...this.wanted.peek(), ...change };
	}

	#order(): ReadonlyMap<string, string> {
		const view = this.view.value;
		if (view === null) return new Map();
		return inOrder(view.live.model.all(), view.labels.value, this.wanted.value, this.slowNow.value, this.alarms.value);
	}

	#startLot(view: LotView | null): void {
		untracked(() => {
			this.announcer.reset();
			this.overrides.close();
			this.overrides.dismissToast();
			this.sensors.close();
			const before = this.today.peek();
			before?.stats.close();
			before?.changes.close();
			before?.boards.close();
			this.#knownNeeds = null;
			if (view === null) {
				this.today.value = null;
				return;
			}
			const { lotId } = view.live;
			const common = { clock: browserClock, page: browserPage, isVisible };
			this.today.value = {
				stats: new Polled({ ...common, load: () => getStats(browserHttp, lotId), everyMs: statsEveryMs }),
				changes: new Polled({
					...common,
					load: () => getHistory(browserHttp, lotId, changesShown),
					everyMs: changesEveryMs,
				}),
				boards: new LotBoards({ ...common, load: (limit, trouble) => getBoards(browserHttp, lotId, limit, trouble) }),
			};
		});
	}

	/** The filter lives in the address, so that it can be shared and survives a reload. */
	#remember(wanted: Wanted): void {
		const url = new URL(location.href);
		const put = (name: string, value: string, rest: string) => {
			if (value === rest) url.searchParams.delete(name);
			else url.searchParams.set(name, value);
		};
		put("show", wanted.filter, "all");
		put("find", wanted.query, "");
		put("sort", wanted.isDescending ? `-${wanted.sort}` : wanted.sort, "default");
		if (url.href !== location.href) history.replaceState(null, "", url);
	}

	#sayConnection(): void {
		const view = this.view.value;
		if (view === null || view.live.model.lot.value === null) return;
		const isLive = view.isLive.value;
		untracked(() => {
			if (isLive) this.announcer.found(say("saidLive"));
			else this.announcer.lost(say("saidLost", { time: view.asOf.peek() ?? "" }));
		});
	}

	#knownNeeds: ReadonlySet<string> | null = null;

	/** Only what is new since the last look is said, and not what the page came with. */
	#sayNeeds(): void {
		const needs = this.needs.value;
		const offline = this.offline.value;
		const view = this.view.value;
		const trouble = this.today.value?.boards.trouble;
		const isAsked = trouble?.loadedAt.value !== null || trouble.failure.value !== null;
		if (view === null || view.live.model.lot.value === null || !isAsked) return;
		const items = [
			...needs.map(({ spot, need }) => ({
				name: `${spot.spot_id} ${need}`,
				text: () => say("saidNeeds", { label: view.labelOf(spot.spot_id), why: say(whys[need]) }),
			})),
			...offline.map(({ board_id }) => ({
				name: `board ${board_id}`,
				text: () => say("saidOffline", { board: board_id }),
			})),
		];
		const known = this.#knownNeeds;
		this.#knownNeeds = new Set(items.map(({ name }) => name));
		const item = items.find(({ name }) => known !== null && !known.has(name));
		if (item !== undefined) untracked(() => this.announcer.say(item.text()));
	}
}

function wantedIn(search: URLSearchParams): Wanted {
	const sort = search.get("sort") ?? "default";
	const name = sort.replace(/^-/, "");
	return {
		filter: filters.find((filter): filter is Filter => filter === search.get("show")) ?? "all",
		query: search.get("find") ?? "",
		sort: sorts.find((known): known is Sort => known === name) ?? "default",
		isDescending: sort.startsWith("-"),
	};
}
