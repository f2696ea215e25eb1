/** Lines of text out of a serial port, as fast as it takes them; nothing waits for it. */

/** As `embedded:io/serial`. */
export interface SerialPort {
	/** @throws Error when there is no room for all of it; then nothing of it was taken. */
	write(bytes: Uint8Array): void;
}

export interface SerialLinesOptions {
	/** `onWritable` is called when the port has room again after a `write`. */
	open: (onWritable: () => void) => SerialPort;
}

/** Bytes that are written at once: the chip's queue takes 128, and says that it has room while 10 are left in it. */
export const chunkBytes = 64;

export class SerialLines {
	readonly #port: SerialPort;
	readonly #chunk = new Uint8Array(chunkBytes);
	#text = "";
	#at = 0;

	/** @throws Error when the port or its pin is in use. */
	constructor({ open }: SerialLinesOptions) {
		this.#port = open(() => this.#pump());
	}

	/** Says `line` (ASCII, without its end) in place of what is left of the one before, which then is broken off. */
	say(line: string): void {
		const broken = this.#at < this.#text.length;
		this.#text = `${broken ? "\n" : ""}${line}\n`;
		this.#at = 0;
		this.#pump();
	}

	#pump(): void {
		while (this.#at < this.#text.length) {
			const bytes = Math.min(chunkBytes, this.#text.length - this.#at);
			for (let i = 0; i < bytes; i++) this.#chunk[i] = this.#text.charCodeAt(this.#at + i);
			try {
				this.#port.write(this.#chunk.subarray(0, bytes));
			} catch {
				// Full: it goes on when there is room.
				return;
			}
			this.#at += bytes;
		}
		this.#text = "";
		this.#at = 0;
	}
}
Object.freeze(SerialLines.prototype);
