import { useEffect, useRef } from "preact/hooks";
import { sayOwner as say } from "../words.ts";
import type { SpotProps } from "./SensorPanel.tsx";
import { learntWords } from "./sensors.ts";
import { WatchView } from "./WatchView.tsx";

const helpId = "sensor-help";
const learnId = "sensor-learn";

/** What somebody who mounts or mends a sensor does with it. Nothing is offered while page or board are away. */
export function SensorActions({ page, view, sensor, spot }: SpotProps) {
	const isOnline = sensor.board?.value.value?.online === true;
	const denied = !view.isLive.value ? say("needsLive") : isOnline ? null : say("needsBoard");
	const busy = sensor.busy.value;
	const isWatched = sensor.watch.value?.isRunning.value === true;
	const learning = sensor.learning.value;
	const action = (text: string, isBusy: boolean, press: () => void, id?: string) => (
		<button
			type="button"
			id={id}
			class="button"
			aria-disabled={denied !== null}
			aria-busy={isBusy}
			aria-describedby={denied === null ? undefined : helpId}
			onClick={() => denied === null && !isBusy && press()}
		>
			{text}
		</button>
	);
	return (
		<section class="sensor-actions">
			<div class="sensor-buttons">
				{action(say(busy.has("identify") ? "finding" : "findIt"), busy.has("identify"), () => void sensor.find())}
				{action(say("learnFloor"), learning.step === "busy", () => sensor.askToLearn(), learnId)}
				{isWatched
					? action(say("watchStop"), busy.has("trace"), () => void sensor.stopWatch())
					: action(
							say(busy.has("trace") ? "watchStarting" : sensor.watch.value === null ? "watch" : "watchAgain"),
							busy.has("trace"),
							() => void sensor.startWatch(),
						)}
			</div>
			{denied !== null && sensor.board?.value.value !== null && (
				<p class="denied" id={helpId}>
					{denied}
				</p>
			)}
			<Learn page={page} sensor={sensor} spot={spot} />
			{sensor.done.value !== null && <p class="quiet">{sensor.done.value}</p>}
			{sensor.failure.value !== null && (
				<p class="alert" role="alert">
					{sensor.failure.value}
				</p>
			)}
			{sensor.watch.value !== null && (
				<WatchView
					page={page}
					timeZone={view.timeZone.value}
					watch={sensor.watch.value}
					floorCm={sensor.board?.value.value?.health?.sensors?.[sensor.spotId]?.floor_cm ?? null}
				/>
			)}
		</section>
	);
}

/** From the question whether the spot is empty to the floor that was learnt. */
function Learn({ page, sensor, spot }: Omit<SpotProps, "view">) {
	const learning = sensor.learning.value;
	const question = useRef<HTMLParagraphElement>(null);
	const wasAsking = useRef(false);
	useEffect(() => {
		const isAsking = learning.step === "asking";
		if (isAsking) question.current?.focus();
		// The buttons that answered are gone.
		else if (wasAsking.current) document.getElementById(learnId)?.focus();
		wasAsking.current = isAsking;
	}, [learning.step]);
	if (learning.step === "idle") return null;
	if (learning.step === "learnt") return <p class="learnt">{learntWords(learning.floorCm)}</p>;
	if (learning.step === "busy") {
		const seconds = Math.max(0, Math.floor((page.ticker.now.value - learning.sinceMs) / 1000));
		return (
			<p class="learn" aria-busy="true">
				{say("learnBusy", { n: seconds })}
			</p>
		);
	}
	return (
		<div class="learn">
			<p ref={question} tabIndex={-1}>
				<b>{say("learnQuestion")}</b>
				<span>{say("learnHelp")}</span>
				{spot.sensor_state === "occupied" && <strong>{say("learnOccupied")}</strong>}
			</p>
			<p class="alert-actions">
				<button type="button" class="button button-main" onClick={() => void sensor.learn()}>
					{say("learnYes")}
				</button>
				<button type="button" class="button" onClick={() => sensor.dropLearning()}>
					{say("cancel")}
				</button>
			</p>
		</div>
	);
}
