/** Boards that report at an even pace, each report a change, and take the time until they hear that it is stored. */
import { connectAsync, type MqttClient } from "mqtt";
import type { StatusReport, Stored } from "../../../firmware/messages.ts";

/** Reports of one board that wait for their confirmation at most; then it skips its turns. */
export const maxWaiting = 500;

export interface FleetOptions {
	mqttUrl: string;
	lots: number;
	spotsPerLot: number;
	/** `stored`: a report is confirmed when the gateway says so. `puback`: when the broker has it. */
	confirmedBy: "stored" | "puback";
	/** Hears of each confirmation: when it was said (performance.now()), and how long it took, ms. */
	onConfirmed: (saidMs: number, tookMs: number) => void;
}

/** One board: it speaks for all spots of a lot. */
interface Board {
	client: MqttClient;
	boardId: string;
	lotId: string;
	seq: number;
	/** When each unconfirmed report was said, by its number. */
	waiting: Map<number, number>;
}

export function lotIdOf(lot: number): string {
	return `SOAK${lot + 1}`;
}

export function spotIdOf(spot: number): string {
	return `S${spot + 1}`;
}

export class Fleet {
	readonly #options: FleetOptions;
	readonly #boards: Board[] = [];
	readonly #startMs = performance.now();
	#said = 0;
	#skipped = 0;

	private constructor(options: FleetOptions) {
		this.#options = options;
	}

	static async start(options: FleetOptions): Promise<Fleet> {
		const fleet = new Fleet(options);
		for (let lot = 0; lot < options.lots; lot++) await fleet.#add(lot);
		return fleet;
	}

	/** Reports said so far. */
	get said(): number {
		return this.#said;
	}

	/** Turns left out, as too many reports waited. */
	get skipped(): number {
		return this.#skipped;
	}

	/** Reports that nobody confirmed yet. */
	get waiting(): number {
		return this.#boards.reduce((sum, { waiting }) => sum + waiting.size, 0);
	}

	/** The number of the last report of a spot, 0 if there was none; it travels as the distance. */
	lastOf(lot: number, spot: number): number {
		const { spotsPerLot } = this.#options;
		const seq = this.#boards[lot]?.seq ?? 0;
		const turns = Math.floor((seq - 1 - spot) / spotsPerLot);
		return turns < 0 ? 0 : turns * spotsPerLot + spot + 1;
	}

	/** One more report, of the board whose turn it is. */
	say(turn: number): void {
		const board = this.#boards[turn % this.#boards.length];
		if (board === undefined) return;
		if (board.waiting.size >= maxWaiting) {
			this.#skipped++;
			return;
		}
		const { spotsPerLot, confirmedBy } = this.#options;
		const seq = ++board.seq;
		const spotId = spotIdOf((seq - 1) % spotsPerLot);
		// Each round through the lot is the other way round: every report is a change.
		const occupied = Math.floor((seq - 1) / spotsPerLot) % 2 === 0;
		const saidMs = performance.now();
		const status: StatusReport = {
			...{ spot_id: spotId, lot_id: board.lotId, occupied, distance: seq / 10, timestamp: new Date().toISOString() },
			...{ board_id: board.boardId, boot: 1, seq, uptime_ms: Math.round(saidMs - this.#startMs) },
			...{ state: occupied ? "occupied" : "free", confidence: 0.9, reason: "echo" },
		};
		board.waiting.set(seq, saidMs);
		this.#said++;
		const topic = `parkmate/spot/status/${board.lotId}/${spotId}`;
		board.client.publish(topic, JSON.stringify(status), { qos: 1 }, (error) => {
			if (!error && confirmedBy === "puback") this.#confirm(board, seq);
		});
	}

	async close(): Promise<void> {
		await Promise.all(this.#boards.map(({ client }) => client.endAsync(true)));
	}

	async #add(lot: number): Promise<void> {
		const { mqttUrl, confirmedBy } = this.#options;
		const boardId = `soak-${lot + 1}`;
		const client = await connectAsync(mqttUrl, { clientId: boardId });
		const board: Board = { client, boardId, lotId: lotIdOf(lot), seq: 0, waiting: new Map() };
		this.#boards.push(board);
		if (confirmedBy === "puback") return;
		client.on("message", (_topic, payload) => {
			const { seqs } = JSON.parse(payload.toString()) as Stored;
			for (const [first, last] of seqs) for (let seq = first; seq <= last; seq++) this.#confirm(board, seq);
		});
		await client.subscribeAsync(`parkmate/board/${boardId}/stored`, { qos: 1 });
	}

	#confirm(board: Board, seq: number): void {
		const saidMs = board.waiting.get(seq);
		if (saidMs === undefined) return;
		board.waiting.delete(seq);
		this.#options.onConfirmed(saidMs, performance.now() - saidMs);
	}
}
