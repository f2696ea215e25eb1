/** `/ws`: hands each WebSocket to the hub. */
import type { Duplex } from "node:stream";
import websocket, { type WebSocket } from "@fastify/websocket";
import type { FastifyPluginAsync } from "fastify";
import type { Refusals } from "../ingest/refusals.ts";
import type { Hub } from "../live/hub.ts";
import type { LiveSocket } from "../live/member.ts";
import { maxFrameBytes } from "../live/request.ts";
import { errorBody } from "./errors.ts";

/** Lots that one connection can name. */
export const maxLotsPerClient = 100;

export const live: FastifyPluginAsync<{ hub: Hub; refusals: Refusals }> = async (app, { hub, refusals }) => {
	await app.register(websocket, { options: { maxPayload: maxFrameBytes, perMessageDeflate: false } });

	app.route({
		method: "GET",
		url: "/ws",
		handler: async (_request, reply) => {
			reply.header("upgrade", "websocket");
			return reply.code(426).send(errorBody(426, "UPGRADE_REQUIRED", "expected a WebSocket, got a plain request"));
		},
		wsHandler: (socket, request) => {
			const { lot } = request.query as { lot?: string | string[] };
			const lots = lot === undefined ? [] : [lot].flat().slice(0, maxLotsPerClient);
			const client = hub.join(new BrowserSocket(socket, request.raw.socket), lots);
			// A broken or oversized frame ends the connection; ws has closed it with the right code by then.
			socket.on("error", (error) => {
				refusals.count("ws_broken_frame", {}, `refused: a live connection sent what is no frame: ${error.message}`);
				client?.leave();
			});
			socket.on("close", () => client?.leave());
			socket.on("pong", () => client?.onPong());
			socket.on("message", (data, binary) => client?.onFrame(data as Buffer, binary));
		},
	});
};

/**
 * Writes frames that are made once for all browsers past the WebSocket library, which would frame them anew for each, in two writes.
 * That is safe while the library compresses nothing: it writes each frame of its own (pong, close) in one go, so ours are between
 * them, never inside.
 */
export class BrowserSocket implements LiveSocket {
	readonly #socket: WebSocket;
	readonly #stream: Duplex;

	/** `stream` is what `socket` itself writes to. */
	constructor(socket: WebSocket, stream: Duplex) {
		this.#socket = socket;
		this.#stream = stream;
	}

	get bufferedAmount(): number {
		return this.#stream.writableLength;
	}

	write(frames: readonly Uint8Array[]): void {
		// RFC 6455, section 5.5.1: nothing may follow a close frame.
		if (this.#socket.readyState !== this.#socket.OPEN) return;
		const [first] = frames;
		if (frames.length === 1) {
			this.#stream.write(first);
			return;
		}
		this.#stream.cork();
		for (const frame of frames) this.#stream.write(frame);
		this.#stream.uncork();
	}

	close(code: number, reason: string): void {
		this.#socket.close(code, reason);
	}

	terminate(): void {
		this.#socket.terminate();
	}
}
