import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Lot, Spot } from "../../../gateway/contract/resources.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import { type Filter, passes } from "./order.ts";
import type { OwnerPage } from "./page.ts";
import { SpotList } from "./SpotList.tsx";
import { SpotTable } from "./SpotTable.tsx";

/** Rows shown at first, and with each *Show more*. */
export const rowsAtOnce = 25;
/** The element that says why writes are denied. */
export const deniedId = "writes-denied";

const chips: readonly { filter: Filter; word: OwnerKey }[] = [
	{ filter: "all", word: "filterAll" },
	{ filter: "needs", word: "filterNeeds" },
	{ filter: "overrides", word: "filterOverrides" },
	{ filter: "free", word: "filterFree" },
	{ filter: "occupied", word: "filterOccupied" },
	{ filter: "reserved", word: "filterReserved" },
	{ filter: "unknown", word: "filterUnknown" },
];

/** Every spot of the lot: what drivers see, what its sensor says, and the owner's word over it. */
export function Spots({ page, view, lot, isPhone }: { page: OwnerPage; view: LotView; lot: Lot; isPhone: boolean }) {
	const limit = useSignal(rowsAtOnce);
	const wanted = page.wanted.value;
	// Another wish or lot starts again from the first rows.
	useEffect(() => {
		limit.value = rowsAtOnce;
	}, [wanted, view]);
	if (lot.total_spots === 0) {
		return (
			<section class="card spots empty" id="spots">
				<h2 class="card-title">{say("spots")}</h2>
				<p>{say("noSpots")}</p>
			</section>
		);
	}
	const ids = [...page.shown.value.keys()];
	const spots = ids.slice(0, limit.value).flatMap((id) => view.live.model.spot(id) ?? []);
	const moved = page.moved.value;
	return (
		<section class="card spots" id="spots" aria-labelledby="spots-title">
			<div class="card-head">
				<h2 class="card-title" id="spots-title">
					{say("spots")}
				</h2>
				<div class="card-tools">
					{!view.isLive.value && (
						<p class="denied" id={deniedId}>
							{say("needsLive")}
						</p>
					)}
					{moved > 0 && (
						<>
							<span class="quiet">{say("rowsChanged", { n: moved })}</span>
							<button type="button" class="button" onClick={() => page.sortAgain()}>
								{say("sortAgain")}
							</button>
						</>
					)}
					<label class="find">
						<Glyph name="find" />
						<span class="unseen">{say("find")}</span>
						<input
							type="search"
							placeholder={say("find")}
							value={wanted.query}
							onInput={(event) => page.want({ query: event.currentTarget.value })}
						/>
					</label>
				</div>
			</div>
			<Chips page={page} view={view} />
			{ids.length === 0 ? (
				<p class="empty">
					{say("nothingMatches")}{" "}
					<button type="button" class="link" onClick={() => page.want({ filter: "all", query: "" })}>
						{say("showEvery")}
					</button>
				</p>
			) : isPhone ? (
				<SpotList page={page} view={view} spots={spots} />
			) : (
				<SpotTable page={page} view={view} spots={spots} />
			)}
			{ids.length > 0 && (
				<div class="card-foot">
					<p class="quiet">
						{say(wanted.sort === "default" ? "shownFirst" : "shownOf", { n: spots.length, total: ids.length })}
					</p>
					{ids.length > limit.value && (
						<button
							type="button"
							class="button"
							onClick={() => {
								limit.value += rowsAtOnce;
							}}
						>
							{say("showMore", { n: Math.min(rowsAtOnce, ids.length - limit.value) })}
						</button>
					)}
				</div>
			)}
		</section>
	);
}

function Chips({ page, view }: { page: OwnerPage; view: LotView }) {
	const now = page.slowNow.value;
	const all: readonly Spot[] = view.live.model.all();
	return (
		<fieldset class="filters">
			<legend class="unseen">{say("filters")}</legend>
			{chips.map(({ filter, word }) => (
				<button
					key={filter}
					type="button"
					aria-pressed={page.wanted.value.filter === filter}
					onClick={() => page.want({ filter })}
				>
					{say(word, { n: all.filter((spot) => passes(spot, filter, now, page.alarms.value)).length })}
				</button>
			))}
		</fieldset>
	);
}
