import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAge } from "../../web/src/age.ts";
import { formatAgeLong, formatMoney, formatShare, formatTime, fromWallClock, wallClock } from "../../web/src/format.ts";
import { formatMoment } from "../../web/src/moment.ts";
import { say, sayDriver } from "../../web/src/words.ts";

const at = Date.parse("2026-03-03T13:31:00Z");
const berlin = "Europe/Berlin";

test("tells times in the lot's zone, and in UTC where a zone is unknown", () => {
	expect(formatTime(at, berlin)).toBe("14:31");
	expect(formatTime(at, "America/New_York")).toBe("08:31");
	expect(formatTime(at, "Mars/Olympus")).toBe("13:31");
	expect(formatTime(Date.parse("2026-03-02T23:05:00Z"), berlin)).toBe("00:05");
});

test("adds the day only where it is another one in the lot's zone", () => {
	expect(formatMoment(at, at + 3_600_000, berlin)).toBe("14:31");
	expect(formatMoment(at - 86_400_000, at, berlin)).toBe("2 Mar, 14:31");
	expect(formatMoment(Date.parse("2026-03-03T23:30:00Z"), at, berlin)).toBe("4 Mar, 00:30");
});

test("writes money and shares", () => {
	expect(formatMoney(2.5, "EUR")).toBe("€2.50");
	expect(formatMoney(300, "JPY")).toBe("JP¥300");
	expect(formatMoney(1, "nonsense")).toBe("1.00");
	expect(formatShare(0.947)).toBe("95%");
});

test.each([
	[-5, "0 s", "0 seconds"],
	[48_900, "48 s", "48 seconds"],
	[60_000, "1 min", "1 minute"],
	[23 * 60_000, "23 min", "23 minutes"],
	[161 * 60_000, "2 h 41 min", "2 hours"],
	[99 * 3_600_000, "4 d 3 h", "4 days"],
])("tells the age %i ms as %s and %s", (ms, short, long) => {
	expect(formatAge(ms)).toBe(short);
	expect(formatAgeLong(ms)).toBe(long);
});

test("goes from a wall clock to the moment and back, on any day and in any zone", () => {
	const zones = fc.constantFrom(berlin, "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC");
	const minutes = fc.integer({ min: Date.UTC(2020, 0) / 60_000, max: Date.UTC(2035, 0) / 60_000 });
	fc.assert(
		fc.property(zones, minutes, (zone, minute) => {
			const wall = wallClock(minute * 60_000, zone);
			expect(wallClock(fromWallClock(wall, zone), zone)).toBe(wall);
		}),
	);
});

test("finds the moment of a wall clock shortly before the clocks change", () => {
	expect(new Date(fromWallClock("2026-03-29T01:30", berlin)).toISOString()).toBe("2026-03-29T00:30:00.000Z");
	expect(new Date(fromWallClock("2026-03-29T03:30", berlin)).toISOString()).toBe("2026-03-29T01:30:00.000Z");
});

test("takes what is no wall clock for no moment", () => {
	expect(fromWallClock("", berlin)).toBeNaN();
	expect(fromWallClock("soon", berlin)).toBeNaN();
});

test("fills holes, with numbers as the language writes them, and chooses by number", () => {
	expect(sayDriver("ofSpots", { n: 1 })).toBe("of 1 spot");
	expect(sayDriver("ofSpots", { n: 1_980 })).toBe("of 1,980 spots");
	expect(say("spotNamed", { label: "{n}" })).toBe("Spot {n}");
});
