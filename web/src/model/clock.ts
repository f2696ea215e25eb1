/** The time and its timers, handed in so that tests can move them. */
export interface Clock {
	/** Milliseconds since 1970 by this device's clock, which may be wrong; compare only with itself. */
	now(): number;
	setTimeout(run: () => void, ms: number): number;
	clearTimeout(id: number): void;
}

export const browserClock: Clock = {
	now: () => Date.now(),
	setTimeout: (run, ms) => window.setTimeout(run, ms),
	clearTimeout: (id) => window.clearTimeout(id),
};
