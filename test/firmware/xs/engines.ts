/** Engines for virtual boards, `npm run boards -- --engine xs`. */
import { renameSync, writeFileSync } from "node:fs";
import type { Engine } from "../../../firmware/device/virtual/engine-protocol.ts";
import { buildEngine, enginePath } from "./build.ts";
import { bundle } from "./bundle.ts";
import { XsProcess } from "./process.ts";

/** Builds engine and bundle; gives what makes an engine for one board. @throws Error on what is missing to build it. */
export async function makeEngines(): Promise<() => Engine> {
	const missing = await buildEngine(64);
	if (missing !== null) throw new Error(missing);
	const bundlePath = `${enginePath(64)}.js`;
	// Put in its place whole: others may be about to read it.
	const ownPath = `${bundlePath}.${process.pid}`;
	writeFileSync(ownPath, await bundle());
	renameSync(ownPath, bundlePath);
	return () => new XsProcess({ bits: 64, bundlePath });
}
