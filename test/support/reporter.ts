import type { Reporter, TestCase, TestModule } from "vitest/node";

declare module "vitest" {
	interface TaskMeta {
		/** The server that a test used, where it may be one or another. */
		testedWith?: string;
	}
}

/** Ends every run with the servers that were tested with, what was skipped and why, and one line that counts. */
export default class SummaryReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
		const tests = modules.flatMap((module) => [...module.children.allTests()]);
		const by = (state: string) => tests.filter((test) => test.result().state === state);
		const broken = modules.filter((module) => module.state() === "failed" && module.errors().length > 0);
		const skipped = new Map<string, number>();
		for (const test of by("skipped")) skipped.set(reason(test), (skipped.get(reason(test)) ?? 0) + 1);
		const servers = new Set(tests.map((test) => test.meta().testedWith).filter((name) => name !== undefined));
		for (const name of servers) process.stdout.write(`tested with ${name}\n`);
		for (const [why, count] of skipped) process.stdout.write(`skipped ${count}: ${why}\n`);
		const failed = by("failed").length + broken.length + unhandledErrors.length;
		process.stdout.write(`${by("passed").length} passed, ${failed} failed, ${by("skipped").length} skipped\n`);
	}
}

function reason(test: TestCase): string {
	const result = test.result();
	const note = result.state === "skipped" ? result.note : undefined;
	return note ?? `${test.fullName} (no reason was given)`;
}
