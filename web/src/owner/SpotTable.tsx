import type { ReadonlySignal } from "@preact/signals";
import type { Spot } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import type { ShownSpot } from "../model/lot.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import { isWarned, overrideWords, sensorWords } from "./judge.ts";
import type { Sort } from "./order.ts";
import type { Word } from "./overrides.ts";
import type { OwnerPage } from "./page.ts";
import { deniedId } from "./Spots.tsx";

const columns: readonly { sort: Sort; word: OwnerKey; class?: string }[] = [
	{ sort: "spot", word: "columnSpot" },
	{ sort: "state", word: "columnDriversSee" },
	{ sort: "since", word: "columnFor", class: "cell-for" },
	{ sort: "sensor", word: "columnSensor" },
	{ sort: "heard", word: "columnHeard", class: "cell-heard" },
];

export interface RowsProps {
	page: OwnerPage;
	view: LotView;
	spots: readonly ReadonlySignal<ShownSpot>[];
}

export function SpotTable({ page, view, spots }: RowsProps) {
	return (
		<div class="table-box">
			<table class="table">
				<thead>
					<tr>
						{columns.map((column) => (
							<Header key={column.sort} page={page} {...column} />
						))}
						<th scope="col">{say("columnOverride")}</th>
						<th scope="col">
							<span class="unseen">{say("columnActions")}</span>
						</th>
					</tr>
				</thead>
				<tbody>
					{spots.map((shown) => (
						<Row key={shown.peek().spot.spot_id} page={page} view={view} shown={shown} />
					))}
				</tbody>
			</table>
		</div>
	);
}

/** A second press turns the order round, a third one goes back to what needs the owner first. */
function Header({
	page,
	sort,
	word,
	class: className,
}: {
	page: OwnerPage;
	sort: Sort;
	word: OwnerKey;
	class?: string;
}) {
	const wanted = page.wanted.value;
	const isSorted = wanted.sort === sort;
	const press = () => {
		if (!isSorted) page.want({ sort, isDescending: false });
		else if (!wanted.isDescending) page.want({ isDescending: true });
		else page.want({ sort: "default", isDescending: false });
	};
	return (
		<th
			scope="col"
			class={className}
			aria-sort={isSorted ? (wanted.isDescending ? "descending" : "ascending") : undefined}
		>
			<button type="button" class="sort" onClick={press}>
				{say(word)}
			</button>
		</th>
	);
}

function Row({ page, view, shown }: { page: OwnerPage; view: LotView; shown: ReadonlySignal<ShownSpot> }) {
	const { spot, changes } = shown.value;
	const now = page.now.value;
	const { override } = spot;
	const heard =
		spot.last_update === null ? say("never") : say("ago", { age: formatAge(now - Date.parse(spot.last_update)) });
	const warned = isWarned(spot, page.alarms.value);
	const alarm = page.alarms.value.get(spot.spot_id);
	const label = view.labelOf(spot.spot_id);
	return (
		<tr
			data-open={page.overrides.draft.value?.spotId === spot.spot_id}
			data-changed={changes === 0 ? undefined : changes % 2 === 0 ? "a" : "b"}
		>
			<th scope="row">{label}</th>
			<td>
				<span class="with-glyph">
					<Glyph name={spot.state} />
					{say(spot.state)}
				</span>
			</td>
			<td class="cell-for">{formatAge(now - Date.parse(spot.since))}</td>
			<td>
				<span class="with-glyph" data-warned={warned}>
					{warned && <Glyph name="warn" />}
					<span>
						{sensorWords(spot)}
						{alarm !== undefined && <small>{say(alarm === "drift" ? "driftNote" : "dirtNote")}</small>}
						<small class="heard-small">{heard}</small>
					</span>
				</span>
			</td>
			<td class="cell-heard">{heard}</td>
			<td>
				{override === null ? (
					<span class="quiet">{say("none")}</span>
				) : (
					<span class="with-glyph">
						<Glyph name="staff" />
						<span>
							{overrideWords(override, page.slowNow.value, view.timeZone.value)}
							<small>
								{[override.by, override.reason].filter(Boolean).join(" · ") ||
									say("overrideAge", { age: formatAge(now - Date.parse(override.at)) })}
							</small>
						</span>
					</span>
				)}
			</td>
			<td class="cell-actions">
				<Actions page={page} view={view} spot={spot} />
			</td>
		</tr>
	);
}

/** What an owner most likely wants of a spot in its state. Nothing is offered while the page isn't live. */
function Actions({ page, view, spot }: { page: OwnerPage; view: LotView; spot: Spot }) {
	const isLive = view.isLive.value;
	const open = (word?: Word) => isLive && page.overrides.open(spot, word);
	const label = view.labelOf(spot.spot_id);
	const buttons: { word: OwnerKey; press: () => void; isBusy?: boolean }[] = spot.manual_override
		? [
				{ word: "change", press: () => open() },
				{
					word: "clearOverride",
					press: () => void page.overrides.clear(spot),
					isBusy: page.overrides.clearing.value.has(spot.spot_id),
				},
			]
		: [
				...(spot.state !== "free" ? [{ word: "setFree" as const, press: () => open("free") }] : []),
				...(spot.state !== "occupied" ? [{ word: "setOccupied" as const, press: () => open("occupied") }] : []),
			];
	return (
		<>
			{buttons.map(({ word, press, isBusy }) => (
				<button
					key={word}
					type="button"
					class="button button-row"
					id={`${word}-${spot.spot_id}`}
					aria-disabled={!isLive}
					aria-busy={isBusy}
					aria-describedby={isLive ? undefined : deniedId}
					onClick={press}
				>
					{say(word)}
					<span class="unseen"> {label}</span>
				</button>
			))}
		</>
	);
}
