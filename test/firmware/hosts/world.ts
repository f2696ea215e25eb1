/**
 * In: an engine with a board in it, a scenario's wishes. Out: a trace of all that crossed the board's boundary.
 * Never: looks at a clock or throws dice: the same wishes and the same answers make the same trace.
 */

import type { BoardAction, BoardEvent, Engine, EngineReply } from "../../../firmware/device/virtual/engine-protocol.ts";
import { demoPace, floorCm, SpotModel } from "../../../firmware/device/virtual/lot-model.ts";
import { lampFor, type StatusReport } from "../../../firmware/messages.ts";
import { sweepMs } from "../../../firmware/ranging.ts";
import type { Step } from "./trace.ts";

/** Pulse of a sensor in µs, null for none, `"high"` for a pin that hangs. */
export type Echo = number | null | "high";

/** What stands before a spot's sensor at that time. */
export type Scene = (atMs: number) => Echo;

/** Messages that a connection takes before it has to be given room again. */
const room = 16;

/** 2026-03-01T08:00:00Z. */
export const noonMs = Date.UTC(2026, 2, 1, 8);

export const settingsOf = (changes: Record<string, unknown> = {}) => ({
	board_id: "b1",
	lot_id: "L",
	spots: Array.from({ length: 8 }, (_, index) => ({ spot_id: `S${index + 1}`, height_cm: floorCm })),
	...changes,
});

/** A spot of the modelled lot, as its sensor hears it. */
export function carScene(seed: number, name: string): Scene {
	const model = new SpotModel({ seed, name, pace: demoPace });
	return (atMs) => model.ping(atMs);
}

export class World {
	readonly trace: Step[] = [];
	/** One for each sensor. */
	scenes: Scene[] = Array.from({ length: 8 }, (_, index) => carScene(1, `S${index + 1}`));
	/** `refuses`: connections fail. `silent`: no answer at all. `full`: takes no message. */
	network: "up" | "refuses" | "silent" | "full" = "up";
	/** Whether there is a gateway that stores reports and lights lamps. */
	gateway = true;
	/** What the board keeps over power cuts. */
	memory: Record<string, string> = {};
	/** Every report that came through, in order. */
	readonly reports: StatusReport[] = [];
	nowMs = 0;
	readonly #engine: Engine;
	#pending: BoardEvent[] = [];
	#connection = 0;

	constructor(engine: Engine) {
		this.#engine = engine;
	}

	/** What the board did, by name. */
	count(name: BoardAction[0]): number {
		return this.trace.reduce((sum, { reply }) => sum + reply.actions.filter(([, action]) => action === name).length, 0);
	}

	/** Payloads that it published on topics with this ending, parsed. */
	published<T>(ending: string): T[] {
		return this.trace.flatMap(({ reply }) =>
			reply.actions.flatMap((action) =>
				action[1] === "publish" && action[3].topic.endsWith(ending) ? [JSON.parse(action[3].payload) as T] : [],
			),
		);
	}

	/** Gives it power. It remembers what it kept. */
	async start(atMs = 0): Promise<void> {
		this.nowMs = atMs;
		this.#pending = [];
		await this.step(["start", { memory: { ...this.memory }, firmware: "test", seed: 1, atMs }]);
	}

	/** Tells it these, after what the network has for it. */
	async step(...events: BoardEvent[]): Promise<EngineReply> {
		const all = [...this.#pending, ...events];
		this.#pending = [];
		const reply = await this.#engine.step(all);
		this.trace.push({ events: all, reply });
		for (const [, ...action] of reply.actions) this.#react(action);
		return reply;
	}

	/** Lets `ms` pass, a sweep of the sensors at a time. */
	async run(ms: number): Promise<void> {
		const untilMs = this.nowMs + ms;
		while (this.nowMs < untilMs) {
			this.nowMs = Math.min(untilMs, this.nowMs + sweepMs);
			const echoes = this.scenes.map((scene, index): BoardEvent => {
				const echo = scene(this.nowMs);
				return ["echo", index, echo === "high" ? null : echo, echo === "high"];
			});
			await this.step(...echoes, ["time", this.nowMs]);
		}
	}

	/** The board is busy for `ms`, then goes on. */
	async stall(ms: number): Promise<void> {
		this.nowMs += ms;
		await this.step(["late", this.nowMs]);
	}

	async cut(): Promise<void> {
		await this.step(["lost", this.#connection, "cut"]);
	}

	async say(topic: string, payload: unknown): Promise<void> {
		await this.step([
			"message",
			this.#connection,
			topic,
			typeof payload === "string" ? payload : JSON.stringify(payload),
		]);
	}

	#react(action: BoardAction): void {
		switch (action[0]) {
			case "keep":
				this.memory[action[1]] = action[2];
				break;
			case "connect":
				this.#connection = action[1];
				if (this.network === "refuses") this.#pending.push(["lost", action[1], "refused"]);
				else if (this.network !== "silent") {
					this.#pending.push(["room", action[1], this.network === "full" ? 0 : room], ["connected", action[1]]);
				}
				break;
			case "close":
				this.#pending.push(["closed", action[1]]);
				break;
			case "publish":
				this.#hear(action[1], action[2].topic, action[2].payload);
				break;
		}
	}

	#hear(connection: number, topic: string, payload: string): void {
		if (this.network === "up") this.#pending.push(["room", connection, room]);
		if (!topic.includes("/spot/status/")) return;
		const report = JSON.parse(payload) as StatusReport;
		this.reports.push(report);
		if (!this.gateway) return;
		const { board_id, lot_id, spot_id, boot, seq = 0, state = "unknown" } = report;
		const [prefix] = topic.split("/spot/status/");
		const lamp = { lot_id, spot_id, ...lampFor(state) };
		this.#pending.push(
			["message", connection, `${prefix}/board/${board_id}/stored`, JSON.stringify({ boot, seqs: [[seq, seq]] })],
			["message", connection, `${prefix}/led/command/${lot_id}/${spot_id}`, JSON.stringify(lamp)],
		);
	}
}
