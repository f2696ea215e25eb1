/** A board in an XS engine, which is a process of its own; see `host.c` for what it says and hears. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { BoardEvent, Engine, EngineReply } from "../../../firmware/device/virtual/engine-protocol.ts";
import { type Bits, enginePath } from "./build.ts";

export interface XsOptions {
	/** Built by `buildEngine`. */
	bits: Bits;
	/** Path of the script that it runs. */
	bundlePath: string;
	/** What may be alive after a step beyond what was when the script was loaded, bytes; no limit when left out. */
	heapBytes?: number;
	/** XS instructions that one step may take; no limit when left out. */
	instructions?: number;
}

export interface XsFigures {
	/** What is alive after a garbage collection beyond what was when the script was loaded, bytes. */
	liveBytes: number;
	/** XS instructions of all steps so far. */
	instructions: number;
	steps: number;
	/** 32 with 64 bits; 16 with 32, as on an ESP32. */
	slotBytes: number;
	/** Of XS. */
	version: string;
}

/** Calls that wait for an answer at most: whoever asks faster than the engine answers has to wait for some of them. */
export const waitingLimit = 1000;

interface Waiting {
	resolve: (line: string) => void;
	reject: (error: Error) => void;
}

export class XsProcess implements Engine {
	readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
	readonly #waiting: Waiting[] = [];
	#errors = "";
	#ended = false;

	constructor({ bits, bundlePath, heapBytes = 0, instructions = 0 }: XsOptions) {
		const args = [bundlePath, String(heapBytes), String(instructions)];
		this.#child = spawn(enginePath(bits), args, { stdio: ["pipe", "pipe", "pipe"] });
		// Not readline: it takes U+2028 for the end of a line, and JSON may have one in a string.
		let rest = "";
		this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) this.#waiting.shift()?.resolve(line);
		});
		this.#child.stderr.on("data", (text) => {
			this.#errors = (this.#errors + text).slice(-1000);
		});
		this.#child.on("error", (error) => this.#end(error.message));
		this.#child.on("close", (code, signal) => this.#end(this.#errors.trim() || `ended with ${code ?? signal}`));
		// Said by "close" as well, with its reason.
		this.#child.stdin.on("error", () => {});
	}

	get pid(): number | undefined {
		return this.#child.pid;
	}

	async step(events: readonly BoardEvent[]): Promise<EngineReply> {
		return JSON.parse(await this.#ask(JSON.stringify(events))) as EngineReply;
	}

	/** Collects garbage first. */
	async figures(): Promise<XsFigures> {
		return JSON.parse(await this.#ask("?")) as XsFigures;
	}

	close(): void {
		this.#child.kill("SIGKILL");
		this.#end("closed");
	}

	#ask(line: string): Promise<string> {
		return new Promise((resolve, reject) => {
			if (this.#ended) reject(new Error(`XS: ${this.#errors.trim() || "has ended"}`));
			else if (this.#waiting.length >= waitingLimit) {
				reject(new RangeError(`waiting calls must be at most ${waitingLimit}`));
			} else {
				this.#waiting.push({ resolve, reject });
				this.#child.stdin.write(`${line}\n`);
			}
		});
	}

	#end(reason: string): void {
		this.#ended = true;
		for (const { reject } of this.#waiting.splice(0)) reject(new Error(`XS: ${reason}`));
	}
}
