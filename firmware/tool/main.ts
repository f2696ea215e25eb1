/** `npm run firmware`: builds the firmware with the Moddable SDK, for the simulator or for a board. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeDemoLot } from "./demo.ts";
import { type Figure, heapFigure, isOver, lineOf, timeFigures } from "./figures.ts";
import { hostName, moddableEnv, sdkFolder, sdkProblem, tool } from "./sdk.ts";
import { sizesOf } from "./sizes.ts";

const help = `The firmware on Moddable.

npm run firmware -- sim [NAME=VALUE …]              builds and runs the simulator
npm run firmware -- esp32[/VARIANT] [NAME=VALUE …]  checks and links for an ESP32, prints sizes, heap and times; needs no ESP-IDF
npm run firmware -- flash [VARIANT] [NAME=VALUE …]  builds for an ESP32, and writes it to the board that is plugged in

The simulator's board stands in a lot of its own, SIM, which is made at the gateway on http://127.0.0.1:5000 (or
GATEWAY=URL) if that runs. NAME=VALUE are the manifest's settings, like broker=mqtt://192.168.1.10:1883 lot=LOT001 spots=A1-A8 wifi=NAME.
VARIANT is one of the SDK's, like esp32s3.
`;

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = sdkFolder(process.env);
const env = moddableEnv(process.env);
env.PATH = `${join(root, "node_modules/.bin")}${delimiter}${env.PATH}`;

/** Runs a program to its end; the whole ends with its code when that is not 0. `quiet` hides what it says when it goes well. */
async function run(command: string, args: readonly string[], quiet = false): Promise<string> {
	const child = spawn(command, args, { cwd: root, env, stdio: ["inherit", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (text: Buffer) => {
			output += text.toString();
			if (!quiet) process.stdout.write(text);
		});
	}
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", resolve);
	});
	if (code === 0) return output;
	if (quiet) process.stderr.write(output);
	process.exit(code ?? 1);
}

async function simulate(settings: readonly string[]): Promise<void> {
	console.log("Building for the simulator; the first time takes a minute.");
	await run("mcconfig", ["-m", "-p", "sim", "-t", "build", ...settings], true);
	if (!settings.some((setting) => setting.startsWith("lot="))) console.log(await makeDemoLot(process.env.GATEWAY));
	const name = hostName();
	const app = join(folder, "build/bin", name, "mc/release/parkmate", name === "win" ? "mc.dll" : "mc.so");
	const panel = join(root, "firmware/device/simulator/panel");
	console.log("The simulator runs until its window is closed.");
	if (name === "mac") await run("open", ["-W", "-a", tool(folder, "mcsim.app"), "--args", panel, app]);
	else if (name === "win") await run(tool(folder, "mcsim"), [panel, app]);
	else {
		// The SDK's sockets write without MSG_NOSIGNAL: a broker that dies would take the simulator with it.
		await run("sh", ["-c", `trap "" PIPE; exec "$@"`, "sh", tool(folder, "mcsim"), panel, app]);
	}
}

async function link(platform: string, settings: readonly string[]): Promise<void> {
	const products = join(tmpdir(), "parkmate-esp32");
	mkdirSync(products, { recursive: true });
	await run("mcconfig", ["-p", platform, "-o", products, ...settings], true);
	const target = join(products, "tmp", platform, "release/parkmate");
	const nowhere = mkdtempSync(join(tmpdir(), "parkmate-no-idf-"));
	await run(
		"make",
		[
			...["-f", join(target, "makefile"), `IDF_PATH=${nowhere}`, "IDF_VERSION=v6.0", "SDKCONFIG_H=", "SDKCONFIG_FILE="],
			...[join(target, "mc.xs.c"), join(target, "mc.resources.c")],
		],
		true,
	);
	rmSync(nowhere, { recursive: true });
	const figures = [...sizesOf(target), ...timeFigures()];
	for (const figure of figures) console.log(lineOf(figure));
	figures.push(await measureHeap());
	console.log(lineOf(figures.at(-1) as Figure));
	if (figures.some(isOver)) process.exit(1);
}

/** Measured in the simulator's engine, which is built for it: by the heap's own test, so that there is one way to do it. */
async function measureHeap(): Promise<Figure> {
	console.log("Measuring the live heap in the simulator's engine: half a minute, the first time more.");
	const vitest = join(root, "node_modules/vitest/vitest.mjs");
	const test = ["test/firmware/moddable/memory.test.ts", "-t", "the app's memory"];
	const child = spawn(process.execPath, [vitest, "run", ...test], {
		cwd: root,
		env: { ...env, NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "ignore"],
	});
	let output = "";
	child.stdout.on("data", (text: Buffer) => {
		output += text.toString();
	});
	await new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", resolve);
	});
	return heapFigure(output);
}

async function main([command = "", ...rest]: readonly string[]): Promise<void> {
	const known = /^(sim|esp32(\/\w+)?|flash)$/.test(command);
	if (!known) {
		process.stdout.write(help);
		process.exit(command === "" || command === "--help" ? 0 : 2);
	}
	const problem = sdkProblem(process.env);
	if (problem !== null) {
		console.error(problem);
		process.exit(1);
	}
	if (command === "sim") await simulate(rest);
	else if (command === "flash") {
		if (!process.env.IDF_PATH) {
			console.error("ESP-IDF is missing (IDF_PATH is not set); get it with: npx xs-dev setup --device esp32");
			process.exit(1);
		}
		const [variant, ...settings] = rest[0] && !rest[0].includes("=") ? rest : [undefined, ...rest];
		await run("mcconfig", ["-m", "-p", variant ? `esp32/${variant}` : "esp32", ...(settings as string[])]);
	} else await link(command, rest);
}

await main(process.argv.slice(2));
