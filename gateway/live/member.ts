/** One WebSocket, and how far it is behind. */

/** Unsent bytes above which a client gets no more updates; once it has read them, a fresh snapshot brings it up to date. */
export const behindBytes = 256 * 1024;

/** What the hub needs of a WebSocket. */
export interface LiveSocket {
	/** Bytes that wait for the client to read. */
	readonly bufferedAmount: number;
	/** Sends whole WebSocket frames as they are; each of `frames` may hold several. Does nothing once the socket closes. */
	write(frames: readonly Uint8Array[]): void;
	close(code: number, reason: string): void;
	terminate(): void;
}

export class Member {
	readonly socket: LiveSocket;
	/** False while it waits for the snapshots that bring it up to date: it just came, or it read too slowly. */
	current = false;
	/** When it was found to read too slowly, ms; null while it does not. */
	behindSince: number | null = null;
	heardAt: number;
	badFrames = 0;
	/** When it last asked for a snapshot of a lot, ms. Null until it does: most never ask. */
	askedAt: Map<string, number> | null = null;
	/** {@link behindBytes}, and its last snapshots: a client whose snapshots still flow is not behind for that. */
	#roomBytes = behindBytes;

	constructor(socket: LiveSocket, nowMs: number) {
		this.socket = socket;
		this.heardAt = nowMs;
	}

	/** Sends to a client that keeps up; else notes since when it does not. */
	send(frames: readonly Uint8Array[], nowMs: number): void {
		if (this.behindSince !== null) return;
		if (this.socket.bufferedAmount > this.#roomBytes) {
			this.behindSince = nowMs;
			this.current = false;
		} else this.socket.write(frames);
	}

	/** Brings a client up to date that just came or that has caught up; one that still reads too slowly must wait. */
	renew(snapshots: readonly Uint8Array[]): void {
		if (this.behindSince !== null && this.socket.bufferedAmount > 0) return;
		this.#roomBytes = behindBytes + snapshots.reduce((sum, { length }) => sum + length, 0);
		this.behindSince = null;
		this.current = true;
		this.socket.write(snapshots);
	}
}
