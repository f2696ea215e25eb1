/**
 * In: the firmware's sources. Out: what in them XS 13.3 can't run, with what to write instead.
 * Never: needs a C compiler, or an SDK.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseSync } from "vite";

const project = resolve(import.meta.dirname, "../../..");

interface Lack {
	/** Says in XS whether it is lacking: an expression that is true there. */
	lacking: string;
	/** What to write instead. */
	use: string;
}

const missing = (name: string, use: string): [string, Lack] => [
	name,
	{ lacking: `typeof ${name} === "undefined"`, use },
];
const without = (owner: string, name: string, use: string): [string, Lack] => [
	name,
	{ lacking: `!("${name}" in ${owner})`, use },
];
const timer = "the Timer that is handed in (firmware/timer.ts)";
const device = "a constructor option that each device fills in";

/** Names that people reach for and XS 13.3 does not have. */
export const lacks: ReadonlyMap<string, Lack> = new Map([
	without("[]", "toSorted", "slice().sort()"),
	without("[]", "toReversed", "slice().reverse()"),
	without("[]", "toSpliced", "slice(), then splice()"),
	without("[]", "with", "slice(), then an assignment"),
	without("Array", "fromAsync", "a loop"),
	without("Object", "groupBy", "a loop that fills a Map"),
	without("Promise", "withResolvers", "new Promise()"),
	without("Promise", "try", "new Promise()"),
	without("new Set", "union", "a loop"),
	without("new Set", "intersection", "a loop"),
	without("new Set", "difference", "a loop"),
	without("new Set", "isSubsetOf", "a loop"),
	without('Object("")', "isWellFormed", "a loop over charCodeAt()"),
	without('Object("")', "toWellFormed", "a loop over charCodeAt()"),
	missing("setTimeout", timer),
	missing("clearTimeout", timer),
	missing("setInterval", timer),
	missing("clearInterval", timer),
	missing("setImmediate", timer),
	missing("queueMicrotask", "Promise.resolve().then()"),
	missing("performance", timer),
	missing("console", "a callback to whoever made the object, or the board's health"),
	missing("structuredClone", "a new object with the fields that are needed"),
	missing("Intl", "numbers and ISO 8601 on the wire; words are the pages' business"),
	missing("process", device),
	missing("Buffer", "Uint8Array"),
	missing("fetch", "the Connect that is handed in (firmware/transport.ts)"),
	missing("WebSocket", "the Connect that is handed in (firmware/transport.ts)"),
	missing("URL", "a regular expression"),
	missing("TextDecoder", device),
	missing("TextEncoder", device),
	missing("crypto", "the random that is handed in"),
]);

/** Codes of TypeScript's errors that say *this is not there*: names, properties, modules, flags of regular expressions. */
const notThere = new Set([
	1501, 1503, 2304, 2305, 2307, 2318, 2339, 2503, 2550, 2551, 2552, 2580, 2583, 2584, 2591, 2592,
]);

/** All that the sources in `folder` (firmware's, or a copy) can't have, as texts for people. What runs on Node only is left out. */
export async function findLacks(folder: string): Promise<string[]> {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !isForNode(path))
		.map((path) => join(folder, path));
	const types = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".d.ts"));
	const builtins = await compile([...files, ...types.map((path) => join(folder, path))]);
	const syntax = files.flatMap((path) => findSyntax(readFileSync(path, "utf8")).map((text) => `${path}${text}`));
	return [...builtins, ...syntax].map((text) => relative(project, text));
}

function isForNode(path: string): boolean {
	if (path.startsWith("tool/")) return true;
	return path.startsWith("device/virtual/") && !/\/(engine-inside|engine-protocol|random)\.ts$/.test(path);
}

/** TypeScript with ES2022 and nothing else: no DOM, no Node. */
async function compile(files: readonly string[]): Promise<string[]> {
	const scratch = mkdtempSync(join(tmpdir(), "parkmate-lacks-"));
	const config = join(scratch, "tsconfig.json");
	const compilerOptions = {
		target: "es2022",
		lib: ["es2022"],
		types: [],
		noUnusedLocals: false,
		noUnusedParameters: false,
	};
	writeFileSync(
		config,
		JSON.stringify({ extends: join(project, "tsconfig.json"), compilerOptions, files, include: [] }),
	);
	const tsc = join(project, "node_modules/typescript/bin/tsc");
	try {
		const output = await new Promise<string>((done) => {
			execFile(
				process.execPath,
				[tsc, "--noEmit", "--pretty", "false", "-p", config],
				{ cwd: scratch },
				(_, out, error) => done(out + error),
			);
		});
		return output.split("\n").flatMap((line) => {
			const [, path = "", row, code, message = ""] = /^(\S.*?)\((\d+),\d+\): error TS(\d+): (.*)$/.exec(line) ?? [];
			if (!notThere.has(Number(code))) return [];
			return [`${resolve(scratch, path)}:${row}: ${explain(message)}`];
		});
	} finally {
		rmSync(scratch, { recursive: true });
	}
}

function explain(message: string): string {
	const name = /'([^']+)'/.exec(message)?.[1] ?? "";
	const use = lacks.get(name)?.use;
	if (use !== undefined) return `boards have no ${name}; use ${use}`;
	if (/module|'node:/.test(message)) return `boards have no module ${name}; use ${device}`;
	if (/Iterator/.test(message))
		return `boards have no iterator helpers, got ${name}; use a loop, or Array.from() first`;
	return `boards have ES2022 and nothing more: ${message}`;
}

const newSyntax: Readonly<Record<string, string>> = {
	using: "boards have no using; use try … finally",
	"await using": "boards have no await using; use try … finally",
	Decorator: "boards have no decorators; use a plain call",
	ImportAttribute: "boards import no JSON; use a constant in a .ts file",
	regexV: "boards have no flag v in regular expressions; use u",
	phase: "boards have no import defer or import source; use a plain import",
};

/** Syntax after ES2022, which TypeScript takes as it could translate it; boards get it as it is. */
function findSyntax(source: string): string[] {
	const { program, errors } = parseSync("source.ts", source);
	const found = errors.map(({ message }) => `: can't be read: ${message}`);
	const visit = (node: unknown): void => {
		if (typeof node !== "object" || node === null) return;
		for (const child of Array.isArray(node) ? node : Object.values(node)) visit(child);
		const { type, kind, start, phase, regex } = node as Record<string, unknown>;
		let what = type === "VariableDeclaration" ? String(kind) : String(type);
		if (typeof phase === "string") what = "phase";
		if (/v/.test((regex as { flags?: string } | undefined)?.flags ?? "")) what = "regexV";
		const text = newSyntax[what];
		if (text !== undefined) found.push(`:${source.slice(0, Number(start)).split("\n").length}: ${text}`);
	};
	visit(program);
	return found;
}
