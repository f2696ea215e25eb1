/** Finds the Moddable SDK. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The SDK's name for this computer's system. */
export function hostName(platform: string = process.platform): "lin" | "mac" | "win" {
	return platform === "darwin" ? "mac" : platform === "win32" ? "win" : "lin";
}

/** Where the SDK is: `MODDABLE`, else where `npx xs-dev setup` puts it. */
export function sdkFolder(env: Environment): string {
	return env.MODDABLE || join(homedir(), ".local/share/moddable");
}

/** What is missing and how to get it, in one line; null when the SDK is there and built. */
export function sdkProblem(env: Environment): string | null {
	const folder = sdkFolder(env);
	const get = "get it with: npx xs-dev setup";
	if (!existsSync(join(folder, "build"))) return `the Moddable SDK is not at ${folder}; ${get}, or set MODDABLE`;
	if (!existsSync(tool(folder, "mcconfig"))) return `the Moddable SDK at ${folder} is not built; ${get}`;
	return null;
}

/** The environment that the SDK's tools want. */
export function moddableEnv(env: Environment): Record<string, string | undefined> {
	const folder = sdkFolder(env);
	return { ...env, MODDABLE: folder, PATH: `${binaries(folder)}${delimiter}${env.PATH ?? ""}` };
}

/** Path of one of the SDK's programs. */
export function tool(folder: string, name: string): string {
	return join(binaries(folder), process.platform === "win32" ? `${name}.exe` : name);
}

function binaries(folder: string): string {
	return join(folder, "build/bin", hostName(), "release");
}
