import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startOfDay } from "../../../gateway/lots/day.ts";
import { BoardStarts, eventTime, iso as isoText, maxBoards } from "../../../gateway/lots/time.ts";
import { noon } from "../books.ts";

const iso = (ms: number) => new Date(ms).toISOString();
const live = { receivedMs: noon, timestamp: null, uptimeMs: null, startMs: null };

describe("the time of an event", () => {
	test("is the report's own where it is close to what the gateway knows", () => {
		expect(eventTime({ ...live, timestamp: iso(noon - 2000) })).toEqual({ timestamp: iso(noon - 2000), skewed: false });
	});

	test.each([86_400_000, -86_400_000])("is the moment of hearing where the clock is %d ms off", (skewMs) => {
		expect(eventTime({ ...live, timestamp: iso(noon + skewMs) })).toEqual({ timestamp: iso(noon), skewed: true });
	});

	test("comes from the uptime for a report that waited three hours, whatever the board's clock says", () => {
		const startMs = noon - 5 * 3_600_000;
		const waited = { receivedMs: noon, uptimeMs: 2 * 3_600_000, startMs };
		expect(eventTime({ ...waited, timestamp: null }).timestamp).toBe(iso(noon - 3 * 3_600_000));
		expect(eventTime({ ...waited, timestamp: iso(noon) })).toEqual({
			timestamp: iso(noon - 3 * 3_600_000),
			skewed: true,
		});
	});

	test("is never later than the moment of hearing", () => {
		expect(eventTime({ ...live, timestamp: iso(noon + 1000) }).timestamp).toBe(iso(noon));
		expect(eventTime({ ...live, uptimeMs: 10_000, startMs: noon }).timestamp).toBe(iso(noon));
	});
});

describe("a time as text", () => {
	test("is what toISOString writes, whatever was written before", () => {
		const last = Date.parse("9999-12-31T23:59:59.999Z");
		const near = fc.integer({ min: noon - 90_000, max: noon + 90_000 });
		const times = fc.array(fc.oneof(near, fc.double({ min: 0, max: last, noNaN: true })));
		fc.assert(
			fc.property(times, (all) => {
				expect(all.map(isoText)).toEqual(all.map(iso));
			}),
		);
	});

	test.each([Number.NaN, Date.parse("9999-12-31T23:59:59.999Z") + 1])("is refused where it is none: %d", (ms) => {
		expect(() => isoText(ms)).toThrow(RangeError);
		expect(isoText(noon)).toBe(iso(noon));
	});
});

describe("the start of a board", () => {
	test("is the earliest that its messages of one boot tell", () => {
		const starts = new BoardStarts();
		starts.learn("b", 3, 1000, noon);
		starts.learn("b", 3, 5000, noon + 9000); // 5 s late
		expect(starts.startMs("b", 3)).toBe(noon - 1000);
		starts.learn("b", 4, 10, noon + 60_000);
		expect(starts.startMs("b", 4)).toBe(noon + 59_990);
		expect(starts.startMs("b", 3)).toBeNull();
	});

	test("is forgotten for the board that was silent longest when there are too many", () => {
		const starts = new BoardStarts();
		for (let board = 0; board <= maxBoards; board++) starts.learn(`b${board}`, 1, 0, noon);
		expect(starts.startMs("b0", 1)).toBeNull();
		expect(starts.startMs(`b${maxBoards}`, 1)).toBe(noon);
	});
});

test("a day starts by the lot's own clock, also on the day when the clocks change", () => {
	expect(startOfDay(noon, "Europe/Berlin")).toBe("2026-03-02T23:00:00.000Z");
	expect(startOfDay(Date.parse("2026-03-29T12:00:00Z"), "Europe/Berlin")).toBe("2026-03-28T23:00:00.000Z");
	expect(startOfDay(Date.parse("2026-03-30T12:00:00Z"), "Europe/Berlin")).toBe("2026-03-29T22:00:00.000Z");
});
