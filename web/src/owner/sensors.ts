/**
 * In: what somebody wants to know of one sensor, or of it to do. Out: its board's word, one command at a time, what became of it.
 * Never: learns a floor without asking whether the spot is empty; shows a wish as done before the board said so.
 */
import { type Signal, signal, untracked } from "@preact/signals";
import type { BoardResult, SensorState } from "../../../firmware/messages.ts";
import type { Board, HistoryEntry, Spot, SpotTrace } from "../../../gateway/contract/resources.ts";
import { ApiError, type CommandRequest } from "../model/api.ts";
import type { Clock } from "../model/clock.ts";
import { Polled } from "../model/polled.ts";
import type { Page } from "../model/transport.ts";
import { sayOwner as say } from "../words.ts";
import { Watch, watchSpanMs } from "./watch.ts";

/** What the board says is asked for this often while its sensor is looked at. */
export const boardEveryMs = 5_000;
/** Sensors hang 2 m high and more: a floor that is nearer than this is rather a roof, cm. */
export const nearFloorCm = 150;

export interface SensorsOptions {
	loadBoard: (boardId: string) => Promise<Board>;
	loadTrace: (boardId: string, spotId: string, sinceMs: number) => Promise<SpotTrace>;
	loadChanges: (lotId: string, spotId: string) => Promise<HistoryEntry[]>;
	send: (boardId: string, request: CommandRequest) => Promise<BoardResult>;
	/** What the sensor says now; read as a signal. */
	stateOf: (spotId: string) => SensorState;
	labelOf: (spotId: string) => string;
	clock: Clock;
	page: Page;
	isVisible: () => boolean;
	say: (text: string) => void;
}

/** Which sensor is looked at. */
export class Sensors {
	readonly opened = signal<OpenSensor | null>(null);
	readonly #options: SensorsOptions;

	constructor(options: SensorsOptions) {
		this.#options = options;
	}

	/** Looks at the sensor of a spot. */
	open(spot: Spot): void {
		const { lot_id, spot_id, board_id } = spot;
		if (this.opened.peek()?.spotId === spot_id) return;
		this.close();
		this.opened.value = new OpenSensor(this.#options, lot_id, spot_id, board_id);
	}

	/** Twice is fine. */
	close(): void {
		this.opened.peek()?.close();
		this.opened.value = null;
	}
}

/** How far learning the floor is: `asking` whether the spot is empty, `busy` since then (by the page's clock). */
export type Learning =
	| { step: "idle" }
	| { step: "asking" }
	| { step: "busy"; sinceMs: number }
	| { step: "learnt"; floorCm: number | null };

/** The open panel of one sensor. */
export class OpenSensor {
	readonly lotId: string;
	readonly spotId: string;
	/** Null for a plain sensor, which can tell of nothing but its state. */
	readonly boardId: string | null;
	readonly board: Polled<Board> | null;
	readonly learning: Signal<Learning> = signal({ step: "idle" });
	readonly watch: Signal<Watch | null> = signal(null);
	/** Commands that wait for their answers. */
	readonly busy: Signal<ReadonlySet<CommandRequest["command"]>> = signal(new Set());
	/** What the last command came to, where it is not seen elsewhere. */
	readonly done = signal<string | null>(null);
	/** Why the last command failed. */
	readonly failure = signal<string | null>(null);
	readonly #options: SensorsOptions;
	#isClosed = false;

	constructor(options: SensorsOptions, lotId: string, spotId: string, boardId: string | null) {
		this.#options = options;
		this.lotId = lotId;
		this.spotId = spotId;
		this.boardId = boardId;
		const { clock, page, isVisible, loadBoard } = options;
		this.board =
			boardId === null
				? null
				: new Polled({ clock, page, isVisible, load: () => loadBoard(boardId), everyMs: boardEveryMs });
		void this.#joinWatch();
	}

