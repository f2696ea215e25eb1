/**
 * In: trace files, made by anyone, of any length; lines to write. Out: their lines one at a time, checked; files.
 * Never: holds a whole file, or guesses what a bad line was meant to be.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import type { TraceHead, TraceLine, TraceSample, TraceSpot, TraceTruth } from "../../trace.ts";

/** Characters of one line: a head with {@link spotLimit} long names is shorter. */
export const lineLimit = 200_000;

/** Spots of one trace: a large lot that one program recorded. */
export const spotLimit = 1_000;

/** Bytes that are read or written at once. */
const chunkBytes = 1 << 16;

/** Characters of a wrong value that an error text repeats. */
const shownLimit = 60;

/** A trace that is not as it must be. The text names file and line, what it got and what it takes. */
export class TraceError extends Error {
	readonly code = "BAD_TRACE";

	constructor(message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = "TraceError";
	}
}

/** A value that is not as it must be, before it is known where. */
class LineError extends Error {
	constructor(what: string, expected: string, got: unknown) {
		super(`${what} must be ${expected}, got ${shown(got)}`);
	}
}

/**
 * The head, then the lines of the trace in `path`, in time order. Reads on only as far as it is asked for lines, so that files may
 * be larger than memory. Takes CRLF, empty lines, a byte order mark, fields that it does not know (they are left out), null for an
 * optional field, and a last line that was cut off in the middle, as recordings end when the power does.
 * @throws TraceError on the first line that is not as it must be: no JSON, no head, a field of a wrong type, a spot that the head
 * does not list, a time before the one above, more than {@link spotLimit} spots or {@link lineLimit} characters; and on a file that can't be read.
 */
export function* readTrace(path: string): Generator<TraceHead | TraceLine, void, undefined> {
	let head: TraceHead | null = null;
	let spots: ReadonlySet<string> = new Set();
	let lastMs = Number.NEGATIVE_INFINITY;
	for (const { text, number, ended } of linesOf(path)) {
		const fail = (error: Error) => new TraceError(`${path}:${number}: ${error.message}`, { cause: error });
		const value = parse(text);
		if (value === undefined) {
			if (!ended && head !== null) return;
			throw fail(new LineError("a line", "JSON", text));
		}
		try {
			if (head === null) {
				head = checkHead(value);
				spots = new Set(head.spots.map((spot) => spot.spot_id));
				yield head;
				continue;
			}
			const line = checkLine(value);
			if (!spots.has(line.spot)) throw new LineError("spot", "one of the head's spots", line.spot);
			if (line.t < lastMs) throw new LineError("t", `${lastMs} or later, as lines are in time order`, line.t);
			lastMs = line.t;
			yield line;
		} catch (error) {
			throw error instanceof LineError ? fail(error) : error;
		}
	}
	if (head === null) throw new TraceError(`${path}:1: a trace must begin with {"trace":1,…}, got an empty file`);
}

/**
 * What `value` says as the first line of a trace: its known fields.
 * @throws Error that says which field got what and takes what.
 */
export function checkHead(value: unknown): TraceHead {
	if (!isObject(value) || !("trace" in value)) throw new LineError("the first line", 'a head, {"trace":1,…}', value);
	const { trace, name, mount, spots } = value;
	if (trace !== 1) throw new LineError("trace", "1, the version that is known", trace);
	if (!isAbsent(name) && typeof name !== "string") throw new LineError("name", "a text", name);
	if (!isAbsent(mount) && mount !== "overhead" && mount !== "wall") {
		throw new LineError("mount", "overhead, wall or left out", mount);
	}
	if (!Array.isArray(spots) || spots.length < 1 || spots.length > spotLimit) {
		const got = Array.isArray(spots) ? spots.length : spots;
		throw new LineError("spots", `a list of 1 to ${spotLimit}`, got);
	}
	const checked = spots.map(checkSpot);
	const ids = checked.map((spot) => spot.spot_id);
	const twice = ids.find((id, index) => ids.indexOf(id) !== index);
	if (twice !== undefined) throw new LineError("spots", "different ones", `${twice} twice`);
	return {
		trace: 1,
		name: isAbsent(name) ? "" : name,
		...(isAbsent(mount) ? {} : { mount }),
		spots: checked,
	};
}

function checkSpot(value: unknown): TraceSpot {
	if (!isObject(value)) throw new LineError("a spot", 'an object, {"spot_id":…}', value);
	const { spot_id, height_cm } = value;
	if (typeof spot_id !== "string" || spot_id === "") throw new LineError("spot_id", "a text", spot_id);
	if (isAbsent(height_cm)) return { spot_id };
	if (typeof height_cm !== "number" || !(height_cm > 0 && height_cm <= 1_000)) {
		throw new LineError("height_cm", "a number above 0 up to 1000, or left out", height_cm);
	}
	return { spot_id, height_cm };
}

/**
 * What `value` says as a line below the head: its known fields.
 * @throws Error that says which field got what and takes what.
 */
