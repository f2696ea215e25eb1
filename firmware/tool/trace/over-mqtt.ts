/**
 * In: a broker, a board's name. Out: what the board measures, for as long as it is asked for.
 * Never: leaves a board recording for hours that nobody listens to.
 */
import { connect, type MqttClient } from "mqtt";
import { type BoardResult, type BoardStatus, Topics } from "../../messages.ts";
import { boardOf, RecordingError, type TracedBoard } from "./recording.ts";

/** What a board is asked for at once, s: it ends by itself so long after this program was killed. */
export const askS = 600;

/** How long the broker may take to know the board, and the board to answer, ms. */
export const answerMs = 5000;

/** How often it is asked in that time. */
export const askLimit = 5;

/** How long the last message may take after the end, ms: boards tell about once a second. */
export const lastMs = 1500;

export interface MqttSource {
	brokerUrl: string;
	username?: string;
	password?: string;
	topicPrefix: string;
	boardId: string;
	/** All of the board's when left out. */
	spotId?: string;
	/** Until `signal` when null. */
	seconds: number | null;
	/** Ends it. */
	signal: AbortSignal;
	/** The board is there, for the first time or again. What this and `onMessage` throw ends the recording. */
	onBoard: (board: TracedBoard) => void;
	/** A message of the board, parsed; anything may come. */
	onMessage: (message: unknown) => void;
	/** Something that a person should know; the recording goes on. */
	say: (text: string) => void;
}

/** Resolves when the time is over or `signal` ends it. @throws RecordingError when there is no broker or no such board, or it refuses. */
export async function recordOverMqtt(source: MqttSource): Promise<void> {
	const session = new Session(source);
	try {
		await session.run();
	} finally {
		await session.close();
	}
}

class Session {
	readonly #source: MqttSource;
	readonly #topics: Topics;
	readonly #client: MqttClient;
	readonly #timers = new Set<NodeJS.Timeout>();
	readonly #name = `trace-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
	#asked = 0;
	/** It has answered, ever. */
	#answered = false;
	/** It has not answered what it was asked last. */
	#pending = false;
	#asks = 0;
	#askedS = 0;
	#online: boolean | null = null;
	#endMs: number | null = null;
	#fail: (error: Error) => void = () => {};
	#done: () => void = () => {};

	constructor(source: MqttSource) {
		const { brokerUrl, username, password, topicPrefix } = source;
		this.#source = source;
		this.#topics = new Topics(topicPrefix);
		this.#client = connect(brokerUrl, { username, password, clientId: this.#name, reconnectPeriod: 1000 });
	}

