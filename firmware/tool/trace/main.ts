/** `npm run trace`: records a board's measurements as a trace. */
import { createInterface } from "node:readline";
import { ArgumentError } from "../../device/virtual/arguments.ts";
import { LineFile, TraceError } from "../../device/virtual/trace-file.ts";
import type { TraceTruth } from "../../trace.ts";
import { type Arguments, help, parseArguments } from "./arguments.ts";
import { recordOverMqtt } from "./over-mqtt.ts";
import { openSerial, recordOverSerial } from "./over-serial.ts";
import { Recording, RecordingError, type TracedBoard } from "./recording.ts";

const words: Readonly<Record<string, TraceTruth["truth"]>> = Object.freeze({
	o: "occupied",
	occupied: "occupied",
	f: "free",
	free: "free",
});

function say(text: string): void {
	// What is written may go to standard output.
	process.stderr.write(`${text}\n`);
}

let options: Arguments | null = null;
try {
	options = parseArguments(process.argv.slice(2), process.env);
} catch (error) {
	if (!(error instanceof ArgumentError)) throw error;
	say(error.message);
	process.exit(2);
}
if (options) process.exit(await record(options));
process.stdout.write(help);

async function record(options: Arguments): Promise<number> {
	const { source, seconds, truth, mount, heightCm } = options;
	const startedAt = new Date().toISOString().slice(0, 19);
	const board = source.kind === "mqtt" ? source.boardId : "serial";
	const path = options.out ?? `${board}-${startedAt.replaceAll(":", "-")}.jsonl`;
	const files: LineFile[] = [];
	const recording = new Recording({
		name: options.name ?? `${board} ${startedAt}Z`,
		write: (line) => {
			// Made when there is something to write.
			files[0] ??= new LineFile(path === "-" ? "/dev/stdout" : path);
			files[0].write(line);
		},
		now: () => performance.now(),
	});
	const abort = new AbortController();
	const end = () => {
		if (abort.signal.aborted) process.exit(130);
		abort.abort();
	};
	process.on("SIGINT", end);
	process.on("SIGTERM", end);
	let told = false;
	const common = {
		seconds,
		signal: abort.signal,
		say,
		onBoard: ({ spots, mount: ownMount }: TracedBoard) => {
			recording.begin({
				mount: ownMount ?? mount,
				spots: spots.map((spot) => (heightCm === undefined ? spot : { height_cm: heightCm, ...spot })),
			});
			if (told) return;
			told = true;
			say(`recording ${recording.spotIds.join(", ")} to ${path}; Ctrl-C ends it`);
		},
		onMessage: (message: unknown) => {
			recording.add(message);
			// A recording that is killed loses a second and no more.
			files[0]?.flush();
		},
	};
	if (truth) hearTruths(recording);
	let code = 0;
	try {
		if (source.kind === "mqtt") await recordOverMqtt({ ...source, ...common });
		else await recordOverSerial({ ...common, stream: openSerial(source.path, source.baud) });
	} catch (error) {
		if (!(error instanceof RecordingError || error instanceof TraceError)) throw error;
		say(error.message);
		code = 1;
	}
	recording.end();
	files[0]?.close();
	return report(recording, path) && code === 0 ? 0 : 1;
}

/** Lines like `SPOT001 o` on standard input. */
function hearTruths(recording: Recording): void {
	createInterface({ input: process.stdin }).on("line", (line) => {
		const [spotId = "", word = "", ...more] = line.trim().split(/\s+/);
		if (spotId === "") return;
		const truth = words[word.toLowerCase()];
		try {
			if (!truth || more.length > 0)
				throw new RecordingError(`a line must be SPOT o, or SPOT f, got ${line.slice(0, 60)}`);
			recording.truth(spotId, truth);
			say(`${spotId} is ${truth}`);
		} catch (error) {
			if (!(error instanceof RecordingError)) throw error;
			say(error.message);
		}
	});
}

/** False when there is nothing in it. */
function report({ summary, spotIds }: Recording, path: string): boolean {
	const { samples, truths, messages, missing, bad, restarts } = summary;
	if (samples === 0) {
		say("nothing was recorded");
		return false;
	}
	say(`${samples} measurements of ${spotIds.join(", ")} in ${path}${truths > 0 ? `, truths said: ${truths}` : ""}`);
	if (missing > 0) say(`${missing} of ${messages + missing} messages were lost, about a second each`);
	if (restarts > 0) say(`the board began anew ${restarts} times`);
	if (bad > 0) say(`${bad} messages made no sense`);
	return true;
}