export function checkLine(value: unknown): TraceLine {
	if (!isObject(value)) throw new LineError("a line", 'an object, {"t":…}', value);
	const { t, spot, echo_us, temp_c, truth, unknowable } = value;
	if (!isFiniteNumber(t)) throw new LineError("t", "a number of ms", t);
	if (typeof spot !== "string") throw new LineError("spot", "a text", spot);
	if ("truth" in value) {
		if (truth !== "free" && truth !== "occupied") throw new LineError("truth", "free or occupied", truth);
		if ("echo_us" in value) throw new LineError("a line", "either a measurement or the truth", value);
		if (!isAbsent(unknowable) && typeof unknowable !== "boolean") {
			throw new LineError("unknowable", "true or left out", unknowable);
		}
		return (unknowable ? { t, spot, truth, unknowable } : { t, spot, truth }) satisfies TraceTruth;
	}
	if (!("echo_us" in value)) throw new LineError("a line", "a measurement (echo_us) or the truth (truth)", value);
	if (echo_us !== null && !(isFiniteNumber(echo_us) && echo_us >= 0)) {
		throw new LineError("echo_us", "a number of µs from 0, or null", echo_us);
	}
	if (isAbsent(temp_c)) return { t, spot, echo_us } satisfies TraceSample;
	if (!isFiniteNumber(temp_c)) throw new LineError("temp_c", "a number of °C, or left out", temp_c);
	return { t, spot, echo_us, temp_c } satisfies TraceSample;
}

/** Writes a trace, or anything else that is JSON lines, and holds back at most {@link chunkBytes} characters. */
export class LineFile {
	readonly path: string;
	#file: number | null;
	#text = "";

	/** Makes the file, in place of one that is there. @throws TraceError where it can't be made. */
	constructor(path: string) {
		this.path = path;
		this.#file = attempt(path, "a file that can be written", () => openSync(path, "w"));
	}

	/** @throws TraceError when the disk takes no more; Error after {@link close}. */
	write(line: object): void {
		if (this.#file === null) throw new Error(`${this.path} is closed`);
		this.#text += `${JSON.stringify(line)}\n`;
		if (this.#text.length >= chunkBytes) this.flush();
	}

	/** What was written so far is in the file. */
	flush(): void {
		const file = this.#file;
		if (file === null) return;
		const bytes = Buffer.from(this.#text);
		this.#text = "";
		for (let done = 0; done < bytes.length; ) {
			done += attempt(this.path, "on a disk with room", () => writeSync(file, bytes, done));
		}
	}

	/** Twice is fine. */
	close(): void {
		const file = this.#file;
		if (file === null) return;
		try {
			this.flush();
		} finally {
			this.#file = null;
			closeSync(file);
		}
	}
}

/** One line of a file; `ended` by a line feed, which the last one may lack. */
interface TextLine {
	text: string;
	/** Counts from 1. */
	number: number;
	ended: boolean;
}

/** A file's lines without the empty ones. */
function* linesOf(path: string): Generator<TextLine, void, undefined> {
	const file = attempt(path, "a file that can be read", () => openSync(path, "r"));
	try {
		const chunk = Buffer.alloc(chunkBytes);
		const decoder = new TextDecoder();
		let rest = "";
		let number = 0;
		for (;;) {
			const length = attempt(path, "a file that can be read", () => readSync(file, chunk));
			const ended = length > 0;
			const text = rest + decoder.decode(chunk.subarray(0, length), { stream: ended });
			let from = 0;
			for (let to = text.indexOf("\n"); to >= 0; to = text.indexOf("\n", from)) {
				number++;
				// JSON takes the carriage return for white space.
				const line = text.slice(from, to);
				from = to + 1;
				if (line.trim() !== "") yield { text: line, number, ended: true };
			}
			rest = text.slice(from);
			if (rest.length > lineLimit) {
				throw new TraceError(`${path}:${number + 1}: a line must be at most ${lineLimit} characters, got more`);
			}
			if (ended) continue;
			if (rest.trim() !== "") yield { text: rest, number: number + 1, ended: false };
			return;
		}
	} finally {
		closeSync(file);
	}
}

/** Does something with the file `path`; where that fails, says that it must be `expected`. */
function attempt<T>(path: string, expected: string, action: () => T): T {
	try {
		return action();
	} catch (error) {
		const got = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
		throw new TraceError(`${path}: must be ${expected}, got ${got}`, { cause: error });
	}
}

/** Undefined when it is not JSON. */
function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Programs that know no absent field write null in its place. */
function isAbsent(value: unknown): value is undefined | null {
	return value === undefined || value === null;
}

function isFiniteNumber(value: unknown): value is number {
	return typeof value === "number" && Number.isFinite(value);
}

function shown(value: unknown): string {
	// JSON knows no infinity.
	const text = value === undefined ? "nothing" : typeof value === "number" ? String(value) : JSON.stringify(value);
	return text.length > shownLimit ? `${text.slice(0, shownLimit)}…` : text;
}
