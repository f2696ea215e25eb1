/** Work that starts in one order and ends in any, with consequences in the first order. */

/** What waits for its turn: `consequence` is null while the work goes on. */
interface Place {
	consequence: (() => void) | null;
}

/**
 * Acknowledgements must go out in the order in which the messages came ([MQTT-4.6.0-2]), whichever was handled first.
 * As long as its {@link size}: the owner stops reading when that is enough.
 */
export class InOrder {
	readonly #places: Place[] = [];

	/** How many have begun and not had their turn yet. */
	get size(): number {
		return this.#places.length;
	}

	/** Takes the next place. Call what it returns once, when the work is done; the consequence runs when its turn has come. */
	begin(): (consequence: () => void) => void {
		const place: Place = { consequence: null };
		this.#places.push(place);
		return (consequence) => {
			place.consequence = consequence;
			this.#run();
		};
	}

	#run(): void {
		for (let next = this.#places[0]; next?.consequence != null; next = this.#places[0]) {
			this.#places.shift();
			next.consequence();
		}
	}
}
