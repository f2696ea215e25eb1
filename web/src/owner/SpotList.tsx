import type { ReadonlySignal } from "@preact/signals";
import { formatAge } from "../age.ts";
import type { ShownSpot } from "../model/lot.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import { isWarned, overrideWords, sensorWords } from "./judge.ts";
import type { OwnerPage } from "./page.ts";
import type { RowsProps } from "./SpotTable.tsx";

/** The table for phones: a button of two lines for each spot, which opens its panel. */
export function SpotList({ page, view, spots }: RowsProps) {
	return (
		<ul class="rows">
			{spots.map((shown) => (
				<Item key={shown.peek().spot.spot_id} page={page} view={view} shown={shown} />
			))}
		</ul>
	);
}

function Item({ page, view, shown }: { page: OwnerPage; view: LotView; shown: ReadonlySignal<ShownSpot> }) {
	const { spot } = shown.value;
	const warned = isWarned(spot, page.alarms.value);
	const age = formatAge(page.now.value - Date.parse(spot.since));
	return (
		<li>
			<button type="button" class="row-button" id={`row-${spot.spot_id}`} onClick={() => page.overrides.open(spot)}>
				<b class="row-label">{view.labelOf(spot.spot_id)}</b>
				<span class="row-text">
					<span class="with-glyph">
						<Glyph name={spot.state} />
						{say(spot.state)} {spot.override === null && <span class="quiet">{age}</span>}
					</span>
					<span class="row-note" data-warned={warned}>
						{sensorWords(spot)}
					</span>
				</span>
				{spot.override !== null && (
					<span class="row-override with-glyph">
						<Glyph name="staff" />
						{overrideWords(spot.override, page.slowNow.value, view.timeZone.value)}
					</span>
				)}
				<Glyph name="next" />
			</button>
		</li>
	);
}
