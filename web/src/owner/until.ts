/** When an override shall end: the few ends that owners want, in the lot's own time. Pure. */
import { formatTime, fromWallClock, wallClock } from "../format.ts";
import { sayOwner as say } from "../words.ts";

export const untilChoices = ["hour", "evening", "morning", "pick", "open"] as const;
export type UntilChoice = (typeof untilChoices)[number];

const hourMs = 3_600_000;
const minuteMs = 60_000;
const eveningHour = "18:00";
const morningHour = "06:00";

/** The end that a choice means at `nowMs` (ms since 1970); null for no end, NaN where nothing valid was picked. */
export function endOf(choice: UntilChoice, picked: string, nowMs: number, timeZone: string): number | null {
	const today = wallClock(nowMs, timeZone).slice(0, 10);
	switch (choice) {
		case "hour":
			return Math.floor((nowMs + hourMs) / minuteMs) * minuteMs;
		case "evening":
			return fromWallClock(`${today}T${eveningHour}`, timeZone);
		case "morning":
			// Noon tomorrow is tomorrow, whatever the clocks do in the night.
			return fromWallClock(
				`${wallClock(fromWallClock(`${today}T12:00`, timeZone) + 24 * hourMs, timeZone).slice(0, 10)}T${morningHour}`,
				timeZone,
			);
		case "pick":
			return fromWallClock(picked, timeZone);
		case "open":
			return null;
	}
}

/** Whether a choice makes sense at `nowMs`: this evening is none from half an hour before it on. */
export function isOffered(choice: UntilChoice, nowMs: number, timeZone: string): boolean {
	return choice !== "evening" || (endOf(choice, "", nowMs, timeZone) ?? 0) > nowMs + hourMs / 2;
}

/** What stands on the button of a choice. */
export function untilLabel(choice: UntilChoice, nowMs: number, timeZone: string): string {
	switch (choice) {
		case "hour":
			return say("inOneHour", { time: formatTime(endOf(choice, "", nowMs, timeZone) ?? 0, timeZone) });
		case "evening":
			return eveningHour;
		case "morning":
			return say("tomorrowAt", { time: morningHour });
		case "pick":
			return say("pick");
		case "open":
			return say("iClearIt");
	}
}
