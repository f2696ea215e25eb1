/** Reports that the gateway has not yet said to be stored: in order, in bounded memory, and when each is to be sent again. */
import type { SensorState } from "./messages.ts";

/** Reports that wait at most. Eight spots then keep their last eight changes each through an outage. */
export const outboxLimit = 64;

/** First wait for `stored` before a spot's reports are sent again, ms; doubled each time, up to `last`. */
export const resendMs = Object.freeze({ first: 5000, last: 60_000 });

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
	/** How often it was sent again over this connection because nobody said `stored`. */
	resends: number;
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
		this.#reports.push({
			seq: ++this.#lastSeq,
			spot,
			state,
			confidence,
			reason,
			distanceCm,
			atMs,
			repeats,
			sentAtMs: -1,
			resends: 0,
		});
		if (this.#reports.length > outboxLimit) this.#drop();
	}

	/** True while a report of this spot waits. */
	holds(spot: number): boolean {
		return this.#oldest(spot) !== undefined;
	}

	/** True while a report of this spot waits that had to be sent again. */
	isLate(spot: number): boolean {
		return (this.#oldest(spot)?.resends ?? 0) > 0;
	}

	/**
	 * The oldest report that is to be sent. A spot's next one has to wait until the one before it is stored: a broker that
	 * dies takes with it what it acknowledged, and a gateway that has a later report takes no earlier one after it.
	 */
	nextUnsent(): Readonly<WaitingReport> | undefined {
		return this.#reports.find((report) => report.sentAtMs < 0 && this.#oldest(report.spot) === report);
	}

	/** `report`, one of these, went out at `atMs`. */
	sent({ seq }: Readonly<WaitingReport>, atMs: number): void {
		const report = this.#reports.find((waiting) => waiting.seq === seq);
		if (report) report.sentAtMs = atMs;
	}

	/** Takes out the reports from `first` to `last`, both with. Numbers that nobody waits for are fine. */
	remove(first: number, last: number): void {
		let kept = 0;
		for (const report of this.#reports) {
			if (report.seq < first || report.seq > last) this.#reports[kept++] = report;
		}
		this.#reports.length = kept;
	}

	/** Everything is to be sent, in order: there is another connection. */
	unsend(): void {
		for (const report of this.#reports) {
			report.sentAtMs = -1;
			report.resends = 0;
		}
	}

	/** Numbers what waits from 1 again, for a new boot; all of it is to be sent. */
	renumber(): void {
		this.#lastSeq = 0;
		for (const report of this.#reports) report.seq = ++this.#lastSeq;
		this.unsend();
	}

	/** When the next spot has waited long enough, in ms since the board's start; Infinity when none waits for an answer. */
	get nextResendMs(): number {
		let nextMs = Number.POSITIVE_INFINITY;
		for (const report of this.#reports) {
			if (report.sentAtMs >= 0) nextMs = Math.min(nextMs, dueMs(report));
		}
		return nextMs;
	}

	/** What has waited long enough at `nowMs` is to be sent again, in order. */
	resend(nowMs: number): void {
		for (const report of this.#reports) {
			if (report.sentAtMs < 0 || dueMs(report) > nowMs) continue;
			report.sentAtMs = -1;
			report.resends++;
		}
	}

	#oldest(spot: number): WaitingReport | undefined {
		return this.#reports.find((report) => report.spot === spot);
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

function dueMs({ sentAtMs, resends }: WaitingReport): number {
	return sentAtMs + Math.min(resendMs.first * 2 ** resends, resendMs.last);
}
