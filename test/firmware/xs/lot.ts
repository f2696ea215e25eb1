/** A board at work under XS for as long as one likes: cars come and go, a gateway answers, and all of it repeats exactly. */
import type { BoardEvent } from "../../../firmware/device/virtual/engine-protocol.ts";
import { lampFor, type StatusReport } from "../../../firmware/messages.ts";
import { slotMs } from "../../../firmware/ranging.ts";
import { echoUs } from "../fake-sensor.ts";
import { settingsOf } from "../hosts/world.ts";
import type { XsProcess } from "./process.ts";

/** Steps until everything is as it was, so that what is alive can be compared to the byte: 240 s, four rounds of refreshes. */
export const periodSteps = 3000;

/** Steps that are on their way at once: 3.2 s, less than the board waits for an answer. */
const batchSteps = 40;

export class RepeatingLot {
	readonly #xs: XsProcess;
	#answers: BoardEvent[] = [];
	#steps = 0;

	constructor(xs: XsProcess) {
		this.#xs = xs;
	}

	async start(): Promise<void> {
		// What was learnt before, as long as what will be: a board keeps it in flash, but the engine's memory is the heap.
		const learnt = Object.fromEntries(settingsOf().spots.map(({ spot_id }) => [spot_id, "220.0 220.0 0.02 2"]));
		const memory = { settings: JSON.stringify(settingsOf()), learnt: JSON.stringify(learnt) };
		await this.#xs.step([
			["start", { memory, firmware: "test", seed: 1, atMs: 0 }],
			["clock", Date.UTC(2026, 2, 1)],
		]);
		await this.#xs.step([
			["room", 1, 1000],
			["connected", 1],
		]);
	}

	/** One step is one measurement of one sensor, with what the gateway has to say of earlier ones. */
	async run(steps: number): Promise<void> {
		const end = this.#steps + steps;
		while (this.#steps < end) {
			const batch = Array.from({ length: Math.min(batchSteps, end - this.#steps) }, () => {
				const events: BoardEvent[] = [...this.#answers, this.#echo(), ["time", ++this.#steps * slotMs]];
				this.#answers = [];
				return this.#xs.step(events);
			});
			for (const { actions } of await Promise.all(batch)) {
				for (const [, ...action] of actions) {
					if (action[0] === "publish") this.#hear(action[2].topic, action[2].payload);
				}
			}
		}
	}

	#echo(): BoardEvent {
		const sensor = this.#steps % 8;
		// Each spot is taken for half of the period, one after the other.
		const taken = (this.#steps + (sensor * periodSteps) / 8) % periodSteps < periodSteps / 2;
		return ["echo", sensor, echoUs(taken ? 70 : 220) + (this.#steps % 5), false];
	}

	#hear(topic: string, payload: string): void {
		this.#answers.push(["room", 1, 1000]);
		if (!topic.includes("/spot/status/")) return;
		const { boot, seq, spot_id, state = "unknown" } = JSON.parse(payload) as StatusReport;
		const lamp = { lot_id: "L", spot_id, ...lampFor(state) };
		this.#answers.push(
			["message", 1, "parkmate/board/b1/stored", JSON.stringify({ boot, seqs: [[seq, seq]] })],
			["message", 1, `parkmate/led/command/L/${spot_id}`, JSON.stringify(lamp)],
		);
	}
}
