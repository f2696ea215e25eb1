/**
 * In: lots and their spots. Out: as many boards as they need, each with its own connection, over a model of the lot.
 * Never: more than eight spots on a board.
 */
import { join } from "node:path";
import { Board } from "../../board.ts";
import { sensorLimit } from "../../ranging.ts";
import { countBoot, parseSettings, type Settings, saveBoot } from "../../settings.ts";
import type { ConnectOptions } from "../../transport.ts";
import { EngineBoard } from "./engine-board.ts";
import type { Engine } from "./engine-protocol.ts";
import { HcSr04 } from "./hc-sr04.ts";
import { VirtualLamp } from "./lamp.ts";
import { floorCm, type Pace, SpotModel } from "./lot-model.ts";
import { MqttTransport } from "./mqtt.ts";
import { seededRandom } from "./random.ts";
import { FileStore } from "./store.ts";
import { NodeTimer, nodeClock } from "./timer.ts";

export interface FleetLot {
	lotId: string;
	spotIds: readonly string[];
}

export interface FleetOptions {
	lots: readonly FleetLot[];
	brokerUrl: string;
	username?: string;
	password?: string;
	topicPrefix?: string;
	/** Folder for the boards' memories, one file each. */
	dataDir: string;
	pace: Pace;
	seed: number;
	/** Makes an engine for each board to run in; without it they all run in this process. */
	makeEngine?: () => Engine;
	/** Every board is connected, for the first time or again. */
	onAllConnected?: () => void;
	/** The first board lost its connection, or could not make one, since all were connected or since the start. */
	onLoss?: (boardId: string, reason: string) => void;
}

/** One virtual board, whatever runs its firmware. */
export type VirtualBoard = Pick<Board, "boot" | "connected" | "outboxSize" | "start" | "close">;

/** Name and version that the boards announce. */
export const firmwareName = "parkmate-virtual 0.1.0";

/** Boards are numbered within their lot: `lot001-1`, `lot001-2`, … */
export function boardSettings(options: Omit<FleetOptions, "dataDir" | "pace" | "seed">): Settings[] {
	return options.lots.flatMap(({ lotId, spotIds }) => {
		const boards = Math.ceil(spotIds.length / sensorLimit);
		return Array.from({ length: boards }, (_, index) =>
			parseSettings({
				board_id: `${lotId.toLowerCase()}-${index + 1}`,
				lot_id: lotId,
				spots: spotIds
					.slice(index * sensorLimit, (index + 1) * sensorLimit)
					.map((spot_id) => ({ spot_id, height_cm: floorCm })),
				broker_url: options.brokerUrl,
				broker_username: options.username,
				broker_password: options.password,
				topic_prefix: options.topicPrefix,
			}),
		);
	});
}

/** Boards that run until they are closed. */
export class Fleet {
	readonly boards: readonly VirtualBoard[];
	readonly #options: FleetOptions;
	/** All were connected, and none lost it since; or nobody was told yet. */
	#lossTold = false;

	/**
	 * Counts a start of each board.
	 * @throws SettingsError on settings that a board would not take; Error when `dataDir` can't be used.
	 */
	constructor(options: FleetOptions) {
		this.#options = options;
		this.boards = boardSettings(options).map((settings) => this.#makeBoard(settings));
	}

	start(): void {
		for (const board of this.boards) board.start();
	}

	/** Says that all boards are offline; resolves when the broker has heard it or can't be told. */
	async close(): Promise<void> {
		await Promise.all(this.boards.map((board) => new Promise<void>((resolve) => board.close(resolve))));
	}

	#makeBoard(settings: Settings): VirtualBoard {
		const { dataDir, pace, seed, makeEngine } = this.#options;
		const store = new FileStore(join(dataDir, `${settings.board_id}.json`));
		const timer = new NodeTimer();
		const parts = {
			settings,
			firmware: firmwareName,
			sensors: settings.spots.map(({ spot_id }) => {
				const name = `${settings.lot_id}/${spot_id}`;
				const spot = new SpotModel({ seed, name, pace, temperatureC: settings.temperature_c });
				return new HcSr04({ ping: () => spot.ping(timer.now()) });
			}),
			timer,
			clock: nodeClock,
			connect: (connectOptions: ConnectOptions) => new MqttTransport(connectOptions),
			onConnect: () => {
				if (!this.boards.every((board) => board.connected)) return;
				this.#lossTold = false;
				this.#options.onAllConnected?.();
			},
			onDisconnect: (reason: string) => {
				if (this.#lossTold) return;
				this.#lossTold = true;
				this.#options.onLoss?.(settings.board_id, reason);
			},
		};
		const boot = countBoot(store, Math.random);
		if (makeEngine) {
			return new EngineBoard({
				...parts,
				boot,
				seed,
				engine: makeEngine(),
				memory: store,
				saveBoot: (next) => saveBoot(store, next),
			});
		}
		return new Board({
			...parts,
			boot,
			lamps: settings.spots.map(() => new VirtualLamp()),
			random: seededRandom(seed, settings.board_id),
			saveBoot: (next) => saveBoot(store, next),
			memory: store,
		});
	}
}
