/**
 * What the soak bench compares with: a broker and a WebSocket server in one Node process that do nothing but acknowledge each
 * report and pass it on to everybody. Says its two ports to whoever started it.
 */
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { WebSocketServer } from "ws";

const aedes = await Aedes.createBroker();
const server = createServer({ noDelay: true }, aedes.handle);
const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
aedes.on("publish", ({ payload }, client) => {
	if (client === null) return;
	for (const socket of sockets.clients) socket.send(payload, { binary: false });
});
server.listen(0, "127.0.0.1", () => {
	const { port } = sockets.address() as AddressInfo;
	process.send?.({ mqttPort: (server.address() as AddressInfo).port, wsPort: port });
});
process.on("disconnect", () => process.exit(0));
