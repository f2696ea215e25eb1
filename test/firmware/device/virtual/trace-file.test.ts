import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import {
	LineFile,
	lineLimit,
	readTrace,
	spotLimit,
	TraceError,
} from "../../../../firmware/device/virtual/trace-file.ts";
import type { TraceHead, TraceLine } from "../../../../firmware/trace.ts";

const directory = mkdtempSync(join(tmpdir(), "parkmate-trace-"));
const path = join(directory, "lot.jsonl");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const head: TraceHead = { trace: 1, name: "lot", spots: [{ spot_id: "A1" }, { spot_id: "A2", height_cm: 240 }] };
const headText = JSON.stringify(head);

function read(text: string | Uint8Array): (TraceHead | TraceLine)[] {
	writeFileSync(path, text);
	return [...readTrace(path)];
}

/** The error's text, without the file's name before it. */
function complaint(text: string | Uint8Array): string {
	try {
		read(text);
	} catch (error) {
		if (!(error instanceof TraceError)) throw error;
		return error.message.startsWith(`${path}:`) ? error.message.slice(path.length + 1) : error.message;
	}
	throw new Error("expected a TraceError");
}

const spot = fc.record(
	{ spot_id: fc.string({ minLength: 1, maxLength: 8 }), height_cm: fc.double({ min: 1, max: 1_000, noNaN: true }) },
	{ requiredKeys: ["spot_id"] },
);

/** Any trace, as a program that keeps to the format writes it. */
const traces = fc
	.record({
		name: fc.string(),
		mount: fc.constantFrom("overhead" as const, "wall" as const, undefined),
		spots: fc.uniqueArray(spot, { selector: (of) => of.spot_id, minLength: 1, maxLength: 10 }),
	})
	.chain(({ mount, ...rest }) => {
		const spotId = fc.constantFrom(...rest.spots.map((of) => of.spot_id));
		const step = fc.integer({ min: 0, max: 100_000 });
		const sample = fc.record(
			{
				t: step,
				spot: spotId,
				echo_us: fc.option(fc.nat({ max: 200_000 })),
				temp_c: fc.double({ min: -40, max: 85, noNaN: true }),
			},
			{ requiredKeys: ["t", "spot", "echo_us"] },
		);
		const truth = fc.record(
			{
				t: step,
				spot: spotId,
				truth: fc.constantFrom("free" as const, "occupied" as const),
				unknowable: fc.constant(true as const),
			},
			{ requiredKeys: ["t", "spot", "truth"] },
		);
		return fc.array(fc.oneof(sample, truth), { maxLength: 30 }).map((lines) => {
			let t = 0;
			const inOrder = lines.map((line) => {
				t += line.t;
				return { ...line, t };
			});
			return [{ trace: 1, ...rest, ...(mount ? { mount } : {}) }, ...inOrder] as [TraceHead, ...TraceLine[]];
		});
	});

