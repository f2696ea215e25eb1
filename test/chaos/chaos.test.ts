/** A few rounds of `npm run chaos`, so that it cannot rot. */
import { beforeEach, describe, expect, it } from "vitest";
import { mosquittoMissing } from "../support/mosquitto.ts";
import { noFindings } from "./check.ts";
import { diskMissing } from "./disk.ts";
import { type ChaosOptions, runChaos } from "./run.ts";

/** Start, rounds and end on a busy machine, ms. */
const deadlineMs = 90_000;

async function clean(options: ChaosOptions) {
	const result = await runChaos(options);
	expect(result.failure).toBeNull();
	expect(result.findings).toEqual(noFindings());
	expect(result.rounds).toBe(options.rounds);
	return result;
}

describe("with the embedded broker", () => {
	it("loses and doubles nothing that boards, plain sensors and owners said", { timeout: deadlineMs }, async () => {
		const only = ["gateway killed + network cut in mid-packet", "gateway's clock jumps a day", "boards killed"];
		const result = await clean({ broker: "embedded", rounds: 3, seed: 1, only });
		expect(result.faults).toEqual(
			Object.fromEntries(only.flatMap((names) => names.split(" + ")).map((name) => [name, 1])),
		);
		expect(result.pairs).toBe(1);
		expect(result.stored).toBeGreaterThan(50);
		expect(result.plain).toBeGreaterThan(10);
		expect(result.overrides).toBeGreaterThan(10);
		expect(result.reconnections).toBeGreaterThan(0);
	});
});

describe("on a disk that fills up", () => {
	beforeEach((ctx) => ctx.skip(diskMissing !== null, diskMissing ?? ""));

	it("holds what it can't store, and goes on when there is room", { timeout: deadlineMs }, async () => {
		const result = await clean({ broker: "embedded", rounds: 1, seed: 1, only: ["disk fills up slowly"] });
		expect(result.stored).toBeGreaterThan(20);
	});
});

describe("with Mosquitto", () => {
	beforeEach((ctx) => ctx.skip(mosquittoMissing !== null, mosquittoMissing ?? ""));

	it("loses and doubles nothing when the broker dies with all that it knew", { timeout: deadlineMs }, async () => {
		const result = await clean({ broker: "mosquitto", rounds: 1, seed: 1, only: ["broker killed"] });
		expect(result.stored).toBeGreaterThan(20);
	});
});
