import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Stats } from "../../../gateway/contract/resources.ts";
import { formatNumber, formatShare, formatTime } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { Failed, failureWords } from "../ui/Failed.tsx";
import { sayOwner as say } from "../words.ts";
import type { OccupancyChart } from "./chart.ts";
import type { OwnerPage } from "./page.ts";
import { type Step, stepsOf } from "./steps.ts";

/** Rows of the table at once. */
export const tableRows = 25;

/** How full the lot was today: one line, one sentence, and the same as a table. */
export function Occupancy({ page, view }: { page: OwnerPage; view: LotView }) {
	const isTable = useSignal(false);
	const polled = page.today.value?.stats;
	const stats = polled?.value.value ?? null;
	const failure = polled?.failure.value ?? null;
	const steps = stats === null ? [] : stepsOf(stats);
	return (
		<section class="card occupancy" aria-labelledby="occupancy-title">
			<div class="card-head">
				<h2 class="card-title" id="occupancy-title">
					{say("occupancyToday")}
				</h2>
				<div class="card-tools">
					<span class="quiet">{say("unknownLeftOut")}</span>
					<button
						type="button"
						class="link"
						onClick={() => {
							isTable.value = !isTable.value;
						}}
					>
						{say(isTable.value ? "showAsChart" : "showAsTable")}
					</button>
				</div>
			</div>
			{failure !== null && polled !== undefined && (
				<Failed
					text={say(
						failure.statusCode === 0 ? "chartUnanswered" : "chartFailed",
						failureWords(failure, page.ticker.now.value),
					)}
					onTry={() => polled.refresh()}
				/>
			)}
			{stats === null ? (
				<p class="quiet chart-wait">{failure === null && say("chartLoading")}</p>
			) : (
				<figure>
					{isTable.value ? (
						<StepTable steps={steps} timeZone={view.timeZone.value} />
					) : (
						<Chart stats={stats} steps={steps} timeZone={view.timeZone.value} />
					)}
					<figcaption>{summaryOf(stats, view.timeZone.value)}</figcaption>
				</figure>
			)}
		</section>
	);
}

function summaryOf(stats: Stats, timeZone: string): string {
	const { busiest, occupancy_rate } = stats;
	if (stats.occupancy.length === 0 || occupancy_rate === null) return say("chartEmpty");
	const now = formatShare(occupancy_rate);
	if (busiest === null) return say("chartSummaryNow", { now });
	const time = formatTime(Date.parse(busiest.timestamp), timeZone);
	return say("chartSummary", { time, share: formatShare(busiest.occupancy_rate), now });
}

/** The chart's code comes after the table works: nobody waits for a picture. */
function Chart({ stats, steps, timeZone }: { stats: Stats; steps: readonly Step[]; timeZone: string }) {
	const host = useRef<HTMLDivElement>(null);
	const chart = useRef<OccupancyChart | null>(null);
	const latest = useRef({ stats, steps });
	latest.current = { stats, steps };
	useEffect(() => {
		let isGone = false;
		void import("./chart.ts").then(({ OccupancyChart }) => {
			if (isGone || host.current === null) return;
			chart.current = new OccupancyChart({ host: host.current, timeZone });
			chart.current.show(latest.current.stats, latest.current.steps);
		});
		return () => {
			isGone = true;
			chart.current?.close();
			chart.current = null;
		};
	}, [timeZone]);
	useEffect(() => chart.current?.show(stats, steps), [stats, steps]);
	return <div class="chart" ref={host} aria-hidden="true" />;
}

function StepTable({ steps, timeZone }: { steps: readonly Step[]; timeZone: string }) {
	const end = useSignal(0);
	// Newest first; `end` counts the rows that lie above.
	const rows = steps.toReversed().slice(end.value, end.value + tableRows);
	const hasEarlier = end.value + tableRows < steps.length;
	return (
		<div class="steps">
			<table class="table">
				<thead>
					<tr>
						<th scope="col">{say("columnTime")}</th>
						<th scope="col">{say("columnShare")}</th>
						<th scope="col">{say("columnFree")}</th>
						<th scope="col">{say("columnUnknown")}</th>
					</tr>
				</thead>
				<tbody>
					{rows.map((step) => (
						<tr key={step.atMs}>
							<th scope="row">{formatTime(step.atMs, timeZone)}</th>
							<td>{step.share === null ? say("none") : formatShare(step.share)}</td>
							<td>{formatNumber(step.free)}</td>
							<td>{formatNumber(step.unknown)}</td>
						</tr>
					))}
				</tbody>
			</table>
			{steps.length > tableRows && (
				<div class="steps-pages">
					<button
						type="button"
						class="button"
						disabled={!hasEarlier}
						onClick={() => {
							end.value += tableRows;
						}}
					>
						{say("earlier")}
					</button>
					<span class="quiet">
						{say("tableRange", { from: end.value + 1, to: end.value + rows.length, total: steps.length })}
					</span>
					<button
						type="button"
						class="button"
						disabled={end.value === 0}
						onClick={() => {
							end.value = Math.max(0, end.value - tableRows);
						}}
					>
						{say("later")}
					</button>
				</div>
			)}
		</div>
	);
}
