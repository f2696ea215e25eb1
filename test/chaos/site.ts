/** Everything that one chaos run kills and watches: gateway, broker, network, disk, boards, plain sensors, an owner and pages. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../firmware/device/virtual/random.ts";
import type { LotWithSpots } from "../../gateway/contract/resources.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { GatewayProcess, until } from "../support/processes.ts";
import { BoardProcess } from "./board-process.ts";
import { getJson, offlineBoards, readBooks, wrongLamps } from "./books.ts";
import { check, type Findings } from "./check.ts";
import { Disk, diskMissing } from "./disk.ts";
import { GatewayClock } from "./gateway-clock.ts";
import { Network } from "./network.ts";
import { Owner } from "./owner.ts";
import { Page } from "./page.ts";
import { PlainSensor } from "./plain-sensor.ts";

export type BrokerKind = "embedded" | "mosquitto" | "mosquitto with persistence";

const lotId = "CHAOS";
const processes = 3;
const boardsPerProcess = 2;
const spotsPerBoard = 8;
const plainSpots = Array.from({ length: 10 }, (_, index) => `PLAIN${index + 1}`);

/** The boards' time runs this much faster than ours. */
export const boardSpeed = 10;

/** Mean time between two words of one board, ms. An outage of some seconds fills its outbox, so that it has to merge. */
const wordMs = 30;

/**
 * Mean time between two words of a plain sensor, ms. Fast enough to be caught between PUBACK and commit, if there were such a
 * time. With another broker so slow that it never has two of them to send again: nobody could tell them from two new ones.
 */
const plainWordMs = { embedded: 90, elsewhere: 600 };

/** How long everything may take to be confirmed once nobody says anything new, ms: twice the longest wait of board and gateway together. */
export const settleDeadlineMs = 40_000;

/** How far the boards' clocks are off, ms: right, a day ahead, a day behind, never set. */
const clocksOffMs = [0, 86_400_000, -86_400_000, null];

/** How many pages follow the lot. */
const pages = 3;

/** How long a supervisor waits before it starts a gateway again that ended by itself, ms. */
const restartMs = 200;

export interface SiteOptions {
	broker: BrokerKind;
	seed: number;
}

/** How much was said so far. */
export interface Tally {
	/** By boards, without repeats. */
	reports: number;
	stored: number;
	/** Merged by a full outbox, or gone with a board that was killed. */
	unconfirmed: number;
	/** Acknowledged changes of plain sensors. */
	plain: number;
	/** Acknowledged overrides. */
	overrides: number;
	/** Connections that pages made after their first one. */
	reconnections: number;
	/** Snapshots that pages asked for, as a frame was missing. */
	resyncs: number;
}

export class Site {
	readonly gateway: GatewayProcess;
	readonly clock: GatewayClock;
	/** The gateway's data is on it; null where none can be filled up. */
	readonly disk: Disk | null;
	/** Null with the embedded broker. */
	readonly mosquitto: Mosquitto | null;
	/** Between boards and broker. */
	readonly boardNetwork: Network;
	/** Between gateway and Mosquitto. */
	readonly gatewayNetwork: Network | null;
	/** Between pages and gateway. */
	readonly pageNetwork: Network;
	/**
	 * In this round the broker lost its sessions: until the gateway is back at it, it acknowledges to plain sensors what nobody
	 * hears. Only the boards know better.
	 */
	brokerForgot = false;
	readonly boards: BoardProcess[] = [];
	readonly plain: PlainSensor[] = [];
	readonly pages: Page[] = [];
	readonly #owner: Owner;
	readonly #folder: string;
	/** How many words each plain sensor had said when the round began. */
	#plainMarks: number[] = [];
	/** While the store can't be written, a gateway may end by itself with a line that says so; a supervisor starts it again. */
	#storeTrouble = { now: 0, ever: 0 };

