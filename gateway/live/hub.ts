/**
 * In: committed steps. Out: frames to every browser that watches the lot.
 * Never: waits for a browser, or keeps frames for one that does not read.
 */
import type { ErrorBody } from "../contract/errors.ts";
import type { Books } from "../lots/books.ts";
import type { Steps } from "../lots/draft.ts";
import type { Clock } from "../lots/manage.ts";
import { Audience } from "./audience.ts";
import { errorFrame, heartbeatFrame, type SpotFrame } from "./frames.ts";
import { type LiveSocket, Member } from "./member.ts";
import { readRequest } from "./request.ts";
import { Snapshots } from "./snapshots.ts";
import { pingFrame, textFrames } from "./wire.ts";

/** A client that is behind for this long is dropped. */
export const maxBehindMs = 30_000;
export const heartbeatMs = 5_000;
/** Every so many heartbeats come with a ping: three unanswered ones make a client dead. */
export const heartbeatsPerPing = 3;
/** A client that answers no ping for this long is gone. */
export const deadMs = 45_000;
/** Wrong frames from one client until it is dropped. */
export const maxBadFrames = 20;
/** Least time between two snapshots that one client asks for. */
export const resyncMs = 250;
export const maxClients = 20_000;
/**
 * Writes to sockets until everything else in the process has its turn. One takes some 10 µs, so that a change for thousands of
 * clients holds up reports and requests by a few ms only.
 */
export const writesPerTurn = 250;

/** WebSocket close codes: 1013 is the standard's *try again later*, 1008 *policy violation*; 4404 is ours, *no such lot*. */
export const closeCodes = { overloaded: 1013, policy: 1008, noSuchLot: 4404 } as const;

/** One browser, from the hub's side. */
export interface LiveClient {
	onFrame(data: Uint8Array, binary: boolean): void;
	onPong(): void;
	/** The socket is closed. */
	leave(): void;
}

export interface HubState {
	clients: number;
	/** Clients dropped for not reading, not answering, or wrong frames, since the start. */
	dropped: number;
	/** Clients that wait for a snapshot because they read too slowly. */
	behind: number;
	/** Times that updates went out merged into a snapshot of their lot, as more of them waited than may, since the start. */
	merged: number;
}

export class Hub {
	readonly #books: Books;
	readonly #clock: Clock;
	readonly #steady: Clock;
	readonly #snapshots: Snapshots;
	readonly #onRefuse: (body: ErrorBody) => void;
	readonly #defer: (action: () => void) => void;
	readonly #writesPerTurn: number;
	/** Clients that watch the same lots, by the lots' names. */
	readonly #audiences = new Map<string, Audience>();
	/** By lot; those who watch all are under null. */
	readonly #watchers = new Map<string | null, Set<Audience>>();
	/** Who has something to be sent. */
	readonly #busy = new Set<Audience>();
	#deferred = false;
	#clients = 0;
	#dropped = 0;
	#merged = 0;
	#beats = 0;
	#beatAt = Number.NEGATIVE_INFINITY;

	/**
	 * Who is silent or late is told by `steady`, whose time nobody sets: see {@link Gateway}.
	 * `onRefuse` hears of every error that a client was answered; `defer` runs an action once everything else had its turn, which is due
	 * after {@link writesPerTurn} writes.
	 */
	constructor(options: {
		books: Books;
		clock: Clock;
		steady?: Clock;
		onRefuse?: (body: ErrorBody) => void;
		defer?: (action: () => void) => void;
		writesPerTurn?: number;
	}) {
		this.#books = options.books;
		this.#clock = options.clock;
		this.#steady = options.steady ?? options.clock;
		this.#snapshots = new Snapshots(options);
		this.#onRefuse = options.onRefuse ?? (() => {});
		this.#defer = options.defer ?? setImmediate;
		this.#writesPerTurn = options.writesPerTurn ?? writesPerTurn;
	}

