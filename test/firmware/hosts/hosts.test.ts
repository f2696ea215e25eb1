/** One firmware, several engines: the same events must give the same actions, whatever runs it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../../../firmware/device/virtual/engine-protocol.ts";
import { buildDeadlineMs, buildEngine } from "../xs/build.ts";
import { bundle } from "../xs/bundle.ts";
import { XsProcess } from "../xs/process.ts";
import { NodeHost } from "./node-host.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { firstDifference } from "./trace.ts";
import { World } from "./world.ts";

let folder = "";
let script = "";
const told = new Map<string, World>();

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "parkmate-hosts-"));
	script = await bundle();
	writeFileSync(join(folder, "bundle.js"), script);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function tell(engine: Engine, { run }: Scenario): Promise<World> {
	const world = new World(engine);
	try {
		await run(world);
		return world;
	} finally {
		engine.close();
	}
}

/** What Node does in a scenario, told once. */
async function reference(scenario: Scenario): Promise<World> {
	const world = told.get(scenario.name) ?? (await tell(new NodeHost(script), scenario));
	told.set(scenario.name, world);
	return world;
}

describe("Node", () => {
	it.each(scenarios)("comes to what must be: $name", async (scenario) => {
		scenario.shows(await reference(scenario));
	});
});

describe.each([64, 32] as const)("XS with %i bits", (bits) => {
	let missing: string | null = null;
	beforeAll(async () => {
		missing = await buildEngine(bits);
	}, buildDeadlineMs);
	beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ""));

	it.each(scenarios)("does what Node does: $name", { timeout: 60_000 }, async (scenario) => {
		const world = await tell(new XsProcess({ bits, bundlePath: join(folder, "bundle.js") }), scenario);
		expect(firstDifference((await reference(scenario)).trace, world.trace)).toBeNull();
	});
});
