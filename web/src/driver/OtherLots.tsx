import { LotList } from "../ui/LotList.tsx";
import { sayDriver as say } from "../words.ts";
import type { DriverPage } from "./page.ts";

/** The other lots: those with free spots where this one is full, all of them where it can't be told; else only where there is room. */
export function OtherLots({
	page,
	only,
	current,
}: {
	page: DriverPage;
	only: "free" | "all" | "wide";
	current: string;
}) {
	const lots = page.choice.known.value;
	const shown =
		only === "free"
			? lots.filter((lot) => lot.available_spots > 0).sort((a, b) => b.available_spots - a.available_spots)
			: lots;
	if (shown.filter((lot) => lot.lot_id !== current).length === 0) return null;
	const isOffline = page.view.value?.live.phase.value === "offline";
	return (
		<section class={only === "wide" ? "other-lots other-lots-wide" : "other-lots"}>
			<h2 class={only === "wide" ? "unseen" : undefined}>{say(only === "free" ? "freeElsewhere" : "lots")}</h2>
			<div class="card">
				<LotList
					lots={shown}
					current={current}
					asOf={page.lotsAsOf.value ?? (isOffline ? (page.view.value?.asOf.value ?? null) : null)}
					onChoose={(lotId) => page.choice.choose(lotId)}
				/>
			</div>
		</section>
	);
}
