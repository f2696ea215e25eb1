/**
 * In: what an owner wants drivers to see. Out: one request each, and what became of it.
 * Never: shows a wish as done before the gateway said so; queues one while the page is not live.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Override, Spot } from "../../../gateway/contract/resources.ts";
import { ApiError, type OverrideRequest } from "../model/api.ts";
import type { Clock } from "../model/clock.ts";
import type { LotView } from "../model/view.ts";
import { formatMoment } from "../moment.ts";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import type { UntilChoice } from "./until.ts";

/** After this long without an answer the panel says that it still waits. */
export const slowAfterMs = 5_000;
/** How long a result can be undone; the time stands still while the toast is focused or hovered. */
export const undoMs = 10_000;
/** Characters of a reason. */
export const maxReason = 120;

export type Word = "free" | "occupied" | "reserved";

/** The open panel: one spot, and what its owner has filled in so far. */
export interface Draft {
	readonly spotId: string;
	readonly word: Signal<Word>;
	readonly until: Signal<UntilChoice>;
	/** What stands in the field for day and time. */
	readonly picked: Signal<string>;
	readonly reason: Signal<string>;
	/** When the override that the panel started from was set; null when there was none. */
	readonly startedFrom: Signal<string | null>;
	readonly isSending: Signal<boolean>;
	readonly isSlow: Signal<boolean>;
	/** Why the last try failed. */
	readonly failure: Signal<string | null>;
}

export interface Toast {
	text: string;
	isFailure: boolean;
	/** Puts back what was before; null where there is nothing to undo. */
	undo: (() => void) | null;
}

export interface OverridesOptions {
	/** Asks the gateway; gives the spot as it is then. */
	send: (lotId: string, request: OverrideRequest) => Promise<Spot>;
	clock: Clock;
	/** The lot in view. */
	view: ReadonlySignal<LotView | null>;
	say: (text: string) => void;
}

/** The owner's words: the panel, the requests and the toast. */
export class Overrides {
	readonly #options: OverridesOptions;
	readonly draft = signal<Draft | null>(null);
	readonly toast = signal<Toast | null>(null);
	/** Spots whose override is being cleared. */
	readonly clearing = signal<ReadonlySet<string>>(new Set());
	#toastTimer = 0;

	constructor(options: OverridesOptions) {
		this.#options = options;
	}

	/** Opens the panel for a spot, filled in; without a word, with what its override says now. */
	open(spot: Spot, word?: Word): void {
		const { override } = spot;
		const held = override === null ? "free" : override.reserved ? "reserved" : override.occupied ? "occupied" : "free";
		this.draft.value = {
			spotId: spot.spot_id,
			word: signal(word ?? held),
			until: signal(override !== null && word === undefined && override.until === null ? "open" : "hour"),
			picked: signal(""),
			reason: signal(word === undefined ? (override?.reason ?? "") : ""),
			startedFrom: signal(override?.at ?? null),
			isSending: signal(false),
			isSlow: signal(false),
			failure: signal(null),
		};
	}

	/** Closes the panel; a request that is under way goes on. */
	close(): void {
		this.draft.value = null;
	}

