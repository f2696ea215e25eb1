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

/** The frames that `data` is, by the standard (RFC 6455, section 5.2). @throws Error on what a browser would not take, or when the last one is not whole. */
export function readFrames(data: Buffer): { opcode: number; payload: Buffer }[] {
	const { frames, bytes } = readWholeFrames(data);
	if (bytes !== data.length) throw new Error("expected a whole frame at the end, got a part of one");
	return frames;
}

/** As {@link readFrames}, for data that goes on: the frames that are whole, and how many bytes they are. */
export function readWholeFrames(data: Buffer): { frames: { opcode: number; payload: Buffer }[]; bytes: number } {
	const frames = [];
	let bytes = 0;
	for (let frame = readFrame(data); frame !== null; frame = readFrame(data.subarray(bytes))) {
		frames.push({ opcode: frame.opcode, payload: frame.payload });
		bytes += frame.bytes;
	}
	return { frames, bytes };
}

/** The first frame; null when it is not whole. */
function readFrame(data: Buffer): { opcode: number; payload: Buffer; bytes: number } | null {
	if (data.length < 2) return null;
	const [first = 0, short = 0] = data;
	const start = short === 126 ? 4 : short === 127 ? 10 : 2;
	if (data.length < start) return null;
	if ((first & 0xf0) !== 0x80) throw new Error(`expected a whole frame without extensions, got ${first}`);
	if (short > 127) throw new Error("expected a frame without a mask");
	const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
	// A length must be written as short as it can be.
	const shortest = length < 126 ? length : length < 65_536 ? 126 : 127;
	if (short !== shortest) throw new Error(`expected ${shortest} for a length of ${length}, got ${short}`);
	if (data.length < start + length) return null;
	return { opcode: first & 0x0f, payload: data.subarray(start, start + length), bytes: start + length };
}
