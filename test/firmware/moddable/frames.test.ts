import fc from "fast-check";
import { expect, it } from "vitest";
import { Frames } from "../../../firmware/device/moddable/frames.ts";

/** A packet of MQTT 3.1.1. */
function packet(type: number, body: readonly number[]): number[] {
	const length: number[] = [];
	let left = body.length;
	do {
		length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		left >>= 7;
	} while (left > 0);
	return [type, ...length, ...body];
}

function publish(topic: string, payload: string, qos: 0 | 1): number[] {
	const name = [...new TextEncoder().encode(topic)];
	const id = qos === 0 ? [] : [0x12, 0x34];
	const body = [name.length >> 8, name.length & 0xff, ...name, ...id, ...new TextEncoder().encode(payload)];
	return packet(0x30 | (qos << 1), body);
}

const puback = packet(0x40, [0, 1]);
const pingresp = packet(0xd0, []);

const topics = fc.string({ minLength: 1, maxLength: 200, unit: "binary-ascii" });
const publishes = fc.record({
	topic: topics,
	payload: fc.string({ maxLength: 20_000, unit: "binary-ascii" }),
	qos: fc.constantFrom(0, 1) as fc.Arbitrary<0 | 1>,
});
const packets = fc.array(
	fc.oneof(
		publishes.map(({ topic, payload, qos }) => ({
			before: publish(topic, payload, qos),
			after: publish(topic, payload || " ", qos),
		})),
		fc.constantFrom(puback, pingresp, packet(0x20, [0, 0])).map((bytes) => ({ before: bytes, after: bytes })),
	),
	{ maxLength: 12 },
);

it("adds a space to each message without a payload and leaves all else as it is, however the bytes are cut", () => {
	fc.assert(
		fc.property(packets, fc.integer({ min: 1, max: 300 }), (list, size) => {
			const bytes = Uint8Array.from(list.flatMap(({ before }) => before));
			const frames = new Frames();
			const out: number[] = [];
			for (let at = 0; at < bytes.length; at += size) out.push(...frames.feed(bytes.subarray(at, at + size)));
			expect(out).toEqual(list.flatMap(({ after }) => after));
		}),
		{ numRuns: 200 },
	);
});

it("writes a longer length where one byte more needs it", () => {
	const topic = "t".repeat(125);
	expect([...new Frames().feed(Uint8Array.from(publish(topic, "", 0)))]).toEqual(publish(topic, " ", 0));
	expect(publish(topic, " ", 0).slice(1, 3)).toEqual([0x80, 1]);
});

it("survives any bytes", () => {
	fc.assert(
		fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
			const frames = new Frames();
			for (const chunk of chunks) frames.feed(chunk);
		}),
	);
});