	run(): Promise<void> {
		const { brokerUrl, boardId, signal } = this.#source;
		// A password in the address stays unsaid.
		const broker = brokerUrl.replace(/\/\/[^/@]*@/, "//");
		return new Promise<void>((resolve, reject) => {
			this.#done = resolve;
			this.#fail = reject;
			if (signal.aborted) resolve();
			signal.addEventListener("abort", () => this.#end(), { once: true });
			let wasConnected = false;
			this.#client.on("connect", () => {
				wasConnected = true;
				const leaves = ["status", "trace", "result"] as const;
				this.#client.subscribe(
					leaves.map((leaf) => this.#topics.board(boardId, leaf)),
					{ qos: 1 },
					(error, granted) => {
						if (error || granted?.some(({ qos }) => qos > 2)) {
							reject(new RecordingError(`${broker} refuses to tell of board ${boardId}`, { cause: error }));
						}
					},
				);
				this.#after(answerMs, () => {
					if (this.#online === null)
						reject(new RecordingError(`${broker} knows no board ${boardId}: was it ever online?`));
				});
			});
			this.#client.on("error", (error) => {
				if (!wasConnected) reject(new RecordingError(`no broker at ${broker}: ${reasonOf(error)}`, { cause: error }));
			});
			this.#client.on("close", () => {
				if (wasConnected) this.#source.say(`no connection to ${broker}; trying again`);
			});
			this.#client.on("message", (topic, payload) => this.#onMessage(topic, payload.toString()));
		});
	}

	async close(): Promise<void> {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#client.removeAllListeners("close");
		await this.#client.endAsync(true);
	}

	#onMessage(topic: string, text: string): void {
		const { boardId, onMessage } = this.#source;
		const value = parse(text);
		if (topic === this.#topics.board(boardId, "trace")) this.#attempt(() => onMessage(value));
		else if (topic === this.#topics.board(boardId, "status")) this.#onStatus(value as BoardStatus | null);
		else this.#onResult(value as BoardResult | null);
	}

	#onStatus(status: BoardStatus | null): void {
		const { boardId, say, onBoard } = this.#source;
		const board = status?.online === true ? boardOf(status) : null;
		if (!board) {
			if (this.#online === null) this.#fail(new RecordingError(`board ${boardId} is offline`));
			else if (this.#online) say(`board ${boardId} is offline; waiting for it`);
			this.#online = false;
			return;
		}
		if (this.#online === false) say(`board ${boardId} is online again`);
		this.#online = true;
		if (this.#attempt(() => onBoard(board))) this.#ask();
	}

	/** False when it could not be done, which ends the recording. */
	#attempt(action: () => void): boolean {
		try {
			action();
			return true;
		} catch (error) {
			this.#fail(error as Error);
			return false;
		}
	}

	/** Asks for the next while, and asks again at half of it. */
	#ask(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
		const { seconds } = this.#source;
		this.#endMs ??= seconds === null ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
		const restS = (this.#endMs - performance.now()) / 1000;
		if (restS <= 0) {
			this.#end();
			return;
		}
		this.#askedS = Math.max(1, Math.min(restS, askS));
		this.#command(this.#askedS);
		if (restS < askS) this.#after(restS * 1000, () => this.#end());
		else this.#after((askS / 2) * 1000, () => this.#ask());
		this.#asks = 0;
		this.#pending = true;
		this.#askAgain();
	}

	/** A board says that it is online before it listens: the first command may be lost. */
	#askAgain(): void {
		this.#after(answerMs / askLimit, () => {
			if (!this.#pending || !this.#online) return;
			const { boardId, say } = this.#source;
			const problem = `board ${boardId} does not answer: does its firmware know trace?`;
			if (++this.#asks < askLimit) {
				this.#command(this.#askedS);
				this.#askAgain();
			} else if (this.#answered) say(problem);
			else this.#fail(new RecordingError(problem));
		});
	}

	#command(seconds: number): void {
		const { boardId, spotId } = this.#source;
		const id = `${this.#name}-${++this.#asked}`;
		const command = { id, command: "trace", seconds, ...(spotId === undefined ? {} : { spot_id: spotId }) };
		this.#client.publish(this.#topics.board(boardId, "command"), JSON.stringify(command), { qos: 1 });
	}

	#onResult(result: BoardResult | null): void {
		if (typeof result?.id !== "string" || !result.id.startsWith(`${this.#name}-`)) return;
		this.#answered = true;
		this.#pending = false;
		if (!result.ok) this.#fail(new RecordingError(`board ${this.#source.boardId}: ${result.message ?? "it refuses"}`));
	}

	/** Tells the board to stop, and hears what it has not told yet. */
	#end(): void {
		for (const timer of this.#timers) clearTimeout(timer);
		this.#timers.clear();
		if (!this.#answered || !this.#client.connected) {
			this.#done();
			return;
		}
		this.#command(0);
		this.#after(lastMs, this.#done);
	}

	#after(ms: number, then: () => void): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			then();
		}, ms);
		this.#timers.add(timer);
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** Node's errors for several addresses tried at once have no text of their own. */
function reasonOf(error: Error): string {
	const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
	return first?.message || error.message || (error as NodeJS.ErrnoException).code || error.name;
}
