/**
 * In: committed steps. Out: frames to every browser that watches the lot.
 * Never: waits for a browser, or keeps frames for one that does not read.
 */
import type { ErrorBody } from "../contract/errors.ts";
import type { Books, Steps } from "../lots/books.ts";
import type { Clock } from "../lots/manage.ts";
import type { SpotFrame } from "./frames.ts";
import { errorFrame, heartbeatFrame, removedFrame, snapshotFrame } from "./frames.ts";
import { readRequest } from "./request.ts";

/** Unsent bytes above which a client gets no more updates; once it has read them, a fresh snapshot brings it up to date. */
export const behindBytes = 256 * 1024;
/** A client that is behind for this long is dropped. */
export const maxBehindMs = 30_000;
export const heartbeatMs = 5_000;
/** A client that answers no ping for this long is gone. */
export const deadMs = 45_000;
/** Wrong frames from one client until it is dropped. */
export const maxBadFrames = 20;
/** Least time between two snapshots that one client asks for. */
export const resyncMs = 250;
export const maxClients = 20_000;

/** WebSocket close codes: 1013 is the standard's *try again later*, 1008 *policy violation*; 4404 is ours, *no such lot*. */
export const closeCodes = { overloaded: 1013, policy: 1008, noSuchLot: 4404 } as const;

/** What the hub needs of a WebSocket. */
export interface LiveSocket {
	readonly bufferedAmount: number;
	send(data: Uint8Array): void;
	ping(): void;
	close(code: number, reason: string): void;
	terminate(): void;
}

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
}

interface Member {
	socket: LiveSocket;
	/** Null: every lot, also later ones. */
	lots: ReadonlySet<string> | null;
	behindSince: number | null;
	heardAt: number;
	badFrames: number;
	snapshotAt: Map<string, number>;
}

const encoder = new TextEncoder();

export class Hub {
	readonly #books: Books;
	readonly #clock: Clock;
	readonly #onRefuse: (body: ErrorBody) => void;
	readonly #members = new Set<Member>();
	/** Members by lot; those who watch all are under null. */
	readonly #watchers = new Map<string | null, Set<Member>>();
	#dropped = 0;
	#beatAt = Number.NEGATIVE_INFINITY;

	/** `onRefuse` hears of every error that a client was answered. */
	constructor(options: { books: Books; clock: Clock; onRefuse?: (body: ErrorBody) => void }) {
		this.#books = options.books;
		this.#clock = options.clock;
		this.#onRefuse = options.onRefuse ?? (() => {});
	}

