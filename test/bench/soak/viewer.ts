/** A WebSocket that follows lots, and notices when a frame is missing. */
import { once } from "node:events";
import WebSocket from "ws";
import type { ServerFrame } from "../../../gateway/contract/events.ts";

export class Viewer {
	readonly #socket: WebSocket;
	readonly #versions = new Map<string, number>();
	#frames = 0;
	#missing = 0;

	private constructor(url: string, reads: boolean) {
		this.#socket = new WebSocket(url);
		this.#socket.on("message", (data) => {
			this.#frames++;
			if (reads) this.#take(JSON.parse(String(data)) as ServerFrame);
		});
	}

	/** `reads` is false where the frames are none of the gateway's. */
	static async open(url: string, { reads }: { reads: boolean }): Promise<Viewer> {
		const viewer = new Viewer(url, reads);
		await once(viewer.#socket, "open");
		return viewer;
	}

	get frames(): number {
		return this.#frames;
	}

	/** Frames that did not follow the one before, and no snapshot came instead. */
	get missing(): number {
		return this.#missing;
	}

	/** The version of a lot that it has seen last; undefined for a lot that it does not follow. */
	version(lotId: string): number | undefined {
		return this.#versions.get(lotId);
	}

	close(): void {
		this.#socket.terminate();
	}

	#take(frame: ServerFrame): void {
		if (frame.event === "snapshot") this.#versions.set(frame.lot_id, frame.lot_version);
		if (frame.event !== "spot_update") return;
		if (frame.lot_version !== (this.#versions.get(frame.lot_id) ?? 0) + 1) this.#missing++;
		this.#versions.set(frame.lot_id, frame.lot_version);
	}
}
