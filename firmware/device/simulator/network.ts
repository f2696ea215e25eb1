/** The real network, behind two switches of the panel: one for the Wi-Fi, one for the way to the broker. */
import Control from "control";
import type { Connect, ConnectOptions, Transport } from "../../transport.ts";
import type { PanelMessage } from "./controls.ts";

export class SimulatedNetwork extends Control {
	readonly #connect: Connect;
	#wifi = true;
	#losses = 0;
	#broker = true;
	/** The connection there is, and how to say that it is gone. */
	#cut: ((reason: string) => void) | null = null;

	constructor(connect: Connect) {
		super();
		this.#connect = connect;
	}

	get wifi(): boolean {
		return this.#wifi;
	}

	/** How often the Wi-Fi was switched off. */
	get losses(): number {
		return this.#losses;
	}

	/** @throws Error while one of the switches is off. */
	connect(options: ConnectOptions): Transport {
		const why = this.#why();
		if (why !== "") throw new Error(why);
		const transport = this.#connect(options);
		this.#cut = (reason) => {
			transport.abort();
			options.onClose(reason);
		};
		return transport;
	}

	override onJSON({ wifi, broker }: PanelMessage): void {
		if (this.#wifi && wifi === false) this.#losses++;
		this.#wifi = wifi ?? this.#wifi;
		this.#broker = broker ?? this.#broker;
		const why = this.#why();
		if (why === "") return;
		this.#cut?.(why);
		this.#cut = null;
	}

	#why(): string {
		if (!this.#wifi) return "no Wi-Fi";
		return this.#broker ? "" : "the broker is switched off";
	}
}
