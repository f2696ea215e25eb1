/**
 * In: the C sources of XS that npm brought, `host.c`, a C compiler. Out: an engine that runs the firmware's bundle.
 * Never: builds what is fresh, builds twice at once, or writes outside `node_modules/.cache`.
 */
import { spawn } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const modules = resolve(import.meta.dirname, "../../../node_modules");
const sources = join(modules, "@agoric/xsnap/moddable/xs");
const cache = join(modules, ".cache/parkmate-xs");

/** How long a build may take on a busy machine, ms. Idle with two cores it is 15 s for each width. */
export const buildDeadlineMs = 300_000;

/** Width of pointers: 64 as on this machine, or 32, with slots as large as on an ESP32. */
export type Bits = 64 | 32;

/** Where the engine is built to. */
export function enginePath(bits: Bits): string {
	return join(cache, String(bits), "parkmate-xs");
}

/** Builds the engine if it is not there yet or older than its sources. What is missing to build it is a text, else null. */
export async function buildEngine(bits: Bits): Promise<string | null> {
	const missing = await whatIsMissing(bits);
	if (missing !== null) return missing;
	const out = join(cache, String(bits));
	const unlock = await lock(join(cache, `${bits}.lock`));
	try {
		mkdirSync(out, { recursive: true });
		const args = ["--silent", "--jobs=2", "--directory", import.meta.dirname];
		const { code, output } = await run("make", [...args, `XS=${sources}`, `OUT=${out}`, `BITS=${bits}`]);
		if (code !== 0) throw new Error(`make must build the engine, got code ${code}:\n${output}`);
		return null;
	} finally {
		unlock();
	}
}

async function whatIsMissing(bits: Bits): Promise<string | null> {
	if (process.platform === "win32") return "the XS engine's host is not made for Windows";
	if (!existsSync(join(sources, "includes/xs.h"))) return "@agoric/xsnap is not installed (npm install)";
	if ((await run("make", ["--version"])).code !== 0) return "make is not installed (Debian: apt install make)";
	const compiler = process.env.CC || "cc";
	if ((await run(compiler, ["--version"])).code !== 0)
		return `no C compiler: ${compiler} is not there (Debian: apt install gcc)`;
	if (bits === 64) return null;
	// Links, and not only compiles: what is missing most often are the libraries.
	const trial = `printf '#include <stdio.h>\\nint main(void){return 0;}\\n' | ${compiler} -m32 -x c - -o /dev/null`;
	const { code } = await run("sh", ["-c", trial]);
	return code === 0 ? null : "the C compiler can't build for 32 bits (Debian on x86: apt install gcc-multilib)";
}

/** Runs to the end. Code 127 when it is not there, as in a shell. */
function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
	return new Promise((done) => {
		// Other tests run at the same time, and some of them look at the clock.
		const child = spawn("nice", ["-n", "10", command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		child.stdout.on("data", (text) => {
			output += text;
		});
		child.stderr.on("data", (text) => {
			output += text;
		});
		child.on("error", (error) => done({ code: 127, output: error.message }));
		child.on("close", (code) => done({ code: code ?? 1, output }));
	});
}

/** One build at a time, whichever process began it; a lock whose owner is gone is taken over. */
async function lock(path: string): Promise<() => void> {
	mkdirSync(cache, { recursive: true });
	// Linked into place, so that the lock has its owner's number in it from the first moment.
	const own = `${path}.${process.pid}`;
	writeFileSync(own, String(process.pid));
	const deadlineMs = performance.now() + buildDeadlineMs;
	try {
		for (;;) {
			try {
				linkSync(own, path);
				return () => rmSync(path, { force: true });
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			if (!isOwned(path)) rmSync(path, { force: true });
			else if (performance.now() > deadlineMs) throw new Error(`${path} must be free within ${buildDeadlineMs} ms`);
			else await sleep(100);
		}
	} finally {
		rmSync(own, { force: true });
	}
}

function isOwned(path: string): boolean {
	try {
		process.kill(Number(readFileSync(path, "utf8")), 0);
		return true;
	} catch {
		return false;
	}
}
