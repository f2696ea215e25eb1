/**
 * A few boards as a process that can be killed: the firmware's own link, over the virtual boards' transport; in place of sensors,
 * words made up from a seed. Each word is written down before the link hears it, and each confirmation as it comes.
 *
 * Their time runs faster than ours, so that the link's waits (seconds for a reconnection or for `stored`) fit into a round.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MqttTransport } from "../../firmware/device/virtual/mqtt.ts";
import { between, type Random, seededRandom } from "../../firmware/device/virtual/random.ts";
import { FileStore } from "../../firmware/device/virtual/store.ts";
import { readStored } from "../../firmware/inbox.ts";
import { Link } from "../../firmware/link.ts";
import type { SensorState, StatusReport } from "../../firmware/messages.ts";
import type { SpotReport } from "../../firmware/outbox.ts";
import { countBoot, parseSettings, saveBoot } from "../../firmware/settings.ts";
import type { Alarm, Timer } from "../../firmware/timer.ts";
import type { ConnectOptions, OutMessage } from "../../firmware/transport.ts";
import { distanceOf } from "./check.ts";

/** What the process is told at its start, as JSON in its first argument. */
export interface BoardsOrder {
	brokerUrl: string;
	/** Where the boards' memories are. */
	dataDir: string;
	/** Where the words of this life go, one JSON object a line. */
	logPath: string;
	seed: number;
	/** How much faster the boards' time runs. */
	speed: number;
	/** Mean time between two words of one board, ms. */
	wordMs: number;
	boards: {
		boardId: string;
		lotId: string;
		spotIds: string[];
		/** Of its first word in this life; above all that it said before. */
		firstSerial: number;
		/** How far its wall clock is off, ms; null: nobody told it the time. */
		clockOffMs: number | null;
	}[];
}

/** What the runner says to the process. */
export type BoardsCommand =
	| "pause"
	| "resume"
	| "status"
	/** All of their wall clocks go by so many ms, those too that nobody had told the time. */
	| { jumpMs: number };

/** What the process answers to `status`. */
export interface BoardsStatus {
	paused: boolean;
	/** Connections that ended, and tries that failed, over all of its boards; and why the last one did. */
	lost: number;
	lostWhy: string;
	boards: { boardId: string; boot: number; connected: boolean; outbox: number; coalesced: number }[];
}

/** A line of the log. */
export type LogLine =
	| { boardId: string; spotId: string; serial: number; state: SensorState; repeats: boolean }
	| { boardId: string; stored: number[] };

/** The board's time: `speed` times as fast. */
class FastTimer implements Timer {
	readonly #speed: number;
	readonly #startMs = performance.now();

	constructor(speed: number) {
		this.#speed = speed;
	}

