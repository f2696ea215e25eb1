/** The start of the day in which `nowMs` (Unix time) lies, in an IANA time zone; ISO 8601 in UTC. */
export function startOfDay(nowMs: number, timeZone: string): string {
	return Temporal.Instant.fromEpochMilliseconds(nowMs)
		.toZonedDateTimeISO(timeZone)
		.startOfDay()
		.toInstant()
		.toString({ fractionalSecondDigits: 3 });
}
