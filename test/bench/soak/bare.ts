/**
 * What the soak bench compares with: a broker and a WebSocket server in one Node process that do nothing but acknowledge each
 * report and pass it on to everybody who watches its lot. Says its two ports to whoever started it.
 */
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { type WebSocket, WebSocketServer } from "ws";

const aedes = await Aedes.createBroker();
const server = createServer({ noDelay: true }, aedes.handle);
const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
/** Which lot each watches; null watches all. */
const watchers = new Map<WebSocket, string | null>();
sockets.on("connection", (socket, { url = "" }) => {
	watchers.set(socket, new URLSearchParams(url.slice(url.indexOf("?"))).get("lot"));
	socket.on("close", () => watchers.delete(socket));
});
aedes.on("publish", ({ topic, payload }, client) => {
	if (client === null) return;
	const lotId = topic.split("/").at(-2);
	for (const [socket, lot] of watchers) if (lot === null || lot === lotId) socket.send(payload, { binary: false });
});
server.listen(0, "127.0.0.1", () => {
	const { port } = sockets.address() as AddressInfo;
	process.send?.({ mqttPort: (server.address() as AddressInfo).port, wsPort: port });
});
process.on("disconnect", () => process.exit(0));
