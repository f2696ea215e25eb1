import { defineConfig } from "vitest/config";

export default defineConfig({
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	test: {
		include: ["test/**/*.test.{ts,tsx}"],
		globalSetup: ["./test/support/pages.ts"],
		// Most tests wait for processes, sockets and browsers rather than compute.
		maxWorkers: 2,
		testTimeout: 20_000,
		hookTimeout: 30_000,
		reporters: ["default", "./test/support/reporter.ts"],
	},
});
