import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newSpot, overrideFrom } from "../../../gateway/lots/make.ts";
import { maxCursors, type SpotRecord } from "../../../gateway/lots/records.ts";
import { endOverride, type ReportOutcome, setOverride, takeReport } from "../../../gateway/lots/spot.ts";
import { boardReport, noon, report } from "../books.ts";

const at = new Date(noon).toISOString();
const fresh = newSpot("LOT001", { spot_id: "SPOT001" }, 0, at);

function changed(outcome: ReportOutcome): SpotRecord {
	if (outcome.kind !== "change" && outcome.kind !== "repeat")
		throw new Error(`expected an update, got ${outcome.kind}`);
	return outcome.spot;
}

describe("a report", () => {
	test("changes the state of its spot and makes one entry with what was before", () => {
		const outcome = takeReport(fresh, report());
		expect(outcome).toMatchObject({
			kind: "change",
			spot: {
				state: "occupied",
				occupied: true,
				distance: 35,
				sensor_occupied: true,
				since: "2026-03-03T12:00:01.000Z",
			},
			entry: { source: "sensor", state: "occupied", previous_state: "unknown", distance: 35 },
		});
	});

	test("of the same state is a repeat that refreshes the distance and keeps since", () => {
		const first = changed(takeReport(fresh, report()));
		const outcome = takeReport(first, report({ distance: 36, received_at: "2026-03-03T12:00:09.000Z" }));
		expect(outcome.kind).toBe("repeat");
		expect(changed(outcome)).toMatchObject({
			distance: 36,
			since: first.since,
			last_heard: "2026-03-03T12:00:09.000Z",
		});
	});

	test("that says unknown is neither free nor occupied", () => {
		const first = changed(takeReport(fresh, report()));
		const spot = changed(takeReport(first, report({ state: "unknown", reason: "no_echo" })));
		expect(spot).toMatchObject({ state: "unknown", occupied: false, sensor_occupied: null, reason: "no_echo" });
	});

	test("with a known boot and seq is a duplicate, also when it says something else", () => {
		const spot = changed(takeReport(fresh, boardReport(1, 5)));
		expect(takeReport(spot, boardReport(1, 5)).kind).toBe("duplicate");
		expect(takeReport(spot, boardReport(1, 4, { state: "free" })).kind).toBe("duplicate");
	});

	test("from an earlier boot tells the newest known boot", () => {
		const spot = changed(takeReport(fresh, boardReport(7, 1)));
		expect(takeReport(spot, boardReport(6, 99, { state: "free" }))).toEqual({ kind: "old_boot", boot: 7 });
	});

	test("from a later boot counts from its first seq on", () => {
		const spot = changed(takeReport(fresh, boardReport(1, 50)));
		expect(takeReport(spot, boardReport(2, 1, { state: "free" })).kind).toBe("change");
	});

	test("of a swapped board counts, and the old board's replay after it does not", () => {
		const old = changed(takeReport(fresh, boardReport(3, 10, { board_id: "old" })));
		const swapped = changed(takeReport(old, boardReport(1, 1, { board_id: "new", state: "free" })));
		expect(takeReport(swapped, boardReport(3, 10, { board_id: "old" })).kind).toBe("duplicate");
	});

	test("is never placed before an earlier event of its spot", () => {
		const spot = changed(takeReport(fresh, report({ timestamp: "2026-03-03T12:00:10.000Z" })));
		const outcome = takeReport(spot, report({ state: "free", timestamp: "2026-03-02T12:00:10.000Z" }));
		expect(outcome).toMatchObject({ kind: "change", entry: { timestamp: "2026-03-03T12:00:10.000Z" } });
	});

	test("keeps the boards of a spot bounded", () => {
		let spot = fresh;
		for (let board = 0; board < 20; board++)
			spot = changed(takeReport(spot, boardReport(1, 1, { board_id: `b${board}` })));
		expect(spot.cursors).toHaveLength(maxCursors);
	});
});

test("whatever is delivered again, and however often, the spot ends as its newest report says with one entry a change", () => {
	const states = fc.array(fc.constantFrom("free" as const, "occupied" as const, "unknown" as const), {
		minLength: 1,
		maxLength: 30,
	});
	fc.assert(
		fc.property(states, fc.array(fc.nat(1000), { maxLength: 40 }), (truth, redelivered) => {
			// Each report in order, with any earlier ones again in between, as a broker may do.
			let spot: SpotRecord = fresh;
			const entries: string[] = [];
			const deliver = (seq: number) => {
				const outcome = takeReport(spot, boardReport(1, seq + 1, { state: truth[seq] ?? "free" }));
				if (outcome.kind === "change") entries.push(outcome.entry.sensor_state);
				if (outcome.kind === "change" || outcome.kind === "repeat") spot = outcome.spot;
			};
			truth.forEach((_, seq) => {
				deliver(seq);
				for (const again of redelivered) if (again % truth.length <= seq) deliver(again % truth.length);
			});
			const changes = truth.filter((state, seq) => state !== (seq === 0 ? "unknown" : truth[seq - 1]));
			expect(spot.sensor_state).toBe(truth.at(-1));
			expect(entries).toEqual(changes);
		}),
	);
});

describe("an override", () => {
	const occupied = changed(takeReport(fresh, report()));

	test("decides what drivers see while the sensor's word is kept", () => {
		const { spot, entry } = setOverride(occupied, overrideFrom({ occupied: false, reason: " wet " }, noon));
		expect(spot).toMatchObject({ state: "free", occupied: false, manual_override: true, sensor_state: "occupied" });
		expect(entry).toMatchObject({
			source: "override",
			action: "set",
			previous_state: "occupied",
			state: "free",
			override: { reason: "wet" },
		});
	});

	test("that reserves shows reserved and counts as occupied", () => {
		const { spot } = setOverride(occupied, overrideFrom({ occupied: true, reserved: true }, noon));
		expect(spot).toMatchObject({ state: "reserved", occupied: true });
	});

	test("leaves sensor changes in history without changing the effective state", () => {
		const { spot } = setOverride(occupied, overrideFrom({ occupied: true }, noon));
		const outcome = takeReport(spot, report({ state: "free" }));
		expect(outcome).toMatchObject({
			kind: "change",
			spot: { state: "occupied", sensor_state: "free", since: spot.since },
			entry: { state: "occupied", previous_state: "occupied", sensor_state: "free" },
		});
	});

	test("gives way to what the sensor says at that moment when it ends", () => {
		const { spot } = setOverride(occupied, overrideFrom({ occupied: true }, noon));
		const later = changed(takeReport(spot, report({ state: "unknown" })));
		expect(endOverride(later, at, "expired")).toMatchObject({
			spot: { state: "unknown", manual_override: false, override: null },
			entry: { action: "expired", state: "unknown", previous_state: "occupied", override: { occupied: true } },
		});
	});

	test.each([
		[{ occupied: false, reserved: true }, "reserved: true needs occupied: true, got occupied: false"],
		[
			{ occupied: true, until: "2026-03-03T11:00:00Z" },
			'until must be a moment in the future, got "2026-03-03T11:00:00Z"',
		],
		[
			{ occupied: true, until: "2026-13-03T11:00:00Z" },
			'until must be a moment in the future, got "2026-13-03T11:00:00Z"',
		],
	])("refuses %j", (wish, text) => {
		expect(() => overrideFrom(wish, noon)).toThrow(text);
	});
});
