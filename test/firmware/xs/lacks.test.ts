/** What V8 has and boards lack is found before anybody flashes it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { BoardEvent } from "../../../firmware/device/virtual/engine-protocol.ts";
import { buildDeadlineMs, buildEngine } from "./build.ts";
import { findLacks, lacks } from "./lacks.ts";
import { XsProcess } from "./process.ts";

const firmware = resolve(import.meta.dirname, "../../../firmware");

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "parkmate-lacks-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the firmware", () => {
	it("has nothing in it that boards lack", async () => {
		expect(await findLacks(firmware)).toEqual([]);
	});
});

describe("a firmware that goes beyond", () => {
	const snippets: readonly [snippet: string, message: string][] = [
		["export const a = [2, 1].toSorted();", "boards have no toSorted; use slice().sort()"],
		["export const a = [2, 1].with(0, 1);", "boards have no with; use slice(), then an assignment"],
		["export const a = Object.groupBy([1], String);", "boards have no groupBy; use a loop that fills a Map"],
		["export const a = new Set([1]).union(new Set([2]));", "boards have no union; use a loop"],
		["setTimeout(() => {}, 1);", "boards have no setTimeout; use the Timer that is handed in (firmware/timer.ts)"],
		["console.log(1);", "boards have no console; use a callback to whoever made the object, or the board's health"],
		[
			'export { readFileSync } from "node:fs";',
			"boards have no module node:fs; use a constructor option that each device fills in",
		],
		[
			"export const a = [1].values().map(String);",
			"boards have no iterator helpers, got map; use a loop, or Array.from() first",
		],
		[
			"export const a = new WeakRef({}).gone;",
			"boards have ES2022 and nothing more: Property 'gone' does not exist on type 'WeakRef<{}>'.",
		],
		["export function f(x: never) { using a = x; return a; }", "boards have no using; use try … finally"],
		["export const a = /[a--b]/v;", "boards have no flag v in regular expressions; use u"],
		[
			'import a from "./a.json" with { type: "json" };\nexport { a };',
			"boards import no JSON; use a constant in a .ts file",
		],
		["declare const d: never;\n@d export class C {}", "boards have no decorators; use a plain call"],
	];

	it("is told what each of them is, where it is, and what to write instead", { timeout: 60_000 }, async () => {
		const copy = join(folder, "firmware");
		cpSync(firmware, copy, { recursive: true, filter: (path) => !path.endsWith("README.md") });
		snippets.forEach(([snippet], index) => {
			writeFileSync(join(copy, `snippet-${index}.ts`), `${snippet}\n`);
		});
		const detector = readFileSync(join(copy, "detector.ts"), "utf8");
		writeFileSync(join(copy, "detector.ts"), `${detector}export const sorted = [1].toSorted();\n`);
		const found = await findLacks(copy);
		for (const [index, [, message]] of snippets.entries()) {
			const told = found
				.filter((text) => text.includes(`/snippet-${index}.ts:`))
				.map((text) => text.replace(/^.*\.ts:\d+: /, ""));
			expect(told, snippets[index]?.[0]).toContain(message);
		}
		const line = detector.split("\n").length;
		const [inDetector] = found.filter((text) => text.includes("/detector.ts:"));
		expect(inDetector).toMatch(
			new RegExp(`/detector\\.ts:${line}: boards have no toSorted; use slice\\(\\)\\.sort\\(\\)$`),
		);
	});
});

describe("XS 13.3", () => {
	let reason: string | null = null;
	beforeAll(async () => {
		reason = await buildEngine(64);
	}, buildDeadlineMs);
	beforeEach((ctx) => ctx.skip(reason !== null, reason ?? ""));

	it("lacks each name of the list", async () => {
		const names = [...lacks].map(([name, { lacking }]) => `${JSON.stringify(name)}: ${lacking}`);
		const bundlePath = join(folder, "probe.js");
		writeFileSync(bundlePath, `globalThis.step = () => JSON.stringify({ ${names.join(", ")} });`);
		const xs = new XsProcess({ bits: 64, bundlePath });
		try {
			const probes: unknown = await xs.step([] satisfies BoardEvent[]);
			expect(Object.entries(probes as object).filter(([, lacking]) => !lacking)).toEqual([]);
		} finally {
			xs.close();
		}
	});

	it("refuses a bundle with syntax that it can't read, and says where", async () => {
		const bundlePath = join(folder, "syntax.js");
		writeFileSync(bundlePath, "globalThis.step = () => {\n\tusing a = null;\n};");
		const xs = new XsProcess({ bits: 64, bundlePath });
		await expect(xs.step([])).rejects.toThrow(/^XS: step 0: SyntaxError: /);
	});
});
