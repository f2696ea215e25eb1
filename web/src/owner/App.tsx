import { useSignal } from "@preact/signals";
import { formatDay, formatTime } from "../format.ts";
import { ApiError, postInit } from "../model/api.ts";
import { browserHttp } from "../model/browser.ts";
import { media } from "../model/media.ts";
import type { LotView } from "../model/view.ts";
import { Banner } from "../ui/Banner.tsx";
import { Brand } from "../ui/Brand.tsx";
import { Failed, failureWords } from "../ui/Failed.tsx";
import { LotList } from "../ui/LotList.tsx";
import { LotPicker } from "../ui/LotPicker.tsx";
import { LotsDialog } from "../ui/LotsDialog.tsx";
import { lotLine } from "../ui/lotLine.ts";
import { Pill } from "../ui/Pill.tsx";
import { sayOwner as say } from "../words.ts";
import { Changes } from "./Changes.tsx";
import { Metrics } from "./Metrics.tsx";
import { SideNav, type Tab, TabBar } from "./Nav.tsx";
import { NeedsYou } from "./NeedsYou.tsx";
import { Occupancy } from "./Occupancy.tsx";
import { OverridePanel } from "./OverridePanel.tsx";
import type { OwnerPage } from "./page.ts";
import { SensorPanel } from "./SensorPanel.tsx";
import { Sensors } from "./Sensors.tsx";
import { Spots } from "./Spots.tsx";
import { ToastBar } from "./ToastBar.tsx";

const isPhone = media("(max-width: 47.99rem)");
/** From here on lots and parts of the page stand in a navigation beside it. */
const isWide = media("(min-width: 80rem)");
/** From here on the panel has a place of its own beside the table. */
const isDocked = media("(min-width: 87.5rem)");

export function App({ page }: { page: OwnerPage }) {
	const tab = useSignal<Tab>("overview");
	const view = page.view.value;
	const phase = view?.live.phase.value ?? "loading";
	const lots = page.choice.lots.value.value;
	const isEmpty = lots?.length === 0;
	return (
		<>
			<a class="skip" href="#spots">
				{say("skipToSpots")}
			</a>
			{isWide.value && <SideNav page={page} />}
			<div class="body">
				{!isWide.value && (
					<header class="bar">
						<Brand page={say("owner")} />
						<Pill phase={phase} />
					</header>
				)}
				{isEmpty ? (
					<NoLots page={page} />
				) : view === null ? (
					<Asking page={page} />
				) : (
					<Lot page={page} view={view} tab={tab.value} />
				)}
			</div>
			{isPhone.value && !isEmpty && (
				<TabBar
					page={page}
					tab={tab.value}
					onTab={(next) => {
						tab.value = next;
						scrollTo(0, 0);
					}}
				/>
			)}
			<ToastBar overrides={page.overrides} />
		</>
	);
}

function Lot({ page, view, tab }: { page: OwnerPage; view: LotView; tab: Tab }) {
	const phase = view.live.phase.value;
	const lot = view.live.model.lot.value;
	if (phase === "missing") return <Missing page={page} lotId={view.live.lotId} />;
	if (lot === null && phase !== "offline") return <Asking page={page} />;
	const sensor = page.sensors.opened.value;
	const isDrafting = page.overrides.draft.value !== null;
	return (
		<main class="main" data-live={phase === "live"} data-tab={tab}>
			<Head page={page} view={view} phase={phase} />
			{phase !== "live" && <NotLive page={page} view={view} />}
			{lot !== null && (
				<>
					<Metrics page={page} view={view} lot={lot} />
					{isPhone.value && <NeedsYou page={page} view={view} />}
					<Occupancy page={page} view={view} />
					<Spots page={page} view={view} lot={lot} isPhone={isPhone.value} />
					{isDrafting && <OverridePanel page={page} view={view} isDocked={isDocked.value} />}
					{sensor !== null && (
						<SensorPanel key={sensor.spotId} page={page} view={view} sensor={sensor} isDocked={isDocked.value} />
					)}
					<Sensors page={page} view={view} />
					<Changes page={page} view={view} />
				</>
			)}
		</main>
	);
}

