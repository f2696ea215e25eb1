/**
 * In: what each of a board's sensors hears. Out: whether they hang over the cars or stand before them.
 * Never: changes its mind while one of them hears a floor.
 */

/** Where sensors are: over the cars at 2 to 3.5 m, or in front of them at the height of a bumper, where an empty spot is silent. */
export type Mount = "overhead" | "wall";

export const hearsNothingYet = 0;
export const hearsFloor = 1;
export const hearsSilence = 2;
export const quietSoFar = 3;
export const nearSoFar = 4;

/** How a board's sensors are mounted, found out by all of them: where one hears a floor, all hang overhead. */
export class Mounting {
	readonly #given: Mount | undefined;
	/** How many sensors hear what. */
	readonly #counts = new Uint8Array(5);
	#isWall: boolean;

	constructor(given: Mount | undefined) {
		this.#given = given;
		this.#isWall = given === "wall";
	}

	/** Whether a sensor may find out that its empty spot is silent all by itself. */
	get mayBeWall(): boolean {
		return this.#given !== "overhead" && this.#counts[hearsFloor] === 0;
	}

	get isWall(): boolean {
		return this.#isWall;
	}

	/** A sensor that heard `before` (−1: is new) hears `now`. */
	count(before: number, now: number): void {
		const counts = this.#counts;
		if (before >= 0) counts[before] = (counts[before] ?? 0) - 1;
		counts[now] = (counts[now] ?? 0) + 1;
		if (this.#given !== undefined) return;
		const isSeen = (what: number) => (counts[what] ?? 0) > 0;
		this.#isWall = !isSeen(hearsFloor) && (isSeen(hearsSilence) || (isSeen(quietSoFar) && isSeen(nearSoFar)));
	}
}
Object.freeze(Mounting.prototype);
