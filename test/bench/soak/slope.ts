/** A line through what was measured, and how sure it is. Pure. */

/** What one more of x adds to y, and how far that may be off to either side with 95 % confidence. */
export interface Slope {
	perX: number;
	plusMinus: number;
}

/**
 * The least-squares line through the points' means over blocks of `block` neighbours: samples of a memory hang together, and
 * each taken for itself would make it look far more sure than it is. NaN of less than three blocks.
 */
export function slope(points: readonly { x: number; y: number }[], block: number): Slope {
	const means: { x: number; y: number }[] = [];
	for (let start = 0; start + block <= points.length; start += block) {
		const part = points.slice(start, start + block);
		means.push({ x: mean(part.map(({ x }) => x)), y: mean(part.map(({ y }) => y)) });
	}
	const count = means.length;
	if (count < 3) return { perX: Number.NaN, plusMinus: Number.NaN };
	const meanX = mean(means.map(({ x }) => x));
	const meanY = mean(means.map(({ y }) => y));
	const spreadX = means.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
	const perX = means.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spreadX;
	const left = means.reduce((sum, { x, y }) => sum + (y - meanY - perX * (x - meanX)) ** 2, 0);
	const error = Math.sqrt(left / (count - 2) / spreadX);
	// Student's t at 97.5 % for some degrees of freedom, within 1 % from five on.
	const freedom = count - 2;
	return { perX, plusMinus: error * (1.96 + 2.37 / freedom + 2.8 / freedom ** 2) };
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}
