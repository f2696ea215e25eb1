/** An app of the firmware in the simulator's engine, without a display: the test is its panel. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { AppMessage, PanelMessage } from "../../../firmware/device/simulator/controls.ts";
import { until } from "../../support/processes.ts";

/** Lines and lights that are kept: the last ones. */
const keptLines = 5000;

/** How long anything may take by default, ms: the engine runs faster than life, but the machine may be busy. */
const deadline = 25_000;

export interface Lamp {
	color: string;
	level: number;
}

export class Simulator {
	/** By their index on the board; undefined before they are first lit. */
	readonly lamps: (Lamp | undefined)[] = [];
	/** Every light of every lamp, as `<index> <color>`, in order. */
	readonly lights: string[] = [];
	link: AppMessage["link"];
	/** Reasons for which there was no connection, in order. */
	readonly reasons: string[] = [];
	/** What it traced. */
	readonly traces: string[] = [];
	readonly #child: ChildProcess;

	/** Runs the app `library` by the program `host`, with its `options`; what it must remember lies in `memory`, a folder. */
	constructor(host: string, library: string, memory: string, options: readonly "collect"[] = []) {
		this.#child = spawn(host, [library, ...options], { cwd: memory, stdio: ["pipe", "pipe", "inherit"] });
		// It may be gone before it has read all of it; that is seen at its end.
		this.#child.stdin?.on("error", () => {});
		if (this.#child.stdout) createInterface(this.#child.stdout).on("line", (line) => this.#onLine(line));
	}

	get running(): boolean {
		return this.#child.exitCode === null && this.#child.signalCode === null;
	}

	/** What was thrown and not caught. */
	get exceptions(): string[] {
		return this.traces.filter((line) => line.includes("exception"));
	}

	tell(message: PanelMessage): void {
		this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
	}

	/** Resolves when the lamp is lit in this colour. */
	async lamp(index: number, color: string, deadlineMs = deadline): Promise<void> {
		const shows = () => this.lamps[index]?.color === color && this.lamps[index].level > 0;
		await until(`lamp ${index} to be ${color}`, shows, { deadlineMs }).catch((error: Error) => {
			throw new Error(`${error.message}, it is ${JSON.stringify(this.lamps[index])}; ${JSON.stringify(this.link)}`);
		});
	}

	/** Resolves when the board is connected, or is not. */
	async connected(is = true, deadlineMs = deadline): Promise<void> {
		await until(is ? "a connection" : "no connection", () => this.link?.connected === is, { deadlineMs }).catch(
			(error: Error) => {
				throw new Error(`${error.message}, got ${JSON.stringify(this.link)}\n${this.traces.slice(-5).join("\n")}`);
			},
		);
	}

	/** Gives its exit code. Twice is fine. */
	async close(): Promise<number | null> {
		if (!this.running) return this.#child.exitCode;
		const gone = once(this.#child, "exit");
		this.#child.stdin?.end();
		const force = setTimeout(() => this.#child.kill("SIGKILL"), 5000);
		await gone;
		clearTimeout(force);
		return this.#child.exitCode;
	}

	#onLine(line: string): void {
		if (!line.startsWith("{")) {
			this.traces.push(line);
			if (this.traces.length > keptLines) this.traces.shift();
			return;
		}
		const { lamp, link } = JSON.parse(line) as AppMessage;
		if (lamp) {
			this.lamps[lamp.index] = { color: lamp.color, level: lamp.level };
			if (lamp.level > 0) this.lights.push(`${lamp.index} ${lamp.color}`);
			if (this.lights.length > keptLines) this.lights.shift();
		}
		if (!link) return;
		this.link = link;
		if (!link.connected) this.reasons.push(link.reason);
	}
}
