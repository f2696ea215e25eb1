/**
 * What the fan-out bench compares with: the simplest right WebSocket server. Whatever comes on `/trigger` goes, as one shared
 * buffer, to everybody else. No broker, no check, no store: a message is sent as soon as it is there.
 */
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, backlog: 4096 });
const viewers = new Set<WebSocket>();

server.on("connection", (socket, request) => {
	if (request.url === "/trigger") {
		socket.on("message", (data) => {
			for (const viewer of viewers) {
				if (viewer.readyState === WebSocket.OPEN) viewer.send(data, { binary: false });
			}
		});
	} else {
		viewers.add(socket);
		socket.on("close", () => viewers.delete(socket));
	}
});
server.on("listening", () => process.send?.((server.address() as AddressInfo).port));
