/** `npm run boards` as a process. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { help } from "../../../../firmware/device/virtual/arguments.ts";
import { freePort } from "../../../support/mosquitto.ts";
import { Program, root, until } from "../../../support/processes.ts";

const main = "firmware/device/virtual/main.ts";
let dataDir = "";
let away = "";
const programs: Program[] = [];

beforeEach(async () => {
	dataDir = mkdtempSync(join(tmpdir(), "parkmate-boards-"));
	away = `mqtt://127.0.0.1:${await freePort()}`;
});
afterEach(async () => {
	await Promise.all(programs.splice(0).map((program) => program.end("SIGKILL")));
	rmSync(dataDir, { recursive: true });
});

function start(...args: string[]): Program {
	const program = new Program("boards", process.execPath, [main, ...args]);
	programs.push(program);
	return program;
}

describe("npm run boards", () => {
	it("prints what it takes", async () => {
		const program = start("--help");
		expect((await program.ended).code).toBe(0);
		expect(program.output).toBe(help);
	});

	it("ends with 2 and one line at an argument that makes no sense", async () => {
		const program = start("--speed", "fast");
		expect((await program.ended).code).toBe(2);
		expect(program.output).toBe('--speed must be a number from 0.01 to 20, got "fast"\n');
	});

	it("ends with 1 and one line at a data folder that can't be used", async () => {
		const file = join(dataDir, "file");
		writeFileSync(file, "");
		const program = start("--data", file);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toMatch(/^--data \S+ can't be used: E\w+: .*\n$/);
	});

	it("says what it does, that the broker is away, and ends within two seconds all the same", async () => {
		const program = start("--broker", away, "--data", dataDir, "--lot", "LOT001:S01-S12");
		await until("the loss", () => program.output.includes("no connection"));
		expect(program.output.split("\n")[0]).toBe(`Virtual boards: 2 over the spots of LOT001 (12), broker ${away}`);
		expect(program.output.split("\n")[1]).toMatch(
			/^Virtual boards: lot001-[12] has no connection to mqtt:\S+ \(connect ECONNREFUSED \S+\); measuring on, trying again$/,
		);
		const begun = performance.now();
		expect(await program.end("SIGINT")).toBe(0);
		expect(performance.now() - begun).toBeLessThan(2000);
		expect(readdirSync(dataDir).sort()).toEqual(["lot001-1.json", "lot001-2.json"]);
		expect(JSON.parse(readFileSync(join(dataDir, "lot001-1.json"), "utf8"))).toEqual({
			boot: expect.stringMatching(/^[1-9]\d*$/),
		});
	});

	it("says no password that stands in the address", async () => {
		const program = start("--broker", away.replace("//", "//u:secret@"), "--data", dataDir);
		await until("the loss", () => program.output.includes("no connection"));
		expect(program.output).not.toContain("secret");
	});

	it("ends by itself after --for", async () => {
		const program = start("--broker", away, "--data", dataDir, "--for", "0.1");
		expect((await program.ended).code).toBe(0);
	});

	it("ends when the process that started it is gone", async () => {
		const child = fork(main, ["--broker", away, "--data", dataDir], { cwd: root, stdio: "pipe" });
		const ended = once(child, "exit");
		child.stdout?.once("data", () => child.disconnect());
		expect(await ended).toEqual([0, null]);
	});
});
