/** One WebSocket client on a bare socket: as little work as it takes to have every frame whole. */
import { connect, type Socket } from "node:net";

/** What all viewers read into: each read is looked through before the next one. */
const readBuffer = Buffer.alloc(64 * 1024);

/** A pong without payload; clients must mask, any mask will do for nothing (RFC 6455, section 5.3). */
const pong = Buffer.of(0x8a, 0x80, 0, 0, 0, 0);

export class Viewer {
	readonly #socket: Socket;
	readonly #onText: (payload: Buffer) => void;
	#upgraded = false;
	/** What came of a frame, or of the answer to the upgrade, that is not whole yet. */
	#rest: Buffer | null = null;

	/** `onText` gets each text frame's payload, to be looked at before it returns; `onEnd` hears why there will be no more. */
	constructor(options: {
		url: URL;
		onOpen: () => void;
		onText: (payload: Buffer) => void;
		onEnd: (why: string) => void;
	}) {
		const { url, onOpen, onText, onEnd } = options;
		this.#onText = onText;
		this.#socket = connect({
			host: url.hostname,
			port: Number(url.port),
			noDelay: true,
			onread: {
				buffer: readBuffer,
				callback: (bytes, buffer) => {
					const read = Buffer.from(buffer.buffer, buffer.byteOffset, bytes);
					const data = this.#rest === null ? read : Buffer.concat([this.#rest, read]);
					const done = this.#upgraded ? this.#readFrames(data) : this.#readAnswer(data, onOpen);
					this.#rest = done === data.length ? null : Buffer.from(data.subarray(done));
					return true;
				},
			},
		});
		this.#socket.on("connect", () => {
			this.#socket.write(
				`GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
					"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
			);
		});
		this.#socket.on("error", (error) => onEnd(error.message));
		this.#socket.on("close", () => onEnd("the connection was closed"));
	}

	/** Gives how many bytes were done. @throws Error when the server does not upgrade. */
	#readAnswer(data: Buffer, onOpen: () => void): number {
		const end = data.indexOf("\r\n\r\n");
		if (end < 0) return 0;
		const head = data.toString("latin1", 0, end);
		// The answer to the key above, from the standard's own example (RFC 6455, section 1.3).
		if (!head.startsWith("HTTP/1.1 101 ") || !head.includes("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
			throw new Error(`expected an upgrade, got ${head.slice(0, 300)}`);
		}
		this.#upgraded = true;
		onOpen();
		return end + 4 + this.#readFrames(data.subarray(end + 4));
	}

	/** Gives how many bytes were whole frames. @throws Error on what is no frame of ours. */
	#readFrames(data: Buffer): number {
		let offset = 0;
		while (data.length - offset >= 2) {
			const opcode = data[offset];
			let length = data[offset + 1] ?? 0;
			let start = offset + 2;
			if (length === 126) {
				if (data.length < start + 2) break;
				length = data.readUInt16BE(start);
				start += 2;
			} else if (length === 127) {
				if (data.length < start + 8) break;
				length = Number(data.readBigUInt64BE(start));
				start += 8;
			}
			if (data.length < start + length) break;
			if (opcode === 0x81) this.#onText(data.subarray(start, start + length));
			else if (opcode === 0x89) this.#socket.write(pong);
			else throw new Error(`expected a whole text frame or a ping, got ${opcode}`);
			offset = start + length;
		}
		return offset;
	}
}
