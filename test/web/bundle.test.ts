/** What the pages weigh, as a browser that takes gzip gets them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { buildIfStale } from "../../web/build.ts";

const dist = join(import.meta.dirname, "../../web/dist");
const kilobyte = 1_000;

/** Bytes of a built file after gzip. */
function weight(path: string): number {
	return gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
}

/** The files that a page names itself, and all that it may load later. */
function filesOf(entry: string): { first: string[]; all: string[] } {
	const html = readFileSync(join(dist, entry), "utf8");
	const first = [...html.matchAll(/\/(assets\/[^"]+)"/g)].map((match) => match[1] ?? "");
	const all = new Set(first);
	// What comes later may itself name what comes with it.
	for (const path of all) {
		if (!path.endsWith(".js")) continue;
		const code = readFileSync(join(dist, path), "utf8");
		const named = readdirSync(join(dist, "assets")).filter((name) => code.includes(`./${name}`));
		for (const name of named) all.add(`assets/${name}`);
	}
	return { first, all: [entry, ...all] };
}

function sum(paths: readonly string[]): number {
	return paths.map(weight).reduce((total, bytes) => total + bytes, 0);
}

beforeAll(async () => {
	await buildIfStale();
}, 60_000);

test("the driver page stands with one module and one stylesheet, its JavaScript within 18 KB", () => {
	const { first } = filesOf("index.html");
	const scripts = first.filter((path) => path.endsWith(".js"));
	expect(scripts).toHaveLength(1);
	expect(first.filter((path) => path.endsWith(".css"))).toHaveLength(1);
	expect(sum(scripts)).toBeLessThanOrEqual(18 * kilobyte);
});

test("the whole driver page, with what comes later, stays within 35 KB", () => {
	const { all } = filesOf("index.html");
	expect(all.filter((path) => path.includes("/later-"))).toHaveLength(1);
	expect(sum(all)).toBeLessThanOrEqual(35 * kilobyte);
});

test("the whole owner page, with its charts, which come later, stays within 70 KB", () => {
	const { first, all } = filesOf("owner.html");
	for (const later of ["/chart-", "/tracePlot-", "/uPlot"]) {
		expect(first.filter((path) => path.includes(later))).toEqual([]);
		expect(all.filter((path) => path.includes(later))).toHaveLength(1);
	}
	expect(sum(all)).toBeLessThanOrEqual(70 * kilobyte);
});

test("neither page has scripts or styles in its HTML, which its policy would refuse", () => {
	for (const entry of ["index.html", "owner.html"]) {
		const html = readFileSync(join(dist, entry), "utf8");
		expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
	}
});

test("the driver page carries no words of the owner page", () => {
	const code = filesOf("index.html")
		.all.filter((path) => path.endsWith(".js"))
		.map((path) => readFileSync(join(dist, path), "utf8"));
	expect(code.join()).not.toContain("Make the sample lots");
});
