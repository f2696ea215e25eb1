/** A gateway in this process, over a real store that can stand still and a real broker, and boards with the firmware's own link. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MqttTransport } from "../../../firmware/device/virtual/mqtt.ts";
import { Link } from "../../../firmware/link.ts";
import type { SensorState } from "../../../firmware/messages.ts";
import { parseSettings } from "../../../firmware/settings.ts";
import type { Alarm, Timer } from "../../../firmware/timer.ts";
import type { ConnectOptions } from "../../../firmware/transport.ts";
import { EmbeddedBroker } from "../../../gateway/broker/embedded.ts";
import { RemoteBroker } from "../../../gateway/broker/remote.ts";
import type { HistoryEntry } from "../../../gateway/contract/resources.ts";
import { Gateway } from "../../../gateway/gateway.ts";
import { createLot } from "../../../gateway/lots/manage.ts";
import type { Batch } from "../../../gateway/lots/records.ts";
import { SqliteStore } from "../../../gateway/store/sqlite.ts";
import type { HistoryQuery, Store } from "../../../gateway/store/store.ts";
import { Mosquitto, type MosquittoOptions } from "../../support/mosquitto.ts";
import { MemoryLog } from "../books.ts";

export const lotId = "LOT001";

/** How much faster than ours a board's time runs: its first wait before it connects again is 20 ms to 40 ms. */
const speed = 25;

/** A store that takes nothing while it is paused, and says nothing of it. */
class PausableStore implements Store {
	readonly kind = "sqlite";
	readonly #store: Store;
	#paused: PromiseWithResolvers<void> | null = null;

	constructor(store: Store) {
		this.#store = store;
	}

	pause(): void {
		this.#paused ??= Promise.withResolvers();
	}

	resume(): void {
		this.#paused?.resolve();
		this.#paused = null;
	}

	async commit(batch: Batch): Promise<void> {
		await this.#paused?.promise;
		return this.#store.commit(batch);
	}

	load() {
		return this.#store.load();
	}
	loadLots(lotIds: string[]) {
		return this.#store.loadLots(lotIds);
	}
	lotVersions() {
		return this.#store.lotVersions();
	}
	holdLease(name: string, holder: string, ms: number) {
		return this.#store.holdLease(name, holder, ms);
	}
	history(query: HistoryQuery) {
		return this.#store.history(query);
	}
	hasHeldData() {
		return this.#store.hasHeldData();
	}
	ping() {
		return this.#store.ping();
	}
	close() {
		return this.#store.close();
	}
}

class FastTimer implements Timer {
	readonly #startMs = performance.now();

	now(): number {
		return (performance.now() - this.#startMs) * speed;
	}

	alarm(callback: () => void): Alarm {
		let timeout: NodeJS.Timeout | undefined;
		return {
			set: (delayMs) => {
				clearTimeout(timeout);
				timeout = setTimeout(callback, delayMs / speed);
			},
			cancel: () => clearTimeout(timeout),
		};
	}
}

/** The firmware's link on a spot of the lot, without a sensor. */
export class TestBoard {
	readonly link: Link;
	readonly #timer = new FastTimer();

	constructor(options: {
		url: string;
		boardId: string;
		spotIds: string[];
		boot?: number;
		clock?: () => number | null;
	}) {
		const { url, boardId, spotIds, boot = 1, clock = () => null } = options;
		this.link = new Link({
			settings: parseSettings({
				board_id: boardId,
				lot_id: lotId,
				spots: spotIds.map((spot_id) => ({ spot_id })),
				broker_url: url,
			}),
			boot,
			firmware: "test 1",
			timer: this.#timer,
			clock: { now: clock },
			random: () => 0.5,
			connect: (connect: ConnectOptions) => new MqttTransport(connect),
			listener: {
				onLamp: () => {},
				onCommand: () => {},
				onBootBehind: (newest) => this.link.restartAs(newest + 1),
				onReach: () => {},
				onConnect: () => {},
				onDisconnect: () => {},
			},
		});
		this.link.start();
	}

	say(spot: number, state: SensorState): void {
		const distanceCm = state === "free" ? 210 : 35;
		this.link.report({ spot, state, confidence: 1, reason: "echo", distanceCm, atMs: this.#timer.now() });
	}

	/** Resolves when it has said goodbye, or could not. */
	close(): Promise<void> {
		return new Promise((resolve) => this.link.close(resolve));
	}
}

export interface SiteOptions {
	/** A real Mosquitto with these options; the embedded broker when left out. */
	mosquitto?: MosquittoOptions;
	/** Where the gateway reaches its Mosquitto; straight when left out. */
	gatewayUrl?: (port: number) => Promise<string>;
	/** Of the gateway's connection to its Mosquitto. */
	keepaliveS?: number;
	clock?: { now(): number };
}

export class Site {
	readonly mosquitto: Mosquitto | null;
	readonly store: PausableStore;
	readonly gateway: Gateway;
	readonly log: MemoryLog;
	readonly #dataDir: string;
	readonly #boards: TestBoard[] = [];

	private constructor(options: Pick<Site, "mosquitto" | "store" | "gateway" | "log"> & { dataDir: string }) {
		this.mosquitto = options.mosquitto;
		this.store = options.store;
		this.gateway = options.gateway;
		this.log = options.log;
		this.#dataDir = options.dataDir;
	}

	/** With LOT001 of nine spots, SPOT001 and on. */
	static async start(options: SiteOptions = {}): Promise<Site> {
		const mosquitto = options.mosquitto === undefined ? null : await Mosquitto.start(options.mosquitto);
		const dataDir = mkdtempSync(join(tmpdir(), "parkmate-traps-"));
		const store = new PausableStore(await SqliteStore.open({ dataDir }));
		const broker =
			mosquitto === null
				? new EmbeddedBroker({ host: "127.0.0.1", port: 0 })
				: new RemoteBroker({
						url: (await options.gatewayUrl?.(mosquitto.port)) ?? mosquitto.url,
						clientId: "gateway",
						keepaliveS: options.keepaliveS,
						setTimer: (action, delayMs) => {
							const timer = setTimeout(action, Math.min(delayMs, 50));
							return () => clearTimeout(timer);
						},
					});
		const log = new MemoryLog();
		const clock = options.clock ?? { now: Date.now };
		const gateway = new Gateway({ store, broker, clock, log, topicPrefix: "parkmate" });
		await gateway.start();
		await gateway.make((draft) => createLot(draft, { lot_id: lotId, name: "Tower", spots: 9 }, clock.now()));
		return new Site({ mosquitto, store, gateway, log, dataDir });
	}

	/** Where boards connect. */
	get url(): string {
		return this.mosquitto?.url ?? this.gateway.broker.url;
	}

	/** A board that is known by now. */
	board(options: Partial<ConstructorParameters<typeof TestBoard>[0]> = {}): TestBoard {
		const board = new TestBoard({ url: this.url, boardId: "b1", spotIds: ["SPOT001", "SPOT002"], ...options });
		this.#boards.push(board);
		return board;
	}

	state(spotId: string): string | undefined {
		return this.gateway.books.spot(lotId, spotId)?.state;
	}

	/** Oldest first. */
	async history(spotId?: string): Promise<HistoryEntry[]> {
		const entries = await this.store.history({ lot_id: lotId, spot_id: spotId, limit: 1000 });
		return entries.reverse();
	}

	async close(): Promise<void> {
		this.store.resume();
		for (const board of this.#boards) await board.close();
		await this.gateway.close();
		await this.mosquitto?.close();
		rmSync(this.#dataDir, { recursive: true, force: true });
	}
}