describe("a trace file", () => {
	it("gives back what was written", () => {
		fc.assert(
			fc.property(traces, (lines) => {
				const file = new LineFile(path);
				for (const line of lines) file.write(line);
				file.close();
				expect([...readTrace(path)]).toEqual(JSON.parse(JSON.stringify(lines)));
			}),
		);
	});

	it("is read line by line over many pieces of the file", () => {
		const samples = Array.from({ length: 20_000 }, (_, t) => ({ t, spot: "A1", echo_us: 14_000 + t }));
		const text = [headText, ...samples.map((sample) => JSON.stringify(sample))].join("\n");
		expect(read(text)).toEqual([head, ...samples]);
	});

	it("is read no further than it is asked for", () => {
		writeFileSync(path, `${headText}\n{"t":0,"spot":"A1","echo_us":14000}\nnonsense\n`);
		const lines = readTrace(path);
		expect(lines.next().value).toEqual(head);
		expect(lines.next().value).toEqual({ t: 0, spot: "A1", echo_us: 14000 });
		lines.return();
	});

	it("may have CRLF, empty lines, a byte order mark, and fields that nobody knows", () => {
		const text = `\uFEFF${JSON.stringify({ ...head, made_by: "somebody" })}\r\n\r\n{"t":0,"spot":"A1","echo_us":14000,"wind":3}\r\n  \r\n`;
		expect(read(text)).toEqual([head, { t: 0, spot: "A1", echo_us: 14000 }]);
	});

	it("may say null for what it leaves out", () => {
		const text = [
			'{"trace":1,"name":null,"mount":null,"spots":[{"spot_id":"A1","height_cm":null}]}',
			'{"t":0,"spot":"A1","truth":"free","unknowable":null}',
			'{"t":0,"spot":"A1","truth":"free","unknowable":false}',
			'{"t":0,"spot":"A1","echo_us":null,"temp_c":null}',
		].join("\n");
		expect(read(text)).toEqual([
			{ trace: 1, name: "", spots: [{ spot_id: "A1" }] },
			{ t: 0, spot: "A1", truth: "free" },
			{ t: 0, spot: "A1", truth: "free" },
			{ t: 0, spot: "A1", echo_us: null },
		]);
	});

	it("may end in the middle of a line", () => {
		expect(read(`${headText}\n{"t":0,"spot":"A1","echo_us":14000}\n{"t":80,"spo`)).toHaveLength(2);
	});

	it("keeps letters whole that lie over the border of two pieces", () => {
		const name = "ü".repeat(50_000);
		const long = { ...head, spots: [{ spot_id: "Plätze" }], name };
		for (const shift of ["", " "]) expect(read(`${shift}${JSON.stringify(long)}\n`)).toEqual([long]);
	});
});

