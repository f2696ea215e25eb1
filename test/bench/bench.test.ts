/** The short mode of every bench: that it runs, that its answers are right, and that it prints its figures. Never how fast. */
import { describe, expect, it } from "vitest";
import { mongodbMissing, mongodbSlow } from "../support/mongodb.ts";
import { mosquittoMissing } from "../support/mosquitto.ts";
import { Program, root } from "../support/processes.ts";
import { quantile, show, spread } from "./bench.ts";
import { table } from "./table.ts";

/** On a busy machine, ms. */
const deadlineMs = 90_000;

async function bench(...args: string[]): Promise<{ code: number | null; output: string }> {
	const program = new Program("bench", process.execPath, ["test/bench/main.ts", ...args], { cwd: root });
	const { code } = await program.ended;
	return { code, output: program.output };
}

describe("npm run bench", () => {
	it("names the benches there are when it is asked for another", async () => {
		const { code, output } = await bench("speed");
		expect(code).toBe(2);
		expect(output).toMatch(/^bench must be one of [a-z, ]*latency[a-z, ]*, got "speed"\n$/);
	});

	it("says what is wrong with an argument", async () => {
		const { code, output } = await bench("latency", "--broker", "emqx");
		expect(code).toBe(2);
		expect(output).toContain('--broker must be embedded or mosquitto, got "emqx"\n');
	});
});

describe("latency", () => {
	it("gets every answer, and prints each time beside the others'", { timeout: deadlineMs }, async () => {
		const { code, output } = await bench("latency", "--short", "--json");
		expect(code, output).toBe(0);
		const { rows, wrong } = JSON.parse(output);
		expect(wrong).toBe(0);
		expect(rows.map((row: { name: string }) => row.name)).toEqual([
			"gateway, plain sensor to lamp",
			"gateway, plain sensor to browser",
			"relay, plain sensor to lamp",
			"plain, plain sensor to lamp",
			"gateway, board to lamp",
			"gateway, board to browser",
			"relay, board to lamp",
			"plain, board to lamp",
		]);
		for (const row of rows) expect(row.p50Ms.median).toBeGreaterThan(0);
	});
});

describe.each(["sqlite", "mongodb"])("ingest in %s", (store) => {
	it("has every report stored, and prints each figure beside the others'", { timeout: deadlineMs }, async (ctx) => {
		if (store === "mongodb") ctx.skip(mongodbSlow !== null, mongodbSlow ?? "");
		const { code, output } = await bench("ingest", "--short", "--json", "--store", store);
		expect(code, output).toBe(0);
		const { rows, wrong } = JSON.parse(output);
		expect(wrong).toBe(0);
		expect(rows.map((row: { name: string }) => row.name)).toEqual(["gateway", "relay", "plain"]);
		for (const row of rows) expect(row.gatewayPerSecond.median).toBeGreaterThan(0);
	});
});

describe("gateways", () => {
	it("has every report stored by one and by two, and prints what each part of it costs", {
		timeout: deadlineMs,
	}, async (ctx) => {
		const missing = mosquittoMissing ?? mongodbMissing;
		ctx.skip(missing !== null, missing ?? "");
		const { code, output } = await bench("gateways", "1", "2", "--short", "--json");
		expect(code, output).toBe(0);
		const { rows, wrong } = JSON.parse(output);
		expect(wrong).toBe(0);
		expect(rows.map((row: { gateways: number }) => row.gateways)).toEqual([1, 2]);
		for (const row of rows) expect(row.ratio.median).toBeGreaterThan(0);
	});
});

describe("rest", () => {
	it("gets every answer, and prints each figure beside the raw server's", { timeout: deadlineMs }, async () => {
		const { code, output } = await bench("rest", "--short", "--json");
		expect(code, output).toBe(0);
		const { rows, wrong } = JSON.parse(output);
		expect(wrong).toBe(0);
		expect(rows.map((row: { name: string }) => row.name)).toEqual([
			"raw node:http",
			"gateway",
			"gateway, 100 reports/s meanwhile",
		]);
		for (const row of rows) expect(row.requestsToRaw.median).toBeGreaterThan(0);
	});
});

describe("fanout", () => {
	it("brings each change to all clients of both, and prints times, CPU and memory", {
		timeout: deadlineMs,
	}, async () => {
		const { code, output } = await bench("fanout", "--short", "--clients", "50", "--json");
		expect(code, output).toBe(0);
		const { clients, wrong, rows } = JSON.parse(output);
		expect({ clients, wrong }).toEqual({ clients: 50, wrong: 0 });
		expect(rows.map((row: { name: string }) => row.name)).toEqual(["gateway", "bare ws"]);
		for (const row of rows) {
			for (const figure of ["changeMs", "burstMs", "changeMsToBare"]) expect(row[figure].median).toBeGreaterThan(0);
		}
	});

	it("says how many clients it takes", async () => {
		expect(await bench("fanout", "--clients", "many")).toEqual({
			code: 2,
			output: expect.stringContaining('--clients must be an integer from 1 to 18000, got "many"\n'),
		});
	});
});

describe("scale", () => {
	it("finds every spot right in each city, and prints what a report costs beside the smallest", {
		timeout: deadlineMs,
	}, async () => {
		const { code, output } = await bench("scale", "--short", "--json");
		expect(code, output).toBe(0);
		const { rows, wrong } = JSON.parse(output);
		expect(wrong).toBe(0);
		expect(rows.map((row: { spots: number }) => row.spots)).toEqual([100, 400]);
		for (const row of rows)
			for (const figure of ["cpuUs", "mainUs", "ratio"]) expect(row[figure].median).toBeGreaterThan(0);
		const { books, broker } = rows[1].bytesPerSpot;
		for (const bytes of [books, broker]) expect(bytes).toBeGreaterThan(100);
	});
});

describe("soak", () => {
	it("finds every report stored once, and prints how much the memory grew", { timeout: deadlineMs }, async () => {
		const { code, output } = await bench("soak", "--short", "--json");
		expect(code, output).toBe(0);
		const { reports, wrong, rss, bareRss, stored } = JSON.parse(output);
		expect(wrong).toBe(0);
		expect(reports).toBeGreaterThan(100);
		for (const { lastMb } of [rss, bareRss]) expect(lastMb).toBeGreaterThan(10);
		expect(stored.last.p99Ms).toBeGreaterThan(0);
	});
});

describe("start", () => {
	it("gets a snapshot from both, and prints both times", { timeout: deadlineMs }, async () => {
		const { code, output } = await bench("start", "--short");
		expect(code, output).toBe(0);
		expect(output).toMatch(/npm start +\d+\.\d\d .*\nbare Fastify +\d+\.\d\d /);
	});
});

describe("figures", () => {
	it("of several turns are their median, and how far they lie apart", () => {
		expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
		expect(show(spread([3, 1, 2]), 1)).toBe("2.0 (1.0-3.0)");
	});

	it("of a share are the nearest value that at least this share does not exceed", () => {
		const values = Array.from({ length: 100 }, (_, index) => 100 - index);
		expect([0, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 50, 99, 100]);
		expect(quantile([], 0.5)).toBeNaN();
	});

	it("stand below each other", () => {
		expect(
			table([
				["", "s"],
				["long name", "1"],
				["x", "10"],
			]),
		).toBe("            s\nlong name   1\nx          10");
	});
});
