/**
 * In: what the lot's boards say of themselves. Out: the boards shown, those that are offline, the sensors with an alarm.
 * Never: asks for more boards than are shown; makes a need of a board that is only starting again.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Board } from "../../../gateway/contract/resources.ts";
import type { Clock } from "../model/clock.ts";
import { Polled } from "../model/polled.ts";
import type { Page } from "../model/transport.ts";
import type { Alarm, Alarms } from "./judge.ts";

/** Boards are asked for this often; their own word comes every minute, and at once when they go offline. */
export const boardsEveryMs = 15_000;
/** Boards shown at first, and with each *Show more*. */
export const boardsAtOnce = 25;
/** Boards in trouble that are looked at. */
export const maxTroubled = 100;
/** A board that is offline for less than this may be starting again. */
export const offlineAfterMs = 60_000;

export interface LotBoardsOptions {
	/** The lot's boards by name, at most `limit`, all or those in trouble. */
	load: (limit: number, trouble: boolean) => Promise<Board[]>;
	clock: Clock;
	page: Page;
	isVisible: () => boolean;
}

/** The boards of one lot. */
export class LotBoards {
	readonly list: Polled<Board[]>;
	readonly trouble: Polled<Board[]>;
	/** Boards that are asked for. */
	readonly limit: Signal<number> = signal(boardsAtOnce);
	/** What goes wrong slowly, by `spot_id`. */
	readonly alarms: ReadonlySignal<Alarms>;

	constructor({ load, ...common }: LotBoardsOptions) {
		this.list = new Polled({ ...common, load: () => load(this.limit.peek(), false), everyMs: boardsEveryMs });
		this.trouble = new Polled({ ...common, load: () => load(maxTroubled, true), everyMs: boardsEveryMs });
		this.alarms = computed(() => alarmsOf(this.trouble.value.value ?? []));
	}

	/** True while there may be more boards than are shown. */
	get hasMore(): boolean {
		return (this.list.value.value?.length ?? 0) >= this.limit.value;
	}

	showMore(): void {
		this.limit.value += boardsAtOnce;
		this.list.refresh();
	}

	/** Boards that are offline for so long at `nowMs` of the gateway's time that somebody should look. */
	offline(nowMs: number): Board[] {
		return (this.trouble.value.value ?? []).filter(
			({ online, since }) => !online && nowMs - Date.parse(since) >= offlineAfterMs,
		);
	}

	/** Boards that share a spot with another one. */
	get contested(): Board[] {
		return (this.trouble.value.value ?? []).filter(({ contested }) => contested.length > 0);
	}

	/** Twice is fine. */
	close(): void {
		this.list.close();
		this.trouble.close();
	}
}

/** Alarms of boards that are online: what one that is gone said last may be mended by now. */
function alarmsOf(boards: readonly Board[]): Alarms {
	const sensors = boards.filter(({ online }) => online).flatMap(({ health }) => Object.entries(health?.sensors ?? {}));
	return new Map(sensors.flatMap(([id, { alarm }]): [string, Alarm][] => (alarm === null ? [] : [[id, alarm]])));
}
