/** Both sides of the fan-out bench: a server and its crowd of clients, each a process of its own. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import WebSocket from "ws";
import type { StatusReport } from "../../../firmware/messages.ts";
import type { SpotUpdate } from "../../../gateway/contract/events.ts";
import { Program } from "../../support/processes.ts";
import { residentBytes } from "../memory.ts";
import { type Ends, makeLot, startGateway, startPeer } from "../sides.ts";
import type { CrowdMessage } from "./messages.ts";

/** Spots of the one lot that everybody watches. */
export const spots = 50;
const lotId = "FANOUT";

/** One change, as it must arrive. */
export interface Change {
	spotId: string;
	occupied: boolean;
	distanceCm: number;
	version: number;
}

export interface Side {
	name: string;
	pid: number;
	crowd: Crowd;
	/** The server's memory, bytes: before anybody came, and with all clients. */
	residentBytes: { before: number; after: number };
	/** Says these changes, all at once. */
	publish(changes: readonly Change[]): void;
	/** Version of the lot before any change. */
	firstVersion: number;
}

/** The clients of one server. */
export class Crowd {
	readonly #program: Program;
	readonly #arrivals = new Map<number, { atMs: number; text: string }>();
	#problem: string | null = null;
	#ready = false;
	#onMessage = (): void => {};

	private constructor(program: Program) {
		this.#program = program;
		program.child.on("message", (message: CrowdMessage) => {
			if (message.event === "ready") this.#ready = true;
			else if (message.event === "problem") this.#problem ??= message.text;
			else this.#arrivals.set(message.index, message);
			this.#onMessage();
		});
		void program.ended.then(() => {
			this.#problem ??= program.complaint("the clients ended").message;
			this.#onMessage();
		});
	}

	/** Resolves when all clients are there. @throws Error when they can't come. */
	static async start(url: string, clients: number, options: { withSnapshot: boolean }): Promise<Crowd> {
		const path = fileURLToPath(new URL("crowd.ts", import.meta.url));
		const args = [path, url, String(clients), options.withSnapshot ? "snapshot" : ""];
		const program = new Program("clients", process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
		const crowd = new Crowd(program);
		const isThere = await crowd.#until(() => crowd.#ready, 120_000);
		if (isThere) return crowd;
		await program.end();
		throw program.complaint(crowd.#problem ?? `expected ${clients} clients to be there within 120 s`);
	}

	/** What was wrong with what some client got; null while nothing was. */
	get problem(): string | null {
		return this.#problem;
	}

	/** Takes what every client got as its update number `index`, counted from 0, and when the last one had it; null when not all got it within a minute. */
	async take(index: number): Promise<{ atMs: number; text: string } | null> {
		await this.#until(() => this.#arrivals.has(index), 60_000);
		const arrival = this.#arrivals.get(index) ?? null;
		this.#arrivals.delete(index);
		return arrival;
	}

	async end(): Promise<void> {
		await this.#program.end();
	}

	/** False when it is not so after `deadlineMs`, or something went wrong. */
	#until(condition: () => boolean, deadlineMs: number): Promise<boolean> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => this.#onMessage(), deadlineMs);
			const end = performance.now() + deadlineMs;
			this.#onMessage = () => {
				if (!condition() && this.#problem === null && performance.now() < end) return;
				clearTimeout(timer);
				resolve(condition());
			};
			this.#onMessage();
		});
	}
}

/** The real gateway; changes come over MQTT as a board says them. How to end it is put in front of `ends`. */
export async function startOurs(clients: number, ends: Ends): Promise<Side & { url: string; template: string }> {
	const gateway = await startGateway("embedded", ends);
	const { lot_version } = await makeLot(gateway.url, {
		lot_id: lotId,
		spots: Array.from({ length: spots }, (_, spot) => ({ spot_id: `SPOT${spot}` })),
	});
	const address = `${gateway.url.replace("http", "ws")}/ws?lot=${lotId}`;
	const board = await connectAsync(gateway.mqttUrl);
	ends.unshift(() => board.endAsync(true));
	let seq = 0;
	const publish = (changes: readonly Change[]) => {
		for (const { spotId, occupied, distanceCm } of changes) {
			const report: StatusReport = {
				...{ spot_id: spotId, lot_id: lotId, occupied, distance: distanceCm, timestamp: new Date().toISOString() },
				...{ board_id: "fanout", boot: 1, seq: ++seq, uptime_ms: seq * 20, confidence: 0.9, reason: "echo" },
				state: occupied ? "occupied" : "free",
			};
			board.publish(`parkmate/spot/status/${lotId}/${spotId}`, JSON.stringify(report), { qos: 1 });
		}
	};
	const template = await oneUpdate(address, () =>
		publish([{ spotId: "SPOT0", occupied: true, distanceCm: 30, version: lot_version + 1 }]),
	);
	const pid = gateway.pid ?? 0;
	const before = residentBytes(pid);
	const crowd = await Crowd.start(address, clients, { withSnapshot: true });
	ends.unshift(() => crowd.end());
	return {
		...{ name: "gateway", pid, crowd, publish, template, url: gateway.url, firstVersion: lot_version + 1 },
		residentBytes: { before, after: residentBytes(pid) },
	};
}

/** The bare server; it is handed frames that are as long as the gateway's, over a WebSocket. */
export async function startBare(clients: number, template: string, ends: Ends): Promise<Side> {
	const { pid, ready: port } = await startPeer<number>("bare server", { file: "fanout/bare.ts", ends });
	const trigger = new WebSocket(`ws://127.0.0.1:${port}/trigger`, { perMessageDeflate: false });
	await once(trigger, "open");
	ends.unshift(() => trigger.terminate());
	const frame = JSON.parse(template) as SpotUpdate;
	const publish = (changes: readonly Change[]) => {
		for (const { spotId, occupied, distanceCm, version } of changes) {
			const state = occupied ? "occupied" : "free";
			const update = { ...frame, spot_id: spotId, occupied, state, distance: distanceCm, lot_version: version };
			trigger.send(JSON.stringify(update));
		}
	};
	const before = residentBytes(pid);
	const crowd = await Crowd.start(`ws://127.0.0.1:${port}/`, clients, { withSnapshot: false });
	ends.unshift(() => crowd.end());
	return {
		...{ name: "bare ws", pid, crowd, publish, firstVersion: 0 },
		residentBytes: { before, after: residentBytes(pid) },
	};
}

/** The first update that a client gets. */
async function oneUpdate(address: string, publish: () => void): Promise<string> {
	const socket = new WebSocket(address, { perMessageDeflate: false });
	try {
		return await new Promise<string>((resolve, reject) => {
			socket.on("error", reject);
			socket.on("message", (data) => {
				const text = String(data);
				if (text.startsWith('{"event":"snapshot"')) publish();
				else if (text.startsWith('{"event":"spot_update"')) resolve(text);
			});
		});
	} finally {
		socket.terminate();
	}
}
