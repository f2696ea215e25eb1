import { useRef } from "preact/hooks";
import type { SensorHealth } from "../../../firmware/messages.ts";
import type { Board, Spot } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import { formatNumber, formatShare } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Failed, failureWords } from "../ui/Failed.tsx";
import { Glyph } from "../ui/Glyph.tsx";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import { type Advice, adviceFor, adviceForAlarm } from "./advice.ts";
import { Bar } from "./Bar.tsx";
import type { OwnerPage } from "./page.ts";
import { SensorActions } from "./SensorActions.tsx";
import { boardWords } from "./Sensors.tsx";
import type { OpenSensor } from "./sensors.ts";

export interface SensorProps {
	page: OwnerPage;
	view: LotView;
	sensor: OpenSensor;
}

/** One sensor in full: what it hears, what it makes of it and why, and what can be done. */
export function SensorPanel({ isDocked, ...props }: SensorProps & { isDocked: boolean }) {
	const { page, view, sensor } = props;
	const opener = useRef<HTMLElement | null>(null);
	opener.current ??= document.activeElement instanceof HTMLElement ? document.activeElement : null;
	const spot = view.live.model.spot(sensor.spotId)?.value.spot;
	const close = () => {
		page.sensors.close();
		// What opened it may be gone, like a panel: then the sensor's own button.
		requestAnimationFrame(() => {
			const own = document.getElementById(`sensor-${sensor.spotId}`);
			(opener.current?.isConnected ? opener.current : own)?.focus();
		});
	};
	return (
		<Dialog
			class={isDocked ? "panel panel-docked" : "sheet panel"}
			title={say("sensorNamed", { label: view.labelOf(sensor.spotId) })}
			modal={!isDocked}
			closesOutside={!isDocked}
			onClose={close}
		>
			{spot === undefined ? (
				<p>{say("spotGone")}</p>
			) : (
				<>
					<Offline sensor={sensor} />
					<Verdict {...props} spot={spot} />
					<Facts {...props} spot={spot} />
					{sensor.boardId === null ? (
						<p class="quiet">{say("plainSensor")}</p>
					) : (
						<>
							<SensorActions {...props} spot={spot} />
							<Counters sensor={sensor} />
						</>
					)}
					<p>
						<button type="button" class="link" onClick={() => page.overrides.open(spot)}>
							{say("overrideIt")}
						</button>
					</p>
				</>
			)}
		</Dialog>
	);
}

/** Before anything else: what follows is old. */
function Offline({ sensor }: { sensor: OpenSensor }) {
	const board = sensor.board?.value.value;
	if (board === undefined || board === null || board.online) return null;
	return (
		<div class="now" data-warned="true">
			<Glyph name="warn" />
			<p>{say("boardIsOffline", { board: board.board_id })}</p>
		</div>
	);
}

export type SpotProps = SensorProps & { spot: Spot };

/** What it says, why, and what to do; what goes wrong slowly stands beneath. */
function Verdict({ page, sensor, spot }: SpotProps) {
	const isOld = sensor.board?.value.value?.online === false;
	const advice = spot.last_heard === null ? adviceFor("unknown", null) : adviceFor(spot.sensor_state, spot.reason);
	const alarm = page.alarms.value.get(spot.spot_id);
	return (
		<>
			<div class="now" data-warned={spot.sensor_state === "unknown"} data-live={!isOld}>
				<Glyph name={spot.sensor_state} />
				<AdviceText title={say(spot.sensor_state)} advice={advice} />
			</div>
			{alarm !== undefined && (
				<div class="now" data-warned="true">
					<Glyph name="warn" />
					<AdviceText title={adviceForAlarm(alarm).means} advice={{ ...adviceForAlarm(alarm), means: "" }} />
				</div>
			)}
		</>
	);
}

function AdviceText({ title, advice: { means, todo } }: { title: string; advice: Advice }) {
	return (
		<p>
			<b>{title}</b>
			{means !== "" && <span>{means}</span>}
			{todo !== null && <span>{todo}</span>}
		</p>
	);
}

