/** Finds a port to listen on: the wanted one, or, where nobody insists on it, the next one that is free. */
import { connect, createServer } from "node:net";

/** Ports tried after the wanted one. */
export const maxMoves = 50;

/** A port set by hand is taken. */
export class PortTakenError extends Error {
	constructor(setting: string, port: number) {
		super(`${setting}=${port} is taken by another program; choose another port or end that program`);
		this.name = "PortTakenError";
	}
}

/** Nobody can listen on that address here. */
export class HostError extends Error {
	constructor(host: string, cause: NodeJS.ErrnoException) {
		super(`HOST must be an address of this machine, got "${host}" (${cause.code})`, { cause });
		this.name = "HostError";
	}
}

/**
 * A port that is free now on `host`. `moved` hears of every port that was passed over.
 * @throws PortTakenError when `fixed` and taken, or when {@link maxMoves} ports in a row are; HostError when `host` is not this machine's.
 */
export async function freePort(options: {
	setting: string;
	host: string;
	port: number;
	fixed: boolean;
	moved: (from: number, to: number) => void;
}): Promise<number> {
	const { setting, host, port, fixed } = options;
	for (let candidate = port; candidate <= Math.min(65535, port + maxMoves); candidate++) {
		if (!(await isTaken(host, candidate))) {
			if (candidate !== port) options.moved(port, candidate);
			return candidate;
		}
		if (fixed) break;
	}
	throw new PortTakenError(setting, port);
}

/** Somebody listens there; or on ::1, where `localhost` leads first (AirPlay sits there on 5000). */
async function isTaken(host: string, port: number): Promise<boolean> {
	return !(await canListen(host, port)) || (await answers("::1", port));
}

function canListen(host: string, port: number): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const server = createServer();
		server.once("error", (error: NodeJS.ErrnoException) => {
			if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
			else reject(new HostError(host, error));
		});
		server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
	});
}

function answers(host: string, port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout: 500 });
		const end = (taken: boolean) => {
			socket.destroy();
			resolve(taken);
		};
		socket.once("connect", () => end(true));
		socket.once("timeout", () => end(false));
		socket.once("error", () => end(false));
	});
}
