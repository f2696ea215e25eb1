/** The runner's side of a process of boards: starts and kills it, and reads what its boards wrote down in all of their lives. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program, until } from "../support/processes.ts";
import type { BoardsCommand, BoardsOrder, BoardsStatus, LogLine } from "./boards.ts";
import type { SensorWord } from "./check.ts";

export interface BoardPlan {
	boardId: string;
	spotIds: string[];
	clockOffMs: number | null;
}

export interface BoardProcessOptions {
	name: string;
	lotId: string;
	brokerUrl: string;
	dataDir: string;
	seed: number;
	speed: number;
	wordMs: number;
	boards: BoardPlan[];
}

/** What the boards of one process have said so far. */
export interface Said {
	words: SensorWord[];
	/** Changes that the boards of this life merged for want of room. */
	coalesced: number;
	/** Changes of this life that nobody confirmed. With empty outboxes all of them must have been merged. */
	unconfirmed: number;
}

export class BoardProcess {
	readonly #options: BoardProcessOptions;
	#program: Program | null = null;
	#lives = 0;
	#status: BoardsStatus | null = null;

	constructor(options: BoardProcessOptions) {
		this.#options = options;
		mkdirSync(options.dataDir, { recursive: true });
	}

	/** Starts it (again): its boards boot. */
	launch(): void {
		const { lotId, brokerUrl, dataDir, seed, speed, wordMs, boards } = this.#options;
		const lines = this.#lines();
		this.#lives++;
		const order: BoardsOrder = {
			...{ brokerUrl, dataDir, seed, speed, wordMs },
			logPath: this.#logPath(this.#lives),
			boards: boards.map((board) => ({
				...board,
				lotId,
				firstSerial:
					1 +
					lines.reduce((last, line) => ("serial" in line && line.boardId === board.boardId ? line.serial : last), 0),
			})),
		};
		const path = fileURLToPath(new URL("boards.ts", import.meta.url));
		const program = new Program(this.#options.name, process.execPath, [path, JSON.stringify(order)], {
			stdio: ["ignore", "pipe", "pipe", "ipc"],
		});
		program.child.on("message", (status: BoardsStatus) => {
			if (program === this.#program) this.#status = status;
		});
		this.#program = program;
	}

	/** kill -9, boards, outboxes and all. */
	async kill(): Promise<void> {
		await this.#program?.end("SIGKILL");
	}

	/** Erases what the boards remember, their boot counters too. Only while it does not run. */
	forget(): void {
		for (const { boardId } of this.#options.boards)
			rmSync(join(this.#options.dataDir, `${boardId}.json`), { force: true });
	}

	tell(command: BoardsCommand): void {
		this.#program?.child.send(command, () => {});
	}

	/** @throws Error where it does not run or does not answer. */
	async status(): Promise<BoardsStatus> {
		const { name } = this.#options;
		if (!this.#program?.running)
			throw this.#program?.complaint("it ended by itself") ?? new Error(`${name} does not run`);
		this.#status = null;
		this.tell("status");
		return until(`an answer of ${name}`, () => this.#status);
	}

	/** Resolves once the boards are silent and all that they said is confirmed or merged. @throws Error that names who is not. */
	async settled(deadlineMs: number): Promise<void> {
		const isSettled = async () => {
			this.tell("pause");
			const { paused, boards } = await this.status();
			return paused && boards.every((board) => board.outbox === 0);
		};
		await until("empty outboxes", isSettled, { deadlineMs, everyMs: 30 }).catch((error: Error) => {
			const waiting = this.#status?.boards.map(({ boardId, boot, outbox }) => `${boardId} (boot ${boot}): ${outbox}`);
			throw new Error(`${error.message}; reports waiting at ${waiting?.join(", ")}`, { cause: error });
		});
	}

	/** What was said in all lives. Call it when settled. */
	said(): Said {
		const stored = new Set<string>();
		const words: (SensorWord & { name: string; life: number })[] = [];
		for (let life = 1; life <= this.#lives; life++) {
			for (const line of this.#linesOf(life)) {
				if ("stored" in line) for (const serial of line.stored) stored.add(`${line.boardId}/${serial}`);
				else words.push({ ...line, stored: false, name: `${line.boardId}/${line.serial}`, life });
			}
		}
		for (const word of words) word.stored = stored.has(word.name);
		return {
			words,
			coalesced: this.#status?.boards.reduce((sum, board) => sum + board.coalesced, 0) ?? 0,
			unconfirmed: words.filter((word) => word.life === this.#lives && !word.stored && !word.repeats).length,
		};
	}

	#lines(): LogLine[] {
		return Array.from({ length: this.#lives }, (_, index) => this.#linesOf(index + 1)).flat();
	}

	#linesOf(life: number): LogLine[] {
		let text = "";
		try {
			text = readFileSync(this.#logPath(life), "utf8");
		} catch (error) {
			// Killed before it had opened its log.
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		}
		// What follows the last line's end was cut short by a kill: the link never heard it.
		const lines = text.split("\n").slice(0, -1);
		return lines.map((line) => JSON.parse(line) as LogLine);
	}

	#logPath(life: number): string {
		return join(this.#options.dataDir, `${this.#options.name}-${life}.jsonl`);
	}
}
