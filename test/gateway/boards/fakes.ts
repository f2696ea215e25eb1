/** Boards for tests of what the gateway knows of them: a registry whose time and answers the test moves. */
import type { BoardCommand, SensorHealth } from "../../../firmware/messages.ts";
import { Topics } from "../../../firmware/messages.ts";
import { Boards } from "../../../gateway/boards/boards.ts";
import type { Contest } from "../../../gateway/boards/claims.ts";
import { fixedClock } from "../books.ts";

/** A sensor that is well. */
export function sensorHealth(more: Partial<SensorHealth> = {}): SensorHealth {
	return {
		ok: 990,
		no_echo: 10,
		endless: 0,
		stuck: 0,
		too_short: 0,
		silent: 0,
		state: "free",
		reason: "echo",
		confidence: 1,
		distance_cm: 218.4,
		floor_cm: 219,
		alarm: null,
		...more,
	};
}

export function setUpBoards() {
	const clock = fixedClock();
	const timers = new Set<{ action: () => void; dueMs: number }>();
	const sent: { topic: string; command: BoardCommand }[] = [];
	const broker = { error: null as Error | null };
	const contests: Contest[] = [];
	let ids = 0;
	const boards = new Boards({
		topics: new Topics(),
		clock,
		publish: async (topic, payload) => {
			if (broker.error !== null) throw broker.error;
			sent.push({ topic, command: JSON.parse(payload) as BoardCommand });
		},
		setTimer: (action, delayMs) => {
			const timer = { action, dueMs: clock.ms + delayMs };
			timers.add(timer);
			return () => timers.delete(timer);
		},
		makeId: () => `c${++ids}`,
		onContest: (contest) => contests.push(contest),
	});
	/** Moves time on, and runs what falls due. */
	const advance = (ms: number) => {
		clock.ms += ms;
		for (const timer of [...timers]) {
			if (timer.dueMs > clock.ms) continue;
			timers.delete(timer);
			timer.action();
		}
	};
	const announce = (boardId: string, more: object = {}) =>
		boards.takeStatus(
			boardId,
			{ online: true, boot: 1, uptime_ms: 1_000, lot_id: "LOT001", spots: ["SPOT001", "SPOT002"], ...more },
			false,
		);
	return { boards, contests, clock, timers, sent, broker, advance, announce };
}
