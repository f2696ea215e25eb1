import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeDemoLot } from "../../../firmware/tool/demo.ts";
import { sdkProblem } from "../../../firmware/tool/sdk.ts";
import { sizesOf } from "../../../firmware/tool/sizes.ts";
import { GatewayProcess, root } from "../../support/processes.ts";

const folders: string[] = [];
afterEach(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "parkmate-tool-"));
	folders.push(path);
	return path;
}

function firmware(args: readonly string[], env: Record<string, string> = {}) {
	return spawnSync(process.execPath, ["firmware/tool/main.ts", ...args], {
		cwd: root,
		env: { ...process.env, ...env },
		encoding: "utf8",
	});
}

it("says in one line that there is no SDK, and how to get it", () => {
	const nowhere = join(folder(), "nothing");
	const { status, stderr } = firmware(["sim"], { MODDABLE: nowhere });
	const text = `the Moddable SDK is not at ${nowhere}; get it with: npx xs-dev setup, or set MODDABLE\n`;
	expect([status, stderr]).toEqual([1, text]);
});

it("says that an SDK is there but not built", () => {
	const MODDABLE = folder();
	mkdirSync(join(MODDABLE, "build"));
	const text = `the Moddable SDK at ${MODDABLE} is not built; get it with: npx xs-dev setup`;
	expect(sdkProblem({ MODDABLE })).toBe(text);
});

it.each([
	[["--help"], 0],
	[[], 0],
	[["esp8266"], 2],
])("tells what there is after %j", (args, code) => {
	const { status, stdout } = firmware(args);
	expect(status).toBe(code);
	expect(stdout).toContain("npm run firmware -- sim");
});

it("adds up what was linked", () => {
	const target = folder();
	mkdirSync(join(target, "modules/parkmate/device"), { recursive: true });
	writeFileSync(join(target, "modules/parkmate/device/a.xsb"), "12345");
	writeFileSync(join(target, "modules/parkmate/b.map"), "1");
	writeFileSync(join(target, "modules/c.xsb"), "123");
	writeFileSync(join(target, "mc.xs.c"), "#define mxHeapCount 10\n#define mxStackCount 2\n");
	expect(sizesOf(target).map(({ bytes }) => bytes)).toEqual([5, 8, 160, 32]);
});

it("makes the simulator's lot at a gateway, once", async () => {
	const gateway = await GatewayProcess.start();
	try {
		for (let time = 0; time < 2; time++) {
			expect(await makeDemoLot(gateway.url)).toBe(`Its lot is SIM: ${gateway.url}/?lot=SIM`);
		}
		const lots = (await (await fetch(`${gateway.url}/api/lots/SIM`)).json()) as { total_spots: number };
		expect(lots.total_spots).toBe(8);
	} finally {
		await gateway.close();
	}
});

it("does without a gateway", async () => {
	const text = "No gateway answers at http://127.0.0.1:9; start one with npm start to see the board in a browser.";
	expect(await makeDemoLot("http://127.0.0.1:9")).toBe(text);
});
