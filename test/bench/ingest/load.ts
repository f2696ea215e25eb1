/** Boards that speak as fast as they are heard: some connections, so many reports under way at once, every report a change. */
import type { StatusReport } from "../../../firmware/messages.ts";
import type { Outgoing } from "../../../gateway/broker/broker.ts";
import { RemoteBroker } from "../../../gateway/broker/remote.ts";
import { until } from "../../support/processes.ts";
import { lotId, spotId } from "../site.ts";

export const lots = 50;
export const spotsPerLot = 20;
const spotsPerBoard = 10;
const publishers = 4;
/** Reports said and not yet handled, over all connections. */
const reportsUnderWay = 2000;

/** A turn that takes longer than this has lost something, ms. */
const deadlineMs = 120_000;

export interface Said {
	occupied: boolean;
	distance: number;
}

/** Speaks to one side of the comparison, below its own prefix. */
export class Load {
	/** What was said last, by `<lot_id>/<spot_id>`. */
	readonly said = new Map<string, Said>();
	readonly #prefix: string;
	readonly #connections: RemoteBroker[];
	readonly #seqs = new Map<string, number>();
	#sent = 0;

	private constructor(prefix: string, connections: RemoteBroker[]) {
		this.#prefix = prefix;
		this.#connections = connections;
	}

	static async open(url: string, prefix: string): Promise<Load> {
		const connections = Array.from(
			{ length: publishers },
			(_, index) => new RemoteBroker({ url, clientId: `${prefix}-load-${index}` }),
		);
		for (const connection of connections) {
			// Only what is published matters: nobody speaks on this topic.
			const filters = [`${prefix}/load/none`];
			await connection.start({ filters, onMessage: async () => {}, onConnect: () => {}, onDisconnect: () => {} });
			await until("a connection", () => connection.state.connected);
		}
		return new Load(prefix, connections);
	}

	/** Says `reports` more, `underWay` at once, and waits until `handled` has risen by as many. @returns how long that took, ms */
	async run(reports: number, handled: () => number, underWay = reportsUnderWay): Promise<number> {
		const before = handled();
		const start = performance.now();
		let said = 0;
		while (handled() - before < reports) {
			const room = Math.min(underWay - (said - (handled() - before)), reports - said);
			// Half a window at a time: what comes in small pieces costs the load more than it costs those who are measured.
			if (room >= Math.min(underWay / 4, reports - said) && room > 0) {
				this.#say(room);
				said += room;
			}
			if (performance.now() - start > deadlineMs) {
				throw new Error(`expected ${reports} reports handled within ${deadlineMs} ms, got ${handled() - before}`);
			}
			await new Promise((resolve) => setTimeout(resolve, 1));
		}
		return performance.now() - start;
	}

	async close(): Promise<void> {
		await Promise.all(this.#connections.map((connection) => connection.close()));
	}

	#say(reports: number): void {
		const batches: Outgoing[][] = this.#connections.map(() => []);
		for (let report = 0; report < reports; report++) {
			const place = this.#sent++ % (lots * spotsPerLot);
			// A board speaks over one connection.
			batches[place % publishers]?.push(this.#report(place % lots, Math.floor(place / lots)));
		}
		for (const [index, batch] of batches.entries()) {
			// What is not acknowledged is missing at the end.
			this.#connections[index]?.publish(batch).catch(() => {});
		}
	}

	#report(lot: number, spot: number): Outgoing {
		const [lot_id, spot_id] = [lotId(lot), spotId(spot)];
		const place = `${lot_id}/${spot_id}`;
		const occupied = this.said.get(place)?.occupied !== true;
		const distance = (this.#sent % 4000) / 10;
		this.said.set(place, { occupied, distance });
		const board_id = `${lot_id}-${Math.floor(spot / spotsPerBoard)}`;
		const seq = (this.#seqs.get(board_id) ?? 0) + 1;
		this.#seqs.set(board_id, seq);
		const status: StatusReport = {
			...{ spot_id, lot_id, occupied, distance, timestamp: new Date().toISOString() },
			...{ board_id, boot: 1, seq, uptime_ms: this.#sent, state: occupied ? "occupied" : "free" },
			...{ confidence: 0.9, reason: "echo" },
		};
		return { topic: `${this.#prefix}/spot/status/${lot_id}/${spot_id}`, payload: JSON.stringify(status) };
	}
}
