/** Numbers, money and times as the page's language writes them; times in the lot's own zone. */

export const locale = "en-GB";

/** Zones and currencies whose formatters are kept; making one takes a hundred times as long as using it. */
export const maxFormatters = 64;
const formatters = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function kept<T extends Intl.DateTimeFormat | Intl.NumberFormat>(key: string, make: () => T): T {
	const found = formatters.get(key);
	if (found !== undefined) return found as T;
	if (formatters.size >= maxFormatters) formatters.clear();
	const made = make();
	formatters.set(key, made);
	return made;
}

/** A formatter of dates in the zone, kept under its `name`. */
export function dateFormat(timeZone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	return kept(`${name} ${timeZone}`, () => {
		try {
			return new Intl.DateTimeFormat(locale, { ...options, timeZone });
		} catch {
			// A zone that this browser doesn't know yet: better a time in UTC than no page.
			return new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
		}
	});
}

/** `14:31` at `atMs` (ms since 1970). */
export function formatTime(atMs: number, timeZone: string): string {
	return dateFormat(timeZone, "time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(atMs);
}

/** `14:31:07` at `atMs` (ms since 1970). */
export function formatClock(atMs: number, timeZone: string): string {
	const options = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
	return dateFormat(timeZone, "clock", options).format(atMs);
}

/** `Tuesday 3 March`. */
export function formatDay(atMs: number, timeZone: string): string {
	return dateFormat(timeZone, "day", { weekday: "long", day: "numeric", month: "long" }).format(atMs);
}

export function formatNumber(value: number, maximumFractionDigits = 0): string {
	return kept(`number ${maximumFractionDigits}`, () => new Intl.NumberFormat(locale, { maximumFractionDigits })).format(
		value,
	);
}

/** A share from 0 to 1 in whole per cent. */
export function formatShare(share: number): string {
	return kept("percent", () => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 })).format(
		share,
	);
}

/** An amount in the currency's major unit: 2.5 EUR is `€2.50`. */
export function formatMoney(amount: number, currency: string): string {
	return kept(`money ${currency}`, () => {
		try {
			return new Intl.NumberFormat(locale, { style: "currency", currency });
		} catch {
			return new Intl.NumberFormat(locale, { minimumFractionDigits: 2 });
		}
	}).format(amount);
}

/** `23 minutes`, `2 hours`, `4 days`: the largest unit alone, for sentences. */
export function formatAgeLong(ms: number): string {
	const { unit, value } = largestUnit(ms);
	return kept(`long ${unit}`, () => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" })).format(
		value,
	);
}

const unitsMs = [
	{ unit: "day", ms: 86_400_000 },
	{ unit: "hour", ms: 3_600_000 },
	{ unit: "minute", ms: 60_000 },
	{ unit: "second", ms: 1_000 },
] as const;

function largestUnit(ms: number): { unit: string; value: number } {
	const whole = Math.max(0, ms);
	const fitting = unitsMs.find((candidate) => whole >= candidate.ms) ?? unitsMs[3];
	return { unit: fitting.unit, value: Math.floor(whole / fitting.ms) };
}

const plurals = /* @__PURE__ */ new Intl.PluralRules(locale);

export function pluralOf(n: number): Intl.LDMLPluralRule {
	return plurals.select(n);
}

const offsetParts: Intl.DateTimeFormatOptions = {
	year: "numeric",
	month: "2-digit",
	day: "2-digit",
	hour: "2-digit",
	minute: "2-digit",
	second: "2-digit",
	hourCycle: "h23",
};

/** How far the zone's wall clock is ahead of UTC at `atMs`, in ms. */
function zoneOffsetMs(atMs: number, timeZone: string): number {
	const parts = new Map<string, number>(
		dateFormat(timeZone, "parts", offsetParts)
			.formatToParts(atMs)
			.map(({ type, value }) => [type, Number(value)] as const),
	);
	const part = (type: string) => parts.get(type) ?? 0;
	const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
	return wall - Math.floor(atMs / 1000) * 1000;
}

/** What the lot's wall clock shows at `atMs`, as an `<input type="datetime-local">` takes it: `2026-03-03T15:32`. */
export function wallClock(atMs: number, timeZone: string): string {
	return new Date(atMs + zoneOffsetMs(atMs, timeZone)).toISOString().slice(0, 16);
}

/** The moment (ms since 1970) at which the lot's wall clock shows `wall`; NaN where that is no time. */
export function fromWallClock(wall: string, timeZone: string): number {
	const asUtc = Date.parse(`${wall}Z`);
	if (Number.isNaN(asUtc)) return Number.NaN;
	// The offset on the other side of a clock change may differ: the second look decides.
	const guess = asUtc - zoneOffsetMs(asUtc, timeZone);
	return asUtc - zoneOffsetMs(guess, timeZone);
}