function Head({ page, view, phase }: { page: OwnerPage; view: LotView; phase: Parameters<typeof Pill>[0]["phase"] }) {
	const lots = page.choice.known.value;
	const lot = view.live.model.lot.value ?? lots.find((candidate) => candidate.lot_id === view.live.lotId);
	if (lot === undefined) return null;
	const now = page.now.value;
	const when = `${formatDay(now, lot.time_zone)}, ${formatTime(now, lot.time_zone)}`;
	return (
		<div class="head">
			<div>
				<LotPicker
					lots={isWide.value ? [] : lots}
					current={lot}
					asOf={page.lotsAsOf.value}
					List={LotsDialog}
					onOpen={() => page.choice.lots.refresh()}
					onChoose={(lotId) => page.choice.choose(lotId)}
				/>
				<p class="head-note">
					<span class="head-more">
						{[lotLine(lot), say("spotCount", { n: lot.total_spots })].filter(Boolean).join(" · ")} ·{" "}
					</span>
					{when}
				</p>
			</div>
			{isWide.value && <Pill phase={phase} />}
		</div>
	);
}

function NotLive({ page, view }: { page: OwnerPage; view: LotView }) {
	const { live } = view;
	const now = page.ticker.now.value;
	const nextTryAt = live.nextTryAt.value;
	const asOf = view.asOf.value;
	if (asOf === null) return null;
	return (
		<Banner
			time={asOf}
			ageMs={now - (live.heardAt.value ?? now)}
			nextTryMs={nextTryAt === null ? null : nextTryAt - now}
			onTry={() => live.tryNow()}
		/>
	);
}

function Asking({ page }: { page: OwnerPage }) {
	const failure = page.choice.lots.failure.value;
	return (
		<main class="main" data-live="false">
			{failure !== null && page.view.value === null ? (
				<div class="card">
					<Failed
						text={say(
							failure.statusCode === 0 ? "lotsUnanswered" : "lotsFailed",
							failureWords(failure, page.ticker.now.value),
						)}
						onTry={() => page.choice.lots.refresh()}
					/>
				</div>
			) : (
				<div class="skeleton asking" aria-hidden="true">
					<span class="block block-head" />
					<span class="block block-metrics" />
					<span class="block block-chart" />
					<span class="block block-table" />
				</div>
			)}
		</main>
	);
}

function NoLots({ page }: { page: OwnerPage }) {
	const isMaking = useSignal(false);
	const failure = useSignal<string | null>(null);
	const make = async () => {
		if (isMaking.value) return;
		isMaking.value = true;
		failure.value = null;
		try {
			await postInit(browserHttp);
			page.choice.lots.refresh();
		} catch (error) {
			failure.value = say("makeFailed", { message: error instanceof ApiError ? error.message : String(error) });
		} finally {
			isMaking.value = false;
		}
	};
	return (
		<main class="main main-empty">
			<div class="card empty">
				<h1>{say("noLots")}</h1>
				<p>{say("noLotsText")}</p>
				<button type="button" class="button button-main" aria-busy={isMaking.value} onClick={() => void make()}>
					{say(isMaking.value ? "making" : "makeSample")}
				</button>
				{failure.value !== null && (
					<p class="alert" role="alert">
						{failure.value}
					</p>
				)}
			</div>
		</main>
	);
}

function Missing({ page, lotId }: { page: OwnerPage; lotId: string }) {
	return (
		<main class="main main-empty">
			<div class="card empty">
				<h1>{say("lotMissing", { lot: lotId })}</h1>
			</div>
			<div class="card">
				<LotList
					lots={page.choice.known.value}
					current={null}
					asOf={page.lotsAsOf.value}
					onChoose={(id) => page.choice.choose(id)}
				/>
			</div>
		</main>
	);
}
