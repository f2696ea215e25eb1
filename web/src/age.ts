import { say } from "./words.ts";

/** `48 s`, `23 min`, `2 h 41 min`, `4 d 3 h`. Over a minute seconds go, so that the text rests. */
export function formatAge(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 60) return say("secondsShort", { n: seconds });
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return say("minutesShort", { n: minutes });
	const hours = Math.floor(minutes / 60);
	if (hours < 24) return say("hoursShort", { h: hours, m: minutes % 60 });
	return say("daysShort", { d: Math.floor(hours / 24), h: hours % 24 });
}
