/**
 * An HC-SR04 on two pins. Its echo is timed by the capture unit (MCPWM), so that nothing the board does meanwhile,
 * Wi-Fi above all, makes a pulse longer. There is one such unit for all sensors: each opens it for its own slot.
 */
import type { HostSensor } from "../moddable/host.ts";

/** As `embedded:io/digital`. */
export interface DigitalPin {
	read(): 0 | 1;
	write(value: 0 | 1): void;
	close(): void;
}

/** As `embedded:io/pulsewidth`. */
export interface PulsePin {
	/** µs; undefined when no pulse has ended since the last call. */
	read(): number | undefined;
	close(): void;
}

export interface HcSr04Options {
	/** Opens the trigger pin as an output that is low. */
	openTrigger: () => DigitalPin;
	/** Opens the echo pin as an input. */
	openEcho: () => DigitalPin;
	/** Opens the echo pin with the capture unit, for pulses from rising to falling. */
	openPulse: () => PulsePin;
}

export class HcSr04 implements HostSensor {
	readonly #options: HcSr04Options;
	readonly #trigger: DigitalPin;
	#pulse: PulsePin | null = null;

	/** @throws Error when the trigger pin is in use. */
	constructor(options: HcSr04Options) {
		this.#options = options;
		this.#trigger = options.openTrigger();
	}

	get high(): boolean {
		// A pin has one owner at a time.
		this.#closePulse();
		const echo = this.#options.openEcho();
		try {
			return echo.read() === 1;
		} finally {
			echo.close();
		}
	}

	trigger(): void {
		this.#closePulse();
		this.#pulse = this.#options.openPulse();
		// What it holds before the first pulse is whatever was in its memory.
		this.#pulse.read();
		// The datasheet asks for 10 µs or more. Each call takes some; two are always enough.
		this.#trigger.write(1);
		this.#trigger.write(1);
		this.#trigger.write(0);
	}

	read(): number | null {
		const echoUs = this.#pulse?.read() ?? null;
		this.#closePulse();
		return echoUs === null ? null : Math.round(echoUs);
	}

	close(): void {
		this.#closePulse();
		this.#trigger.close();
	}

	#closePulse(): void {
		this.#pulse?.close();
		this.#pulse = null;
	}
}
Object.freeze(HcSr04.prototype);
