/** Which boards speak for which spot, to notice two that speak for one. Who is right, only a person can say. */

/** Spots whose board changed lately that are remembered; of more, the one whose change is longest ago goes. */
export const maxTurns = 1_000;
/** Boards that took turns at a spot claim it both for this long after the last turn, ms: a board says an unchanged spot again within an hour at the slowest. */
export const turnsHoldMs = 2 * 3_600_000;

/** Contests that are named for one board; further ones are left out. */
export const maxNamed = 64;

/** A spot that two boards speak for. */
export interface Contest {
	lot_id: string;
	spot_id: string;
	boards: readonly [string, string];
}

/** What a board says that it has. */
interface List {
	lotId: string;
	spots: readonly string[];
}

/** How often two boards have changed places at a spot. */
interface Turns extends Contest {
	count: number;
	lastMs: number;
}

/**
 * Two boards contest a spot when both are online and list it, or when its reports come from one, from the other, and from the
 * first again while none of them was said to be offline. Plain sensors have no names, so they can't be told apart.
 */
export class Claims {
	readonly #clock: { now(): number };
	readonly #onContest: (contest: Contest) => void;
	readonly #lists = new Map<string, List>();
	/** Who lists a spot, by `lot_id/spot_id`. */
	readonly #listers = new Map<string, Set<string>>();
	/** Spots with more than one of them. */
	readonly #shared = new Set<string>();
	/** By `lot_id/spot_id`; changed longest ago first. */
	readonly #turns = new Map<string, Turns>();

	/** `onContest` hears of each contest once, when it begins. */
	constructor(options: { clock: { now(): number }; onContest: (contest: Contest) => void }) {
		this.#clock = options.clock;
		this.#onContest = options.onContest;
	}

	/** Spots that are contested now. */
	get size(): number {
		let size = this.#shared.size;
		for (const [key, turns] of this.#turns) if (this.#isContest(turns) && !this.#shared.has(key)) size++;
		return size;
	}

	/** The board is online and has these spots of this lot; null where it does not say which lot. */
	list(boardId: string, lotId: string | null, spots: readonly string[]): void {
		const before = this.#lists.get(boardId);
		if (before !== undefined && before.lotId === lotId && before.spots === spots) return;
		const had = new Set(before?.lotId === lotId ? before.spots : []);
		this.#unlist(boardId);
		if (spots.length > 0) this.#dropTurns(boardId, (turns) => turns.lot_id === lotId && spots.includes(turns.spot_id));
		if (lotId === null) return;
		this.#lists.set(boardId, { lotId, spots });
		for (const spotId of spots) {
			const key = `${lotId}/${spotId}`;
			const listers = this.#listers.get(key) ?? new Set();
			this.#listers.set(key, listers);
			if (listers.has(boardId)) continue;
			const [other] = listers;
			listers.add(boardId);
			if (other === undefined) continue;
			this.#shared.add(key);
			if (!had.has(spotId)) this.#onContest({ lot_id: lotId, spot_id: spotId, boards: [other, boardId] });
		}
	}

	/** The board is offline, or forgotten: it claims nothing. */
	leave(boardId: string): void {
		this.#unlist(boardId);
		this.#dropTurns(boardId, () => false);
	}

	/** A spot's newest report is of `next`, the one before was of `last`, another board. */
	change(lotId: string, spotId: string, last: string, next: string): void {
		const key = `${lotId}/${spotId}`;
		const lastMs = this.#clock.now();
		const before = this.#turns.get(key);
		const isTheirs = before?.boards.includes(last) === true && before.boards.includes(next) && this.#isFresh(before);
		const count = isTheirs ? before.count + 1 : 1;
		this.#turns.delete(key);
		this.#turns.set(key, { lot_id: lotId, spot_id: spotId, boards: [last, next], count, lastMs });
		if (count === 2 && !this.#shared.has(key)) {
			this.#onContest({ lot_id: lotId, spot_id: spotId, boards: [last, next] });
		}
		const [oldest] = this.#turns.keys();
		if (this.#turns.size > maxTurns && oldest !== undefined) this.#turns.delete(oldest);
	}

	/** Who else speaks for which of a board's spots; at most {@link maxNamed}. */
	of(boardId: string): { lot_id: string; spot_id: string; with: string }[] {
		const found = new Map<string, { lot_id: string; spot_id: string; with: string }>();
		const add = (lot_id: string, spot_id: string, other: string) => {
			if (other !== boardId && found.size < maxNamed)
				found.set(`${lot_id}/${spot_id}/${other}`, { lot_id, spot_id, with: other });
		};
		const { lotId = "", spots = [] } = this.#lists.get(boardId) ?? {};
		for (const spotId of this.#shared.size > 0 ? spots : []) {
			for (const other of this.#listers.get(`${lotId}/${spotId}`) ?? []) {
				add(lotId, spotId, other);
				if (found.size === maxNamed) break;
			}
		}
		for (const turns of this.#turns.values()) {
			if (!this.#isContest(turns) || !turns.boards.includes(boardId)) continue;
			for (const other of turns.boards) add(turns.lot_id, turns.spot_id, other);
		}
		return [...found.values()];
	}

	#isContest(turns: Turns): boolean {
		return turns.count >= 2 && this.#isFresh(turns);
	}

	#isFresh({ lastMs }: Turns): boolean {
		return this.#clock.now() - lastMs <= turnsHoldMs;
	}

	#unlist(boardId: string): void {
		const list = this.#lists.get(boardId);
		if (list === undefined) return;
		this.#lists.delete(boardId);
		for (const spotId of list.spots) {
			const key = `${list.lotId}/${spotId}`;
			const listers = this.#listers.get(key);
			listers?.delete(boardId);
			if (listers?.size === 0) this.#listers.delete(key);
			if (listers === undefined || listers.size < 2) this.#shared.delete(key);
		}
	}

	#dropTurns(boardId: string, keeps: (turns: Turns) => boolean): void {
		for (const [key, turns] of this.#turns) {
			if (turns.boards.includes(boardId) && !keeps(turns)) this.#turns.delete(key);
		}
	}
}
