/**
 * What the rest bench compares with: a bare `node:http` server that sends the same bytes to every request. It gets them in its first
 * message, listens on a free port of the loopback, and answers with that port.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface RawAnswer {
	/** Without those that Node.js adds itself: Date, Connection, Keep-Alive. */
	headers: [name: string, value: string][];
	body: string;
	keepAliveTimeoutMs: number;
}

process.once("message", async ({ headers, body, keepAliveTimeoutMs }: RawAnswer) => {
	const named = Object.fromEntries(headers);
	const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (_request, response) => {
		response.writeHead(200, named);
		response.end(body);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	process.send?.((server.address() as AddressInfo).port);
});
process.on("disconnect", () => process.exit(0));
