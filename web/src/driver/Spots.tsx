import { useComputed, useSignal } from "@preact/signals";
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
/** Zones built at first; the others follow one by one with each frame, so that a large lot answers to a finger at once. */
export const zonesAtFirst = 3;

export function Spots({ page, view, lot }: { page: DriverPage; view: LotView; lot: Lot }) {
	const zones = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const listen = (event: KeyboardEvent) =>
			zones.current !== null && page.later.peek()?.moveFocus(event, zones.current);
		zones.current?.addEventListener("keydown", listen);
	}, []);
	const built = useSignal(zonesAtFirst);
	const all = view.zones.value;
	useEffect(() => {
		if (built.value < all.length) requestAnimationFrame(() => built.value++);
	}, [built.value, all]);
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
			<div class="zones" ref={zones} data-columns={all[0]?.spotIds.length}>
				{all.slice(0, built.value).map((zone, index) => (
					<ZoneBays key={zone.name} page={page} view={view} zone={zone} index={index} />
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
}

/** A zone's tiles. What changes with every flush is read further down, so that this is not drawn anew each time. */
function ZoneBays({ page, view, zone, index }: ZoneProps) {
	const { name, spotIds } = zone;
	const isHidden = useComputed(
		() => page.filter.value === "free" && !view.freeCounts.value[index] && !spotIds.includes(page.focused.value ?? ""),
	);
	const tabStop = useComputed(() => {
		const id = page.tabStop.value ?? view.zones.value[0]?.spotIds[0] ?? "";
		return spotIds.includes(id) ? id : null;
	});
	return (
		<section class="zone" aria-label={name} hidden={isHidden.value}>
			<div class="zone-head">
				<h3>{name}</h3>
				<ZoneCount view={view} index={index} total={spotIds.length} />
			</div>
			<ul class="bays">
				{spotIds.map((id) => {
					const shown = view.live.model.spot(id);
					return (
						shown && <Bay key={id} page={page} view={view} shown={shown} zone={name} isTabStop={id === tabStop.value} />
					);
				})}
			</ul>
		</section>
	);
}

function ZoneCount({ view, index, total }: { view: LotView; index: number; total: number }) {
	const n = view.freeCounts.value[index] ?? 0;
	const time = view.asOf.value;
	return <p>{time === null ? say("cellFree", { n, total }) : say("cellFreeAt", { n, total, time })}</p>;
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
