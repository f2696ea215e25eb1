import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pingFrame, textFrames } from "../../../gateway/live/wire.ts";
import { readFrames } from "./fake-socket.ts";

describe("a text frame", () => {
	test.each([
		["nothing", 0, [0x81, 0]],
		["one byte", 1, [0x81, 1]],
		["the longest with its length in 7 bits", 125, [0x81, 125]],
		["the shortest with its length in 16 bits", 126, [0x81, 126, 0, 126]],
		["the longest with its length in 16 bits", 65_535, [0x81, 126, 0xff, 0xff]],
		["the shortest with its length in 64 bits", 65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
	])("of %s begins as the standard says", (_name, length, header) => {
		const frame = textFrames(["x".repeat(length)]);
		expect([...frame.subarray(0, header.length)]).toEqual(header);
		expect(frame.subarray(header.length).toString()).toBe("x".repeat(length));
	});

	test("counts bytes, not characters", () => {
		const frame = textFrames(["é🅿"]);
		expect([...frame]).toEqual([0x81, 6, 0xc3, 0xa9, 0xf0, 0x9f, 0x85, 0xbf]);
	});

	test("stands behind the one before it", () => {
		const texts = fc.array(
			fc.oneof(
				fc.string({ unit: "grapheme" }),
				fc.nat(70_000).map((length) => "é".repeat(length)),
			),
		);
		fc.assert(
			fc.property(texts, (given) => {
				const frames = readFrames(textFrames(given));
				expect(frames.map(({ payload }) => payload.toString())).toEqual(given);
				expect(frames.every(({ opcode }) => opcode === 1)).toBe(true);
			}),
			{ numRuns: 50 },
		);
	});
});

test("a ping is a frame without payload", () => {
	expect(readFrames(Buffer.from(pingFrame))).toMatchObject([{ opcode: 9, payload: Buffer.alloc(0) }]);
});
