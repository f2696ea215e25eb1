/** Snapshots as frames: made once for everybody who needs the same one. */
import type { Books } from "../lots/books.ts";
import type { Clock } from "../lots/manage.ts";
import { removedFrame, snapshotFrame } from "./frames.ts";
import { textFrames } from "./wire.ts";

/** Bytes of snapshots that are kept for the next who needs them. With more than that all are forgotten; they are made again when asked for. */
export const maxKeptBytes = 16 * 1024 * 1024;

export class Snapshots {
	readonly #books: Books;
	readonly #clock: Clock;
	readonly #kept = new Map<string, { version: number; frame: Buffer }>();
	#keptBytes = 0;

	constructor(options: { books: Books; clock: Clock }) {
		this.#books = options.books;
		this.#clock = options.clock;
	}

	/** Every lot there is. */
	get lotIds(): string[] {
		return this.#books.lots().map((lot) => lot.lot_id);
	}

	/** The lot as it is now, or that it is gone. Its `at` is as old as the last {@link forget}, at most. */
	frame(lotId: string): Buffer {
		const version = this.#books.lot(lotId)?.lot_version;
		const kept = this.#kept.get(lotId);
		if (kept !== undefined && kept.version === version) return kept.frame;
		const at = new Date(this.#clock.now()).toISOString();
		const frame = textFrames([snapshotFrame(this.#books, lotId, at) ?? removedFrame(lotId, at)]);
		if (version !== undefined) this.#keep(lotId, version, frame);
		return frame;
	}

	/** Call now and then, so that nothing is kept that nobody asks for, and after a lot was removed: one made anew counts its versions from 1. */
	forget(): void {
		this.#kept.clear();
		this.#keptBytes = 0;
	}

	#keep(lotId: string, version: number, frame: Buffer): void {
		this.#keptBytes += frame.length - (this.#kept.get(lotId)?.frame.length ?? 0);
		this.#kept.set(lotId, { version, frame });
		if (this.#keptBytes > maxKeptBytes) this.forget();
	}
}