function Facts({ page, sensor, spot }: SpotProps) {
	const now = page.now.value;
	const board = sensor.board?.value.value ?? null;
	const failure = sensor.board?.failure.value ?? null;
	const health = healthOf(board, sensor.spotId);
	const { confidence } = spot;
	return (
		<>
			{failure !== null && board === null && (
				<Failed
					text={say(
						failure.statusCode === 0 ? "boardUnanswered" : "boardFailed",
						failureWords(failure, page.ticker.now.value),
					)}
					onTry={() => sensor.board?.refresh()}
				/>
			)}
			<dl class="sensor-facts">
				<dt>{say("echoNow")}</dt>
				<dd>{echoWords(sensor, spot, now)}</dd>
				{health !== null && (
					<>
						<dt>{say("floor")}</dt>
						<dd>
							{health.floor_cm === null ? say("floorNone") : say("centimetres", { n: formatNumber(health.floor_cm) })}
						</dd>
					</>
				)}
				{confidence !== null && spot.sensor_state !== "unknown" && (
					<>
						<dt>{say("confidence")}</dt>
						<dd class="with-bar">
							<Bar share={confidence} /> {formatShare(confidence)}
						</dd>
					</>
				)}
				{board !== null && (
					<>
						<dt>{say("board")}</dt>
						<dd>{say("ofBoard", { board: board.board_id, state: boardWords(board, now).toLocaleLowerCase() })}</dd>
					</>
				)}
				{board !== null && board.restarted !== null && (
					<>
						<dt>{say("lastStart")}</dt>
						<dd>{board.restarted}</dd>
					</>
				)}
			</dl>
		</>
	);
}

/** The newest echo: the one of a moment ago while it is watched, else that of its last word, with its age. */
function echoWords(sensor: OpenSensor, spot: Spot, nowMs: number): string {
	const watch = sensor.watch.value;
	const newest = watch?.isRunning.value ? watch.points.value.at(-1) : undefined;
	if (newest !== undefined)
		return newest.cm === null ? say("echoNone") : say("echoLive", { n: formatNumber(newest.cm) });
	if (spot.distance === null || spot.last_heard === null) return say("echoNone");
	return say("echoAge", { n: formatNumber(spot.distance), age: formatAge(nowMs - Date.parse(spot.last_heard)) });
}

function healthOf(board: Board | null, spotId: string): SensorHealth | null {
	return board?.health?.sensors?.[spotId] ?? null;
}

const counters: readonly [keyof SensorHealth, OwnerKey][] = [
	["ok", "countOk"],
	["no_echo", "countNoEcho"],
	["endless", "countEndless"],
	["stuck", "countStuck"],
	["too_short", "countShort"],
	["silent", "countSilent"],
];

/** What its measurements came to, as shares of all; kinds that never came are left out. */
function Counters({ sensor }: { sensor: OpenSensor }) {
	const board = sensor.board?.value.value ?? null;
	const health = healthOf(board, sensor.spotId);
	if (board === null) return null;
	if (health === null) return <p class="quiet">{say("healthWaiting")}</p>;
	const counts = counters.map(([name, word]) => ({ word, n: Number(health[name]) }));
	const total = counts.reduce((sum, { n }) => sum + n, 0);
	return (
		<section class="counters">
			<h3>{say("measured", { n: total })}</h3>
			<dl class="sensor-facts">
				{counts
					.filter(({ n }) => n > 0)
					.map(({ word, n }) => (
						<div key={word}>
							<dt>{say(word)}</dt>
							<dd class="with-bar">
								<Bar share={n / total} /> {partWords(n, total)}
							</dd>
						</div>
					))}
			</dl>
		</section>
	);
}

/** A part in whole per cent: what is there is never nothing, and what is missing shows. */
function partWords(n: number, total: number): string {
	const share = n / total;
	if (share < 0.005) return say("shareTiny");
	return n < total && share >= 0.995 ? say("shareMost") : formatShare(share);
}