describe("a trace file that is not as it must be", () => {
	it.each([
		["", '1: a trace must begin with {"trace":1,…}, got an empty file'],
		["\n \n", '1: a trace must begin with {"trace":1,…}, got an empty file'],
		["{", '1: a line must be JSON, got "{"'],
		["[1]", '1: the first line must be a head, {"trace":1,…}, got [1]'],
		[
			'{"t":0,"spot":"A1","echo_us":1}',
			'1: the first line must be a head, {"trace":1,…}, got {"t":0,"spot":"A1","echo_us":1}',
		],
		['{"trace":2,"spots":[{"spot_id":"A1"}]}', "1: trace must be 1, the version that is known, got 2"],
		['{"trace":1,"name":7,"spots":[{"spot_id":"A1"}]}', "1: name must be a text, got 7"],
		[
			'{"trace":1,"mount":"roof","spots":[{"spot_id":"A1"}]}',
			'1: mount must be overhead, wall or left out, got "roof"',
		],
		['{"trace":1,"name":"x"}', "1: spots must be a list of 1 to 1000, got nothing"],
		['{"trace":1,"spots":[]}', "1: spots must be a list of 1 to 1000, got 0"],
		['{"trace":1,"spots":["A1"]}', '1: a spot must be an object, {"spot_id":…}, got "A1"'],
		['{"trace":1,"spots":[{"spot_id":1}]}', "1: spot_id must be a text, got 1"],
		['{"trace":1,"spots":[{"spot_id":"A"},{"spot_id":"A"}]}', '1: spots must be different ones, got "A twice"'],
		[
			'{"trace":1,"spots":[{"spot_id":"A","height_cm":0}]}',
			"1: height_cm must be a number above 0 up to 1000, or left out, got 0",
		],
	])("says so of the head %s", (text, expected) => {
		expect(complaint(text)).toBe(expected);
	});

	it.each([
		["nonsense", '3: a line must be JSON, got "nonsense"'],
		[
			'{"t":NaN,"spot":"A1","echo_us":1}',
			'3: a line must be JSON, got "{\\"t\\":NaN,\\"spot\\":\\"A1\\",\\"echo_us\\":1}"',
		],
		["[]", '3: a line must be an object, {"t":…}, got []'],
		["null", '3: a line must be an object, {"t":…}, got null'],
		[headText, `3: t must be a number of ms, got nothing`],
		['{"t":"1","spot":"A1","echo_us":1}', '3: t must be a number of ms, got "1"'],
		['{"t":1e999,"spot":"A1","echo_us":1}', "3: t must be a number of ms, got Infinity"],
		['{"t":1000,"echo_us":1}', "3: spot must be a text, got nothing"],
		['{"t":1000,"spot":"A3","echo_us":1}', '3: spot must be one of the head\'s spots, got "A3"'],
		['{"t":999,"spot":"A2","echo_us":1}', "3: t must be 1000 or later, as lines are in time order, got 999"],
		[
			'{"t":1000,"spot":"A1"}',
			'3: a line must be a measurement (echo_us) or the truth (truth), got {"t":1000,"spot":"A1"}',
		],
		['{"t":1000,"spot":"A1","echo_us":"14000"}', '3: echo_us must be a number of µs from 0, or null, got "14000"'],
		['{"t":1000,"spot":"A1","echo_us":-1}', "3: echo_us must be a number of µs from 0, or null, got -1"],
		['{"t":1000,"spot":"A1","echo_us":1,"temp_c":"warm"}', '3: temp_c must be a number of °C, or left out, got "warm"'],
		['{"t":1000,"spot":"A1","truth":"unknown"}', '3: truth must be free or occupied, got "unknown"'],
		['{"t":1000,"spot":"A1","truth":"free","unknowable":1}', "3: unknowable must be true or left out, got 1"],
		[
			'{"t":1000,"spot":"A1","truth":"free","echo_us":1}',
			'3: a line must be either a measurement or the truth, got {"t":1000,"spot":"A1","truth":"free","echo_us":1}',
		],
	])("says so of the line %s", (text, expected) => {
		expect(complaint(`${headText}\n{"t":1000,"spot":"A1","truth":"free"}\n${text}\n`)).toBe(expected);
	});

	it("repeats no more of a wrong value than people read", () => {
		expect(complaint(`${headText}\n${"x".repeat(1_000)}\n`)).toBe(`2: a line must be JSON, got "${"x".repeat(59)}…`);
	});

	it("is not read into memory for a line without end", () => {
		const text = `${headText}\n${" ".repeat(lineLimit * 3)}`;
		expect(complaint(text)).toBe(`2: a line must be at most ${lineLimit} characters, got more`);
	});

	it("has too many spots", () => {
		const spots = Array.from({ length: spotLimit + 1 }, (_, index) => ({ spot_id: `S${index}` }));
		expect(complaint(JSON.stringify({ ...head, spots }))).toBe(`1: spots must be a list of 1 to 1000, got 1001`);
	});

	it("is none of the bytes that another program writes", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
				expect(complaint(bytes)).toMatch(/^\d+: /);
			}),
		);
	});

	it("is not there", () => {
		const missing = join(directory, "missing.jsonl");
		expect(() => [...readTrace(missing)]).toThrow(`${missing}: must be a file that can be read, got ENOENT`);
		expect(() => [...readTrace(directory)]).toThrow(`${directory}: must be a file that can be read, got EISDIR`);
	});
});

describe("a file of lines", () => {
	it("can't be made where there is no directory", () => {
		const inNowhere = join(directory, "nowhere", "lot.jsonl");
		expect(() => new LineFile(inNowhere)).toThrow(`${inNowhere}: must be a file that can be written, got ENOENT`);
	});

	it("shows what was written after a flush, and takes nothing once it is closed", () => {
		const file = new LineFile(path);
		file.write({ n: 1 });
		expect(readFileSync(path, "utf8")).toBe("");
		file.flush();
		expect(readFileSync(path, "utf8")).toBe('{"n":1}\n');
		file.close();
		file.close();
		expect(() => file.write({ n: 2 })).toThrow(`${path} is closed`);
	});

	it("holds back only little", () => {
		const file = new LineFile(path);
		for (let n = 0; n < 20; n++) file.write({ text: "x".repeat(10_000) });
		expect(readFileSync(path, "utf8").length).toBeGreaterThan(130_000);
		file.close();
	});
});
