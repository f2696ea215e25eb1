import { useLayoutEffect, useRef } from "preact/hooks";
import type { Lot } from "../../../gateway/contract/resources.ts";
import { formatNumber, formatShare, formatTime } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import type { OwnerPage } from "./page.ts";

/** The lot in four numbers. */
export function Metrics({ page, view, lot }: { page: OwnerPage; view: LotView; lot: Lot }) {
	const asOf = view.asOf.value;
	const stats = page.today.value?.stats.value.value ?? null;
	const isWithheld = view.live.phase.value === "offline";
	const busiest = stats?.busiest ?? null;
	return (
		<section class="card metrics" id="overview" aria-label={say("overview")}>
			<div class="metric">
				<h2>{asOf === null ? say("freeNow") : say("freeAt", { time: asOf })}</h2>
				<p class="metric-value metric-live">
					<b>{isWithheld ? say("none") : formatNumber(lot.available_spots)}</b>{" "}
					{say("ofTotal", { total: lot.total_spots })}
				</p>
				<Meter lot={lot} />
				<p class="metric-note">
					{isWithheld ? (
						say(navigator.onLine ? "withheld" : "withheldOffline")
					) : (
						<>
							<span>{say("meterOccupied", { n: lot.occupied_spots - lot.reserved_spots })}</span>{" "}
							<span>{say("meterReserved", { n: lot.reserved_spots })}</span>{" "}
							<span>{say("meterUnknown", { n: lot.unknown_spots })}</span>
						</>
					)}
				</p>
			</div>
			<div class="metric">
				<h2>{say("busiest")}</h2>
				<p class="metric-value">
					<b>{busiest === null ? say("none") : formatShare(busiest.occupancy_rate)}</b>{" "}
					{busiest !== null && say("atTime", { time: formatTime(Date.parse(busiest.timestamp), lot.time_zone) })}
				</p>
				<p class="metric-note">{say(busiest === null ? "busiestNone" : "busiestSince")}</p>
			</div>
			<div class="metric">
				<h2>{say("carsPerSpot")}</h2>
				<p class="metric-value">
					<b>
						{stats === null || lot.total_spots === 0 ? say("none") : formatNumber(stats.arrivals / lot.total_spots, 1)}
					</b>
				</p>
				<p class="metric-note">
					{stats !== null &&
						`${say("arrivals", { n: stats.arrivals })} · ${say("departures", { n: stats.departures })}`}
				</p>
			</div>
			<NeedsMetric page={page} view={view} />
		</section>
	);
}

function NeedsMetric({ page, view }: { page: OwnerPage; view: LotView }) {
	const needs = page.needs.value;
	const offline = page.offline.value.length;
	const of = (kind: string) => needs.filter(({ need }) => need === kind).length;
	const overrides = view.live.model.all().filter((spot) => spot.manual_override).length;
	const parts = [
		{ n: offline, word: "offlineBoards" },
		{ n: of("silent"), word: "silentSensors" },
		{ n: of("disagrees"), word: "disagreements" },
		{ n: of("drift") + of("dirt"), word: "sensorAlarms" },
		{ n: of("forgotten"), word: "oldOverrides" },
		{ n: overrides, word: "overridesInForce" },
	] as const;
	const notes = parts
		.filter(({ n, word }) => n > 0 || word === "overridesInForce")
		.map(({ n, word }) => say(word, { n }));
	return (
		<div class="metric">
			<h2>{say("needsYou")}</h2>
			<p class="metric-value">
				{needs.length + offline > 0 && <Glyph name="warn" />}
				<b>{formatNumber(needs.length + offline)}</b>
			</p>
			<p class="metric-note">{notes.join(" · ")}</p>
		</div>
	);
}

/** The four states as parts of one bar; the numbers beneath say the same. */
function Meter({ lot }: { lot: Lot }) {
	const bar = useRef<HTMLDivElement>(null);
	const parts = [
		["free", lot.available_spots],
		["occupied", lot.occupied_spots - lot.reserved_spots],
		["reserved", lot.reserved_spots],
		["unknown", lot.unknown_spots],
	] as const;
	useLayoutEffect(() => {
		parts.forEach(([, n], index) => {
			const part = bar.current?.children[index];
			// Through the CSSOM: the page's policy allows no style attributes.
			if (part instanceof HTMLElement) part.style.setProperty("flex-grow", String(n));
		});
	});
	return (
		<div class="meter" ref={bar} aria-hidden="true">
			{parts.map(([state, n]) => (
				<i key={state} data-state={state} hidden={n === 0} />
			))}
		</div>
	);
}
