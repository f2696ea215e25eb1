/** What a pulse of an HC-SR04 means, as the firmware's ranging has it: a test holds the two together. */

/** Shorter pulses are no echo, µs: nearer than the 2 cm that the sensor measures from. */
export const shortestEchoUs = 108;
/** From here on nothing came back, µs: the datasheet's 38 ms, less 5 % for clones. */
export const longestEchoUs = 36_000;

/**
 * Distance in cm for a pulse of `echoUs` µs at `tempC` °C; null where the pulse is none of an echo.
 * v = 331.3 + 0.606·T m/s, good to 0.2 % from −20 to 40 °C.
 */
export function pulseDistanceCm(echoUs: number | null, tempC: number): number | null {
	if (echoUs === null || echoUs < shortestEchoUs || echoUs >= longestEchoUs) return null;
	return (echoUs * (331.3 + 0.606 * tempC)) / 20_000;
}
