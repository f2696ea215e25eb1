import { useRef } from "preact/hooks";
import type { Spot } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import { wallClock } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { formatMoment } from "../moment.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Glyph } from "../ui/Glyph.tsx";
import { sayOwner as say } from "../words.ts";
import { needOf, overrideWords, sensorWords, stateOf } from "./judge.ts";
import { type Draft, maxReason, type Word, wordIn } from "./overrides.ts";
import type { OwnerPage } from "./page.ts";
import { deniedId } from "./Spots.tsx";
import { endOf, isOffered, untilChoices, untilLabel } from "./until.ts";

const words: readonly Word[] = ["free", "occupied", "reserved"];

export interface PanelProps {
	page: OwnerPage;
	view: LotView;
	/** True where the page has a place for it beside the table; else it lies over the page. */
	isDocked: boolean;
}

/** The owner's word on one spot: what drivers shall see, until when, and why. */
export function OverridePanel({ page, view, isDocked }: PanelProps) {
	const draft = page.overrides.draft.value;
	const opener = useRef<HTMLElement | null>(null);
	opener.current ??= document.activeElement instanceof HTMLElement ? document.activeElement : null;
	if (draft === null) return null;
	const spot = view.live.model.spot(draft.spotId)?.value.spot;
	const close = () => {
		const { spotId } = draft;
		page.overrides.close();
		// The button that opened it may be gone: then the same row's first one.
		requestAnimationFrame(() => {
			const back = opener.current?.isConnected
				? opener.current
				: document.querySelector<HTMLElement>(`[id$="-${CSS.escape(spotId)}"]`);
			back?.focus();
		});
	};
	return (
		<Dialog
			class={isDocked ? "panel panel-docked" : "sheet panel"}
			title={say("spotNamed", { label: view.labelOf(draft.spotId) })}
			modal={!isDocked}
			closesOutside={!isDocked}
			onClose={close}
		>
			{spot === undefined ? (
				<p>{say("spotGone")}</p>
			) : (
				<>
					<Now page={page} view={view} spot={spot} />
					<Meanwhile page={page} view={view} spot={spot} draft={draft} onKeep={close} />
					<Form page={page} view={view} spot={spot} draft={draft} />
				</>
			)}
		</Dialog>
	);
}

function Now({ page, view, spot }: { page: OwnerPage; view: LotView; spot: Spot }) {
	const { override } = spot;
	const now = page.now.value;
	const isWarned = needOf(spot, page.slowNow.value, page.alarms.value) !== null;
	const heard = override === null ? "" : formatAge(now - Date.parse(override.at));
	return (
		<div class="now" data-warned={isWarned}>
			<Glyph name={spot.state} />
			<p>
				<b>{say("panelSees", { state: say(spot.state) })}</b>
				<span>
					{say("panelSensor", { sensor: sensorWords(spot) })}{" "}
					<button type="button" class="link" onClick={() => page.lookAt(spot)}>
						{say("itsSensor")}
					</button>
				</span>
				{override !== null && (
					<span>
						{say(override.by === null ? "panelOverride" : "panelOverrideBy", {
							word: overrideWords(override, now, view.timeZone.value),
							by: override.by ?? "",
							age: heard,
						})}
					</span>
				)}
			</p>
			{override !== null && (
				<button
					type="button"
					class="button"
					aria-disabled={!view.isLive.value}
					aria-busy={page.overrides.clearing.value.has(spot.spot_id)}
					aria-describedby={view.isLive.value ? undefined : deniedId}
					onClick={() => void page.overrides.clear(spot)}
				>
					{say("clearOverride")}
				</button>
			)}
		</div>
	);
}

interface FormProps {
	page: OwnerPage;
	view: LotView;
	spot: Spot;
	draft: Draft;
}

