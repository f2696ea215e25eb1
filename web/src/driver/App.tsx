import { isRoomy, media } from "../model/media.ts";
import type { LotView } from "../model/view.ts";
import { Brand } from "../ui/Brand.tsx";
import { LotPicker } from "../ui/LotPicker.tsx";
import { lotLine } from "../ui/lotLine.ts";
import { Pill } from "../ui/Pill.tsx";
import { sayDriver as say } from "../words.ts";
import { BestBet } from "./BestBet.tsx";
import { Legend } from "./Legend.tsx";
import type { DriverPage } from "./page.ts";
import { AskingSign, Sign } from "./Sign.tsx";
import { Spots, SpotsSkeleton } from "./Spots.tsx";

/** From here on the sign has a column of its own, and carries the lot's name. */
const isWide = media("(min-width: 80rem)");

export function App({ page }: { page: DriverPage }) {
	const view = page.view.value;
	const lots = page.choice.lots.value.value;
	const phase = view?.live.phase.value ?? "loading";
	const Missing = page.later.value?.Missing;
	return (
		<>
			<a class="skip" href="#best-bet">
				{say("skipToFree")}
			</a>
			<a class="skip" href="#spots">
				{say("skipToSpots")}
			</a>
			<header class="bar">
				<Brand />
				{isRoomy.value && <Legend class="bar-legend" />}
				<Pill phase={phase} />
			</header>
			{lots?.length === 0 && Missing ? (
				<Missing page={page} lotId={null} />
			) : view === null ? (
				<Asking page={page} />
			) : (
				<Lot page={page} view={view} />
			)}
		</>
	);
}

function Lot({ page, view }: { page: DriverPage; view: LotView }) {
	const { live } = view;
	const phase = live.phase.value;
	const { Missing, OfflineSign, OtherLots, Reconnecting, SpotSheet } = page.later.value ?? {};
	if (phase === "missing" && Missing) return <Missing page={page} lotId={live.lotId} />;
	const lot = live.model.lot.value;
	const isWithheld = phase === "offline";
	if (lot === null && !isWithheld) return <Asking page={page} />;
	/** The lot as far as its numbers may be shown. */
	const shown = isWithheld ? null : lot;
	const isFull = shown?.available_spots === 0;
	return (
		<main class="page" data-live={phase === "live"}>
			<div class="start">
				{!(shown && isWide.value) && <LotHead page={page} view={view} />}
				{Reconnecting && phase === "reconnecting" && <Reconnecting page={page} view={view} />}
				{shown ? (
					<Sign lot={shown} view={view} isNamed={isWide.value} />
				) : OfflineSign ? (
					<OfflineSign lot={lot} view={view} />
				) : (
					<AskingSign />
				)}
				{shown && <BestBet page={page} view={view} />}
				{OtherLots && (
					<OtherLots page={page} only={isFull ? "free" : isWithheld ? "all" : "wide"} current={live.lotId} />
				)}
			</div>
			{shown && <Spots key={live.lotId} page={page} view={view} lot={shown} />}
			{shown && SpotSheet && page.open.value !== null && <SpotSheet page={page} view={view} />}
		</main>
	);
}

function LotHead({ page, view }: { page: DriverPage; view: LotView }) {
	const lots = page.choice.known.value;
	const lot = view.live.model.lot.value ?? lots.find((candidate) => candidate.lot_id === view.live.lotId);
	if (lot === undefined) return null;
	return (
		<div class="lot-head">
			<LotPicker
				lots={lots}
				current={lot}
				asOf={page.lotsAsOf.value}
				List={page.later.value?.LotsDialog}
				onOpen={() => page.choice.lots.refresh()}
				onChoose={(lotId) => page.choice.choose(lotId)}
			/>
			<p>{lotLine(lot)}</p>
		</div>
	);
}

/** Before anything is known: blocks in the final places, so that nothing jumps. */
function Asking({ page }: { page: DriverPage }) {
	const LotsFailed = page.later.value?.LotsFailed;
	return (
		<main class="page" data-live="false">
			<div class="start">
				<div class="lot-head skeleton" aria-hidden="true">
					<span class="block block-title" />
					<span class="block block-line" />
				</div>
				{LotsFailed && <LotsFailed page={page} />}
				<AskingSign />
				<div class="card best skeleton" aria-hidden="true">
					<span class="block block-line" />
					<span class="block block-chips" />
				</div>
			</div>
			<SpotsSkeleton />
		</main>
	);
}
