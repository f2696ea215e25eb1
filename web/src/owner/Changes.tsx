import type { HistoryEntry } from "../../../gateway/contract/resources.ts";
import type { LotView } from "../model/view.ts";
import { formatMoment } from "../moment.ts";
import { Failed, failureWords } from "../ui/Failed.tsx";
import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import type { OwnerPage } from "./page.ts";

/** The lot's newest changes, and who said each. */
export function Changes({ page, view }: { page: OwnerPage; view: LotView }) {
	const changes = page.today.value?.changes;
	const entries = changes?.value.value ?? null;
	const failure = changes?.failure.value ?? null;
	return (
		<section class="card changes" id="changes" aria-labelledby="changes-title">
			<h2 class="card-title" id="changes-title">
				{say("changesTitle")}
			</h2>
			{failure !== null && changes !== undefined && (
				<Failed
					text={say(
						failure.statusCode === 0 ? "changesUnanswered" : "changesFailed",
						failureWords(failure, page.ticker.now.value),
					)}
					onTry={() => changes.refresh()}
				/>
			)}
			{entries?.length === 0 && <p class="quiet">{say("changesEmpty")}</p>}
			<ul>
				{entries?.map((entry) => (
					<li key={entry.id}>
						<Glyph name={entry.state} />
						<p>
							<b>{view.labelOf(entry.spot_id)}</b> {say(entry.state)}
							<small>{whoSaid(entry)}</small>
						</p>
						<time dateTime={entry.timestamp}>
							{formatMoment(Date.parse(entry.timestamp), page.slowNow.value, view.timeZone.value)}
						</time>
					</li>
				))}
			</ul>
		</section>
	);
}

function whoSaid(entry: HistoryEntry): string {
	if (entry.source === "sensor") {
		if (entry.state !== entry.previous_state || entry.sensor_state === entry.state) {
			return entry.distance === null ? say("changeSensor") : say("changeSensorAt", { n: entry.distance });
		}
		return say("changeSensorHidden", { state: say(entry.sensor_state).toLocaleLowerCase() });
	}
	if (entry.action === "cleared") return say("changeCleared");
	if (entry.action === "expired") return say("changeExpired");
	const by = entry.override?.by ?? null;
	return by === null ? say("changeSet") : say("changeSetBy", { by });
}
