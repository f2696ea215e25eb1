import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Topics } from "../../../firmware/messages.ts";
import { maxSamplesPerTrace, maxSpotsPerBoard } from "../../../gateway/contract/messages.ts";
import { Refusal } from "../../../gateway/ingest/decode.ts";
import { boardLeaves, decodeBoard, maxWordBytes } from "../../../gateway/ingest/decode-board.ts";
import { sensorHealth } from "../boards/fakes.ts";

const topics = new Topics("city/parkmate");
const bytes = (text: string) => new TextEncoder().encode(text);
const read = (leaf: (typeof boardLeaves)[number], payload: unknown) =>
	decodeBoard(topics, topics.board("b1", leaf), bytes(JSON.stringify(payload)));

describe("what a board says of itself", () => {
	test.each([
		["status", { online: true, boot: 3, uptime_ms: 12, spots: ["S1"] }],
		["health", { boot: 3, uptime_ms: 60_000, signal_dbm: -61, sensors: { S1: sensorHealth() } }],
		["result", { id: "c1", ok: true, floors: { S1: 219.5, S2: null } }],
		[
			"trace",
			{
				boot: 3,
				n: 1,
				temp_c: 21.5,
				samples: [
					[640, 0, 12_700],
					[720, 1, null],
				],
			},
		],
	] as const)("as its %s is taken as it stands", (leaf, said) => {
		expect(read(leaf, said)).toEqual({ board_id: "b1", leaf, said });
	});

	test.each([
		["status", { online: "yes", boot: 3 }, 'online must be boolean, got "yes"'],
		["health", { boot: 3 }, "the payload must have required properties uptime_ms"],
		[
			"health",
			{ boot: 3, uptime_ms: 1, sensors: { S1: { ...sensorHealth(), alarm: "fire" } } },
			'sensors.S1.alarm must be "drift" or "dirt" or null, got "fire"',
		],
		["result", { id: "", ok: true }, 'id must not have fewer than 1 characters, got ""'],
		["result", { id: "c1", ok: true, floors: { S1: -3 } }, "floors.S1 must be >= 0 or null, got -3"],
		["trace", { boot: 3, n: 1, temp_c: 20, samples: [[640, 0.5, 100]] }, "samples.0.1 must be integer, got 0.5"],
		["trace", { boot: 3, n: 1, temp_c: 20, samples: [[640, 0, -2]] }, "samples.0.2 must be >= 0 or null, got -2"],
		["trace", { boot: 3, n: 0, temp_c: 20, samples: [] }, "n must be >= 1, got 0"],
	] as const)("as its %s like %j is refused in words", (leaf, said, detail) => {
		expect(read(leaf, said)).toEqual(new Refusal("wrong_shape", detail));
	});

	test("is kept without the fields that nobody knows", () => {
		const said = {
			boot: 3,
			uptime_ms: 1,
			mood: "fine",
			toString: 1,
			sensors: { S1: { ...sensorHealth(), colour: "red" } },
		};
		expect(read("health", said)).toEqual({
			board_id: "b1",
			leaf: "health",
			said: { boot: 3, uptime_ms: 1, sensors: { S1: sensorHealth() } },
		});
	});

	test("has room for so many spots and measurements, and not for more", () => {
		const spots = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`);
		expect(read("status", { online: true, boot: 1, spots: spots(maxSpotsPerBoard) })).toMatchObject({ leaf: "status" });
		expect(read("status", { online: true, boot: 1, spots: spots(maxSpotsPerBoard + 1) })).toMatchObject({
			cause: "wrong_shape",
		});
		const sensors = Object.fromEntries(spots(maxSpotsPerBoard).map((id) => [`SPOT-${id}`, sensorHealth()]));
		expect(read("health", { boot: 1, uptime_ms: 1, sensors })).toMatchObject({ leaf: "health" });
		const floors = Object.fromEntries(spots(maxSpotsPerBoard + 1).map((id) => [id, 1]));
		expect(read("result", { id: "c1", ok: true, floors })).toMatchObject({ cause: "wrong_shape" });
		const samples = (count: number) => Array.from({ length: count }, () => [1, 0, 9]);
		const trace = { boot: 1, n: 1, temp_c: 20 };
		expect(read("trace", { ...trace, samples: samples(maxSamplesPerTrace) })).toMatchObject({ leaf: "trace" });
		expect(read("trace", { ...trace, samples: samples(maxSamplesPerTrace + 1) })).toMatchObject({
			cause: "wrong_shape",
		});
	});

	test.each([
		"city/parkmate/board/b1/command",
		"city/parkmate/board/b1/health/x",
		"city/parkmate/board/b1",
		"city/parkmate/board//health",
		"city/parkmate/board/b 1/health",
		`city/parkmate/board/${"b".repeat(65)}/health`,
	])("on %s is refused", (topic) => {
		expect(decodeBoard(topics, topic, bytes('{"online":true,"boot":1}'))).toMatchObject({ cause: "unknown_topic" });
	});

	test("that is too long is refused unread", () => {
		expect(decodeBoard(topics, topics.board("b1", "health"), new Uint8Array(maxWordBytes + 1))).toEqual(
			new Refusal("oversized", "expected at most 16384 bytes, got 16385"),
		);
	});

	test("of any bytes whatsoever never throws", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...boardLeaves),
				fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(bytes)),
				(leaf, payload) => {
					decodeBoard(topics, topics.board("b1", leaf), payload);
				},
			),
		);
	});
});
