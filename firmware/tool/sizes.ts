/** How large a linked firmware is, from what the SDK's linker wrote. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes of a slot of the engine on a 32-bit chip. */
const slotBytes = 16;

export interface Size {
	what: string;
	bytes: number;
}

/** `target`: the folder where the SDK linked. @throws Error when nothing was linked there. */
export function sizesOf(target: string): Size[] {
	const linked = readFileSync(join(target, "mc.xs.c"), "utf8");
	const count = (name: string) => Number(new RegExp(`#define ${name} (\\d+)`).exec(linked)?.[1] ?? Number.NaN);
	const modules = join(target, "modules");
	return [
		{ what: "ParkMate's own bytecode, in flash", bytes: bytecode(join(modules, "parkmate")) },
		{ what: "all bytecode, with the SDK's and TLS, in flash", bytes: bytecode(modules) },
		{ what: "preloaded objects, with the engine's own, in flash", bytes: count("mxHeapCount") * slotBytes },
		{ what: "what the preloaded modules change of these, in memory", bytes: count("mxStackCount") * slotBytes },
	];
}

function bytecode(folder: string): number {
	const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".xsb"));
	return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
