import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { formatAge } from "../age.ts";
import { formatClock, formatNumber } from "../format.ts";
import { sayOwner as say } from "../words.ts";
import type { OwnerPage } from "./page.ts";
import type { TracePlot } from "./tracePlot.ts";
import { type Watch, watchWords } from "./watch.ts";

/** Measurements listed in the table. */
export const tableRows = 25;

export interface WatchViewProps {
	page: OwnerPage;
	timeZone: string;
	watch: Watch;
	/** Null where no floor is known. */
	floorCm: number | null;
}

/** The last minutes of a sensor that is watched: a plot, one sentence, and the newest measurements as a table. */
export function WatchView({ page, timeZone, watch, floorCm }: WatchViewProps) {
	const isTable = useSignal(false);
	const points = watch.points.value;
	const failure = watch.trace.failure.value;
	return (
		<figure class="watch">
			<div class="watch-head">
				<h3>{say("watchTitle")}</h3>
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
			{isTable.value ? (
				<table class="table watch-table">
					<thead>
						<tr>
							<th scope="col">{say("columnAt")}</th>
							<th scope="col">{say("columnEcho")}</th>
							<th scope="col">{say("columnPulse")}</th>
						</tr>
					</thead>
					<tbody>
						{points
							.slice(-tableRows)
							.reverse()
							.map(({ atMs, echoUs, cm }) => (
								<tr key={atMs}>
									<th scope="row">{formatClock(atMs, timeZone)}</th>
									<td>{cm === null ? say("echoNone") : say("centimetres", { n: formatNumber(cm, 1) })}</td>
									<td>{echoUs === null ? say("none") : say("microseconds", { n: formatNumber(echoUs) })}</td>
								</tr>
							))}
					</tbody>
				</table>
			) : (
				<Plot timeZone={timeZone} watch={watch} floorCm={floorCm} />
			)}
			<figcaption>
				<span>{watchWords(points)}</span> {!watch.isRunning.value && <span>{say("watchOver")}</span>}
				{failure !== null &&
					` ${say("watchLost", { age: formatAge(failure.nextTryAt - page.ticker.now.value + 999) })}`}
				{!isTable.value && <span class="quiet">{say("watchLegend")}</span>}
			</figcaption>
		</figure>
	);
}

/** The plot's code comes when somebody watches. */
function Plot({ timeZone, watch, floorCm }: Omit<WatchViewProps, "page">) {
	const host = useRef<HTMLDivElement>(null);
	const plot = useRef<TracePlot | null>(null);
	const points = watch.points.value;
	const spans = watch.spans.value;
	const nowMs = watch.nowMs.value;
	const show = useRef(() => {});
	show.current = () => nowMs !== null && plot.current?.show({ points, spans, floorCm, nowMs });
	useEffect(() => {
		let isGone = false;
		void import("./tracePlot.ts").then(({ TracePlot }) => {
			if (isGone || host.current === null) return;
			plot.current = new TracePlot({ host: host.current, timeZone });
			show.current();
		});
		return () => {
			isGone = true;
			plot.current?.close();
			plot.current = null;
		};
	}, [timeZone]);
	useEffect(() => show.current(), [points, spans, floorCm, nowMs]);
	return (
		<div class="watch-plot" ref={host} aria-hidden="true">
			<i class="tint" data-state="free" />
			<i class="tint" data-state="occupied" />
			<i class="tint" data-state="unknown" />
		</div>
	);
}
