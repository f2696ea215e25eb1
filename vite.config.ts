import { defineConfig, type UserConfig } from "vite";

/** Where `npm run dev` finds a running gateway. */
const gateway = "http://127.0.0.1:5000";

/** The two pages. `web/build.ts` builds each one for itself, so that neither carries the other's words and code. */
export const pages: UserConfig = {
	root: `${import.meta.dirname}/web`,
	publicDir: false,
	oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
	build: {
		outDir: "dist",
		// The oldest browsers that know light-dark(), which all colours are written with.
		target: ["chrome123", "firefox121", "safari17.5"],
		modulePreload: { polyfill: false },
		reportCompressedSize: false,
	},
	server: {
		proxy: {
			"/api": gateway,
			"/ws": { target: gateway.replace("http", "ws"), ws: true },
		},
	},
};

// Vitest reads this file too; its root is the project's, and it needs none of this.
export default defineConfig(process.env.VITEST === undefined ? pages : {});