	get state(): HubState {
		let behind = 0;
		for (const member of this.#members) if (member.behindSince !== null) behind++;
		return { clients: this.#members.size, dropped: this.#dropped, behind };
	}

	/**
	 * A browser came for these lots (none named: for all). It gets a snapshot of each at once. An unknown lot, or one browser too many,
	 * is told so and closed; then there is no client.
	 */
	join(socket: LiveSocket, lotIds: string[]): LiveClient | null {
		if (this.#members.size >= maxClients) {
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
		const member: Member = {
			socket,
			lots: lotIds.length === 0 ? null : new Set(lotIds),
			behindSince: null,
			heardAt: this.#clock.now(),
			badFrames: 0,
			snapshotAt: new Map(),
		};
		this.#members.add(member);
		for (const lotId of member.lots ?? [null]) this.#watch(lotId, member);
		this.#snapshots(member);
		return {
			onFrame: (data, binary) => this.#onFrame(member, data, binary),
			onPong: () => {
				member.heardAt = this.#clock.now();
			},
			leave: () => this.#leave(member),
		};
	}

	/** Sends what a commit did; `frames` are its spot steps, made once for all. */
	tell(steps: Steps, frames: readonly SpotFrame[]): void {
		const at = this.#at();
		for (const frame of frames) {
			// A lot that changed as a whole goes out as a snapshot, which has this step in it.
			if (!steps.lots.has(frame.lot_id)) this.#broadcast(frame.lot_id, frame.text);
		}
		for (const lotId of steps.lots) {
			const snapshot = snapshotFrame(this.#books, lotId, at);
			if (snapshot !== null) this.#broadcast(lotId, snapshot);
		}
		for (const lotId of steps.removedLots) this.#broadcast(lotId, removedFrame(lotId, at));
	}

	/** Call about once a second: heartbeats, snapshots for who caught up, an end for who did not. */
	tick(): void {
		const now = this.#clock.now();
		const beat = now - this.#beatAt >= heartbeatMs;
		if (beat) this.#beatAt = now;
		const all = beat ? encoder.encode(this.#heartbeat(this.#books.lots().map((lot) => lot.lot_id))) : null;
		for (const member of [...this.#members]) {
			if (now - member.heardAt > deadMs) this.#drop(member);
			else if (member.behindSince !== null) this.#catchUp(member, now, member.behindSince);
			else if (all !== null) {
				this.#send(member, member.lots === null ? all : encoder.encode(this.#heartbeat(member.lots)));
				member.socket.ping();
			}
		}
	}

	/** Ends every connection; browsers come back by themselves. */
	close(): void {
		for (const member of [...this.#members]) {
			member.socket.close(1001, "the gateway is closing");
			this.#leave(member);
		}
	}

	#broadcast(lotId: string, text: string): void {
		const data = encoder.encode(text);
		for (const member of this.#watchers.get(lotId) ?? []) this.#send(member, data);
		for (const member of this.#watchers.get(null) ?? []) this.#send(member, data);
	}

	#send(member: Member, data: Uint8Array): void {
		if (member.behindSince !== null) return;
		if (member.socket.bufferedAmount > behindBytes) {
			member.behindSince = this.#clock.now();
			return;
		}
		member.socket.send(data);
	}

	#catchUp(member: Member, now: number, since: number): void {
		if (member.socket.bufferedAmount === 0) {
			member.behindSince = null;
			this.#snapshots(member);
		} else if (now - since > maxBehindMs) this.#drop(member);
		else member.socket.ping();
	}

	#snapshots(member: Member): void {
		for (const lotId of member.lots ?? this.#books.lots().map((lot) => lot.lot_id)) this.#snapshot(member, lotId);
	}

	#snapshot(member: Member, lotId: string): void {
		const snapshot = snapshotFrame(this.#books, lotId, this.#at());
		if (snapshot !== null) this.#send(member, encoder.encode(snapshot));
		else this.#send(member, encoder.encode(removedFrame(lotId, this.#at())));
	}

	#onFrame(member: Member, data: Uint8Array, binary: boolean): void {
		member.heardAt = this.#clock.now();
		const request = readRequest(data, binary);
		if (!("lot_id" in request)) {
			this.#complain(member, request);
			return;
		}
		const { lot_id } = request;
		const watched = member.lots === null ? this.#books.lot(lot_id) !== undefined : member.lots.has(lot_id);
		if (!watched) {
			const message = `this connection does not watch lot "${lot_id}"`;
			this.#complain(member, { statusCode: 404, error: "Not Found", code: "LOT_NOT_FOUND", message });
			return;
		}
		if (member.heardAt - (member.snapshotAt.get(lot_id) ?? Number.NEGATIVE_INFINITY) < resyncMs) {
			const message = `expected at least ${resyncMs} ms between two resyncs of a lot`;
			this.#complain(member, { statusCode: 429, error: "Too Many Requests", code: "TOO_FAST", message });
			return;
		}
		member.snapshotAt.set(lot_id, member.heardAt);
		this.#snapshot(member, lot_id);
	}

	#complain(member: Member, body: ErrorBody): void {
		this.#onRefuse(body);
		this.#send(member, encoder.encode(errorFrame(body)));
		if (++member.badFrames < maxBadFrames) return;
		this.#dropped++;
		member.socket.close(closeCodes.policy, "too many wrong frames");
		this.#leave(member);
	}

	#refuse(socket: LiveSocket, closeCode: number, statusCode: 404 | 503, code: string, message: string): void {
		const error = statusCode === 404 ? "Not Found" : "Service Unavailable";
		this.#onRefuse({ statusCode, error, code, message });
		socket.send(encoder.encode(errorFrame({ statusCode, error, code, message })));
		socket.close(closeCode, code);
	}

	#drop(member: Member): void {
		this.#dropped++;
		member.socket.terminate();
		this.#leave(member);
	}

	#leave(member: Member): void {
		this.#members.delete(member);
		for (const lotId of member.lots ?? [null]) {
			const watchers = this.#watchers.get(lotId);
			watchers?.delete(member);
			if (watchers?.size === 0) this.#watchers.delete(lotId);
		}
	}

	#watch(lotId: string | null, member: Member): void {
		const watchers = this.#watchers.get(lotId);
		if (watchers === undefined) this.#watchers.set(lotId, new Set([member]));
		else watchers.add(member);
	}

	#heartbeat(lotIds: Iterable<string>): string {
		const versions: Record<string, number> = {};
		for (const lotId of lotIds) {
			const lot = this.#books.lot(lotId);
			if (lot !== undefined) versions[lotId] = lot.lot_version;
		}
		return heartbeatFrame(versions, this.#at());
	}

	#at(): string {
		return new Date(this.#clock.now()).toISOString();
	}
}
