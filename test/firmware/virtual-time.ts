/** Time that moves when a test says so. */
import type { Alarm, Timer } from "../../firmware/timer.ts";

interface Deadline {
	atMs: number;
	/** Deadlines at the same moment come in the order in which they were set. */
	order: number;
	callback: () => void;
}

export class VirtualTime implements Timer {
	#nowMs = 0;
	#order = 0;
	readonly #deadlines = new Set<Deadline>();

	now(): number {
		return this.#nowMs;
	}

	alarm(callback: () => void): Alarm {
		let deadline: Deadline | null = null;
		const cancel = () => {
			if (deadline) this.#deadlines.delete(deadline);
			deadline = null;
		};
		return {
			set: (delayMs) => {
				cancel();
				const own: Deadline = {
					atMs: this.#nowMs + delayMs,
					order: this.#order++,
					callback: () => {
						cancel();
						callback();
					},
				};
				deadline = own;
				this.#deadlines.add(own);
			},
			cancel,
		};
	}

	/** How many alarms are set. */
	get pending(): number {
		return this.#deadlines.size;
	}

	/** Lets `ms` pass, with all that happens meanwhile. */
	advance(ms: number): void {
		const untilMs = this.#nowMs + ms;
		for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
			this.#nowMs = next.atMs;
			next.callback();
		}
		this.#nowMs = untilMs;
	}

	#next(untilMs: number): Deadline | undefined {
		let next: Deadline | undefined;
		for (const deadline of this.#deadlines) {
			if (deadline.atMs > untilMs) continue;
			if (!next || deadline.atMs < next.atMs || (deadline.atMs === next.atMs && deadline.order < next.order)) {
				next = deadline;
			}
		}
		return next;
	}
}
