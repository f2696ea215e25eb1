/**
 * WebSocket frames as bytes (RFC 6455, section 5.2), from server to browser: whole and not masked. Made once, written to every
 * socket as they are.
 */

/** FIN, and the opcode of text. */
const textOpcode = 0x81;

/** A ping without payload: FIN and its opcode, no length. A browser answers it by itself. */
export const pingFrame: Uint8Array = Uint8Array.of(0x89, 0);

/** One text frame for each of `texts`, one behind the other. */
export function textFrames(texts: readonly string[]): Buffer {
	const lengths = texts.map((text) => Buffer.byteLength(text));
	const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headerBytes(length) + length, 0));
	let offset = 0;
	for (const [index, text] of texts.entries()) {
		const length = lengths[index] ?? 0;
		frames[offset] = textOpcode;
		if (length < 126) frames[offset + 1] = length;
		else if (length < 65_536) {
			frames[offset + 1] = 126;
			frames.writeUInt16BE(length, offset + 2);
		} else {
			frames[offset + 1] = 127;
			frames.writeBigUInt64BE(BigInt(length), offset + 2);
		}
		offset += headerBytes(length);
		offset += frames.write(text, offset);
	}
	return frames;
}

function headerBytes(length: number): number {
	if (length < 126) return 2;
	return length < 65_536 ? 4 : 10;
}
