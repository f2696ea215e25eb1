/**
 * In: what happened to lots, and who needs a snapshot. Out: the same bytes to all clients that watch the same lots.
 * Never: writes to more clients at a time than it was told to.
 *
 * It works in rounds. A round takes all that was told until it starts, as one block of bytes and the snapshots of that moment; so a
 * client that gets either can go on with the next round, and misses nothing. What is told during a round waits for the next one: the
 * busier it is, the more changes go out in one write to each client.
 */
import type { Clock } from "../lots/manage.ts";
import type { Member } from "./member.ts";
import type { Snapshots } from "./snapshots.ts";

/**
 * Bytes of updates that may wait for the next round. What is more makes the lot go out as a snapshot instead. Several times what the
 * largest commit tells, so that it takes a fan-out that can't keep up.
 */
export const maxWaitingBytes = 2 * 1024 * 1024;

/** Frames of a lot's updates that wait for the next round, or `null`: the lot goes out as a snapshot. */
type Waiting = Uint8Array[] | null;

export class Audience {
	/** What tells it from others. */
	readonly key: string;
	/** Null: every lot, also later ones. */
	readonly lots: ReadonlySet<string> | null;
	readonly members = new Set<Member>();
	readonly #snapshots: Snapshots;
	readonly #clock: Clock;
	readonly #heartbeat: (lotIds: Iterable<string>) => Uint8Array;
	#waiting = new Map<string, Waiting>();
	#waitingBytes = 0;
	/** Who gets a snapshot in the next round: of this lot, or `null`: of all that it watches. */
	#wanting = new Map<Member, string | null>();
	#beats = false;
	#walk: Generator<void> | null = null;
	/** Writes that the walk may do before it pauses. */
	#left = 0;

	/** `heartbeat` makes the bytes of a heartbeat for these lots, as they are now. */
	constructor(options: {
		key: string;
		lots: ReadonlySet<string> | null;
		snapshots: Snapshots;
		clock: Clock;
		heartbeat: (lotIds: Iterable<string>) => Uint8Array;
	}) {
		this.key = options.key;
		this.lots = options.lots;
		this.#snapshots = options.snapshots;
		this.#clock = options.clock;
		this.#heartbeat = options.heartbeat;
	}

	/** True while {@link work} has something to do. */
	get busy(): boolean {
		return this.#walk !== null || this.#waiting.size > 0 || this.#wanting.size > 0 || this.#beats;
	}

	/** A lot has updates: `frames` goes to everybody. Gives false when too much waits, so that the lot goes out as a snapshot instead. */
	tell(lotId: string, frames: Uint8Array): boolean {
		const waiting = this.#waiting.get(lotId);
		if (waiting === null) return true;
		if (this.#waitingBytes + frames.length > maxWaitingBytes) {
			this.renew(lotId);
			return false;
		}
		this.#waitingBytes += frames.length;
		if (waiting === undefined) this.#waiting.set(lotId, [frames]);
		else waiting.push(frames);
		return true;
	}

	/** A lot changed as a whole, or is gone: everybody gets its snapshot, or is told that it is gone. */
	renew(lotId: string): void {
		for (const { length } of this.#waiting.get(lotId) ?? []) this.#waitingBytes -= length;
		this.#waiting.set(lotId, null);
	}

	/**
	 * A client needs a snapshot of this lot, or with `null` of all that it watches, as those do who are not up to date: one lot does not
	 * bring them back, and they get none.
	 */
	want(member: Member, lotId: string | null): void {
		const wanted = this.#wanting.get(member);
		// Who wants a second lot before the first one was served gets all.
		this.#wanting.set(member, wanted === undefined || wanted === lotId ? lotId : null);
	}

	/** Everybody gets a heartbeat. */
	beat(): void {
		this.#beats = true;
	}

	/** Gives false for one that had left before. */
	leave(member: Member): boolean {
		this.#wanting.delete(member);
		return this.members.delete(member);
	}

	/** Goes on with the round, or starts the next one; ends with it, or after `writes` writes. Gives how many it did. */
	work(writes: number): number {
		this.#left = writes;
		this.#walk ??= this.#round();
		if (this.#walk.next().done) this.#walk = null;
		return writes - this.#left;
	}

	*#round(): Generator<void> {
		const news = this.#takeNews();
		const wanting = this.#wanting;
		this.#wanting = new Map();
		const snapshots = this.#snapshotsFor(wanting.values());
		const now = this.#clock.now();
		if (news !== null) {
			// Whoever joins meanwhile is visited too, but not yet current.
			for (const member of this.members) {
				if (!member.current) continue;
				member.send(news, now);
				if (--this.#left === 0) yield;
			}
		}
		for (const [member, lotId] of wanting) {
			if (!this.members.has(member)) continue;
			const frames = snapshots.get(lotId) ?? [];
			if (member.current) member.send(frames, now);
			else if (lotId === null) member.renew(frames);
			if (--this.#left === 0) yield;
		}
	}

	/** All that was told and the heartbeat, as one block; null when there is none. */
	#takeNews(): [Uint8Array] | null {
		const frames: Uint8Array[] = [];
		for (const [lotId, waiting] of this.#waiting) frames.push(...(waiting ?? [this.#snapshots.frame(lotId)]));
		if (this.#beats) frames.push(this.#heartbeat(this.lots ?? this.#snapshots.lotIds));
		this.#waiting.clear();
		this.#waitingBytes = 0;
		this.#beats = false;
		const [first] = frames;
		if (first === undefined || this.members.size === 0) return null;
		return [frames.length === 1 ? first : Buffer.concat(frames)];
	}

	/** The snapshots of each of `wishes`, as they are now, made once. */
	#snapshotsFor(wishes: Iterable<string | null>): ReadonlyMap<string | null, Uint8Array[]> {
		const made = new Map<string | null, Uint8Array[]>();
		for (const lotId of wishes) {
			if (made.has(lotId)) continue;
			const lotIds = lotId === null ? [...(this.lots ?? this.#snapshots.lotIds)] : [lotId];
			made.set(
				lotId,
				lotIds.map((id) => this.#snapshots.frame(id)),
			);
		}
		return made;
	}
}
