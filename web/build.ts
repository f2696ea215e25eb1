/**
 * In: the pages' sources. Out: `web/dist`, as the gateway serves it.
 * Never: builds what is fresh; leaves half a build behind.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

const project = join(import.meta.dirname, "..");
const dist = join(project, "web", "dist");
const sources = ["web", "gateway/contract", "vite.config.ts", "package.json"].map((path) => join(project, path));
const entries = ["index.html", "owner.html"] as const;

/**
 * Makes sure that `web/dist` is not older than its sources; builds in a process of its own, so that the caller's stays small.
 * Rejects with the builder's own words when it fails. Several callers at once are fine.
 */
export async function buildIfStale(): Promise<"fresh" | "built"> {
	if (await isFresh()) return "fresh";
	await runBuilder();
	return "built";
}

async function isFresh(): Promise<boolean> {
	const built = await Promise.all(entries.map((entry) => changedAt(join(dist, entry))));
	const changed = await Promise.all(sources.map(newestIn));
	return Math.min(...built) >= Math.max(...changed);
}

async function changedAt(path: string): Promise<number> {
	return existsSync(path) ? (await stat(path)).mtimeMs : 0;
}

/** When the newest file at or below `path` was changed, in ms since 1970; a folder's own time tells of removed files. */
async function newestIn(path: string): Promise<number> {
	if (path === dist) return 0;
	const own = await stat(path);
	if (!own.isDirectory()) return own.mtimeMs;
	const names = await readdir(path);
	const inside = await Promise.all(names.map((name) => newestIn(join(path, name))));
	// The folder that holds dist changes whenever dist is replaced.
	return Math.max(path === join(project, "web") ? 0 : own.mtimeMs, ...inside);
}

function runBuilder(): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	// What a test runner puts into the environment changes what Vite builds.
	const { VITEST: _vitest, ...env } = process.env;
	const builder = spawn(process.execPath, [import.meta.filename, "--force"], {
		env: { ...env, NODE_ENV: "production" },
		stdio: ["ignore", "ignore", "pipe"],
	});
	let complaint = "";
	builder.stderr.on("data", (chunk: Buffer) => {
		complaint = (complaint + chunk.toString()).slice(-8_000);
	});
	builder.on("error", reject);
	builder.on("close", (code) => {
		if (code === 0) resolve();
		else reject(new Error(`the pages could not be built (exit code ${code}): ${complaint.trim()}`));
	});
	return promise;
}

/** Builds beside `web/dist` and swaps the whole folder, so that a gateway that is running never serves half of two builds. */
async function build(): Promise<void> {
	process.env.NODE_ENV = "production";
	const startedAt = new Date();
	const fresh = join(project, "node_modules", ".cache", `parkmate-web-${process.pid}`);
	const { build: buildPage, mergeConfig } = await import("vite");
	const { pages } = await import("../vite.config.ts");
	await mkdir(fresh, { recursive: true });
	try {
		for (const entry of entries) {
			await buildPage(
				mergeConfig(pages, {
					configFile: false,
					logLevel: "error",
					build: { outDir: fresh, emptyOutDir: false, rollupOptions: { input: join(project, "web", entry) } },
				}),
			);
			// As old as what went into it: a source that changed during the build makes it stale.
			await utimes(join(fresh, entry), startedAt, startedAt);
		}
		await swap(fresh);
	} finally {
		await rm(fresh, { recursive: true, force: true });
	}
}

async function swap(fresh: string): Promise<void> {
	await rm(dist, { recursive: true, force: true });
	try {
		await rename(fresh, dist);
	} catch (error) {
		// Another builder was quicker; what it built is as good.
		if (!(await isFresh())) throw error;
	}
}

if (import.meta.main) {
	const startedAt = performance.now();
	const stale = process.argv.includes("--force") || !(await isFresh());
	if (stale) await build();
	const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
	console.log(stale ? `pages built in ${seconds} s: web/dist` : "pages are fresh: web/dist");
}
