import type { ReadonlySignal } from "@preact/signals";
import type { Spot } from "../../../gateway/contract/resources.ts";
import { formatAgeLong } from "../format.ts";
import type { ShownSpot } from "../model/lot.ts";
import type { LotView } from "../model/view.ts";
import { sayDriver as say } from "../words.ts";
import type { DriverPage } from "./page.ts";

export interface BayProps {
	page: DriverPage;
	view: LotView;
	shown: ReadonlySignal<ShownSpot>;
	zone: string;
	isTabStop: boolean;
}

/** One spot's tile: drawn anew only when its own signal, the minute or the lot's trustworthiness changes. */
export function Bay({ page, view, shown, zone, isTabStop }: BayProps) {
	const { spot, changes } = shown.value;
	const id = spot.spot_id;
	page.minute.value;
	const isHidden =
		page.filter.value === "free" && spot.state !== "free" && page.focused.value !== id && page.open.value !== id;
	return (
		<li hidden={isHidden}>
			<button
				type="button"
				class="bay"
				id={bayId(id)}
				data-state={spot.state}
				data-staff={spot.manual_override ? "" : undefined}
				data-changed={changes === 0 ? undefined : changes % 2 === 0 ? "a" : "b"}
				tabIndex={isTabStop ? 0 : -1}
				aria-label={bayName(spot, view, zone)}
				onFocus={() => {
					page.tabStop.value = id;
					page.focused.value = id;
				}}
				onBlur={() => {
					page.focused.value = null;
				}}
				onClick={() => {
					page.open.value = id;
				}}
			>
				<span class="bay-label">{view.labelOf(id)}</span> <span class="bay-word">{say(spot.state)}</span>
			</button>
		</li>
	);
}

/** The element id of a spot's tile. */
export function bayId(spotId: string): string {
	return `bay-${spotId}`;
}

/** "Spot 014, free for 23 minutes, row B": no age where the page can't know it. */
function bayName(spot: Spot, view: LotView, zone: string): string {
	const words = { label: view.labelOf(spot.spot_id), state: say(spot.state).toLocaleLowerCase(), zone };
	const asOf = view.asOf.value;
	const ageMs = Math.max(60_000, view.live.serverTime() - Date.parse(spot.since));
	const name =
		asOf === null
			? say("bayName", { ...words, age: formatAgeLong(ageMs) })
			: say("bayNameNotLive", { ...words, time: asOf });
	return spot.manual_override ? say("bayStaff", { name }) : name;
}
