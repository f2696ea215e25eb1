/** `npm run bench -- NAME`: prints a figure beside what it is compared with. A new bench is a file here, and one line below. */
import { type Bench, InputError } from "./bench.ts";
import { detector } from "./detector.ts";
import { fanout } from "./fanout.ts";
import { gateways } from "./gateways.ts";
import { ingest } from "./ingest.ts";
import { latency } from "./latency.ts";
import { rest } from "./rest.ts";
import { scale } from "./scale.ts";
import { soak } from "./soak.ts";
import { start } from "./start.ts";

const benches: Record<string, Bench> = { detector, fanout, gateways, ingest, latency, rest, scale, soak, start };

// Ctrl-C ends what was started, too.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const [name = "", ...args] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined) {
	console.error(`bench must be one of ${Object.keys(benches).join(", ")}, got ${JSON.stringify(name)}`);
	process.exit(2);
}
const json = args.includes("--json");
try {
	if (!json) console.log(bench.question);
	const { text, figures, right } = await bench.run(args.filter((arg) => arg !== "--json"));
	// Whoever reads it may be slower than the end of the process.
	process.stdout.write(`${json ? JSON.stringify(figures) : text}\n`, () => process.exit(right ? 0 : 1));
} catch (error) {
	console.error((error as Error).message);
	process.exit(error instanceof InputError ? 2 : 1);
}
