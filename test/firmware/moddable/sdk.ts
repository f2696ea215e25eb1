/** The Moddable SDK, if this machine has one: builds apps of the firmware with it, in a folder that is kept for the next time. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { moddableEnv, sdkProblem } from "../../../firmware/tool/sdk.ts";
import { root } from "../../support/processes.ts";

const folder = join(root, "test/firmware/moddable");

/** What is built lies here. The first build compiles the engine, which takes a minute; later ones take seconds. */
const products = join(tmpdir(), `parkmate-moddable-${userInfo().username}`);

/** Why nothing can be built here; null when it can. */
export const sdkMissing: string | null = sdkProblem(process.env);

/** Why the simulator's apps can't be run without a display here; null when they can. */
export const simulatorMissing: string | null = sdkMissing ?? hostProblem();

/** For the first build, ms. */
export const buildDeadlineMs = 240_000;

function hostProblem(): string | null {
	if (process.platform !== "linux") return "the firmware's test program runs under Linux only";
	if (spawnSync("cc", ["--version"]).status !== 0) return "cc is not installed (Debian: apt install gcc)";
	if (spawnSync("pkg-config", ["--exists", "glib-2.0"]).status !== 0) {
		return "glib's headers are not installed (Debian: apt install libglib2.0-dev)";
	}
	return null;
}

/** Runs a program to its end and gives what it said. @throws Error with that when it fails. */
export async function run(command: string, args: readonly string[], cwd: string = root): Promise<string> {
	const child = spawn(command, args, { cwd, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (text: Buffer) => {
			output += text.toString();
		});
	}
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once("error", reject);
		child.once("close", resolve);
	});
	if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output.slice(-4000)}`);
	return output;
}

function environment(): NodeJS.ProcessEnv {
	const env = moddableEnv(process.env);
	return { ...env, PATH: `${join(root, "node_modules/.bin")}${delimiter}${env.PATH}` };
}

export type Build = "release" | "instrument" | "debug";

/** Builds the app for the simulator with these settings (NAME=VALUE); gives what the tools said, and where it is. */
export async function buildApp(
	build: Build = "release",
	settings: readonly string[] = [],
): Promise<{ output: string; library: string }> {
	const flags = { release: [], instrument: ["-i"], debug: ["-d"] }[build];
	mkdirSync(products, { recursive: true, mode: 0o700 });
	const output = await run(
		"mcconfig",
		[...flags, "-m", "-p", "sim", "-t", "build", "-o", products, ...settings],
		folder,
	);
	return { output, library: join(products, "bin/lin/mc", build, "parkmate/mc.so") };
}

/** Compiles the program that runs an app without a display. */
export async function buildHost(): Promise<string> {
	const program = join(mkdtempSync(join(tmpdir(), "parkmate-moddable-")), "host");
	const glib = spawnSync("pkg-config", ["--cflags", "--libs", "glib-2.0"], { encoding: "utf8" })
		.stdout.trim()
		.split(/\s+/);
	const headers = join(moddable(), "build/simulators/modules");
	await run("cc", ["-Wall", "-Werror", "-o", program, join(folder, "host.c"), `-I${headers}`, ...glib, "-ldl"]);
	return program;
}

/** Checks everything for an ESP32 up to the C compiler, which needs ESP-IDF; gives what the tools said, and where it was linked. */
export async function linkForEsp32(variant = "esp32"): Promise<{ output: string; target: string }> {
	mkdirSync(products, { recursive: true, mode: 0o700 });
	await run("mcconfig", ["-p", variant, "-o", products], folder);
	const target = join(products, "tmp", variant, "release/parkmate");
	rmSync(join(target, "mc.xs.c"), { force: true });
	const nowhere = mkdtempSync(join(tmpdir(), "parkmate-no-idf-"));
	const output = await run("make", [
		...["-f", join(target, "makefile"), `IDF_PATH=${nowhere}`, "IDF_VERSION=v6.0", "SDKCONFIG_H=", "SDKCONFIG_FILE="],
		...[join(target, "mc.xs.c"), join(target, "mc.resources.c")],
	]);
	rmSync(nowhere, { recursive: true });
	return { output, target };
}

function moddable(): string {
	return moddableEnv(process.env).MODDABLE ?? "";
}
