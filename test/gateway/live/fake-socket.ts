/** A WebSocket without a network: takes frames apart as a browser would. */
import type { LiveSocket } from "../../../gateway/live/member.ts";

export type Frame = { event: string; [field: string]: unknown };

export class FakeSocket implements LiveSocket {
	bufferedAmount = 0;
	readonly frames: Frame[] = [];
	/** The bytes of each write. */
	readonly writes: (readonly Uint8Array[])[] = [];
	closed: number | "terminated" | null = null;
	pings = 0;

	write(frames: readonly Uint8Array[]): void {
		if (this.closed !== null) throw new Error("expected nothing after the close, got frames");
		this.writes.push(frames);
		for (const { opcode, payload } of readFrames(Buffer.concat(frames))) {
			if (opcode === 9) this.pings++;
			else this.frames.push(JSON.parse(payload.toString()));
		}
	}

	close(code: number): void {
		this.closed = code;
	}

	terminate(): void {
		this.closed = "terminated";
	}

	get events(): string[] {
		return this.frames.map((frame) => frame.event);
	}
}

/** Frames by the standard (RFC 6455, section 5.2). @throws Error on what a browser would not take, or when the last one is not whole. */
export function readFrames(bytes: Buffer): { opcode: number; payload: Buffer }[] {
	const frames = [];
	for (let offset = 0; offset < bytes.length; ) {
		const first = bytes.readUInt8(offset);
		const short = bytes.readUInt8(offset + 1);
		if ((first & 0xf0) !== 0x80) throw new Error(`expected a whole frame without extensions, got ${first}`);
		if (short > 127) throw new Error("expected a frame without a mask");
		offset += 2;
		let length = short;
		if (short === 126) {
			length = bytes.readUInt16BE(offset);
			offset += 2;
		} else if (short === 127) {
			length = Number(bytes.readBigUInt64BE(offset));
			offset += 8;
		}
		const payload = bytes.subarray(offset, offset + length);
		if (payload.length !== length) throw new Error(`expected ${length} bytes, got ${payload.length}`);
		// A length must be written as short as it can be.
		const shortest = length < 126 ? length : length < 65_536 ? 126 : 127;
		if (short !== shortest) throw new Error(`expected ${shortest} for a length of ${length}, got ${short}`);
		frames.push({ opcode: first & 0x0f, payload });
		offset += length;
	}
	return frames;
}
