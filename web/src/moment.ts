import { dateFormat, formatTime } from "./format.ts";

/** `14:31` on the day of `nowMs`, else `3 Mar, 14:31`. */
export function formatMoment(atMs: number, nowMs: number, timeZone: string): string {
	const day = dateFormat(timeZone, "date", { day: "numeric", month: "short" });
	const time = formatTime(atMs, timeZone);
	return day.format(atMs) === day.format(nowMs) ? time : `${day.format(atMs)}, ${time}`;
}
