/** The runner's side of the gateway's wall clock. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../support/processes.ts";

export class GatewayClock {
	readonly #path: string;
	#offMs = 0;

	/** `folder` must not be one that fills up. */
	constructor(folder: string) {
		this.#path = join(folder, "clock");
		writeFileSync(this.#path, "0");
	}

	/** What the gateway's process needs in its environment. */
	get env(): Record<string, string> {
		const inside = new URL("clock-inside.ts", import.meta.url);
		return { NODE_OPTIONS: `--import ${inside.href}`, PARKMATE_CHAOS_CLOCK: this.#path };
	}

	/** How far it is off, ms. */
	get offMs(): number {
		return this.#offMs;
	}

	/** Sets it anew in the gateway's process `pid`, and resolves when that has taken it; without a process its next start takes it. */
	async set(offMs: number, pid?: number): Promise<void> {
		this.#offMs = offMs;
		writeFileSync(this.#path, String(offMs));
		if (pid === undefined) return;
		process.kill(pid, "SIGUSR2");
		await until("the gateway's new time", () => readFileSync(`${this.#path}.taken`, "utf8") === String(offMs));
	}
}
