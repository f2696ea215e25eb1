/** What a spot asks of its owner. Pure. */
import type { Override, Spot } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import { formatMoment } from "../moment.ts";
import { type OwnerKey, sayOwner as say } from "../words.ts";

/** A sensor that contradicts the owner for less than this may be a car that is being parked. */
export const contradictionAfterMs = 60_000;
/** An override without end that is older than this was probably forgotten. */
export const forgottenAfterMs = 7 * 86_400_000;

/** What goes wrong slowly with a sensor, before it makes it wrong: the floor moves away, or answers ever less often. */
export type Alarm = "drift" | "dirt";
/** By `spot_id`. */
export type Alarms = ReadonlyMap<string, Alarm>;

/** `silent`: its sensor knows nothing. `disagrees`: its sensor contradicts the override. `forgotten`: an override without end. */
export type Need = "silent" | "disagrees" | Alarm | "forgotten";

/** Why the spot needs its owner at `nowMs` of the gateway's time, most urgent first; null when it doesn't. */
export function needOf(spot: Spot, nowMs: number, alarms: Alarms): Need | null {
	if (spot.sensor_state === "unknown") return "silent";
	const { override } = spot;
	const ageMs = override === null ? 0 : nowMs - Date.parse(override.at);
	if (contradicts(spot) && ageMs > contradictionAfterMs) return "disagrees";
	const alarm = alarms.get(spot.spot_id);
	if (alarm !== undefined || override === null) return alarm ?? null;
	return override.until === null && ageMs > forgottenAfterMs ? "forgotten" : null;
}

/** True when the sensor says the opposite of the override. A reserved spot is meant to be empty: nothing contradicts it. */
export function contradicts({ override, sensor_occupied }: Spot): boolean {
	return override !== null && !override.reserved && sensor_occupied !== null && sensor_occupied !== override.occupied;
}

/** Whether a row's sensor is shown with a warning: it knows nothing, contradicts its override, or has an alarm. */
export function isWarned(spot: Spot, alarms: Alarms): boolean {
	return spot.sensor_state === "unknown" || contradicts(spot) || alarms.has(spot.spot_id);
}

const reasons: Record<string, OwnerKey> = {
	no_echo: "noEcho",
	stuck: "stuck",
	too_short: "tooShort",
	blocked: "blocked",
	unplugged: "unplugged",
	starting: "starting",
	floor_unknown: "floorUnknown",
	beyond_floor: "beyondFloor",
	unclear: "unclear",
};

/** What the sensor says, with the distance it measured: `Free · 218 cm`, or why it says nothing. */
export function sensorWords(spot: Spot): string {
	if (spot.last_heard === null) return say("neverHeard");
	const reason = spot.reason === null ? undefined : reasons[spot.reason];
	if (spot.sensor_state === "unknown") return say(reason ?? "unknown");
	const state = say(spot.sensor_state);
	if (spot.distance === null) return state;
	return say("sensorAt", { state, distance: say("centimetres", { n: spot.distance }) });
}

/** The state that an override makes drivers see. */
export function stateOf(override: Pick<Override, "occupied" | "reserved">): "free" | "occupied" | "reserved" {
	return override.reserved ? "reserved" : override.occupied ? "occupied" : "free";
}

/** `Occupied until 16:00`, or `Reserved, no end`. */
export function overrideWords(override: Override, nowMs: number, timeZone: string): string {
	const state = say(stateOf(override));
	if (override.until === null) return say("overrideOpen", { state });
	return say("overrideUntil", { state, time: formatMoment(Date.parse(override.until), nowMs, timeZone) });
}

/** Why the spot needs its owner, in a sentence. */
export function needWords(spot: Spot, need: Need, nowMs: number, timeZone: string): string {
	const { override } = spot;
	if (need === "drift" || need === "dirt") return say(need === "drift" ? "driftText" : "dirtText");
	if (need === "silent" || override === null) {
		const reason = sensorWords(spot);
		// Under an override the state's age is the override's, so only an open silence has an age.
		const why =
			spot.state === "unknown" ? say("silentWhy", { reason, age: formatAge(nowMs - Date.parse(spot.since)) }) : reason;
		return say("silentText", { why, state: say(spot.state) });
	}
	if (need === "disagrees") {
		const word = overrideWords(override, nowMs, timeZone).toLocaleLowerCase();
		return say("disagreeText", { word, sensor: say(spot.sensor_state).toLocaleLowerCase() });
	}
	const word = overrideWords(override, nowMs, timeZone);
	return say("oldText", { word, age: formatAge(nowMs - Date.parse(override.at)) });
}