	now(): number {
		return (performance.now() - this.#startMs) * this.#speed;
	}

	alarm(callback: () => void): Alarm {
		let timeout: NodeJS.Timeout | undefined;
		return {
			set: (delayMs) => {
				clearTimeout(timeout);
				timeout = setTimeout(callback, delayMs / this.#speed);
			},
			cancel: () => clearTimeout(timeout),
		};
	}
}

/** Tells what was sent and what was heard. */
class LoggedTransport extends MqttTransport {
	readonly #onSent: (message: OutMessage) => void;

	constructor(options: ConnectOptions, onSent: (message: OutMessage) => void) {
		super(options);
		this.#onSent = onSent;
	}

	override publish(message: OutMessage): boolean {
		const taken = super.publish(message);
		if (taken) this.#onSent(message);
		return taken;
	}
}

class ChaosBoard {
	readonly link: Link;
	readonly boardId: string;
	readonly #spotIds: string[];
	readonly #timer: Timer;
	readonly #random: Random;
	readonly #log: (line: LogLine) => void;
	readonly #states: SensorState[];
	/** Serials by `boot/seq`, of what was sent and not confirmed. The outbox bounds it. */
	readonly #sent = new Map<string, number>();
	#serial: number;
	#clockOffMs: number | null;
	#lost = 0;
	#lostWhy = "";

	constructor(order: BoardsOrder, board: BoardsOrder["boards"][number], log: (line: LogLine) => void) {
		const { boardId, lotId, spotIds, firstSerial } = board;
		const store = new FileStore(join(order.dataDir, `${boardId}.json`));
		const boot = countBoot(store, Math.random);
		this.boardId = boardId;
		this.#spotIds = spotIds;
		this.#serial = firstSerial;
		this.#clockOffMs = board.clockOffMs;
		this.#log = log;
		this.#timer = new FastTimer(order.speed);
		this.#random = seededRandom(order.seed, `${boardId}/${firstSerial}`);
		this.#states = spotIds.map(() => "unknown");
		const random = seededRandom(order.seed, `${boardId}/${firstSerial}/link`);
		this.link = new Link({
			settings: parseSettings({
				board_id: boardId,
				lot_id: lotId,
				spots: spotIds.map((spot_id) => ({ spot_id })),
				broker_url: order.brokerUrl,
			}),
			boot,
			firmware: "parkmate-chaos",
			timer: this.#timer,
			clock: { now: () => (this.#clockOffMs === null ? null : Date.now() + this.#clockOffMs) },
			random,
			connect: (options) =>
				new LoggedTransport(
					{
						...options,
						keepaliveMs: options.keepaliveMs / order.speed,
						onMessage: (topic, payload) => {
							if (topic.endsWith("/stored")) this.#onStored(payload);
							options.onMessage(topic, payload);
						},
					},
					(message) => this.#onSent(message),
				),
			listener: {
				onLamp: () => {},
				onCommand: () => {},
				onBootBehind: (newest) => {
					saveBoot(store, newest + 1);
					this.link.restartAs(newest + 1);
				},
				onReach: () => {},
				onConnect: () => {},
				onDisconnect: (reason) => {
					this.#lost++;
					this.#lostWhy = reason;
				},
			},
		});
		this.link.start();
		// A start measures every spot again.
		for (let spot = 0; spot < spotIds.length; spot++) this.#say(spot, this.#pick(["free", "occupied"]), false);
	}

	/** Connections that ended, and tries that failed. */
	get lost(): number {
		return this.#lost;
	}

	get lostWhy(): string {
		return this.#lostWhy;
	}

	jump(ms: number): void {
		this.#clockOffMs = (this.#clockOffMs ?? 0) + ms;
	}

	/** One more word: mostly a change, now and then the same again. */
	speak(): void {
		// The last one hardly ever speaks: what is remembered of it must outlive more than one fault.
		const speaking = this.#random() < 0.003 ? this.#spotIds.length : this.#spotIds.length - 1;
		const spot = Math.floor(this.#random() * speaking);
		const now = this.#states[spot] ?? "unknown";
		const chance = this.#random();
		if (chance < 0.1) this.#say(spot, now, true);
		else if (chance < 0.2 && now !== "unknown") this.#say(spot, "unknown", false);
		else
			this.#say(
				spot,
				now === "occupied" ? "free" : now === "free" ? "occupied" : this.#pick(["free", "occupied"]),
				false,
			);
	}

	#say(spot: number, state: SensorState, repeats: boolean): void {
		const serial = this.#serial++;
		const spotId = this.#spotIds[spot] ?? "";
		const atMs = this.#timer.now();
		const report: SpotReport = { spot, state, confidence: 1, reason: "echo", distanceCm: distanceOf(serial), atMs };
		this.#states[spot] = state;
		this.#log({ boardId: this.boardId, spotId, serial, state, repeats });
		if (repeats) this.link.refresh(report);
		else this.link.report(report);
	}

	#pick(states: [SensorState, SensorState]): SensorState {
		return this.#random() < 0.5 ? states[0] : states[1];
	}

	#onSent({ topic, payload }: OutMessage): void {
		if (!topic.includes("/spot/status")) return;
		const { boot, seq, distance } = JSON.parse(payload) as StatusReport;
		this.#sent.set(`${boot}/${seq}`, Math.round((distance ?? 0) * 10));
	}

	#onStored(payload: string): void {
		const stored = readStored(payload);
		if (stored === null) return;
		const serials = [];
		for (const [name, serial] of this.#sent) {
			const [boot = 0, seq = 0] = name.split("/").map(Number);
			if (boot !== stored.boot || !stored.seqs.some(([first, last]) => seq >= first && seq <= last)) continue;
			this.#sent.delete(name);
			serials.push(serial);
		}
		if (serials.length > 0) this.#log({ boardId: this.boardId, stored: serials });
	}
}

function run(order: BoardsOrder): void {
	const file = openSync(order.logPath, "a");
	// One write a line: what is killed in between has said it or not.
	const log = (line: LogLine) => writeSync(file, `${JSON.stringify(line)}\n`);
	const boards = order.boards.map((board) => new ChaosBoard(order, board, log));
	const random = seededRandom(order.seed, `${order.logPath.split("/").at(-1)}/pace`);
	let paused = false;
	const go = (board: ChaosBoard) => {
		setTimeout(
			() => {
				if (!paused) board.speak();
				go(board);
			},
			between(random, 0.2, 1.8) * order.wordMs,
		);
	};
	for (const board of boards) go(board);
	process.on("message", (command: BoardsCommand) => {
		if (typeof command === "object") {
			for (const board of boards) board.jump(command.jumpMs);
			return;
		}
		if (command !== "status") {
			paused = command === "pause";
			return;
		}
		const status: BoardsStatus = {
			paused,
			lost: boards.reduce((sum, board) => sum + board.lost, 0),
			lostWhy: boards.findLast((board) => board.lostWhy !== "")?.lostWhy ?? "",
			boards: boards.map(({ boardId, link }) => ({
				boardId,
				boot: link.boot,
				connected: link.connected,
				outbox: link.outboxSize,
				coalesced: link.coalesced,
			})),
		};
		process.send?.(status);
	});
	// The runner is gone: nobody else would end this.
	process.on("disconnect", () => {
		closeSync(file);
		process.exit(0);
	});
}

const [order] = process.argv.slice(2);
if (order !== undefined) run(JSON.parse(order) as BoardsOrder);
