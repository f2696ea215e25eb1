/** Lamps on one strip of WS2812 LEDs, one or more in a row for each spot. */
import type { LampOutput } from "../../lamps.ts";
import type { LampColor } from "../../messages.ts";
import { lightFor, rgb } from "./colors.ts";

/** As `neopixel`. */
export interface Pixels {
	makeRGB(red: number, green: number, blue: number): number;
	setPixel(index: number, color: number): void;
	update(): void;
}

export interface StripOptions {
	pixels: Pixels;
	/** Lamps on it. */
	count: number;
	/** LEDs in a row for each lamp. */
	each: number;
	/** Share of full light, 0 to 1: a WS2812 takes up to 60 mA. */
	brightness: number;
}

/** The strip's lamps, first spot first. */
export function stripLamps({ pixels, count, each, brightness }: StripOptions): readonly LampOutput[] {
	return Array.from({ length: count }, (_, index) => new StripLamp(pixels, index * each, each, brightness));
}

class StripLamp implements LampOutput {
	readonly #pixels: Pixels;
	readonly #first: number;
	readonly #each: number;
	readonly #brightness: number;

	constructor(pixels: Pixels, first: number, each: number, brightness: number) {
		this.#pixels = pixels;
		this.#first = first;
		this.#each = each;
		this.#brightness = brightness;
	}

	set(color: LampColor, level: number): void {
		const light = lightFor(level) * this.#brightness;
		const [red, green, blue] = rgb[color];
		const mixed = this.#pixels.makeRGB(Math.round(red * light), Math.round(green * light), Math.round(blue * light));
		for (let i = 0; i < this.#each; i++) this.#pixels.setPixel(this.#first + i, mixed);
		this.#pixels.update();
	}
}
Object.freeze(StripLamp.prototype);
