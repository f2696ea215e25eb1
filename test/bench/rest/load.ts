/** Clients that ask for one address over and over: bare sockets with a ready-made request, so that the server is what is measured. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { quantile } from "../bench.ts";

/** Connections that are kept open, with one request in flight on each. */
export const connections = 32;

/** How long an answer may take, ms. */
const answerDeadlineMs = 10_000;

const endOfHead = Buffer.from("\r\n\r\n");

export interface Answer {
	/** Status line and headers, without the empty line. */
	head: string;
	body: Buffer;
}

/** The times of one turn. */
export interface LoadTurn {
	requestsPerS: number;
	p50Ms: number;
	p99Ms: number;
	/** Answers that were not what they had to be. */
	wrong: number;
}

export interface Questions<T> {
	requests: number;
	/** What is known when a request goes out. */
	before(): T;
	/** Whether the answer is right, judged by what was known when it was asked for. */
	check(answer: Answer, known: T): boolean;
}

export class Load {
	readonly #sockets: Socket[];
	readonly #request: Buffer;

	private constructor(sockets: Socket[], request: Buffer) {
		this.#sockets = sockets;
		this.#request = request;
	}

	/** Connects to `port` of the loopback, for `path`. */
	static async open(port: number, path: string): Promise<Load> {
		const sockets = Array.from({ length: connections }, () => connect({ port, host: "127.0.0.1", noDelay: true }));
		await Promise.all(sockets.map((socket) => once(socket, "connect")));
		for (const socket of sockets) socket.on("timeout", () => socket.destroy());
		const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n\r\n`;
		return new Load(sockets, Buffer.from(request));
	}

	/** @throws Error when a connection ends, or an answer does not come. */
	async run<T>({ requests, before, check }: Questions<T>): Promise<LoadTurn> {
		const times: number[] = [];
		let wrong = 0;
		let unsent = requests;
		const startAt = performance.now();
		const ask = (socket: Socket) =>
			new Promise<void>((resolve, reject) => {
				let known: T;
				let askedAt = 0;
				let heard: Buffer | null = null;
				const next = () => {
					if (unsent === 0) {
						stop();
						resolve();
						return;
					}
					unsent--;
					known = before();
					askedAt = performance.now();
					socket.write(this.#request);
				};
				const onData = (chunk: Buffer) => {
					heard = heard === null ? chunk : Buffer.concat([heard, chunk]);
					const answer = readAnswer(heard);
					if (answer === null) return;
					heard = null;
					times.push(performance.now() - askedAt);
					if (!check(answer, known)) wrong++;
					next();
				};
				const onClose = () => reject(new Error("the server ended a connection"));
				const stop = () => socket.off("data", onData).off("close", onClose).off("error", reject).setTimeout(0);
				socket.on("data", onData).on("close", onClose).on("error", reject);
				socket.setTimeout(answerDeadlineMs);
				next();
			});
		await Promise.all(this.#sockets.map(ask));
		const seconds = (performance.now() - startAt) / 1000;
		return { requestsPerS: requests / seconds, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99), wrong };
	}

	close(): void {
		for (const socket of this.#sockets) socket.destroy();
	}
}

/** The answer in these bytes; null while some of it is missing. @throws Error without a `content-length`, or with more than one answer. */
function readAnswer(bytes: Buffer): Answer | null {
	const at = bytes.indexOf(endOfHead);
	if (at === -1) return null;
	const head = bytes.toString("latin1", 0, at);
	const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
	if (length === undefined) throw new Error(`expected a content-length, got\n${head}`);
	const missing = at + endOfHead.length + Number(length) - bytes.length;
	if (missing < 0) throw new Error(`expected one answer of ${length} bytes, got ${-missing} more`);
	return missing > 0 ? null : { head, body: bytes.subarray(at + endOfHead.length) };
}
