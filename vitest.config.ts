import { defineConfig } from "vitest/config";

export default defineConfig({
	oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
	test: {
		include: ["test/**/*.test.{ts,tsx}"],
		testTimeout: 20_000,
		hookTimeout: 30_000,
		reporters: ["default", "./test/support/reporter.ts"],
	},
});
