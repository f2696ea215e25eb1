/** A sensor that echoes what the test puts before it. */
import { soundCmPerUs } from "../../firmware/detector.ts";
import type { Sensor } from "../../firmware/ranging.ts";

export class FakeSensor implements Sensor {
	high = false;
	/** What the next readings give, µs; null for no pulse. */
	echoUs: number | null;
	/** How often it was triggered. */
	triggers = 0;
	/** Thrown by `trigger` and `read` while set. */
	error: Error | null = null;

	constructor(distanceCm = 220) {
		this.echoUs = echoUs(distanceCm);
	}

	set distanceCm(distanceCm: number) {
		this.echoUs = echoUs(distanceCm);
	}

	trigger(): void {
		if (this.error) throw this.error;
		this.triggers++;
	}

	read(): number | null {
		if (this.error) throw this.error;
		return this.echoUs;
	}
}

/** The pulse for a distance at 20 °C, µs. */
export function echoUs(distanceCm: number): number {
	return Math.round((2 * distanceCm) / soundCmPerUs(20));
}
