/** A small TCP load balancer: each connection goes to the next of its targets that takes one. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Balancer {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(server: Server) {
		this.#server = server;
	}

	/** `ports`: of the loopback. */
	static async start(ports: readonly number[]): Promise<Balancer> {
		let turn = 0;
		const server = createServer({ noDelay: true });
		const balancer = new Balancer(server);
		server.on("connection", (client) => {
			balancer.#keep(client);
			balancer.#forward(client, ports, turn++, ports.length);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return balancer;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	#forward(client: Socket, ports: readonly number[], turn: number, tries: number): void {
		const target = connect({ host: "127.0.0.1", port: ports[turn % ports.length] ?? 0, noDelay: true });
		target.once("connect", () => {
			this.#keep(target);
			client.pipe(target).pipe(client);
			client.once("close", () => target.destroy());
			target.once("close", () => client.destroy());
		});
		target.once("error", () => {
			if (tries > 1 && !client.destroyed) this.#forward(client, ports, turn + 1, tries - 1);
			else client.destroy();
		});
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.once("close", () => this.#sockets.delete(socket));
		// Its end says as much.
		socket.on("error", () => {});
	}
}
