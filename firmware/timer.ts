/** Time as the firmware sees it. Each host hands in its own; tests hand in one that moves when they say so. */

/** One deadline that is set again and again, so that nothing is allocated each time. */
export interface Alarm {
	/** Calls back once, `delayMs` from now. A deadline that was set before is forgotten. */
	set(delayMs: number): void;
	/** Forgets the deadline. Twice is fine. */
	cancel(): void;
}

export interface Timer {
	/** Milliseconds since the board's start. Never goes back, whatever happens to the wall clock. */
	now(): number;
	alarm(callback: () => void): Alarm;
}

/** The wall clock: milliseconds since 1970 in UTC, or null while nobody has told the board the time. It may jump. */
export interface Clock {
	now(): number | null;
}