	private constructor(parts: Parts) {
		const { broker, seed } = parts.options;
		this.gateway = parts.gateway;
		this.clock = parts.clock;
		this.disk = parts.disk;
		this.mosquitto = parts.mosquitto;
		this.boardNetwork = parts.boardNetwork;
		this.gatewayNetwork = parts.gatewayNetwork;
		this.pageNetwork = parts.pageNetwork;
		this.#folder = parts.folder;
		const brokerUrl = `mqtt://127.0.0.1:${parts.boardNetwork.port}`;
		for (const [index, boards] of boardPlans().entries()) {
			const name = `boards-${index + 1}`;
			const dataDir = join(this.#folder, name);
			const process = new BoardProcess({ name, lotId, brokerUrl, dataDir, seed, speed: boardSpeed, wordMs, boards });
			process.launch();
			this.boards.push(process);
		}
		// A broker that comes back with what it knew a while ago says old words again; without a name they can't be told from new ones.
		if (broker !== "mosquitto with persistence") {
			const wordMs = broker === "embedded" ? plainWordMs.embedded : plainWordMs.elsewhere;
			for (const spotId of plainSpots) {
				this.plain.push(new PlainSensor({ brokerUrl, lotId, spotId, wordMs, random: seededRandom(seed, spotId) }));
			}
		}
		const url = `ws://127.0.0.1:${parts.pageNetwork.port}/ws?lot=${lotId}`;
		for (let number = 1; number <= pages; number++) {
			const name = `page ${number}`;
			this.pages.push(new Page({ name, url, lotId, random: seededRandom(seed, name) }));
		}
		this.#owner = new Owner({
			url: `${this.gateway.url}/api/lots/${lotId}/override`,
			spotIds: [...boardPlans().flatMap((boards) => boards[0]?.spotIds.slice(0, 2) ?? []), "PLAIN1", "SILENT"],
			random: seededRandom(seed, "owner"),
		});
	}

	static async start(options: SiteOptions): Promise<Site> {
		const folder = mkdtempSync(join(tmpdir(), "parkmate-chaos-"));
		let mosquitto: Mosquitto | null = null;
		let gatewayNetwork: Network | null = null;
		if (options.broker !== "embedded") {
			const persistent = options.broker === "mosquitto with persistence";
			// It keeps all that comes while the gateway is away; by itself it drops what is more than 1,000 messages, and plain sensors
			// would not know. With persistence it saves every second: after a kill it comes back with some of the past.
			const config = ["max_queued_messages 0", ...(persistent ? ["autosave_interval 1"] : [])];
			mosquitto = await Mosquitto.start({ persistent, config });
			gatewayNetwork = await Network.start(mosquitto.port);
		}
		const mqttUrl = gatewayNetwork === null ? undefined : `mqtt://127.0.0.1:${gatewayNetwork.port}`;
		const disk = canFill(options.broker) ? Disk.mount() : null;
		const dataDir = join(disk?.path ?? folder, "data");
		const clock = new GatewayClock(folder);
		const gateway = await GatewayProcess.start({ mqttUrl, dataDir, env: { LOG_LEVEL: "warn", ...clock.env } });
		// A broker keeps nothing for a gateway that it has never met, and plain sensors would not know.
		await until("the gateway at its broker", async () => (await fetch(`${gateway.url}/health/ready`)).ok);
		const boardNetwork = await Network.start(mosquitto?.port ?? gateway.mqttPort);
		const pageNetwork = await Network.start(gateway.port);
		await makeLot(gateway.url);
		return new Site({
			...{ folder, gateway, clock, disk, mosquitto, boardNetwork, gatewayNetwork, pageNetwork, options },
		});
	}

	/** The file that the gateway writes. */
	get databasePath(): string {
		return join(this.gateway.dataDir, "parkmate.db");
	}

	/** Starts the gateway's process, and resolves when it answers. One that the trouble of its store ends is started again. */
	async startGateway(): Promise<void> {
		for (;;) {
			const { now, ever } = this.#storeTrouble;
			this.gateway.launch();
			try {
				return await this.gateway.ready();
			} catch (error) {
				const wasTroubled = now > 0 || ever !== this.#storeTrouble.ever;
				if (this.gateway.pid !== undefined || !wasTroubled || !isExplained(this.gateway.output)) throw error;
			}
			await new Promise((resolve) => setTimeout(resolve, restartMs));
		}
	}

	/** Until the function that it gives is called, the gateway's store can't be written. */
	storeTroubled(): () => void {
		this.#storeTrouble.now++;
		this.#storeTrouble.ever++;
		return () => this.#storeTrouble.now--;
	}

	/** Sets the gateway's wall clock, running or not, to be off by so many ms. */
	async setClock(offMs: number): Promise<void> {
		// Where a clock is set back, an override that ends by itself holds as much longer, and nobody would wait for that.
		if (offMs < this.clock.offMs) {
			await this.#owner.makeEndless(true);
			if (this.gateway.pid !== undefined) await this.#allExpired();
		}
		await this.clock.set(offMs, this.gateway.pid);
		this.#owner.clockOffMs = offMs;
		await this.#owner.makeEndless(false);
	}

	/** Connections of boards that ended so far, and tries that failed; why some of them did; and whether all are connected. */
	async boardConnections(): Promise<{ all: boolean; lost: number; why: string[] }> {
		const statuses = await Promise.all(this.boards.map((process) => process.status()));
		return {
			all: statuses.every(({ boards }) => boards.every(({ connected }) => connected)),
			lost: statuses.reduce((sum, { lost }) => sum + lost, 0),
			why: statuses.map(({ lostWhy }) => lostWhy).filter((reason) => reason !== ""),
		};
	}

	/** Lets everybody speak: a round begins. */
	resume(): void {
		this.brokerForgot = false;
		this.#plainMarks = this.plain.map((sensor) => sensor.words.length);
		for (const process of this.boards) process.tell("resume");
		for (const speaker of [...this.plain, this.#owner]) speaker.resume();
	}

	/**
	 * Waits until the gateway, which is said to be back, has taken a change from a sensor.
	 * @returns how long that took, ms
	 */
	async recovered(): Promise<number> {
		const start = performance.now();
		let before: number | undefined;
		const takes = async () => {
			const answer = await fetch(`${this.gateway.url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(
				() => null,
			);
			if (answer === null) return false;
			const body = (await answer.json()) as { components: { ingest: { changes: number } } };
			const now = body.components.ingest.changes;
			before ??= now;
			return now > before;
		};
		await until("a report that is taken", takes, { deadlineMs: settleDeadlineMs, everyMs: 10 });
		if (this.brokerForgot)
			for (const [index, sensor] of this.plain.entries()) sensor.excuse(this.#plainMarks[index] ?? 0);
		return performance.now() - start;
	}

	/** Silences everybody and waits until all that they said is confirmed. @throws Error that names what is missing. */
	async settle(): Promise<void> {
		for (const speaker of [...this.plain, this.#owner]) speaker.pause();
		for (const process of this.boards) process.tell("pause");
		for (const process of this.boards) await process.settled(settleDeadlineMs);
		const waiting = () => [
			...(this.#owner.settled ? [] : ["the owner"]),
			...this.plain.filter((sensor) => !sensor.settled).map((sensor) => sensor.spotId),
		];
		const acknowledged = () => waiting().length === 0;
		await until("answers to plain sensors and the owner", acknowledged, { deadlineMs: settleDeadlineMs }).catch(
			(error: Error) => {
				throw new Error(`${error.message}; none for ${waiting().join(", ")}`, { cause: error });
			},
		);
		await this.#allExpired();
	}

	/** Compares the books with what was said. Call it when settled. */
	async check(): Promise<Findings> {
		const findings = await this.#compare();
		// A broker of its own may still be handing over what it acknowledged to plain sensors.
		if (this.mosquitto === null || findings.lost.length === 0) return findings;
		await new Promise((resolve) => setTimeout(resolve, 1_000));
		return this.#compare();
	}

	tally(): Tally {
		const words = this.boards.flatMap((process) => process.said().words).filter((word) => !word.repeats);
		const stored = words.filter((word) => word.stored).length;
		return {
			reports: words.length,
			stored,
			unconfirmed: words.length - stored,
			plain: this.plain.flatMap((sensor) => sensor.words).filter((word) => word.stored).length,
			overrides: this.#owner.words.filter((word) => word.stored).length,
			reconnections: this.pages.reduce((sum, page) => sum + Math.max(0, page.connections - 1), 0),
			resyncs: this.pages.reduce((sum, page) => sum + page.resyncs, 0),
		};
	}

	async close(): Promise<void> {
		// First those who would go on trying.
		for (const page of this.pages) page.close();
		await this.gateway.kill();
		await Promise.all(this.boards.map((process) => process.kill()));
		await Promise.all([this.#owner.close(), ...this.plain.map((sensor) => sensor.close())]);
		const networks = [this.boardNetwork, this.gatewayNetwork, this.pageNetwork];
		await Promise.all([...networks.map((network) => network?.close()), this.mosquitto?.close()]);
		await this.gateway.close();
		this.disk?.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}

	async #allExpired(): Promise<void> {
		const expired = async () => {
			const lot = await getJson<LotWithSpots>(`${this.gateway.url}/api/lots/${lotId}`);
			return lot.spots.every((spot) => spot.override?.until == null);
		};
		await until("the end of overrides that end by themselves", expired);
	}

	async #compare(): Promise<Findings> {
		const said = this.boards.map((process) => process.said());
		const sensors = [...said.flatMap(({ words }) => words), ...this.plain.flatMap((sensor) => sensor.words)];
		const books = await readBooks(this.gateway.url, lotId);
		const findings = check({ sensors, owners: this.#owner.words }, books);
		for (const { unconfirmed, coalesced } of said) {
			// The link itself let go of them without a word.
			for (let silent = coalesced; silent < unconfirmed; silent++) findings.lost.push("a change that no board merged");
		}
		const brokerUrl = this.mosquitto?.url ?? this.gateway.mqttUrl;
		findings.wrong.push(...(await wrongLamps(brokerUrl, books.lot)));
		findings.wrong.push(...(await offlineBoards(this.gateway.url, lotId)));
		for (const page of this.pages) findings.wrong.push(...(await page.differences(books.lot)));
		return findings;
	}
}

interface Parts {
	folder: string;
	gateway: GatewayProcess;
	clock: GatewayClock;
	disk: Disk | null;
	mosquitto: Mosquitto | null;
	boardNetwork: Network;
	gatewayNetwork: Network | null;
	pageNetwork: Network;
	options: SiteOptions;
}

/** Whether the gateway's data is on a disk that can be filled up. With a persistent Mosquitto it is on an ordinary one, so that kills meet both kinds. */
export function canFill(broker: BrokerKind): boolean {
	return diskMissing === null && broker !== "mosquitto with persistence";
}

/** One line that names the store, and no stack. */
function isExplained(output: string): boolean {
	return /^parkmate: can't .*parkmate\./m.test(output) && !/^\s+at /m.test(output);
}

function boardPlans(): { boardId: string; spotIds: string[]; clockOffMs: number | null }[][] {
	return Array.from({ length: processes }, (_, process) =>
		Array.from({ length: boardsPerProcess }, (_, index) => {
			const number = process * boardsPerProcess + index + 1;
			const spotIds = Array.from({ length: spotsPerBoard }, (_, spot) => `B${number}-${spot + 1}`);
			return { boardId: `chaos-${number}`, spotIds, clockOffMs: clocksOffMs[number % clocksOffMs.length] ?? null };
		}),
	);
}

async function makeLot(url: string): Promise<void> {
	const spotIds = [
		...boardPlans().flatMap((boards) => boards.flatMap((board) => board.spotIds)),
		...plainSpots,
		"SILENT",
	];
	const answer = await fetch(`${url}/api/lots`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ lot_id: lotId, name: "Chaos", spots: spotIds.map((spot_id) => ({ spot_id })) }),
	});
	if (answer.status !== 201)
		throw new Error(`expected 201 for the new lot, got ${answer.status}: ${await answer.text()}`);
}
