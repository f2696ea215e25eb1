import type { Board } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import { type Need, needWords } from "./judge.ts";
import type { OwnerPage } from "./page.ts";

/** Items listed before the rest is left to the table. */
export const maxNeedsShown = 5;

const titles: Record<Need, OwnerKey> = {
	silent: "silentTitle",
	disagrees: "disagreeTitle",
	drift: "driftTitle",
	dirt: "dirtTitle",
	forgotten: "oldTitle",
};

/** On phones: what an owner should look at first. */
export function NeedsYou({ page, view }: { page: OwnerPage; view: LotView }) {
	const needs = page.needs.value;
	const offline = page.offline.value;
	const total = needs.length + offline.length;
	if (total === 0) return null;
	const boards = offline.slice(0, maxNeedsShown);
	return (
		<section class="needs">
			<h2 class="section-title">
				{say("needsYou")} <span class="badge">{total}</span>
			</h2>
			<ul class="card">
				{boards.map((board) => (
					<OfflineBoard key={board.board_id} page={page} view={view} board={board} />
				))}
				{needs.slice(0, maxNeedsShown - boards.length).map(({ spot, need }) => {
					const label = view.labelOf(spot.spot_id);
					const isSensor = need === "silent" || need === "drift" || need === "dirt";
					return (
						<li key={spot.spot_id}>
							<Glyph name={isSensor ? "warn" : "staff"} />
							<p>
								<b>{say(titles[need], { label })}</b>
								<span>{needWords(spot, need, page.slowNow.value, view.timeZone.value)}</span>
							</p>
							<button
								type="button"
								class="button"
								onClick={() => (isSensor ? page.lookAt(spot) : page.overrides.open(spot))}
							>
								{say("look")}
								<span class="unseen">{say("spotNamed", { label })}</span>
							</button>
						</li>
					);
				})}
				{total > maxNeedsShown && <li class="quiet">{say("moreNeeds", { n: total - maxNeedsShown })}</li>}
			</ul>
		</section>
	);
}

/** A board that is gone: one item for all of its spots. */
function OfflineBoard({ page, view, board }: { page: OwnerPage; view: LotView; board: Board }) {
	const spot = view.live.model.spot(board.spots[0] ?? "")?.value.spot;
	return (
		<li>
			<Glyph name="warn" />
			<p>
				<b>{say("offlineTitle", { board: board.board_id })}</b>
				<span>{say("offlineText", { age: formatAge(page.slowNow.value - Date.parse(board.since)) })}</span>
			</p>
			{spot !== undefined && (
				<button type="button" class="button" onClick={() => page.lookAt(spot)}>
					{say("look")}
					<span class="unseen">{board.board_id}</span>
				</button>
			)}
		</li>
	);
}
