/** What benches start and make: a broker, lots, and the processes that a gateway is compared with. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LotWithSpots } from "../../gateway/contract/resources.ts";
import { MongoServer, mongodbMissing } from "../support/mongodb.ts";
import { Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { GatewayProcess, Program } from "../support/processes.ts";
import { InputError } from "./bench.ts";

/** How to end what was started, the newest first. */
export type Ends = (() => Promise<unknown> | unknown)[];

/** Runs it, and then ends all that it put in front of `ends`, also when it fails. */
export async function withEnds<T>(run: (ends: Ends) => Promise<T>): Promise<T> {
	const ends: Ends = [];
	try {
		return await run(ends);
	} finally {
		for (const end of ends) await end();
	}
}

/** Which broker a bench goes through. */
export type BrokerName = "embedded" | "mosquitto";

/** What `--broker` says. @throws InputError when there is no such broker, or it is not installed. */
export function brokerNamed(name: string): BrokerName {
	if (name !== "embedded" && name !== "mosquitto") {
		throw new InputError(`--broker must be embedded or mosquitto, got "${name}"`);
	}
	if (name === "mosquitto" && mosquittoMissing !== null) throw new InputError(mosquittoMissing);
	return name;
}

/** Which store a bench goes through. */
export type StoreName = "sqlite" | "mongodb";

/** What `--store` says. @throws InputError when there is no such store, or no server for it. */
export function storeNamed(name: string): StoreName {
	if (name !== "sqlite" && name !== "mongodb") {
		throw new InputError(`--store must be sqlite or mongodb, got "${name}"`);
	}
	if (name === "mongodb" && mongodbMissing !== null) throw new InputError(mongodbMissing);
	return name;
}

/** The server of MongoDB's protocol that tests use; null for SQLite. */
export async function startStore(store: StoreName, ends: Ends): Promise<MongoServer | null> {
	if (store === "sqlite") return null;
	const server = await MongoServer.start();
	ends.unshift(() => server.close());
	return server;
}

/** By itself Mosquitto hands over 20 messages at a time, and waits for their PUBACKs; and it delays small packets (Nagle). */
export const mosquittoConfig = ["set_tcp_nodelay true", "max_inflight_messages 1000", "max_queued_messages 0"];

/** A gateway with its embedded broker, or with a Mosquitto of its own that is set up as our README says. */
export async function startGateway(
	broker: BrokerName,
	ends: Ends,
	env: Record<string, string> = {},
): Promise<GatewayProcess> {
	const mosquitto = broker === "mosquitto" ? await Mosquitto.start({ config: mosquittoConfig }) : null;
	if (mosquitto !== null) ends.unshift(() => mosquitto.close());
	const gateway = await GatewayProcess.start({ mqttUrl: mosquitto?.url, env: { LOG_LEVEL: "warn", ...env } });
	ends.unshift(() => gateway.close());
	return gateway;
}

/** A path in a folder of its own, which goes in the end. */
export function temporaryFile(name: string, ends: Ends): string {
	const folder = mkdtempSync(join(tmpdir(), "parkmate-bench-"));
	ends.unshift(() => rmSync(folder, { recursive: true, force: true }));
	return join(folder, name);
}

/** `POST /api/lots`: `spots` is how many, or which. @throws Error when the gateway does not make it. */
export async function makeLot(
	url: string,
	lot: {
		lot_id: string;
		spots: number | { spot_id: string }[];
		name?: string;
		address?: string;
		price_per_hour?: number;
	},
): Promise<LotWithSpots> {
	const answer = await fetch(`${url}/api/lots`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ name: lot.lot_id, ...lot }),
	});
	if (answer.status !== 201) {
		throw new Error(`expected 201 for the new lot, got ${answer.status}: ${await answer.text()}`);
	}
	return (await answer.json()) as LotWithSpots;
}

/**
 * Starts `file` of this folder as a process of its own, and resolves with the first message that it sends: it is ready then. It is sent
 * `first` before, if that is given. @throws Error with its output when it ends before.
 */
export async function startPeer<T>(
	name: string,
	options: { file: string; args?: readonly string[]; first?: object; ends: Ends },
): Promise<{ program: Program; pid: number; ready: T }> {
	const { file, args = [], first, ends } = options;
	const path = fileURLToPath(new URL(file, import.meta.url));
	const program = new Program(name, process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
	ends.unshift(() => program.end());
	const gone = program.ended.then(() => {
		throw program.complaint("it ended before it was ready");
	});
	if (first !== undefined) program.child.send(first);
	const [ready] = (await Promise.race([once(program.child, "message"), gone])) as [T];
	return { program, pid: program.child.pid ?? 0, ready };
}
