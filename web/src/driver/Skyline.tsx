import { useLayoutEffect, useRef } from "preact/hooks";
import type { LotView } from "../model/view.ts";
import { sayDriver as say } from "../words.ts";

/** Up to this many spots each has a bar of its own; above, each zone has one. */
export const maxSpotBars = 96;

/** The lot at a glance. Text beside it says the same, so nothing reads it out. */
export function Skyline({ view }: { view: LotView }) {
	const spotIds = view.zones.value.flatMap((zone) => zone.spotIds);
	if (spotIds.length > maxSpotBars) {
		return (
			<>
				<ZoneBars view={view} />
				<p class="sign-note">{say("eachBarIsZone")}</p>
			</>
		);
	}
	view.live.model.revision.value;
	return (
		<div class="skyline" aria-hidden="true">
			{spotIds.map((id) => (
				<i key={id} data-state={view.live.model.spot(id)?.peek().spot.state} />
			))}
		</div>
	);
}

function ZoneBars({ view }: { view: LotView }) {
	const bars = useRef<HTMLDivElement>(null);
	const shares = view.zones.value.map((zone, index) => (view.freeCounts.value[index] ?? 0) / zone.spotIds.length);
	useLayoutEffect(() => {
		shares.forEach((share, index) => {
			const bar = bars.current?.children[index];
			if (bar instanceof HTMLElement) bar.style.setProperty("--share", `${Math.round(share * 100)}%`);
		});
	});
	return (
		<div class="skyline skyline-zones" ref={bars} aria-hidden="true">
			{view.zones.value.map((zone) => (
				<i key={zone.name} />
			))}
		</div>
	);
}
