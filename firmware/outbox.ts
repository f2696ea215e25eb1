/** Reports that the gateway has not yet said to be stored, in order, in bounded memory. */
import type { SensorState } from "./messages.ts";

/** Reports that wait at most. Eight spots then keep their last eight changes each through an outage. */
export const outboxLimit = 64;

/** What a report tells of a spot. */
export interface SpotReport {
	/** Index of the spot on its board. */
	spot: number;
	state: SensorState;
	confidence: number;
	reason: string;
	distanceCm: number | null;
	/** When it happened, in ms since the board's start. */
	atMs: number;
}

export interface WaitingReport extends SpotReport {
	seq: number;
	/** True for a report that only repeats the state before it. */
	repeats: boolean;
	/** When it was sent last over this connection, in ms since the board's start; −1 when it was not. */
	sentAtMs: number;
}

export interface OutboxOptions {
	/** How many spots the board has; fewer than {@link outboxLimit}. */
	spots: number;
}

/**
 * The newest report of each spot is never dropped. When full, the oldest repeat goes; only when there is none, the
 * oldest change that is not its spot's newest is merged into the later ones, and counted.
 */
export class Outbox {
	readonly #reports: WaitingReport[] = [];
	#lastSeq = 0;
	#coalesced = 0;

	/** @throws RangeError when the spots' newest reports alone could fill it. */
	constructor({ spots }: OutboxOptions) {
		if (spots >= outboxLimit) throw new RangeError(`spots must be fewer than ${outboxLimit}, got ${spots}`);
	}

	get size(): number {
		return this.#reports.length;
	}

	/** Changes that were merged into later ones since the start. */
	get coalesced(): number {
		return this.#coalesced;
	}

	/** Oldest first. */
	get reports(): readonly Readonly<WaitingReport>[] {
		return this.#reports;
	}

	/** Adds a report as the newest, with the next number. */
	add({ spot, state, confidence, reason, distanceCm, atMs }: SpotReport, repeats: boolean): void {
		this.#lastSeq++;
		this.#reports.push({
			seq: this.#lastSeq,
			spot,
			state,
			confidence,
			reason,
			distanceCm,
			atMs,
			repeats,
			sentAtMs: -1,
		});
		if (this.#reports.length > outboxLimit) this.#drop();
	}

	/** True while a report of this spot waits. */
	holds(spot: number): boolean {
		return this.#reports.some((report) => report.spot === spot);
	}

	/** The oldest report that was not sent over this connection. */
	nextUnsent(): WaitingReport | undefined {
		return this.#reports.find((report) => report.sentAtMs < 0);
	}

	/** Takes out the reports from `first` to `last`, both with. Numbers that nobody waits for are fine. Gives how many went. */
	remove(first: number, last: number): number {
		const before = this.#reports.length;
		let kept = 0;
		for (const report of this.#reports) {
			if (report.seq < first || report.seq > last) this.#reports[kept++] = report;
		}
		this.#reports.length = kept;
		return before - kept;
	}

	/** Has everything sent again that was sent at or before `atMs`, in order. */
	unsend(atMs: number): void {
		for (const report of this.#reports) {
			if (report.sentAtMs <= atMs) report.sentAtMs = -1;
		}
	}

	/** Numbers what waits from 1 again, for a new boot, and has all of it sent. */
	renumber(): void {
		this.#lastSeq = 0;
		for (const report of this.#reports) report.seq = ++this.#lastSeq;
		this.unsend(Number.POSITIVE_INFINITY);
	}

	#drop(): void {
		const reports = this.#reports;
		const isOld = (report: WaitingReport, at: number) =>
			reports.some((later, laterAt) => laterAt > at && later.spot === report.spot);
		let at = reports.findIndex((report, index) => report.repeats && isOld(report, index));
		if (at < 0) {
			at = reports.findIndex(isOld);
			this.#coalesced++;
		}
		reports.splice(at, 1);
	}
}
Object.freeze(Outbox.prototype);
