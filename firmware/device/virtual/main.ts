/** `npm run boards`: virtual boards against any broker. */
import { SettingsError } from "../../settings.ts";
import { ArgumentError, type Arguments, help, parseArguments } from "./arguments.ts";
import type { Engine } from "./engine-protocol.ts";
import { Fleet } from "./fleet.ts";

/** The end comes after this, whether the broker has heard of it or not, ms. */
const endMs = 800;

let options: Arguments | null = null;
try {
	options = parseArguments(process.argv.slice(2), process.env);
} catch (error) {
	if (!(error instanceof ArgumentError)) throw error;
	console.error(error.message);
	process.exit(2);
}
if (options) run(options, options.engine === "xs" ? await xsEngines() : undefined);
else process.stdout.write(help);

/** The engine and its build belong to the tests, and no installation without them has its sources. */
async function xsEngines(): Promise<() => Engine> {
	console.log("Virtual boards: building the XS engine, half a minute for the first time");
	try {
		const { makeEngines } = await import("../../../test/firmware/xs/engines.ts");
		return await makeEngines();
	} catch (error) {
		console.error(`--engine xs can't be used: ${(error as Error).message}`);
		process.exit(1);
	}
}

function run(options: Arguments, makeEngine: (() => Engine) | undefined): void {
	// A password in the address stays unsaid.
	const broker = options.brokerUrl.replace(/\/\/[^/@]*@/, "//");
	const fleet = makeFleet(options, broker, makeEngine);
	const lots = options.lots.map((lot) => `${lot.lotId} (${lot.spotIds.length})`).join(", ");
	console.log(`Virtual boards: ${fleet.boards.length} over the spots of ${lots}, broker ${broker}`);

	let ending = false;
	const end = () => {
		if (ending) return;
		ending = true;
		setTimeout(() => process.exit(0), endMs);
		fleet.close().then(() => process.exit(0));
	};
	process.on("SIGINT", end);
	process.on("SIGTERM", end);
	// Started by another process: when that is gone, nobody is left to stop this one.
	process.on("disconnect", end);
	fleet.start();
	if (options.forMs !== null) setTimeout(end, options.forMs);
}

function makeFleet(options: Arguments, broker: string, makeEngine: (() => Engine) | undefined): Fleet {
	try {
		return new Fleet({
			...options,
			makeEngine,
			onAllConnected: () => console.log(`Virtual boards: connected to ${broker}`),
			onLoss: (boardId, reason) =>
				console.log(
					`Virtual boards: ${boardId} has no connection to ${broker} (${reason}); measuring on, trying again`,
				),
		});
	} catch (error) {
		console.error(
			error instanceof SettingsError
				? error.message
				: `--data ${options.dataDir} can't be used: ${(error as Error).message}`,
		);
		process.exit(error instanceof SettingsError ? 2 : 1);
	}
}
