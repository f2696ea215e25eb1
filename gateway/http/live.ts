/** `/ws`: hands each WebSocket to the hub. */
import websocket from "@fastify/websocket";
import type { FastifyPluginAsync } from "fastify";
import type { Refusals } from "../ingest/refusals.ts";
import type { Hub } from "../live/hub.ts";
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
			const client = hub.join(
				{
					get bufferedAmount() {
						return socket.bufferedAmount;
					},
					send: (data) => socket.send(data, { binary: false }),
					ping: () => socket.ping(),
					close: (code, reason) => socket.close(code, reason),
					terminate: () => socket.terminate(),
				},
				lots,
			);
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
