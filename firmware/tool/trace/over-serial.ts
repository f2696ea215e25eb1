/**
 * In: a board's serial port, or any stream of its lines. Out: what the board measures; what else it says.
 * Never: takes a line of noise for a measurement, or holds more than one line.
 */
import { spawnSync } from "node:child_process";
import { constants, createReadStream, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { isatty, ReadStream } from "node:tty";
import { boardOf, RecordingError, type TracedBoard } from "./recording.ts";

/** Characters of a line at most: longer ones are noise, as at a wrong speed. */
export const lineLimit = 20_000;

/** A board that records tells about once a second; silence for this long is worth a word, ms. */
export const silenceMs = 10_000;

/** Opens `path`: a serial port at `baud`, a file, or standard input (`-`). @throws RecordingError when it can't be. */
export function openSerial(path: string, baud: number): Readable {
	if (path === "-") return process.stdin;
	try {
		// Not to become this program's terminal, and not to wait for a modem.
		const file = openSync(path, constants.O_RDONLY | (constants.O_NOCTTY ?? 0) | (constants.O_NONBLOCK ?? 0));
		if (!isatty(file)) return createReadStream(path, { fd: file });
		setSpeed(path, baud);
		return new ReadStream(file);
	} catch (error) {
		if (error instanceof RecordingError) throw error;
		const got = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
		throw new RecordingError(`--serial ${path} must be a port or a file that can be read, got ${got}`, {
			cause: error,
		});
	}
}

function setSpeed(path: string, baud: number): void {
	const flag = process.platform === "darwin" ? "-f" : "-F";
	const { status, stderr } = spawnSync("stty", [flag, path, String(baud), "raw", "-echo", "clocal"], {
		encoding: "utf8",
	});
	if (status === 0) return;
	throw new RecordingError(`stty can't set ${path} to ${baud} baud: ${(stderr ?? "").trim() || "it is not there"}`);
}

export interface SerialSource {
	stream: Readable;
	/** Until the stream's end, or `signal`, when null. */
	seconds: number | null;
	signal: AbortSignal;
	/** Which board it is, with each message. What it throws ends the recording. */
	onBoard: (board: TracedBoard) => void;
	onMessage: (message: unknown) => void;
	/** What the board says beside its measurements, and what a person should know. */
	say: (text: string) => void;
}

/** Resolves at the stream's end, when the time is over, or when `signal` ends it. @throws what `onBoard` does. */
export async function recordOverSerial({
	stream,
	seconds,
	signal,
	onBoard,
	onMessage,
	say,
}: SerialSource): Promise<void> {
	let heard = false;
	const silence = setTimeout(() => {
		if (!heard) say("nothing recorded yet: is the firmware built with trace=serial, and is --baud its speed?");
	}, silenceMs);
	let end: NodeJS.Timeout | undefined;
	try {
		await new Promise<void>((resolve, reject) => {
			const take = (line: string) => {
				const board = boardOf(parse(line));
				if (!board) {
					if (isWords(line)) say(line);
					return;
				}
				if (!heard && seconds !== null) end = setTimeout(resolve, seconds * 1000);
				heard = true;
				try {
					onBoard(board);
					onMessage(parse(line));
				} catch (error) {
					reject(error);
				}
			};
			const lines = new Lines(take);
			if (signal.aborted) resolve();
			signal.addEventListener("abort", () => resolve(), { once: true });
			stream.setEncoding("utf8");
			stream.on("data", (text: string) => lines.feed(text));
			stream.on("end", () => {
				lines.end();
				resolve();
			});
			// A port that was unplugged fails; a file simply ends.
			stream.on("error", (error) =>
				reject(new RecordingError(`the serial port fails: ${error.message}`, { cause: error })),
			);
			stream.on("close", resolve);
		});
	} finally {
		clearTimeout(silence);
		clearTimeout(end);
		stream.destroy();
	}
}

/** Cuts text into lines. */
class Lines {
	readonly #take: (line: string) => void;
	#rest = "";

	constructor(take: (line: string) => void) {
		this.#take = take;
	}

	feed(text: string): void {
		const lines = (this.#rest + text).split(/\r\n|\n|\r/);
		this.#rest = lines.pop() ?? "";
		if (this.#rest.length > lineLimit) this.#rest = "";
		for (const line of lines) if (line !== "") this.#take(line);
	}

	end(): void {
		if (this.#rest !== "") this.#take(this.#rest);
		this.#rest = "";
	}
}

/** A board's own words, and neither noise nor a measurement that was cut off. */
function isWords(line: string): boolean {
	return line.length < 300 && /^[\x20-\x7e]+$/.test(line) && !line.startsWith("{");
}

function parse(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return null;
	}
}
