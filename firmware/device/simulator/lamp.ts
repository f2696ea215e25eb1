/** A lamp on the panel. */
import Control from "control";
import type { LampOutput } from "../../lamps.ts";
import type { LampColor } from "../../messages.ts";
import type { AppMessage, PanelMessage } from "./controls.ts";

export class SimulatedLamp extends Control implements LampOutput {
	readonly #index: number;
	#color: LampColor = "green";
	#level = 0;

	constructor(index: number) {
		super();
		this.#index = index;
	}

	set(color: LampColor, level: number): void {
		this.#color = color;
		this.#level = level;
		this.#show();
	}

	override onJSON({ hello }: PanelMessage): void {
		if (hello) this.#show();
	}

	#show(): void {
		this.postJSON({ lamp: { index: this.#index, color: this.#color, level: this.#level } } satisfies AppMessage);
	}
}
