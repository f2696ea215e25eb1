/** The other end of the wire, for tests: hears a board's reports, and says that they are stored when it is told to. */
import { connect, type MqttClient } from "mqtt";
import type {
	BoardCommand,
	BoardHealth,
	BoardResult,
	BoardStatus,
	BoardTrace,
	LedCommand,
	StatusReport,
} from "../../../firmware/messages.ts";
import { until } from "../../support/processes.ts";

export class Gateway {
	/** In the order in which they came; again if they were sent again. */
	readonly reports: StatusReport[] = [];
	/** What boards said of themselves, and their last wills. */
	readonly statuses: BoardStatus[] = [];
	/** How boards said that they are. */
	readonly healths: BoardHealth[] = [];
	/** Answers to commands, and what boards told of their measurements. */
	readonly results: BoardResult[] = [];
	readonly traces: BoardTrace[] = [];
	/** Says that reports are stored. */
	answers = true;
	readonly #client: MqttClient;

	private constructor(client: MqttClient) {
		this.#client = client;
		client.on("error", () => {});
		client.on("message", (topic, payload) => this.#onMessage(topic, payload.toString()));
	}

	/** Resolves when it hears. It connects again when the broker was away. */
	static async start(url: string): Promise<Gateway> {
		const client = connect(url, { reconnectPeriod: 100, protocolVersion: 4 });
		const gateway = new Gateway(client);
		await new Promise<void>((resolve, reject) => {
			client.once("connect", () => resolve());
			client.once("error", reject);
		});
		const leaves = ["status", "health", "result", "trace"].map((leaf) => `parkmate/board/+/${leaf}`);
		await client.subscribeAsync(["parkmate/spot/status/#", ...leaves], { qos: 1 });
		return gateway;
	}

	/** The newest report of a spot. */
	newest(spotId: string): StatusReport | undefined {
		return this.reports.findLast((report) => report.spot_id === spotId);
	}

	/** Resolves with the newest report of the spot when it says this state. */
	async hears(spotId: string, state: string, deadlineMs?: number): Promise<StatusReport> {
		const heard = () => {
			const report = this.newest(spotId);
			return report?.state === state ? report : null;
		};
		return until(`a report of ${spotId} being ${state}`, heard, { deadlineMs });
	}

	async light(command: LedCommand): Promise<void> {
		const topic = `parkmate/led/command/${command.lot_id}/${command.spot_id}`;
		await this.#client.publishAsync(topic, JSON.stringify(command), { qos: 1, retain: true });
	}

	async command(boardId: string, command: Omit<BoardCommand, "settings">): Promise<void> {
		await this.#client.publishAsync(`parkmate/board/${boardId}/command`, JSON.stringify(command), { qos: 1 });
	}

	/** Takes a lamp's command back. */
	async clear(lotId: string, spotId: string): Promise<void> {
		await this.#client.publishAsync(`parkmate/led/command/${lotId}/${spotId}`, "", { qos: 1, retain: true });
	}

	async close(): Promise<void> {
		await this.#client.endAsync(true);
	}

	#onMessage(topic: string, payload: string): void {
		if (payload === "") return;
		if (topic.endsWith("/status")) {
			this.statuses.push(JSON.parse(payload) as BoardStatus);
			return;
		}
		if (topic.endsWith("/health")) {
			this.healths.push(JSON.parse(payload) as BoardHealth);
			return;
		}
		if (topic.endsWith("/result")) {
			this.results.push(JSON.parse(payload) as BoardResult);
			return;
		}
		if (topic.endsWith("/trace")) {
			this.traces.push(JSON.parse(payload) as BoardTrace);
			return;
		}
		const report = JSON.parse(payload) as StatusReport;
		this.reports.push(report);
		if (!this.answers) return;
		const stored = { boot: report.boot, seqs: [[report.seq, report.seq]] };
		this.#client.publish(`parkmate/board/${report.board_id}/stored`, JSON.stringify(stored), { qos: 1 });
	}
}
