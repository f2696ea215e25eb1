/** What a lamp's colours are made of. */
import type { LampColor } from "../../messages.ts";

/** Red, green, blue, 0 to 255 each. Amber has little green: WS2812s and most RGB LEDs show more as yellow-green. */
export const rgb: Readonly<Record<LampColor, readonly [red: number, green: number, blue: number]>> = Object.freeze({
	green: Object.freeze([0, 255, 0] as const),
	red: Object.freeze([255, 0, 0] as const),
	blue: Object.freeze([0, 0, 255] as const),
	amber: Object.freeze([255, 110, 0] as const),
});

/** Share of full light, 0 to 1, that eyes see as `level`: they see half where a fifth is (gamma 2.2, as screens have). */
export function lightFor(level: number): number {
	return level ** 2.2;
}
