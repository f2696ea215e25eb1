import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong on the page as it stands. Only colours differ in the dark: there the rest need not be looked at again. */
export async function findingsOf(page: Page): Promise<string[]> {
	await page.evaluate(axeSource);
	const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
	const options = { resultTypes: ["violations"], ...(isDark ? { runOnly: ["color-contrast"] } : {}) };
	return page.evaluate(async (wanted) => {
		const { axe } = globalThis as unknown as {
			axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
		};
		const { violations } = await axe.run(wanted);
		return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`));
	}, options);
}