/** Somebody else was quicker: nothing is overwritten unseen. */
function Meanwhile({ view, spot, draft, page, onKeep }: FormProps & { onKeep: () => void }) {
	const { override } = spot;
	if ((override?.at ?? null) === draft.startedFrom.value || draft.isSending.value) return null;
	const label = view.labelOf(spot.spot_id);
	const word =
		override === null ? "" : overrideWords(override, page.now.value, view.timeZone.value).toLocaleLowerCase();
	const text =
		override === null
			? say("clearedMeanwhile", { label })
			: override.by === null
				? say("changedMeanwhile", { label, word })
				: say("changedMeanwhileBy", { by: override.by, label, word });
	return (
		<div class="alert" role="alert">
			<p>{text}</p>
			<p class="alert-actions">
				<button type="button" class="button" onClick={onKeep}>
					{say("keepTheirs")}
				</button>
				<button
					type="button"
					class="button"
					onClick={() => {
						draft.startedFrom.value = override?.at ?? null;
					}}
				>
					{say("useMine")}
				</button>
			</p>
		</div>
	);
}

function Form({ page, view, spot, draft }: FormProps) {
	const now = page.now.value;
	const timeZone = view.timeZone.value;
	const word = draft.word.value;
	const end = endOf(draft.until.value, draft.picked.value, now, timeZone);
	const isEndValid = end === null || end > now;
	const isLive = view.isLive.value;
	const isSending = draft.isSending.value;
	const label = view.labelOf(spot.spot_id);
	const time = end === null || !isEndValid ? "…" : formatMoment(end, now, timeZone);
	const send = () => {
		if (isEndValid && isLive) void page.overrides.set(draft, end);
	};
	return (
		<form
			class="form"
			onSubmit={(event) => {
				event.preventDefault();
				send();
			}}
		>
			<fieldset class="choices">
				<legend>{say("whatDriversSee")}</legend>
				{words.map((choice) => (
					<label key={choice} class="choice">
						<Glyph name={choice} />
						<span>{say(stateOf({ occupied: choice !== "free", reserved: choice === "reserved" }))}</span>
						<input
							type="radio"
							name="word"
							checked={word === choice}
							onChange={() => {
								draft.word.value = choice;
							}}
						/>
					</label>
				))}
			</fieldset>
			<fieldset class="ends">
				<legend>{say("until")}</legend>
				{untilChoices
					.filter((choice) => isOffered(choice, now, timeZone))
					.map((choice) => (
						<label key={choice}>
							<input
								type="radio"
								name="until"
								checked={draft.until.value === choice}
								onChange={() => {
									draft.until.value = choice;
								}}
							/>
							<span>{untilLabel(choice, now, timeZone)}</span>
						</label>
					))}
			</fieldset>
			{draft.until.value === "pick" && (
				<label class="field">
					{say("pickedTime")}
					<input
						type="datetime-local"
						min={wallClock(now, timeZone)}
						value={draft.picked.value}
						onInput={(event) => {
							draft.picked.value = event.currentTarget.value;
						}}
					/>
				</label>
			)}
			<label class="field">
				{say("reason")}
				<input
					type="text"
					maxLength={maxReason}
					value={draft.reason.value}
					onInput={(event) => {
						draft.reason.value = event.currentTarget.value;
					}}
				/>
			</label>
			{draft.failure.value !== null && (
				<p class="alert" role="alert">
					{draft.failure.value}
				</p>
			)}
			<button
				type="submit"
				class="button button-main button-wide"
				aria-disabled={!isLive || !isEndValid}
				aria-busy={isSending}
				aria-describedby="panel-help"
			>
				{isSending
					? say(draft.isSlow.value ? "stillWaiting" : "setting")
					: say(end === null ? "setOpen" : "setUntil", { label, word: wordIn(word), time })}
			</button>
			<p class="quiet" id="panel-help">
				{!isLive
					? say("needsLive")
					: !isEndValid
						? say("untilPast")
						: end === null
							? say("panelHelpOpen")
							: say("panelHelpUntil", { time })}
			</p>
		</form>
	);
}
