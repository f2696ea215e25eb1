import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SensorState } from "../../firmware/messages.ts";
import { Outbox, outboxLimit, resendMs, type SpotReport } from "../../firmware/outbox.ts";

const report = (spot: number, state: SensorState = "free"): SpotReport => ({
	spot,
	state,
	confidence: 1,
	reason: "echo",
	distanceCm: 100,
	atMs: 0,
});

const seqs = (outbox: Outbox) => outbox.reports.map(({ seq }) => seq);

/** Sends all that is to be sent at `atMs`. Gives the numbers. */
function sendAll(outbox: Outbox, atMs: number): number[] {
	const sent: number[] = [];
	for (let next = outbox.nextUnsent(); next; next = outbox.nextUnsent()) {
		outbox.sent(next, atMs);
		sent.push(next.seq);
	}
	return sent;
}

function filled(...spots: number[]): Outbox {
	const outbox = new Outbox({ spots: 8 });
	for (const spot of spots) outbox.add(report(spot), false);
	return outbox;
}

describe("an outbox", () => {
	it("numbers reports from 1 and keeps them in order", () => {
		expect(seqs(filled(0, 1, 0))).toEqual([1, 2, 3]);
	});

	it("lets go what is stored, and nothing else", () => {
		const outbox = filled(0, 1, 2, 3, 4);
		outbox.remove(2, 3);
		outbox.remove(5, 900);
		outbox.remove(7, 2);
		expect(seqs(outbox)).toEqual([1, 4]);
		expect([outbox.holds(0), outbox.holds(1)]).toEqual([true, false]);
	});

	it("sends again what has waited 5, 10, 20, 40 and then 60 s", () => {
		const outbox = filled(0, 1);
		expect(sendAll(outbox, 0)).toEqual([1, 2]);
		outbox.remove(2, 2);
		let nowMs = 0;
		for (const waitMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
			expect(outbox.nextResendMs).toBe(nowMs + waitMs);
			outbox.resend(nowMs + waitMs - 1);
			expect(sendAll(outbox, nowMs)).toEqual([]);
			nowMs += waitMs;
			outbox.resend(nowMs);
			expect(sendAll(outbox, nowMs)).toEqual([1]);
		}
	});

	it("is late with a spot from the first time that it has to be sent again", () => {
		const outbox = filled(0, 1);
		sendAll(outbox, 0);
		outbox.remove(2, 2);
		expect(outbox.isLate(0)).toBe(false);
		outbox.resend(resendMs.first);
		expect([outbox.isLate(0), outbox.isLate(1)]).toEqual([true, false]);
		outbox.remove(1, 1);
		expect(outbox.isLate(0)).toBe(false);
	});

	it("begins with the first wait again over another connection", () => {
		const outbox = filled(0);
		sendAll(outbox, 0);
		outbox.resend(resendMs.first);
		outbox.unsend();
		expect(sendAll(outbox, 50_000)).toEqual([1]);
		expect(outbox.nextResendMs).toBe(50_000 + resendMs.first);
		expect(outbox.isLate(0)).toBe(false);
	});

	it("keeps a spot's next report back until the one before it is stored, so that none overtakes another", () => {
		const outbox = filled(0, 0, 1, 0);
		expect(sendAll(outbox, 0)).toEqual([1, 3]);
		outbox.remove(3, 3);
		outbox.resend(resendMs.first);
		expect(sendAll(outbox, resendMs.first)).toEqual([1]);
		outbox.unsend();
		expect(sendAll(outbox, resendMs.first)).toEqual([1]);
		outbox.remove(1, 1);
		expect(sendAll(outbox, resendMs.first)).toEqual([2]);
	});

	it("numbers what waits anew for another boot", () => {
		const outbox = filled(0, 1, 2);
		sendAll(outbox, 0);
		outbox.remove(1, 1);
		outbox.renumber();
		expect(seqs(outbox)).toEqual([1, 2]);
		outbox.add(report(5), false);
		expect(sendAll(outbox, 0)).toEqual([1, 2, 3]);
	});

	it("drops repeats first when full, and counts no change as lost", () => {
		const outbox = filled();
		outbox.add(report(7), true);
		for (let i = 0; i < outboxLimit; i++) outbox.add(report(i === 3 ? 7 : 0), false);
		expect(outbox.size).toBe(outboxLimit);
		expect(outbox.coalesced).toBe(0);
		expect(outbox.reports[0]?.repeats).toBe(false);
	});

	it("merges the oldest change that is not its spot's newest when full of changes", () => {
		const outbox = filled(7);
		for (let i = 0; i < outboxLimit; i++) outbox.add(report(0), false);
		expect(outbox.coalesced).toBe(1);
		expect(seqs(outbox).slice(0, 3)).toEqual([1, 3, 4]);
	});

	it("never grows past its limit nor loses a spot's newest, whatever comes", () => {
		const step = fc.oneof(
			{ weight: 8, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 7 }), repeats: fc.boolean() }) },
			{ weight: 1, arbitrary: fc.record({ from: fc.integer({ min: 1, max: 300 }), count: fc.nat(5) }) },
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
				const outbox = new Outbox({ spots: 8 });
				const newest = new Map<number, number>();
				let changes = 0;
				let seq = 0;
				const stored = new Set<number>();
				for (const next of steps) {
					if ("add" in next) {
						outbox.add(report(next.add), next.repeats);
						newest.set(next.add, ++seq);
						if (!next.repeats) changes++;
					} else {
						for (const { seq } of outbox.reports) {
							if (seq >= next.from && seq <= next.from + next.count) stored.add(seq);
						}
						outbox.remove(next.from, next.from + next.count);
					}
					expect(outbox.size).toBeLessThanOrEqual(outboxLimit);
					for (const last of newest.values()) {
						if (!stored.has(last)) expect(seqs(outbox)).toContain(last);
					}
					expect(seqs(outbox)).toEqual([...seqs(outbox)].sort((a, b) => a - b));
				}
				const waiting = outbox.reports.filter(({ repeats }) => !repeats).length;
				expect(waiting + outbox.coalesced).toBeLessThanOrEqual(changes);
			}),
		);
	});

	it("refuses more spots than it could keep the newest of", () => {
		expect(() => new Outbox({ spots: 64 })).toThrow(new RangeError("spots must be fewer than 64, got 64"));
	});
});
