import { useEffect, useRef } from "preact/hooks";
import type { Lot } from "../../../gateway/contract/resources.ts";
import { isRoomy } from "../model/media.ts";
import type { LotView } from "../model/view.ts";
import type { Zone } from "../spots.ts";
import { Segmented } from "../ui/Segmented.tsx";
import { sayDriver as say } from "../words.ts";
import { Bay } from "./Bay.tsx";
import { Legend } from "./Legend.tsx";
import type { DriverPage } from "./page.ts";

/** Up to this many spots tiles are large on any page, and carry the state's word. */
export const maxLargeAnywhere = 60;
/** Up to this many they are large where the page is wide. */
export const maxLargeOnWide = 300;

export function Spots({ page, view, lot }: { page: DriverPage; view: LotView; lot: Lot }) {
	const zones = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const listen = (event: KeyboardEvent) =>
			zones.current !== null && page.later.peek()?.moveFocus(event, zones.current);
		zones.current?.addEventListener("keydown", listen);
	}, []);
	const asOf = view.asOf.value;
	const density =
		lot.total_spots <= maxLargeAnywhere ? "large" : lot.total_spots <= maxLargeOnWide ? "large-on-wide" : "small";
	const isEmpty = lot.total_spots === 0;
	const filter = page.filter.value;
	return (
		<section class="spots" id="spots" aria-labelledby="spots-title" data-density={density}>
			<div class="spots-head">
				<h2 id="spots-title">{say("allSpots")}</h2>
				{!isEmpty && (
					<Segmented
						label={say("filter")}
						name="filter"
						options={[
							{ value: "all", text: say("filterAll") },
							{ value: "free", text: say("filterFree") },
						]}
						value={filter}
						onChange={(value) => {
							page.filter.value = value;
						}}
					/>
				)}
			</div>
			{isEmpty && <p class="card empty">{say("noSpots")}</p>}
			{!isRoomy.value && density !== "large" && <Legend class="spots-legend" />}
			{filter === "free" && lot.available_spots === 0 && (
				<p class="card empty">
					{say("noneFree")}{" "}
					<button
						type="button"
						class="link"
						onClick={() => {
							page.filter.value = "all";
						}}
					>
						{say("showEvery")}
					</button>
				</p>
			)}
			<div class="zones" ref={zones} data-columns={Math.max(...view.zones.value.map((zone) => zone.spotIds.length))}>
				{view.zones.value.map((zone, index) => (
					<ZoneBays key={zone.name} page={page} view={view} zone={zone} index={index} asOf={asOf} />
				))}
			</div>
			{!isRoomy.value && density === "large" && !isEmpty && <Legend class="spots-legend" />}
		</section>
	);
}

interface ZoneProps {
	page: DriverPage;
	view: LotView;
	zone: Zone;
	index: number;
	asOf: string | null;
}

function ZoneBays({ page, view, zone, index, asOf }: ZoneProps) {
	const n = view.freeCounts.value[index] ?? 0;
	const total = zone.spotIds.length;
	const first = page.tabStop.value ?? view.zones.value[0]?.spotIds[0];
	const keeps = zone.spotIds.includes(page.focused.value ?? "");
	if (page.filter.value === "free" && n === 0 && !keeps) return null;
	return (
		<section class="zone" aria-label={zone.name}>
			<div class="zone-head">
				<h3>{zone.name}</h3>
				<p>{asOf === null ? say("cellFree", { n, total }) : say("cellFreeAt", { n, total, time: asOf })}</p>
			</div>
			<ul class="bays">
				{zone.spotIds.map((id) => {
					const shown = view.live.model.spot(id);
					return (
						shown && <Bay key={id} page={page} view={view} shown={shown} zone={zone.name} isTabStop={id === first} />
					);
				})}
			</ul>
		</section>
	);
}

export function SpotsSkeleton() {
	return (
		<section class="spots" aria-hidden="true">
			<div class="spots-head">
				<h2>{say("allSpots")}</h2>
			</div>
			<div class="bays skeleton">
				{Array.from({ length: 20 }, (_, index) => (
					<span key={index} class="block block-bay" />
				))}
			</div>
		</section>
	);
}
