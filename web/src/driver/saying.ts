/**
 * In: the page as it changes. Out: what somebody who does not see it must hear.
 * Never: more than the newest news; counts more often than somebody can listen.
 */
import { effect, untracked } from "@preact/signals";
import { Announcer } from "../model/announcer.ts";
import { browserClock } from "../model/clock.ts";
import type { LotView } from "../model/view.ts";
import { sayDriver as say } from "../words.ts";
import { nextFreeIn } from "./next.ts";
import type { DriverPage } from "./page.ts";

/** Says the page's changes through the live region `said`, for as long as the page lives. */
export function sayAloud(page: DriverPage, said: HTMLElement): void {
	const announcer = new Announcer(browserClock);
	effect(() => {
		said.textContent = announcer.text.value;
	});
	effect(() => {
		page.view.value;
		announcer.reset();
	});
	effect(() => sayConnection(page, announcer));
	let wasFull = false;
	effect(() => {
		wasFull = sayCount(page, announcer, wasFull);
	});
	let before: string | null = null;
	effect(() => {
		before = sayOpenSpot(page, announcer, before);
	});
}

function sayConnection(page: DriverPage, announcer: Announcer): void {
	const view = page.view.value;
	if (view === null || view.live.model.lot.value === null) return;
	const isLive = view.isLive.value;
	untracked(() => {
		if (isLive) announcer.found(say("saidLive"), countText(view));
		else announcer.lost(say("saidLost", { time: view.asOf.peek() ?? "" }));
	});
}

/** Returns whether the lot is full: when that turns, it is said without a pause. */
function sayCount(page: DriverPage, announcer: Announcer, wasFull: boolean): boolean {
	const view = page.view.value;
	const lot = view?.live.model.lot.value ?? null;
	if (view === null || lot === null || !view.isLive.value) return wasFull;
	view.best.value;
	const isFull = lot.available_spots === 0;
	untracked(() => announcer.count(countText(view), isFull !== wasFull));
	return isFull;
}

function countText(view: LotView): string {
	const n = view.live.model.lot.peek()?.available_spots ?? 0;
	const best = view.best.peek();
	const zone = view.zones.peek()[best];
	if (n === 0 || zone === undefined) return say("saidFull");
	const count = say("saidCount", { n });
	if (view.zones.peek().length < 2) return count;
	return `${count} ${say("saidBest", { zone: zone.name, n: view.freeCounts.peek()[best] ?? 0 })}`;
}

/** Returns the open spot with its state: when only the state turns, that is said. */
function sayOpenSpot(page: DriverPage, announcer: Announcer, before: string | null): string | null {
	const view = page.view.value;
	const spotId = page.open.value;
	const spot = spotId === null ? undefined : view?.live.model.spot(spotId)?.value.spot;
	if (spot === undefined || view === null) return null;
	const now = `${spot.spot_id} ${spot.state}`;
	if (before !== null && before !== now && before.startsWith(`${spot.spot_id} `)) {
		untracked(() => {
			const state = say(spot.state).toLocaleLowerCase();
			const news = say("saidSpot", { label: view.labelOf(spot.spot_id), state });
			const next = spot.state === "free" ? null : nextFreeIn(view, spot.spot_id);
			announcer.say(next === null ? news : `${news} ${say("saidNext", { label: view.labelOf(next) })}`);
		});
	}
	return now;
}
