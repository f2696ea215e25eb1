/** Follows the packets in a stream of MQTT bytes without keeping them. */

/**
 * Knows how long each packet says it is before its body has come, so that an oversized one need not be buffered to be
 * found. Fixed header and remaining length: MQTT 3.1.1 §2.2.
 */
export class PacketGuard {
	readonly #maxBytes: number;
	/** Bytes of the current packet's body that have not come yet. */
	#bodyLeft = 0;
	/** Bytes of the current remaining-length field so far; null while in a body or before a packet's first byte. */
	#lengthBytes: number | null = null;
	#length = 0;

	/** `maxBytes` is the longest remaining length (topic, packet id and payload) that is let through. */
	constructor({ maxBytes }: { maxBytes: number }) {
		this.#maxBytes = maxBytes;
	}

	/** Takes the stream's next bytes. Gives the remaining length of the first packet that is too long, or null. */
	feed(chunk: Uint8Array): number | null {
		let at = 0;
		while (at < chunk.length) {
			if (this.#bodyLeft > 0) {
				const taken = Math.min(this.#bodyLeft, chunk.length - at);
				this.#bodyLeft -= taken;
				at += taken;
			} else if (this.#lengthBytes === null) {
				this.#lengthBytes = 0;
				this.#length = 0;
				at += 1;
			} else {
				this.#takeLengthByte(chunk[at] ?? 0, this.#lengthBytes);
				if (this.#bodyLeft > this.#maxBytes) return this.#bodyLeft;
				at += 1;
			}
		}
		return null;
	}

	/** Seven bits a byte, lowest first; the top bit says that another byte follows. A fifth byte is illegal: the parser says so. */
	#takeLengthByte(byte: number, count: number): void {
		this.#length += (byte & 0x7f) * 128 ** count;
		if ((byte & 0x80) !== 0 && count < 3) {
			this.#lengthBytes = count + 1;
			return;
		}
		this.#lengthBytes = null;
		this.#bodyLeft = this.#length;
	}
}
