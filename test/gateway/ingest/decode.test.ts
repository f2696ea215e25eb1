import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Topics } from "../../../firmware/messages.ts";
import { decodeStatus, maxReportBytes, Refusal } from "../../../gateway/ingest/decode.ts";

const topics = new Topics();
const bytes = (text: string) => new TextEncoder().encode(text);
const short = (payload: unknown) => decodeStatus(topics, topics.status(), bytes(JSON.stringify(payload)));
const long = (lot: string, spot: string, payload: unknown) =>
	decodeStatus(topics, topics.status(lot, spot), bytes(JSON.stringify(payload)));

describe("a status", () => {
	test("of the reference design is taken as it stands", () => {
		const payload = {
			spot_id: "SPOT001",
			lot_id: "LOT001",
			occupied: true,
			distance: 35,
			timestamp: "2024-01-01T12:00:00Z",
		};
		expect(short(payload)).toEqual({
			spot_id: "SPOT001",
			lot_id: "LOT001",
			state: "occupied",
			distance: 35,
			confidence: null,
			reason: null,
			board_id: null,
			identity: null,
			uptime_ms: null,
			timestamp: "2024-01-01T12:00:00Z",
			topic_form: "short",
		});
	});

	test("needs nothing but spot and occupied", () => {
		expect(short({ spot_id: "SPOT001", occupied: false })).toMatchObject({
			lot_id: null,
			state: "free",
			distance: null,
		});
	});

	test("of a board carries its identity, and its lot by topic", () => {
		const payload = {
			spot_id: "S1",
			occupied: false,
			state: "unknown",
			board_id: "b1",
			boot: 2,
			seq: 7,
			uptime_ms: 10,
		};
		expect(long("L1", "S1", payload)).toMatchObject({
			lot_id: "L1",
			state: "unknown",
			identity: { board_id: "b1", boot: 2, seq: 7 },
			topic_form: "long",
		});
	});

	test("keeps fields that nobody knows out, without minding them", () => {
		expect(short({ spot_id: "S1", occupied: true, colour: "red" })).not.toHaveProperty("colour");
	});

	test.each([
		["nothing", "", "not_json"],
		["half an object", '{"spot_id":', "not_json"],
		["a list", "[1]", "wrong_shape"],
		["null", "null", "wrong_shape"],
		["a number", "5", "wrong_shape"],
	])("that is %s is refused", (_name, text, cause) => {
		expect(decodeStatus(topics, topics.status(), bytes(text))).toMatchObject({ cause });
	});

	test.each([
		[{ occupied: true }, "the payload must have required properties spot_id"],
		[{ spot_id: "S1" }, "the payload must have required properties occupied"],
		[{ spot_id: "S1", occupied: "true" }, 'occupied must be boolean, got "true"'],
		[{ spot_id: "S1", occupied: 1 }, "occupied must be boolean, got 1"],
		[{ spot_id: 1, occupied: true }, "spot_id must be string, got 1"],
		[{ spot_id: "a/b", occupied: true }, 'spot_id must match pattern "^[A-Za-z0-9._-]{1,64}$", got "a/b"'],
		[{ spot_id: "S1", occupied: true, distance: "35" }, 'distance must be number or null, got "35"'],
		[{ spot_id: "S1", occupied: true, distance: -1 }, "distance must be >= 0 or null, got -1"],
		[{ spot_id: "S1", occupied: true, seq: 1.5, boot: 1, board_id: "b" }, "seq must be integer, got 1.5"],
		[{ spot_id: "S1", occupied: true, state: "full" }, 'state must be "free" or "occupied" or "unknown", got "full"'],
		[{ spot_id: "S1", occupied: true, confidence: 2 }, "confidence must be <= 1, got 2"],
		[
			{ spot_id: "S1", occupied: true, timestamp: "2024-13-45T12:00:00Z" },
			'timestamp must be a real moment in ISO 8601, got "2024-13-45T12:00:00Z"',
		],
		[
			{ spot_id: "S1", occupied: true, boot: 1 },
			"board_id, boot and seq name a report together, got only some of them",
		],
	])("like %j is refused in words", (payload, detail) => {
		expect(short(payload)).toEqual(new Refusal("wrong_shape", detail));
	});

	test("that contradicts itself is refused", () => {
		expect(short({ spot_id: "S1", occupied: true, state: "free" })).toEqual(
			new Refusal("contradiction", 'state "free" expects occupied: false, got true'),
		);
	});

	test("that contradicts its topic is refused", () => {
		expect(long("L1", "S1", { spot_id: "S2", occupied: true })).toMatchObject({ cause: "topic_mismatch" });
		expect(long("L1", "S1", { spot_id: "S1", lot_id: "L2", occupied: true })).toMatchObject({
			cause: "topic_mismatch",
		});
	});

	test.each(["parkmate/spot/status/L1", "parkmate/spot/status/L1/S1/x"])("on %s is refused", (topic) => {
		expect(decodeStatus(topics, topic, bytes('{"spot_id":"S1","occupied":true}'))).toMatchObject({
			cause: "unknown_topic",
		});
	});

	test("that is too long is refused unread", () => {
		expect(decodeStatus(topics, topics.status(), new Uint8Array(maxReportBytes + 1))).toEqual(
			new Refusal("oversized", "expected at most 4096 bytes, got 4097"),
		);
	});

	test("that is no text is refused", () => {
		expect(decodeStatus(topics, topics.status(), Uint8Array.of(0xc3, 0x28))).toMatchObject({ cause: "not_utf8" });
	});

	test("of any bytes whatsoever never throws", () => {
		fc.assert(
			fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)), (payload) => {
				decodeStatus(topics, topics.status(), payload);
			}),
		);
	});
});
