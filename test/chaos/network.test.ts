/** The bad network itself: what gets through it, and what does not. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { until } from "../support/processes.ts";
import { Network } from "./network.ts";

let server: Server;
let network: Network;
/** The server's side of each connection, and what it has heard. */
let far: { socket: Socket; heard: Buffer[]; ended: boolean }[];
const clients: Socket[] = [];

beforeEach(async () => {
	far = [];
	server = createServer({ allowHalfOpen: true }, (socket) => {
		const side = { socket, heard: [] as Buffer[], ended: false };
		far.push(side);
		socket.on("data", (chunk: Buffer) => side.heard.push(chunk));
		socket.on("end", () => {
			side.ended = true;
		});
		socket.on("error", () => {});
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	network = await Network.start((server.address() as AddressInfo).port);
});

afterEach(async () => {
	for (const client of clients.splice(0)) client.destroy();
	await network.close();
	server.close();
});

/** A client, its server's side, and what the client has heard. */
async function dial() {
	const known = far.length;
	const client = connect(network.port, "127.0.0.1");
	clients.push(client);
	const heard: Buffer[] = [];
	client.on("data", (chunk: Buffer) => heard.push(chunk));
	client.on("error", () => {});
	await once(client, "connect");
	const side = await until("the server's side", () => far[known]);
	return { client, heard, side };
}

const textOf = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString();

it("lets everything through while it is good", async () => {
	const { client, heard, side } = await dial();
	client.write("up");
	await until("what was sent up", () => textOf(side.heard) === "up");
	side.socket.write("down");
	await until("what was sent down", () => textOf(heard) === "down");
	client.end();
	await until("the end", () => side.ended);
});

it("swallows one direction and leaves the other, without a word", async () => {
	const { client, heard, side } = await dial();
	network.hush(["up"]);
	client.end("lost");
	side.socket.write("down");
	await until("what was sent down", () => textOf(heard) === "down");
	// A new connection begins behind the fault: what it hears shows that the old one's bytes are not just late.
	network.unhush();
	const next = await dial();
	next.client.write("new");
	await until("a new connection", () => textOf(next.side.heard) === "new");
	expect({ heard: textOf(side.heard), ended: side.ended }).toEqual({ heard: "", ended: false });
});

it("takes connections that it swallows", async () => {
	network.hush(["up", "down"]);
	const { client, side } = await dial();
	client.write("lost");
	network.unhush();
	const next = await dial();
	next.client.write("new");
	await until("a new connection", () => textOf(next.side.heard) === "new");
	expect(textOf(side.heard)).toBe("");
});

it("trickles in the order in which it was sent, and goes on at once when it is good again", async () => {
	const { client, side } = await dial();
	const sent = Array.from({ length: 200 }, (_, index) => `<${index}>`).join("");
	network.drips = true;
	client.write(sent);
	await until("a first byte", () => side.heard.length > 0);
	expect(side.heard[0]?.length).toBeLessThan(sent.length);
	network.drips = false;
	await until("all of it", () => textOf(side.heard) === sent);
});

it("cuts in the middle of a chunk", async () => {
	const { client, side } = await dial();
	const cut = network.cut({ midPacket: true });
	client.write("12345678");
	await once(client, "close");
	await cut;
	expect(textOf(side.heard)).toBe("1234");
});
