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

let lastMs = Number.NaN;
let lastText = "";

/** `ms` since 1970 as ISO 8601, always in the same 24 characters, whose order is that of the times. Of reports that come together most share their moment, and writing it takes as long as much else that is done for one. */
export function iso(ms: number): string {
	if (ms !== lastMs) {
		lastText = new Date(ms).toISOString();
		lastMs = ms;
	}
	return lastText;
}
