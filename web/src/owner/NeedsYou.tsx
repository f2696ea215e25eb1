import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import { needWords } from "./judge.ts";
import type { OwnerPage } from "./page.ts";

/** Items listed before the rest is left to the table. */
export const maxNeedsShown = 5;

/** On phones: what an owner should look at first. */
export function NeedsYou({ page, view }: { page: OwnerPage; view: LotView }) {
	const needs = page.needs.value;
	if (needs.length === 0) return null;
	const titles = { silent: "silentTitle", disagrees: "disagreeTitle", forgotten: "oldTitle" } as const;
	return (
		<section class="needs">
			<h2 class="section-title">
				{say("needsYou")} <span class="badge">{needs.length}</span>
			</h2>
			<ul class="card">
				{needs.slice(0, maxNeedsShown).map(({ spot, need }) => (
					<li key={spot.spot_id}>
						<Glyph name={need === "silent" ? "warn" : "staff"} />
						<p>
							<b>{say(titles[need], { label: view.labelOf(spot.spot_id) })}</b>
							<span>{needWords(spot, need, page.slowNow.value, view.timeZone.value)}</span>
						</p>
						<button type="button" class="button" onClick={() => page.overrides.open(spot)}>
							{say("look")}
							<span class="unseen">{say("spotNamed", { label: view.labelOf(spot.spot_id) })}</span>
						</button>
					</li>
				))}
				{needs.length > maxNeedsShown && <li class="quiet">{say("moreNeeds", { n: needs.length - maxNeedsShown })}</li>}
			</ul>
		</section>
	);
}
