/** Time on Moddable. */
import Time from "time";
import Timer from "timer";
import type { Alarm, Timer as BoardTimer, Clock } from "../../timer.ts";

/** Counts from when it was made. The SDK's ticks wrap around after 24 days, so they are added up, at each look. */
export class ModdableTimer implements BoardTimer {
	readonly #speed: number;
	#ticks = Time.ticks;
	#nowMs = 0;

	/** With a `speed` of 10 a minute takes 6 s: for simulated boards, whose hardware has no pace of its own. */
	constructor(speed = 1) {
		this.#speed = speed;
	}

	now(): number {
		const ticks = Time.ticks;
		const passedMs = Time.delta(this.#ticks, ticks);
		this.#ticks = ticks;
		// A simulator's ticks are its computer's wall clock, which may be set back.
		if (passedMs > 0) this.#nowMs += passedMs * this.#speed;
		return this.#nowMs;
	}

	alarm(callback: () => void): Alarm {
		return new ModdableAlarm(callback, this.#speed);
	}
}
Object.freeze(ModdableTimer.prototype);

/**
 * One timer of the SDK that is put to sleep and woken up, as each new one would cost memory. It repeats, because a timer
 * that doesn't is gone once it fired; the repeat is as long as the wait, because under Linux the SDK fires twice when
 * they differ and the timer is set from within its own callback.
 */
class ModdableAlarm implements Alarm {
	readonly #timer: Timer;
	readonly #speed: number;

	constructor(callback: () => void, speed: number) {
		this.#speed = speed;
		this.#timer = Timer.repeat((timer) => {
			Timer.schedule(timer);
			callback();
		}, 1000);
		Timer.schedule(this.#timer);
	}

	set(delayMs: number): void {
		// Whole milliseconds, rounded up: one that comes too early would find nothing due.
		const waitMs = Math.max(1, Math.ceil(delayMs / this.#speed));
		Timer.schedule(this.#timer, waitMs, waitMs);
	}

	cancel(): void {
		Timer.schedule(this.#timer);
	}
}
Object.freeze(ModdableAlarm.prototype);

/** The wall clock of a host that keeps the time by itself. */
export const hostClock: Clock = Object.freeze({ now: () => Date.now() });
