/**
 * In: bytes of an MQTT connection, as they come. Out: the same, with a space in each PUBLISH that has no payload.
 * Never: keeps more than the first bytes of a packet.
 *
 * The SDK's client (8.2.3) waits for ever for a payload that isn't there, and hears nothing after it. Messages without
 * one are how what is retained is taken back. To go when its parser leaves such a message behind.
 */

/** What stands where there was no payload. No message of ours is a lone space. */
export const emptyPayload = " ";

const publish = 3;

/** Longest that must be seen of a packet: type, length (4), length of the topic (2). */
const headLimit = 7;

export class Frames {
	readonly #head = new Uint8Array(headLimit);
	#headBytes = 0;
	/** Bytes of the packet that are still to come. */
	#rest = 0;
	/** Whether a payload is to be added behind it. */
	#pad = false;

	/** The bytes that follow from `bytes`; those that tell too little yet come with the next ones. */
	feed(bytes: Uint8Array): Uint8Array {
		const out: number[] = [];
		let at = 0;
		while (at < bytes.length) {
			if (this.#rest > 0) {
				const until = Math.min(bytes.length, at + this.#rest);
				this.#rest -= until - at;
				while (at < until) out.push(bytes[at++] ?? 0);
				if (this.#rest === 0 && this.#pad) out.push(emptyPayload.charCodeAt(0));
			} else {
				this.#head[this.#headBytes++] = bytes[at++] ?? 0;
				this.#begin(out);
			}
		}
		return Uint8Array.from(out);
	}

	/** Once its head is there, begins the packet. */
	#begin(out: number[]): void {
		const head = this.#head;
		const seen = this.#headBytes;
		if (seen < 2) return;
		let length = 0;
		let at = 1;
		for (; at < 5; at++) {
			const byte = head[at] ?? 0;
			length += (byte & 0x7f) << (7 * (at - 1));
			if ((byte & 0x80) === 0) break;
			if (at + 1 === seen) return;
		}
		const lengthEnd = Math.min(at + 1, 5);
		const type = head[0] ?? 0;
		const isPublish = type >> 4 === publish && length >= 2;
		if (isPublish && seen < lengthEnd + 2) return;
		const topicBytes = ((head[lengthEnd] ?? 0) << 8) | (head[lengthEnd + 1] ?? 0);
		const idBytes = (type & 0b110) === 0 ? 0 : 2;
		this.#pad = isPublish && length === 2 + topicBytes + idBytes;
		out.push(type);
		for (let left = this.#pad ? length + 1 : length; ; left >>= 7) {
			out.push(left > 0x7f ? (left & 0x7f) | 0x80 : left);
			if (left <= 0x7f) break;
		}
		for (let i = lengthEnd; i < seen; i++) out.push(head[i] ?? 0);
		this.#rest = length - (seen - lengthEnd);
		this.#headBytes = 0;
		if (this.#rest === 0 && this.#pad) out.push(emptyPayload.charCodeAt(0));
	}
}
Object.freeze(Frames.prototype);
