/**
 * In: the page's address, what was chosen last, the gateway's lots. Out: the chosen lot, live.
 * Never: leaves a lot that an address names, even where there is no such lot.
 */
import { computed, effect, signal } from "@preact/signals";
import type { Lot } from "../../../gateway/contract/resources.ts";
import type { Clock } from "./clock.ts";
import { LiveLot } from "./live.ts";
import { Polled } from "./polled.ts";
import type { Page, Transport } from "./transport.ts";

/** The other lots' numbers are asked for this often. */
export const lotsEveryMs = 15_000;
/** Numbers older than this are not called now any more: three answers were missed. */
export const lotsOldAfterMs = 3 * lotsEveryMs;

/** One word that outlives the page: the address's `?lot=`, or this device's memory. */
export interface Memory {
	read(): string | null;
	write(lotId: string): void;
}

export interface LotChoiceOptions {
	loadLots: () => Promise<Lot[]>;
	transport: Transport;
	page: Page;
	clock: Clock;
	random: () => number;
	schedule: (flush: () => void) => void;
	isVisible: () => boolean;
	/** Where a lot's live frames come from. */
	urlOf: (lotId: string) => string;
	address: Memory;
	memory: Memory;
}

/** Which lot the page shows. */
export class LotChoice {
	readonly lots: Polled<Lot[]>;
	/** The lots as last told, the one in view as it is live. */
	readonly known = computed(() => {
		const shown = this.live.value?.model.lot.value;
		return this.lots.value.value?.map((lot) => (lot.lot_id === shown?.lot_id ? shown : lot)) ?? [];
	});
	/** Null until it is known which lot to show. */
	readonly live = signal<LiveLot | null>(null);
	readonly #options: LotChoiceOptions;
	readonly #stop: () => void;
	/** True while nobody has asked for this very lot: then the first one will do where it is gone. */
	#isGuess = false;

	constructor(options: LotChoiceOptions) {
		this.#options = options;
		const { loadLots, clock, page, isVisible, address, memory } = options;
		this.lots = new Polled({ load: loadLots, everyMs: lotsEveryMs, clock, page, isVisible });
		const asked = address.read();
		const remembered = asked ?? memory.read();
		this.#isGuess = asked === null;
		if (remembered !== null) this.#open(remembered);
		this.#stop = effect(() => this.#fallBack());
	}

	/** Shows another lot; the one shown is let go. */
	choose(lotId: string): void {
		this.#isGuess = false;
		this.#options.address.write(lotId);
		this.#options.memory.write(lotId);
		const live = this.live.peek();
		if (live?.lotId !== lotId || live.phase.peek() === "missing") this.#open(lotId);
	}

	/** Twice is fine. */
	close(): void {
		this.#stop();
		this.lots.close();
		this.live.peek()?.close();
	}

	#open(lotId: string): void {
		const { urlOf, transport, page, clock, random, schedule } = this.#options;
		this.live.peek()?.close();
		this.live.value = new LiveLot({ lotId, url: urlOf(lotId), transport, page, clock, random, schedule });
	}

	#fallBack(): void {
		const lots = this.lots.value.value;
		const first = lots?.[0];
		const live = this.live.value;
		const isMissing = live?.phase.value === "missing";
		// The list knows sooner than the next try that the lot is there (again).
		if (isMissing && lots?.some((lot) => lot.lot_id === live.lotId)) live.tryNow();
		const isStuck = live === null || (this.#isGuess && isMissing);
		if (first !== undefined && isStuck && live?.lotId !== first.lot_id) this.#open(first.lot_id);
	}
}
