/** How large a linked firmware is, from what the SDK's linker wrote. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "./figures.ts";

/** Bytes of a slot of the engine on a 32-bit chip. */
const slotBytes = 16;

/** `target`: the folder where the SDK linked. @throws Error when nothing was linked there. */
export function sizesOf(target: string): Figure[] {
	const linked = readFileSync(join(target, "mc.xs.c"), "utf8");
	const count = (name: string) => Number(new RegExp(`#define ${name} (\\d+)`).exec(linked)?.[1] ?? Number.NaN);
	const modules = join(target, "modules");
	return [
		{ what: "ParkMate's own bytecode, in flash", value: bytecode(join(modules, "parkmate")), unit: "bytes" },
		{ what: "all bytecode, with the SDK's and TLS, in flash", value: bytecode(modules), unit: "bytes" },
		{
			what: "preloaded objects, with the engine's own, in flash",
			value: count("mxHeapCount") * slotBytes,
			unit: "bytes",
		},
		{
			what: "what the preloaded modules change of these, in memory",
			value: count("mxStackCount") * slotBytes,
			unit: "bytes",
		},
	];
}

function bytecode(folder: string): number {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".xsb"));
	return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