	get state(): HubState {
		let behind = 0;
		for (const { members } of this.#audiences.values()) {
			for (const member of members) if (member.behindSince !== null) behind++;
		}
		return { clients: this.#clients, dropped: this.#dropped, behind, merged: this.#merged };
	}

	/**
	 * A browser came for these lots (none named: for all). It gets a snapshot of each first. An unknown lot, or one browser too many,
	 * is told so and closed; then there is no client.
	 */
	join(socket: LiveSocket, lotIds: string[]): LiveClient | null {
		if (this.#clients >= maxClients) {
			this.#refuse(
				socket,
				closeCodes.overloaded,
				503,
				"TOO_MANY_CLIENTS",
				`expected at most ${maxClients} live clients`,
			);
			return null;
		}
		const missing = lotIds.find((lotId) => this.#books.lot(lotId) === undefined);
		if (missing !== undefined) {
			this.#refuse(socket, closeCodes.noSuchLot, 404, "LOT_NOT_FOUND", `there is no lot "${missing.slice(0, 64)}"`);
			return null;
		}
		const member = new Member(socket, this.#steady.now());
		const audience = this.#audience(lotIds);
		audience.members.add(member);
		this.#clients++;
		this.#want(audience, member, null);
		return {
			onFrame: (data, binary) => this.#onFrame(audience, member, data, binary),
			onPong: () => {
				member.heardAt = this.#steady.now();
			},
			leave: () => this.#leave(audience, member),
		};
	}

	/** Sends what a commit did; `frames` are its spot steps, made once for all. */
	tell(steps: Steps, frames: readonly SpotFrame[]): void {
		const updates = new Map<string, string[]>();
		for (const { lot_id, text } of frames) {
			const texts = updates.get(lot_id);
			if (texts === undefined) updates.set(lot_id, [text]);
			else texts.push(text);
		}
		for (const [lotId, texts] of updates) this.#update(lotId, texts);
		// A lot that changed as a whole goes out as a snapshot, which has its updates in it.
		if (steps.removedLots.length > 0) this.#snapshots.forget();
		for (const lotId of new Set([...steps.removedLots, ...steps.lots, ...steps.refreshed])) {
			for (const audience of this.#watching(lotId)) {
				audience.renew(lotId);
				this.#busy.add(audience);
			}
		}
		this.#work();
	}

	/** Call about once a second: heartbeats, snapshots for who caught up, an end for who did not. */
	tick(): void {
		const now = this.#steady.now();
		const beats = now - this.#beatAt >= heartbeatMs;
		if (beats) {
			this.#beatAt = now;
			this.#beats++;
		}
		this.#snapshots.forget();
		for (const audience of this.#audiences.values()) {
			for (const member of audience.members) this.#check(audience, member, now);
			if (!beats) continue;
			audience.beat();
			this.#busy.add(audience);
		}
		this.#work();
	}

	/** Ends every connection; browsers come back by themselves. */
	close(): void {
		for (const audience of this.#audiences.values()) {
			for (const member of audience.members) {
				member.socket.close(1001, "the gateway is closing");
				this.#leave(audience, member);
			}
		}
	}

	#update(lotId: string, texts: readonly string[]): void {
		const audiences = this.#watching(lotId);
		if (audiences.length === 0) return;
		const frames = textFrames(texts);
		for (const audience of audiences) {
			if (!audience.tell(lotId, frames)) this.#merged++;
			this.#busy.add(audience);
		}
	}

	#want(audience: Audience, member: Member, lotId: string | null): void {
		audience.want(member, lotId);
		this.#busy.add(audience);
		this.#work();
	}

