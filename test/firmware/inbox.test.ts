import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { payloadLimit, readCommand, readLedCommand, readStored } from "../../firmware/inbox.ts";

const led = (value: unknown) => readLedCommand(JSON.stringify(value), "L", "S");
const stored = (value: unknown) => readStored(JSON.stringify(value));
const command = (value: unknown) => readCommand(JSON.stringify(value));

describe("the inbox", () => {
	it("reads a lamp command, with and without a pattern", () => {
		const plain = { lot_id: "L", spot_id: "S", color: "red" };
		expect(led(plain)).toEqual(plain);
		expect(led({ ...plain, pattern: "blink" })).toEqual({ ...plain, pattern: "blink" });
	});

	it("keeps the colour of a lamp command whose pattern it does not know", () => {
		expect(led({ lot_id: "L", spot_id: "S", color: "red", pattern: "disco" })).toEqual({
			lot_id: "L",
			spot_id: "S",
			color: "red",
		});
	});

	it.each([
		{ lot_id: "L", spot_id: "other", color: "red" },
		{ lot_id: "other", spot_id: "S", color: "red" },
		{ lot_id: "L", spot_id: "S", color: "pink" },
		{ lot_id: "L", spot_id: "S", color: ["red"] },
		{ lot_id: "L", spot_id: "S" },
		[],
		null,
		"red",
	])("refuses a lamp command like %j", (value) => {
		expect(led(value)).toBeNull();
	});

	it("reads what is stored", () => {
		const value = {
			boot: 3,
			seqs: [
				[1, 4],
				[7, 7],
			],
		};
		expect(stored(value)).toEqual(value);
		expect(stored({ boot: 9, seqs: [] })).toEqual({ boot: 9, seqs: [] });
	});

	it.each([
		{ boot: "3", seqs: [] },
		{ boot: -1, seqs: [] },
		{ boot: 1.5, seqs: [] },
		{ boot: Number.MAX_SAFE_INTEGER, seqs: [] },
		{ boot: 3 },
		{ boot: 3, seqs: [1, 2] },
		{ boot: 3, seqs: [[1]] },
		{ boot: 3, seqs: [[1, 2, 3]] },
		{ boot: 3, seqs: [["1", 2]] },
		{ boot: 3, seqs: { 0: [1, 2] } },
	])("refuses a word of storage like %j", (value) => {
		expect(stored(value)).toBeNull();
	});

	it("reads a command, known or not", () => {
		expect(command({ id: "1", command: "dance", spot_id: "S" })).toEqual({ id: "1", command: "dance", spot_id: "S" });
		expect(command({ id: "1", command: "identify" })).toEqual({ id: "1", command: "identify" });
	});

	it.each([
		{ command: "identify" },
		{ id: "", command: "identify" },
		{ id: "x".repeat(65), command: "identify" },
		{ id: 1, command: "identify" },
		{ id: "1" },
		{ id: "1", command: "identify", spot_id: 4 },
	])("refuses a command like %j", (value) => {
		expect(command(value)).toBeNull();
	});

	it("does not parse what is too long", () => {
		const text = JSON.stringify({ boot: 1, seqs: [] });
		expect(readStored(text.padEnd(payloadLimit))).not.toBeNull();
		expect(readStored(text.padEnd(payloadLimit + 1))).toBeNull();
	});

	it("throws at nothing", () => {
		const anything = fc.oneof(fc.string(), fc.json(), fc.constant("["), fc.constant("[".repeat(4000)));
		fc.assert(
			fc.property(anything, (payload) => {
				readLedCommand(payload, "L", "S");
				readStored(payload);
				readCommand(payload);
			}),
		);
	});
});
