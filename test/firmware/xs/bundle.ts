/** The firmware as one script that any engine can run, see `firmware/device/virtual/engine-inside.ts`. */
import { build } from "vite";

const inside = `${import.meta.dirname}/../../../firmware/device/virtual/engine-inside.ts`;

/**
 * Bundles `entry`. Only types are taken out: syntax stays as it was written, so that the engine says what it can't read,
 * and nothing is shortened, so that its errors name what is in the sources.
 */
export async function bundle(entry = inside): Promise<string> {
	const results = await build({
		configFile: false,
		logLevel: "silent",
		build: {
			write: false,
			minify: false,
			target: "esnext",
			lib: { entry, formats: ["iife"], name: "firmware" },
		},
	});
	const output = (Array.isArray(results) ? results : [results]).flatMap((result) =>
		"output" in result ? result.output : [],
	);
	const [script] = output;
	if (output.length !== 1 || script?.type !== "chunk")
		throw new Error(`${entry} must make one script, got ${output.length}`);
	return script.code;
}
