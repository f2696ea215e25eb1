/** Time on Node. */
import type { Alarm, Clock, Timer } from "../../timer.ts";

/** Counts from when it was made, by the clock that never goes back. */
export class NodeTimer implements Timer {
	readonly #startMs = performance.now();

	now(): number {
		return performance.now() - this.#startMs;
	}

	alarm(callback: () => void): Alarm {
		let timeout: NodeJS.Timeout | undefined;
		return {
			set(delayMs) {
				clearTimeout(timeout);
				timeout = setTimeout(callback, delayMs);
			},
			cancel() {
				clearTimeout(timeout);
			},
		};
	}
}

export const nodeClock: Clock = { now: () => Date.now() };
