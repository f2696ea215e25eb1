/** Boards that do what a test says, behind the fake gateway's REST. */
import type { SensorHealth } from "../../firmware/messages.ts";
import type { Board, Sample } from "../../gateway/contract/resources.ts";

/** One command as it came. */
export interface SeenCommand {
	boardId: string;
	body: { command: string; spot_id: string; seconds?: number };
}

export interface Answer {
	status: number;
	body: object;
}

/** A sensor that is well. */
export function makeSensor(more: Partial<SensorHealth> = {}): SensorHealth {
	return {
		ok: 11_950,
		no_echo: 48,
		endless: 0,
		stuck: 0,
		too_short: 2,
		silent: 0,
		state: "free",
		reason: "echo",
		confidence: 0.98,
		distance_cm: 218,
		floor_cm: 219,
		alarm: null,
		...more,
	};
}

/** `count` measurements up to `nowMs`: an empty spot with a silence now and then, then a car from two minutes ago on. */
export function makeSamples(nowMs: number, count = 430): Sample[] {
	return Array.from({ length: count }, (_, index) => {
		const atMs = nowMs - (count - index) * 690;
		const isSilent = index % 37 === 0;
		const cm = atMs < nowMs - 120_000 ? 218 + (index % 3) : 74 + (index % 5);
		return {
			t: new Date(atMs).toISOString(),
			echo_us: isSilent ? 38_000 : Math.round(cm * 58.2),
			distance_cm: isSilent ? null : cm,
		};
	});
}

export class FakeBoards {
	readonly #boards = new Map<string, Board>();
	/** Of every sensor that is watched. */
	samples: Sample[] = [];
	readonly commands: SeenCommand[] = [];
	/** What commands are answered with. */
	answer: (command: SeenCommand["body"]) => Answer = () => ({ status: 200, body: { id: "c1", ok: true } });
	/** When set, commands wait for it. */
	hold: Promise<void> | null = null;
	/** When set, every question about boards is answered with this status. */
	fail = 0;

	make(boardId: string, lotId: string, sensors: Record<string, SensorHealth>, more: Partial<Board> = {}): void {
		const now = Date.now();
		this.#boards.set(boardId, {
			board_id: boardId,
			lot_id: lotId,
			spots: Object.keys(sensors),
			online: true,
			boot: 3,
			since: new Date(now - 740_000).toISOString(),
			started_at: new Date(now - 740_000).toISOString(),
			firmware: "1.4.2",
			restarted: null,
			health: { boot: 3, uptime_ms: 720_000, signal_dbm: -61, free_heap_bytes: 9_200, sensors },
			health_at: new Date(now - 20_000).toISOString(),
			trace_until: null,
			contested: [],
			...more,
		});
	}

	/** What `GET` or `POST` on this address below `/api/boards` answers. */
	async reply(url: URL, body: () => Promise<Record<string, unknown>>): Promise<Answer> {
		const [, , , boardId, leaf] = url.pathname.split("/").map(decodeURIComponent);
		const { searchParams: query } = url;
		if (this.fail !== 0) return { status: this.fail, body: error(this.fail, "AWAY", "the books do not answer") };
		if (boardId === undefined) {
			const boards = [...this.#boards.values()].filter(({ lot_id }) => lot_id === query.get("lot_id"));
			const isTrouble = ({ online, health, contested }: Board) =>
				!online ||
				contested.length > 0 ||
				Object.values(health?.sensors ?? {}).some(({ state, alarm }) => state === "unknown" || alarm !== null);
			const found = query.get("trouble") === "true" ? boards.filter(isTrouble) : boards;
			return { status: 200, body: found.slice(0, Number(query.get("limit"))) };
		}
		const board = this.#boards.get(boardId);
		if (board === undefined)
			return { status: 404, body: error(404, "BOARD_NOT_FOUND", `there is no board "${boardId}"`) };
		if (leaf === "command") return this.#command(board, (await body()) as SeenCommand["body"]);
		if (leaf !== "trace") return { status: 200, body: board };
		const since = Number(query.get("since"));
		const { trace_until } = board;
		const samples = trace_until === null ? [] : this.samples.filter(({ t }) => Date.parse(t) > since);
		const spot_id = query.get("spot_id");
		return {
			status: 200,
			body: { board_id: boardId, spot_id, at: new Date().toISOString(), trace_until, lost: 0, samples },
		};
	}

	async #command(board: Board, body: SeenCommand["body"]): Promise<Answer> {
		this.commands.push({ boardId: board.board_id, body });
		await this.hold;
		const answer = this.answer(body);
		if (answer.status === 200 && body.command === "trace") {
			const { seconds = 0 } = body;
			board.trace_until = seconds === 0 ? null : new Date(Date.now() + seconds * 1000).toISOString();
		}
		return answer;
	}
}

export function error(statusCode: number, code: string, message: string) {
	return { statusCode, error: "Error", code, message };
}
