import type { LotView } from "../model/view.ts";
import { Banner } from "../ui/Banner.tsx";
import { Brand } from "../ui/Brand.tsx";
import { Failed, failureWords } from "../ui/Failed.tsx";
import { LotList, lotLine } from "../ui/LotList.tsx";
import { LotPicker } from "../ui/LotPicker.tsx";
import { Pill } from "../ui/Pill.tsx";
import { sayDriver as say } from "../words.ts";
import { BestBet } from "./BestBet.tsx";
import { Legend } from "./Legend.tsx";
import type { DriverPage } from "./page.ts";
import { AskingSign, OfflineSign, Sign } from "./Sign.tsx";
import { SpotSheet } from "./SpotSheet.tsx";
import { Spots, SpotsSkeleton } from "./Spots.tsx";

export function App({ page }: { page: DriverPage }) {
	const view = page.view.value;
	const lots = page.choice.lots.value.value;
	const phase = view?.live.phase.value ?? "loading";
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
				<Legend class="bar-legend" />
				<Pill phase={phase} />
			</header>
			{lots?.length === 0 ? <NoLots /> : view === null ? <Asking page={page} /> : <Lot page={page} view={view} />}
		</>
	);
}

function Lot({ page, view }: { page: DriverPage; view: LotView }) {
	const { live } = view;
	const phase = live.phase.value;
	if (phase === "missing") return <Missing page={page} lotId={live.lotId} />;
	const lot = live.model.lot.value;
	if (lot === null && phase !== "offline") return <Asking page={page} />;
	const isWithheld = phase === "offline";
	const isFull = lot?.available_spots === 0 && !isWithheld;
	return (
		<main class="page" data-live={phase === "live"}>
			<div class="start">
				<LotHead page={page} view={view} />
				{phase === "reconnecting" && <Reconnecting page={page} view={view} />}
				{lot === null || isWithheld ? <OfflineSign lot={lot} view={view} /> : <Sign lot={lot} view={view} />}
				{isFull || isWithheld || lot === null || lot.total_spots === 0 ? null : <BestBet page={page} view={view} />}
				<Lots page={page} only={isFull ? "free" : isWithheld ? "all" : "wide"} current={live.lotId} />
			</div>
			{lot !== null && !isWithheld && <Spots page={page} view={view} lot={lot} />}
			{page.open.value !== null && !isWithheld && <SpotSheet page={page} view={view} />}
		</main>
	);
}

function LotHead({ page, view }: { page: DriverPage; view: LotView }) {
	const lots = page.choice.lots.value.value ?? [];
	const lot = view.live.model.lot.value ?? lots.find((candidate) => candidate.lot_id === view.live.lotId);
	if (lot === undefined) return null;
	return (
		<div class="lot-head">
			{lots.length > 1 ? (
				<LotPicker
					lots={lots}
					current={lot}
					asOf={page.lotsAsOf.value}
					onOpen={() => page.choice.lots.refresh()}
					onChoose={(lotId) => page.choice.choose(lotId)}
				/>
			) : (
				<h1>{lot.name}</h1>
			)}
			<p>{lotLine(lot)}</p>
		</div>
	);
}

function Reconnecting({ page, view }: { page: DriverPage; view: LotView }) {
	const { live } = view;
	const now = page.ticker.now.value;
	const nextTryAt = live.nextTryAt.value;
	return (
		<Banner
			time={view.asOf.value ?? ""}
			ageMs={now - (live.heardAt.value ?? now)}
			nextTryMs={nextTryAt === null ? null : nextTryAt - now}
			onTry={() => live.tryNow()}
		/>
	);
}

/** The other lots: those with free spots where this one is full, all of them where it can't be told; else only where there is room. */
function Lots({ page, only, current }: { page: DriverPage; only: "free" | "all" | "wide"; current: string }) {
	const lots = page.choice.lots.value.value ?? [];
	const shown =
		only === "free"
			? lots.filter((lot) => lot.available_spots > 0).sort((a, b) => b.available_spots - a.available_spots)
			: lots;
	if (shown.filter((lot) => lot.lot_id !== current).length === 0) return null;
	const isOffline = page.view.value?.live.phase.value === "offline";
	return (
		<section class={only === "wide" ? "other-lots other-lots-wide" : "other-lots"}>
			<h2 class={only === "wide" ? "unseen" : undefined}>
				{say(only === "free" ? "freeElsewhere" : only === "all" ? "otherLots" : "lots")}
			</h2>
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

/** Before anything is known: blocks in the final places, so that nothing jumps. */
function Asking({ page }: { page: DriverPage }) {
	const failure = page.choice.lots.failure.value;
	return (
		<main class="page" data-live="false">
			<div class="start">
				<div class="lot-head skeleton" aria-hidden="true">
					<span class="block block-title" />
					<span class="block block-line" />
				</div>
				{failure !== null && page.view.value === null && (
					<Failed
						text={say(
							failure.statusCode === 0 ? "lotsUnanswered" : "lotsFailed",
							failureWords(failure, page.ticker.now.value),
						)}
						onTry={() => page.choice.lots.refresh()}
					/>
				)}
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

function NoLots() {
	return (
		<main class="page page-empty">
			<div class="card empty">
				<h1>{say("noLots")}</h1>
				<p>
					<a href="/owner.html">{say("noLotsAction")}</a>
				</p>
			</div>
		</main>
	);
}

function Missing({ page, lotId }: { page: DriverPage; lotId: string }) {
	const lots = page.choice.lots.value.value ?? [];
	return (
		<main class="page page-empty">
			<div class="card empty">
				<h1>{say("lotMissing", { lot: lotId })}</h1>
				{lots.length > 0 && <p>{say("lotMissingAction")}</p>}
			</div>
			<div class="card">
				<LotList lots={lots} current={null} asOf={page.lotsAsOf.value} onChoose={(id) => page.choice.choose(id)} />
			</div>
		</main>
	);
}
