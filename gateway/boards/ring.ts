/** The newest measurements of one sensor, in a memory that does not grow. */

export interface RingSample {
	/** ms since the board's start. */
	atMs: number;
	/** µs; null where no pulse ended. */
	echoUs: number | null;
	/** Air temperature that the board went by, °C. */
	tempC: number;
}

/** Stands for null. */
const none = -1;

export class Ring {
	readonly #atMs: Float64Array;
	readonly #echoUs: Float32Array;
	readonly #tempC: Float32Array;
	/** Measurements ever pushed. */
	#pushed = 0;

	/** Keeps the newest `size` measurements. */
	constructor(size: number) {
		this.#atMs = new Float64Array(size);
		this.#echoUs = new Float32Array(size);
		this.#tempC = new Float32Array(size);
	}

	push(atMs: number, echoUs: number | null, tempC: number): void {
		const place = this.#pushed++ % this.#atMs.length;
		this.#atMs[place] = atMs;
		this.#echoUs[place] = echoUs ?? none;
		this.#tempC[place] = tempC;
	}

	/** Measurements made after `afterMs`, oldest first. */
	after(afterMs: number): RingSample[] {
		const samples: RingSample[] = [];
		const size = this.#atMs.length;
		for (let index = Math.max(0, this.#pushed - size); index < this.#pushed; index++) {
			const place = index % size;
			const atMs = this.#atMs[place] ?? 0;
			if (atMs <= afterMs) continue;
			const echoUs = this.#echoUs[place] ?? none;
			samples.push({ atMs, echoUs: echoUs === none ? null : echoUs, tempC: this.#tempC[place] ?? 0 });
		}
		return samples;
	}
}
