/** A disk that is full, and a database that somebody else writes. */
import { DatabaseSync } from "node:sqlite";
import { between } from "../../../firmware/device/virtual/random.ts";
import { maxUnacknowledged } from "../../../gateway/broker/limits.ts";
import { until } from "../../support/processes.ts";
import type { Site } from "../site.ts";
import { type Faults, pause, pick } from "./fault.ts";

/** Longer than 1.5 × the keepalive of the boards in their fast time and of plain sensors, 3 s, ms. */
const pastKeepaliveMs = 5_000;

/** How long the load may take to fill what is left, and the gateway to say so, ms. */
const stallDeadlineMs = 15_000;

/** What the owner and overrides that end by themselves may add to the messages that wait. */
const ownerTasks = 20;

/** Messages of all boards and plain sensors that can wait for the store at the embedded broker: 16 of a board, 1 of a plain sensor. */
const maxWaitingEmbedded = 6 * 16 + 10;

export const lockFaults: Faults = {
	"database locked by another program": {
		touches: ["store"],
		async inject(site, random, alone) {
			const over = site.storeTroubled();
			const database = new DatabaseSync(site.databasePath, { timeout: 5_000 });
			try {
				database.exec("BEGIN IMMEDIATE");
				const ms = pick([between(random, 100, 2_000), pastKeepaliveMs], random);
				if (alone) await heldUp(site, ms, /another program holds a write transaction on it/);
				else await pause(ms);
				database.exec("ROLLBACK");
			} finally {
				database.close();
				over();
			}
		},
	},
};

/** Only where the gateway's disk is one that can be filled up. */
export const diskFaults: Faults = {
	"disk full": {
		touches: ["store"],
		inject: (site, random, alone) =>
			full(site, 0, async () => {
				if (alone) await heldUp(site, pick([between(random, 0, 1_500), pastKeepaliveMs], random), /the disk is full/);
				else await pause(between(random, 200, 2_500));
			}),
	},
	"disk fills up slowly": {
		touches: ["store"],
		inject: (site, random, alone) =>
			full(site, Math.floor(between(random, 32, 512)) * 1024, async () => {
				if (alone) await heldUp(site, between(random, 0, 1_500), /the disk is full/);
				else await pause(between(random, 500, 3_000));
			}),
	},
	"gateway killed while the disk is full": {
		touches: ["store", "gateway"],
		inject: (site, random) =>
			full(site, 0, async () => {
				await pause(between(random, 0, 1_500));
				await site.gateway.kill();
			}).then(() => site.startGateway()),
	},
	"gateway started while the disk is full": {
		touches: ["store", "gateway"],
		async inject(site, random) {
			await pick([() => site.gateway.kill(), () => site.gateway.stop()], random)();
			let started: Promise<void> | undefined;
			await full(site, pick([0, 4096, 65_536], random), async () => {
				started = site.startGateway();
				// Nobody waits for it yet.
				started.catch(() => {});
				await pause(between(random, 500, 3_000));
			});
			await started;
		},
	},
};

/** Leaves `bytes` on the gateway's disk while `during` goes on. */
async function full(site: Site, bytes: number, during: () => Promise<void>): Promise<void> {
	const over = site.storeTroubled();
	site.disk?.leave(bytes);
	try {
		await during();
	} finally {
		site.disk?.makeRoom();
		over();
	}
}

/**
 * Waits until the gateway says why it is not ready, and `ms` more: it must answer, hold a bounded number of messages, and keep
 * its connections.
 */
async function heldUp(site: Site, ms: number, why: RegExp): Promise<void> {
	const health = async () => {
		const answer = await fetch(`${site.gateway.url}/health`, { signal: AbortSignal.timeout(5_000) });
		const { components } = (await answer.json()) as {
			components: { store: { error: string | null; waiting: number } };
		};
		return answer.status === 503 && why.test(components.store.error ?? "") ? components.store : null;
	};
	await until(`a gateway that is not ready as ${why.source}`, health, { deadlineMs: stallDeadlineMs });
	const connected = async () => {
		const connections = await site.boardConnections();
		return connections.all ? connections : null;
	};
	const before = await until("boards that are connected", connected, { deadlineMs: stallDeadlineMs });
	await pause(ms);
	const store = await health();
	if (store === null) throw new Error(`expected a gateway that stays not ready as ${why.source}`);
	// Another broker acknowledges to boards at once, and hands over what it has up to the gateway's own limit.
	const most = ownerTasks + (site.mosquitto === null ? maxWaitingEmbedded : maxUnacknowledged);
	if (store.waiting > most) throw new Error(`expected at most ${most} waiting messages, got ${store.waiting}`);
	const after = await site.boardConnections();
	if (after.lost > before.lost) {
		const text = `${after.lost - before.lost} connections of boards were lost (${after.why.join("; ")})`;
		throw new Error(`expected keepalive to be answered while the store is away, ${text}`);
	}
}
