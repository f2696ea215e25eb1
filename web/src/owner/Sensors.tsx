import type { Board, Spot } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import { formatNumber } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { Failed, failureWords } from "../ui/Failed.tsx";
import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import { isWarned, sensorWords } from "./judge.ts";
import type { OwnerPage } from "./page.ts";

/** Spots of one board that are named as claimed by another; of the rest only how many. */
export const maxContestedShown = 3;

/** The lot's boards, first those that are offline or share a spot, and their sensors as buttons that show each in full. */
export function Sensors({ page, view }: { page: OwnerPage; view: LotView }) {
	const boards = page.today.value?.boards;
	if (boards === undefined) return null;
	const { list } = boards;
	const known = list.value.value;
	const failure = list.failure.value;
	const troubled = [...page.offline.value, ...boards.contested];
	const first = new Set(troubled.map(({ board_id }) => board_id));
	const shown = [...troubled, ...(known ?? []).filter(({ board_id }) => !first.has(board_id))];
	return (
		<section class="card sensors" id="sensors" aria-labelledby="sensors-title">
			<div class="card-head">
				<h2 class="card-title" id="sensors-title">
					{say("sensorsTitle")}
				</h2>
			</div>
			{failure !== null && (
				<Failed
					text={say(
						failure.statusCode === 0 ? "sensorsUnanswered" : "sensorsFailed",
						failureWords(failure, page.ticker.now.value),
					)}
					onTry={() => list.refresh()}
				/>
			)}
			{known === null && failure === null && <p class="empty">{say("sensorsAsked")}</p>}
			{known !== null && shown.length === 0 && <p class="empty">{say("noBoards")}</p>}
			<ul class="boards">
				{shown.map((board) => (
					<BoardRow key={board.board_id} page={page} view={view} board={board} />
				))}
			</ul>
			{shown.length > 0 && (
				<div class="card-foot">
					<p class="quiet">{say("boardsShown", { n: shown.length })}</p>
					{boards.hasMore && (
						<button type="button" class="button" onClick={() => boards.showMore()}>
							{say("moreBoards")}
						</button>
					)}
				</div>
			)}
		</section>
	);
}

function BoardRow({ page, view, board }: { page: OwnerPage; view: LotView; board: Board }) {
	const now = page.slowNow.value;
	const spots = board.spots.flatMap((id) => view.live.model.spot(id)?.value.spot ?? []);
	const labels = spots.map(({ spot_id }) => view.labelOf(spot_id));
	return (
		<li class="board" data-live={board.online}>
			<h3 class="board-name">
				{board.board_id}{" "}
				{labels.length > 1 && (
					<span class="quiet">{say("boardSpots", { first: labels[0] ?? "", last: labels.at(-1) ?? "" })}</span>
				)}
			</h3>
			<p class="board-state with-glyph">
				{!board.online && <Glyph name="warn" />}
				{boardWords(board, now)}
			</p>
			{board.contested.length > 0 && (
				<p class="board-contested with-glyph">
					<Glyph name="warn" />
					<span>{contestWords(board, (spotId) => view.labelOf(spotId))}</span>
				</p>
			)}
			<ul class="board-sensors">
				{spots.map((spot) => (
					<li key={spot.spot_id}>
						<SensorButton page={page} label={view.labelOf(spot.spot_id)} spot={spot} />
					</li>
				))}
			</ul>
			<p class="board-figures quiet">{figuresOf(board, now)}</p>
		</li>
	);
}

function SensorButton({ page, label, spot }: { page: OwnerPage; label: string; spot: Spot }) {
	const alarm = page.alarms.value.get(spot.spot_id);
	const says = [
		sensorWords(spot),
		alarm === undefined ? null : say(alarm === "drift" ? "meansDrift" : "meansDirt"),
	].filter((text) => text !== null);
	return (
		<button
			type="button"
			class="sensor"
			id={`sensor-${spot.spot_id}`}
			data-warned={isWarned(spot, page.alarms.value)}
			aria-haspopup="dialog"
			aria-expanded={page.sensors.opened.value?.spotId === spot.spot_id}
			aria-label={say("sensorButton", { label, says: says.join(". ") })}
			onClick={() => page.lookAt(spot)}
		>
			<Glyph name={alarm === undefined ? spot.sensor_state : "warn"} />
			<span>{label}</span>
		</button>
	);
}

/** `Online`, or since when it isn't. */
export function boardWords(board: Board, nowMs: number): string {
	if (board.online) return say("boardOnline");
	return say("boardOffline", { age: formatAge(nowMs - Date.parse(board.since)) });
}

/** Which of its spots other boards claim, and what to do. */
export function contestWords({ contested }: Board, labelOf: (spotId: string) => string): string {
	const named = contested.slice(0, maxContestedShown);
	const texts = named.map((one) => say("spotContested", { label: labelOf(one.spot_id), board: one.with }));
	const rest = contested.length - named.length;
	if (rest > 0) texts.push(say("moreContested", { n: rest }));
	return [...texts, say("todoContested")].join(" ");
}

function figuresOf({ online, health, started_at, firmware }: Board, nowMs: number): string {
	if (!online) return "";
	const { signal_dbm, free_heap_bytes } = health ?? {};
	return [
		started_at === null ? null : say("boardUp", { age: formatAge(nowMs - Date.parse(started_at)) }),
		// A minus as people write it.
		signal_dbm === undefined ? null : say("boardSignal", { n: formatNumber(signal_dbm).replace("-", "−") }),
		free_heap_bytes === undefined ? null : say("boardHeap", { n: formatNumber(free_heap_bytes / 1024) }),
		firmware === null ? null : say("boardFirmware", { version: firmware }),
	]
		.filter((text) => text !== null)
		.join(" · ");
}
