/** A lamp of one RGB LED on three PWM pins. */
import type { LampOutput } from "../../lamps.ts";
import type { LampColor } from "../../messages.ts";
import { lightFor, rgb } from "./colors.ts";

/** As `embedded:io/pwm`. */
export interface PwmPin {
	/** Bits. */
	readonly resolution: number;
	write(value: number): void;
}

export interface RgbLampOptions {
	/** Of red, green and blue. */
	pins: readonly [PwmPin, PwmPin, PwmPin];
	/** Share of full light, 0 to 1. */
	brightness: number;
}

export class RgbLamp implements LampOutput {
	readonly #pins: readonly [PwmPin, PwmPin, PwmPin];
	readonly #brightness: number;

	constructor({ pins, brightness }: RgbLampOptions) {
		this.#pins = pins;
		this.#brightness = brightness;
	}

	set(color: LampColor, level: number): void {
		const light = (lightFor(level) * this.#brightness) / 255;
		const parts = rgb[color];
		this.#pins.forEach((pin, part) => {
			pin.write(Math.round((parts[part] ?? 0) * light * (2 ** pin.resolution - 1)));
		});
	}
}
Object.freeze(RgbLamp.prototype);