	/** Sends the draft, to end at `endMs` (null: until it is cleared). The panel closes when the gateway has said yes. */
	async set(draft: Draft, endMs: number | null): Promise<void> {
		const { clock, view } = this.#options;
		const spot = view.peek()?.live.model.spot(draft.spotId)?.peek().spot;
		if (spot === undefined || draft.isSending.peek() || view.peek()?.isLive.peek() !== true) return;
		draft.isSending.value = true;
		draft.failure.value = null;
		const slow = clock.setTimeout(() => {
			draft.isSlow.value = true;
		}, slowAfterMs);
		try {
			const word = draft.word.peek();
			const reason = draft.reason.peek().trim();
			await this.#send(spot.lot_id, {
				spot_id: spot.spot_id,
				occupied: word !== "free",
				...(word === "reserved" ? { reserved: true } : {}),
				...(endMs === null ? {} : { until: new Date(endMs).toISOString() }),
				...(reason === "" ? {} : { reason }),
			});
			if (this.draft.peek() === draft) this.close();
			this.#done(spot, this.#setWords(spot, word, endMs));
		} catch (error) {
			draft.failure.value = say("setFailed", { label: this.#label(spot), message: messageOf(error) });
		} finally {
			clock.clearTimeout(slow);
			draft.isSending.value = false;
			draft.isSlow.value = false;
		}
	}

	/** Ends the spot's override at once. */
	async clear(spot: Spot): Promise<void> {
		const id = spot.spot_id;
		if (this.clearing.peek().has(id) || this.#options.view.peek()?.isLive.peek() !== true) return;
		this.clearing.value = new Set([...this.clearing.peek(), id]);
		try {
			await this.#send(spot.lot_id, { spot_id: id, occupied: null });
			if (this.draft.peek()?.spotId === id) this.close();
			this.#done(spot, say("toastCleared", { label: this.#label(spot) }));
		} catch (error) {
			this.#fail(say("clearFailed", { label: this.#label(spot), message: messageOf(error) }));
		} finally {
			this.clearing.value = new Set([...this.clearing.peek()].filter((other) => other !== id));
		}
	}

	dismissToast(): void {
		this.holdToast();
		this.toast.value = null;
	}

	/** Somebody looks at the toast: it stays. */
	holdToast(): void {
		this.#options.clock.clearTimeout(this.#toastTimer);
	}

	/** Nobody looks at the toast any more: it goes after its time. */
	releaseToast(): void {
		this.holdToast();
		this.#toastTimer = this.#options.clock.setTimeout(() => {
			this.toast.value = null;
		}, undoMs);
	}

	#send(lotId: string, request: OverrideRequest): Promise<Spot> {
		return this.#options.send(lotId, request);
	}

	#done(before: Spot, text: string): void {
		this.#show({ text, isFailure: false, undo: () => void this.#undo(before) });
	}

	#fail(text: string): void {
		this.#show({ text, isFailure: true, undo: null });
	}

	#show(toast: Toast): void {
		this.toast.value = toast;
		// A failure is an alert of its own; saying it here too would say it twice.
		if (!toast.isFailure) this.#options.say(toast.text);
		this.releaseToast();
	}

	async #undo(before: Spot): Promise<void> {
		this.dismissToast();
		const nowMs = this.#options.view.peek()?.live.serverTime() ?? Date.now();
		const { override } = before;
		// An override that would have ended meanwhile is not put back.
		const holds = override !== null && (override.until === null || Date.parse(override.until) > nowMs);
		try {
			await this.#send(
				before.lot_id,
				holds ? requestOf(before.spot_id, override) : { spot_id: before.spot_id, occupied: null },
			);
			this.#show({ text: say("toastUndone", { label: this.#label(before) }), isFailure: false, undo: null });
		} catch (error) {
			this.#fail(say("setFailed", { label: this.#label(before), message: messageOf(error) }));
		}
	}

	#setWords(spot: Spot, word: Word, endMs: number | null): string {
		const label = this.#label(spot);
		if (endMs === null) return say("toastOpen", { label, word: wordIn(word) });
		const view = this.#options.view.peek();
		const time = formatMoment(endMs, view?.live.serverTime() ?? endMs, view?.timeZone.peek() ?? "UTC");
		return say("toastUntil", { label, word: wordIn(word), time });
	}

	#label(spot: Spot): string {
		return this.#options.view.peek()?.labelOf(spot.spot_id) ?? spot.spot_id;
	}
}

const inSentence: Record<Word, OwnerKey> = { free: "wordFree", occupied: "wordOccupied", reserved: "wordReserved" };

/** A state's word inside a sentence. */
export function wordIn(word: Word): string {
	return say(inSentence[word]);
}

function requestOf(spot_id: string, { occupied, reserved, until, reason }: Override): OverrideRequest {
	return {
		spot_id,
		occupied,
		...(reserved ? { reserved } : {}),
		...(until === null ? {} : { until }),
		...(reason === null ? {} : { reason }),
	};
}

function messageOf(error: unknown): string {
	if (error instanceof ApiError)
		return error.statusCode === 0 ? error.message : `${error.message} (${error.statusCode})`;
	return String(error);
}
