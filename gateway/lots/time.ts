/** When did it really happen? Boards' clocks may be a day off; their uptime is not. */

/** A reported time this far from what the gateway can tell itself is not believed. */
export const maxSkewMs = 5 * 60_000;

/** Boards whose start is remembered; the one that spoke longest ago is forgotten first. */
export const maxBoards = 10_000;

/**
 * When each board started. A report's event time is then its board's start plus its `uptime_ms`, however
 * late it arrives and whatever the board's clock says. The start is learnt from what boards say of *now*; a message can
 * only be late, so the earliest start seen is the truest.
 */
export class BoardStarts {
	readonly #starts = new Map<string, { boot: number; startMs: number }>();

	/** A board said, live, that it has been up for `uptimeMs`; it was heard at `receivedMs`, ms by a clock that nobody sets. */
	learn(boardId: string, boot: number, uptimeMs: number, receivedMs: number): void {
		const known = this.#starts.get(boardId);
		if (known !== undefined && boot < known.boot) return;
		const seen = receivedMs - uptimeMs;
		const startMs = known?.boot === boot ? Math.min(known.startMs, seen) : seen;
		this.#starts.delete(boardId);
		this.#starts.set(boardId, { boot, startMs });
		if (this.#starts.size > maxBoards) {
			const [oldest] = this.#starts.keys();
			if (oldest !== undefined) this.#starts.delete(oldest);
		}
	}

	/** The board's start by the same clock, or null where it is not known for this boot. */
	startMs(boardId: string, boot: number): number | null {
		const known = this.#starts.get(boardId);
		return known?.boot === boot ? known.startMs : null;
	}
}

export interface EventTime {
	/** ISO 8601 */
	timestamp: string;
	/** True when the report gave a time that was not believed. */
	skewed: boolean;
}

/**
 * The time of an event heard at `receivedMs`, from, in this order: the report's own `timestamp` where it lies within {@link maxSkewMs}
 * of what the gateway can tell; the board's start plus `uptimeMs`; the moment of hearing. Never later than that moment.
 */
export function eventTime(report: {
	receivedMs: number;
	timestamp: string | null;
	uptimeMs: number | null;
	startMs: number | null;
}): EventTime {
	const { receivedMs, uptimeMs, startMs } = report;
	const known = uptimeMs !== null && startMs !== null ? Math.min(startMs + uptimeMs, receivedMs) : receivedMs;
	if (report.timestamp === null) return { timestamp: iso(known), skewed: false };
	const saidMs = Date.parse(report.timestamp);
	if (Math.abs(saidMs - known) > maxSkewMs) return { timestamp: iso(known), skewed: true };
	return { timestamp: iso(Math.min(saidMs, receivedMs)), skewed: false };
}

/** What {@link iso} wrote last, and the minute that it is of. */
const text = Buffer.from("0000-00-00T00:00:00.000Z");
let textMinute = Number.NaN;
const zero = 48;

/**
 * `ms` since 1970 as ISO 8601, always in the same 24 characters, whose order is that of the times. Each report needs some, and
 * `toISOString` takes ten times as long: here only seconds and milliseconds are written anew while the minute is the same.
 * @throws RangeError where `ms` is not a time of the years 0 to 9999
 */
export function iso(ms: number): string {
	const minute = Math.floor(ms / 60_000);
	if (minute !== textMinute) {
		const whole = new Date(minute * 60_000).toISOString();
		if (whole.length !== text.length) throw new RangeError(`expected a time of the years 0 to 9999, got ${whole}`);
		text.write(whole, "latin1");
		textMinute = minute;
	}
	const rest = Math.floor(ms - minute * 60_000);
	const seconds = Math.floor(rest / 1000);
	const millis = rest % 1000;
	text[17] = zero + Math.floor(seconds / 10);
	text[18] = zero + (seconds % 10);
	text[20] = zero + Math.floor(millis / 100);
	text[21] = zero + (Math.floor(millis / 10) % 10);
	text[22] = zero + (millis % 10);
	return text.toString("latin1");
}
