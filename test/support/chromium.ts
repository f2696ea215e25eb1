/** A real browser for tests of the pages, where there is one. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const path = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why tests that need a browser can't run; null when they can. */
export const chromiumMissing: string | null = existsSync(path)
	? null
	: `no Chromium at ${path}: install the package chromium, or name one in CHROMIUM`;

/** Starts a browser with a fresh profile; it talks to nobody but the test's own pages. Close it when done. */
export function launch(): Promise<Browser> {
	return chromium.launch({
		executablePath: path,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
		],
	});
}
