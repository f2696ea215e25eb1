/** A lamp that can be looked at by programs. */
import type { LampOutput } from "../../lamps.ts";
import type { LampColor } from "../../messages.ts";

export class VirtualLamp implements LampOutput {
	/** Null until it was first lit. */
	color: LampColor | null = null;
	/** 0 (dark) to 1 (full). */
	level = 0;

	set(color: LampColor, level: number): void {
		this.color = color;
		this.level = level;
	}
}
