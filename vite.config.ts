import type { Plugin, UserConfig } from "vite";

/** Where `npm run dev` finds a running gateway. */
const gateway = "http://127.0.0.1:5000";

/**
 * Loads what comes later by a plain import. Vite's own helper first fetches styles and shared modules; ours have neither,
 * so that it would be 0.9 KB for nothing.
 */
const plainImports: Plugin = {
	name: "plain-imports",
	enforce: "pre",
	load: {
		filter: { id: /vite\/preload-helper/ },
		handler: () => "export const __vitePreload = (load) => load();",
	},
};

/** The two pages. `web/build.ts` builds each one for itself, so that neither carries the other's words and code. */
export const pages: UserConfig = {
	root: `${import.meta.dirname}/web`,
	publicDir: false,
	plugins: [plainImports],
	// Classic calls are 270 bytes less than automatic ones on the driver page.
	oxc: {
		jsx: { runtime: "classic", pragma: "h", pragmaFrag: "Fragment" },
		jsxInject: 'import { Fragment, h } from "preact"',
	},
	build: {
		outDir: "dist",
		// The oldest browsers that know light-dark(), which all colours are written with.
		target: ["chrome123", "firefox121", "safari17.5"],
		modulePreload: false,
		reportCompressedSize: false,
	},
	server: {
		proxy: {
			"/api": gateway,
			"/ws": { target: gateway.replace("http", "ws"), ws: true },
		},
	},
};

export default pages;
