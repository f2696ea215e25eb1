/** A sensor's verdict in words for the person on the ladder: what it means, and what to do. Pure. */
import type { SensorState } from "../../../firmware/messages.ts";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import type { Alarm } from "./judge.ts";

export interface Advice {
	/** What the sensor hears, in a sentence. */
	means: string;
	/** What to do about it; null where all is well. */
	todo: string | null;
}

const faults: Record<string, readonly [means: OwnerKey, todo: OwnerKey]> = {
	no_echo: ["meansNoEcho", "todoNoEcho"],
	stuck: ["meansStuck", "todoStuck"],
	unplugged: ["meansUnplugged", "todoUnplugged"],
	blocked: ["meansBlocked", "todoBlocked"],
	floor_unknown: ["meansFloorUnknown", "todoFloorUnknown"],
	drift: ["meansDrift", "todoDrift"],
	dirt: ["meansDirt", "todoDirt"],
	too_short: ["meansTooShort", "todoTooShort"],
	beyond_floor: ["meansBeyondFloor", "todoBeyondFloor"],
	unclear: ["meansUnclear", "todoUnclear"],
	starting: ["meansStarting", "todoStarting"],
};

/** What a sensor's word means. A plain sensor gives no reason. */
export function adviceFor(state: SensorState, reason: string | null): Advice {
	if (state !== "unknown") return { means: say(known(state, reason)), todo: null };
	if (reason === null) return { means: say("meansNothing"), todo: null };
	const fault = faults[reason];
	return fault === undefined
		? { means: say("meansOther", { reason }), todo: null }
		: { means: say(fault[0]), todo: say(fault[1]) };
}

/** What goes wrong slowly, while the verdict still holds. */
export function adviceForAlarm(alarm: Alarm): Advice {
	return alarm === "drift"
		? { means: say("meansDrift"), todo: say("todoDrift") }
		: { means: say("meansDirt"), todo: say("todoDirt") };
}

function known(state: "free" | "occupied", reason: string | null): OwnerKey {
	if (reason === "no_echo") return state === "free" ? "meansFreeSilent" : "meansOccupiedSilent";
	return state === "free" ? "meansFree" : "meansOccupied";
}
