/** Chance that can be told again: the same seed and name give the same numbers. */

/** Numbers from 0 up to, not with, 1. */
export type Random = () => number;

/** A generator of its own for each `name` under one `seed` (32 bits). Mulberry32 by T. Ettinger, seeded by an FNV-1a hash. */
export function seededRandom(seed: number, name: string): Random {
	let state = 0x811c9dc5 ^ seed;
	for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** A normally distributed number with mean 0 and standard deviation 1 (Box–Muller). */
export function normal(random: Random): number {
	return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A number between `min` and `max`, all equally likely. */
export function between(random: Random, min: number, max: number): number {
	return min + (max - min) * random();
}