	/** Lets each audience that is busy write in turn, until none is or the process's other work is due. */
	#work(): void {
		if (this.#deferred) return;
		let left = this.#writesPerTurn;
		for (const audience of this.#busy) {
			this.#busy.delete(audience);
			left -= audience.work(left);
			// At the end of the line, where this loop finds it again.
			if (audience.busy) this.#busy.add(audience);
			if (left === 0) break;
		}
		if (this.#busy.size === 0) return;
		this.#deferred = true;
		this.#defer(() => {
			this.#deferred = false;
			this.#work();
		});
	}

	#check(audience: Audience, member: Member, now: number): void {
		if (member.behindSince === null) {
			if (now - member.heardAt > deadMs) this.#drop(audience, member);
		} else if (member.socket.bufferedAmount === 0) {
			// It lives: it took all that waited for it.
			member.heardAt = now;
			audience.want(member, null);
			this.#busy.add(audience);
		} else if (now - member.behindSince > maxBehindMs) this.#drop(audience, member);
	}

	#onFrame(audience: Audience, member: Member, data: Uint8Array, binary: boolean): void {
		member.heardAt = this.#steady.now();
		const request = readRequest(data, binary);
		if (!("lot_id" in request)) {
			this.#complain(audience, member, request);
			return;
		}
		const { lot_id } = request;
		const watched = audience.lots === null ? this.#books.lot(lot_id) !== undefined : audience.lots.has(lot_id);
		if (!watched) {
			const message = `this connection does not watch lot "${lot_id}"`;
			this.#complain(audience, member, { statusCode: 404, error: "Not Found", code: "LOT_NOT_FOUND", message });
			return;
		}
		member.askedAt ??= new Map();
		if (member.heardAt - (member.askedAt.get(lot_id) ?? Number.NEGATIVE_INFINITY) < resyncMs) {
			const message = `expected at least ${resyncMs} ms between two resyncs of a lot`;
			this.#complain(audience, member, { statusCode: 429, error: "Too Many Requests", code: "TOO_FAST", message });
			return;
		}
		member.askedAt.set(lot_id, member.heardAt);
		this.#want(audience, member, lot_id);
	}

	#complain(audience: Audience, member: Member, body: ErrorBody): void {
		this.#onRefuse(body);
		member.send([textFrames([errorFrame(body)])], this.#steady.now());
		if (++member.badFrames < maxBadFrames) return;
		this.#dropped++;
		member.socket.close(closeCodes.policy, "too many wrong frames");
		this.#leave(audience, member);
	}

	#refuse(socket: LiveSocket, closeCode: number, statusCode: 404 | 503, code: string, message: string): void {
		const error = statusCode === 404 ? "Not Found" : "Service Unavailable";
		this.#onRefuse({ statusCode, error, code, message });
		socket.write([textFrames([errorFrame({ statusCode, error, code, message })])]);
		socket.close(closeCode, code);
	}

	#drop(audience: Audience, member: Member): void {
		this.#dropped++;
		member.socket.terminate();
		this.#leave(audience, member);
	}

	#leave(audience: Audience, member: Member): void {
		if (!audience.leave(member)) return;
		this.#clients--;
		if (audience.members.size > 0) return;
		this.#audiences.delete(audience.key);
		for (const lotId of audience.lots ?? [null]) {
			const watchers = this.#watchers.get(lotId);
			watchers?.delete(audience);
			if (watchers?.size === 0) this.#watchers.delete(lotId);
		}
	}

	/** Those who watch these lots, of all if none is named. */
	#audience(lotIds: readonly string[]): Audience {
		const lots = lotIds.length === 0 ? null : new Set(lotIds.toSorted());
		const key = JSON.stringify(lots && [...lots]);
		const known = this.#audiences.get(key);
		if (known !== undefined) return known;
		const audience = new Audience({
			key,
			lots,
			snapshots: this.#snapshots,
			clock: this.#steady,
			heartbeat: (ids) => this.#heartbeat(ids),
		});
		this.#audiences.set(key, audience);
		for (const lotId of lots ?? [null]) {
			const watchers = this.#watchers.get(lotId);
			if (watchers === undefined) this.#watchers.set(lotId, new Set([audience]));
			else watchers.add(audience);
		}
		return audience;
	}

	#watching(lotId: string): Audience[] {
		return [...(this.#watchers.get(lotId) ?? []), ...(this.#watchers.get(null) ?? [])];
	}

	#heartbeat(lotIds: Iterable<string>): Uint8Array {
		const versions: Record<string, number> = {};
		for (const lotId of lotIds) {
			const lot = this.#books.lot(lotId);
			if (lot !== undefined) versions[lotId] = lot.lot_version;
		}
		const frame = textFrames([heartbeatFrame(versions, new Date(this.#clock.now()).toISOString())]);
		return this.#beats % heartbeatsPerPing === 0 ? Buffer.concat([frame, pingFrame]) : frame;
	}
}