	/** Lets the sensor's lamp blink. */
	async find(): Promise<void> {
		const result = await this.#ask({ command: "identify", spot_id: this.spotId }, "findFailed");
		if (result !== null) this.#tell(say("foundText", { label: this.#label }));
	}

	/** Asks first: a floor learnt over a car makes it wrong for a long time. */
	askToLearn(): void {
		this.failure.value = null;
		this.done.value = null;
		this.learning.value = { step: "asking" };
	}

	dropLearning(): void {
		this.learning.value = { step: "idle" };
	}

	/** The spot is empty: takes what the sensor hears now for its floor. */
	async learn(): Promise<void> {
		this.learning.value = { step: "busy", sinceMs: this.#options.clock.now() };
		const result = await this.#ask({ command: "learn_floor", spot_id: this.spotId }, "learnFailed");
		if (result === null) {
			this.learning.value = { step: "idle" };
			return;
		}
		const floorCm = result.floors?.[this.spotId] ?? null;
		this.learning.value = { step: "learnt", floorCm };
		this.#options.say(learntWords(floorCm));
		this.board?.refresh();
	}

	/** Lets the board tell every measurement of this sensor for five minutes. */
	async startWatch(): Promise<void> {
		const seconds = watchSpanMs / 1000;
		const result = await this.#ask({ command: "trace", spot_id: this.spotId, seconds }, "watchFailed");
		if (result === null || this.#isClosed) return;
		this.watch.peek()?.close();
		this.watch.value = this.#newWatch();
	}

	async stopWatch(): Promise<void> {
		await this.#ask({ command: "trace", spot_id: this.spotId, seconds: 0 }, "watchStopFailed");
	}

	/** Twice is fine. A board that tells goes on until its time is over: somebody else may watch. */
	close(): void {
		this.#isClosed = true;
		this.board?.close();
		this.watch.peek()?.close();
	}

	/** A sensor that is told of already, as it was before the panel was closed, is watched at once. */
	async #joinWatch(): Promise<void> {
		if (this.boardId === null) return;
		const trace = await this.#options.loadTrace(this.boardId, this.spotId, 0).catch(() => null);
		if (trace === null || this.#isClosed || this.watch.peek() !== null) return;
		if (trace.trace_until !== null) this.watch.value = this.#newWatch();
	}

	#newWatch(): Watch {
		const { clock, page, isVisible, loadTrace, loadChanges, stateOf } = this.#options;
		const { lotId, spotId, boardId } = this;
		return untracked(
			() =>
				new Watch({
					load: (sinceMs) => loadTrace(boardId ?? "", spotId, sinceMs),
					loadChanges: () => loadChanges(lotId, spotId),
					state: () => stateOf(spotId),
					clock,
					page,
					isVisible,
				}),
		);
	}

	/** The board's answer; null where there is none, or a no: then {@link failure} says why. */
	async #ask(request: CommandRequest, failed: "findFailed" | "learnFailed" | "watchFailed" | "watchStopFailed") {
		const { command } = request;
		if (this.boardId === null || this.busy.peek().has(command)) return null;
		this.failure.value = null;
		this.done.value = null;
		this.busy.value = new Set([...this.busy.peek(), command]);
		try {
			return await this.#options.send(this.boardId, request);
		} catch (error) {
			const message = error instanceof ApiError ? error.message : String(error);
			this.failure.value = say(failed, { message });
			return null;
		} finally {
			this.busy.value = new Set([...this.busy.peek()].filter((other) => other !== command));
		}
	}

	#tell(text: string): void {
		this.done.value = text;
		this.#options.say(text);
	}

	get #label(): string {
		return this.#options.labelOf(this.spotId);
	}
}

/** What came of learning. */
export function learntWords(floorCm: number | null): string {
	if (floorCm === null) return say("learntSilent");
	return say(floorCm < nearFloorCm ? "learntNear" : "learntText", { n: Math.round(floorCm) });
}
