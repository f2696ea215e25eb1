import type { LotView } from "../model/view.ts";
import { sayDriver as say } from "../words.ts";
import type { DriverPage } from "./page.ts";

/** Spots named in the best zone; the rest is a number. */
export const maxChips = 4;

/** The row or zone with most free spots: not one single spot, which would be gone on arrival, and everybody would chase it. */
export function BestBet({ page, view }: { page: DriverPage; view: LotView }) {
	view.live.model.revision.value;
	const index = view.best.value;
	const zone = view.zones.value[index];
	if (zone === undefined) return null;
	const asOf = view.asOf.value;
	const free = zone.spotIds.filter((id) => view.isFree(id));
	const total = view.live.model.lot.value?.available_spots ?? 0;
	const hidden = free.length - maxChips;
	const showFree = () => {
		page.filter.value = "free";
		document.getElementById("spots")?.scrollIntoView();
	};
	return (
		<section class="card best" id="best-bet" aria-labelledby="best-title">
			<div class="best-head">
				<h2 id="best-title">
					<span class="best-kind">{asOf === null ? say("bestBet") : say("bestBetAt", { time: asOf })}</span>{" "}
					<b>{zone.name}</b> · {say("nFree", { n: free.length })}
				</h2>
				<button type="button" class="button" onClick={showFree}>
					{say("showAll", { n: total })}
				</button>
			</div>
			<ul class="chips">
				{free.slice(0, maxChips).map((id) => (
					<li key={id}>
						<button
							type="button"
							class="spot-chip"
							aria-label={say("spotNamed", { label: view.labelOf(id) })}
							onClick={() => {
								page.tabStop.value = id;
								page.open.value = id;
							}}
						>
							{view.labelOf(id)}
						</button>
					</li>
				))}
				{hidden > 0 && (
					<li>
						<button
							type="button"
							class="spot-chip spot-chip-rest"
							aria-label={say("moreFree", { n: hidden, zone: zone.name })}
							onClick={showFree}
						>
							<bdi>{say("plus", { n: hidden })}</bdi>
						</button>
					</li>
				)}
			</ul>
		</section>
	);
}
