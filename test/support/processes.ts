/** The real programs as processes of their own: on free ports, with a data folder of their own, gone when the test is. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./mosquitto.ts";

/** The project's folder. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** How long a gateway may take to answer, ms: on a busy machine, with the pages still to be built. */
export const startDeadlineMs = 30_000;

/** Characters of output that are kept for error texts: the last ones. */
export const keptOutput = 8_000;

/** Every process that was started here and may still run. */
const living = new Set<Program>();

// The runner ends, for whatever reason: what it started does not outlive it.
process.on("exit", () => {
	for (const program of living) program.kill("SIGKILL");
});

/** Waits until `condition` gives something other than false, null or undefined, and gives it. @throws Error that names `what` after `deadlineMs`. */
export async function until<T>(
	what: string,
	condition: () => Promise<T> | T,
	options: { deadlineMs?: number; everyMs?: number } = {},
): Promise<NonNullable<T>> {
	const { deadlineMs = 10_000, everyMs = 10 } = options;
	const end = performance.now() + deadlineMs;
	for (;;) {
		const value = await condition();
		if (value !== false && value !== null && value !== undefined) return value;
		if (performance.now() > end) throw new Error(`expected ${what} within ${deadlineMs} ms`);
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
}

/** One child process, its output and its end. */
export class Program {
	readonly child: ChildProcess;
	/** Resolves when it is gone. */
	readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
	readonly #name: string;
	readonly #group: boolean;
	#output = "";

	/**
	 * Starts `command`, in the project's folder unless told otherwise. With `detached` its whole process group gets its signals, for
	 * programs like npm that start others. Its output is collected, unless `stdio` says something else.
	 */
	constructor(name: string, command: string, args: readonly string[], options: SpawnOptions = {}) {
		this.#name = name;
		this.#group = options.detached === true;
		this.child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
		for (const stream of [this.child.stdout, this.child.stderr]) {
			stream?.on("data", (text: Buffer) => {
				this.#output = (this.#output + text.toString()).slice(-keptOutput);
			});
		}
		living.add(this);
		this.ended = new Promise((resolve) => {
			const end = (code: number | null, signal: NodeJS.Signals | null) => {
				living.delete(this);
				resolve({ code, signal });
			};
			this.child.once("exit", end);
			this.child.once("error", (error) => {
				this.#output += error.message;
				if (this.child.pid === undefined) end(null, null);
			});
		});
	}

	/** What it said last, for error texts. */
	get output(): string {
		return this.#output;
	}

	get running(): boolean {
		return living.has(this);
	}

	/** Does nothing to a process that is gone. */
	kill(signal: NodeJS.Signals): void {
		if (!this.running) return;
		if (this.#group) this.#killGroup(signal);
		else this.child.kill(signal);
	}

	/** Sends the signal, and resolves when it is gone; by force after `deadlineMs`. */
	async end(signal: NodeJS.Signals = "SIGTERM", deadlineMs = 5_000): Promise<number | null> {
		const force = setTimeout(() => this.kill("SIGKILL"), deadlineMs);
		// A frozen process would not hear it.
		this.kill("SIGCONT");
		this.kill(signal);
		const { code } = await this.ended;
		clearTimeout(force);
		// Its leader may have gone before the others.
		if (this.#group) this.#killGroup("SIGKILL");
		return code;
	}

	/** An error text with the last output below it. */
	complaint(text: string): Error {
		return new Error(`${this.#name}: ${text}\n${this.#output}`);
	}

	#killGroup(signal: NodeJS.Signals): void {
		const { pid } = this.child;
		if (pid === undefined) return;
		try {
			process.kill(-pid, signal);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
		}
	}
}

export interface GatewayOptions {
	/** Another broker; the embedded one when left out. */
	mqttUrl?: string;
	/** Adds the demo's boards and cars. */
	demo?: boolean;
	/** More settings. */
	env?: Record<string, string>;
	/** Its data, which stays; a temporary folder that goes when left out. */
	dataDir?: string;
}

/** A gateway as `gateway/main.ts` starts it. Restarts keep its ports and its data. */
export class GatewayProcess {
	readonly port: number;
	readonly mqttPort: number;
	readonly dataDir: string;
	readonly #options: GatewayOptions;
	#program: Program | null = null;

	private constructor(port: number, mqttPort: number, options: GatewayOptions) {
		this.port = port;
		this.mqttPort = mqttPort;
		this.#options = options;
		this.dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "parkmate-gateway-"));
	}

	/** Starts one, and resolves when it answers. @throws Error with its output when it does not. */
	static async start(options: GatewayOptions = {}): Promise<GatewayProcess> {
		const gateway = new GatewayProcess(await freePort(), await freePort(), options);
		gateway.launch();
		try {
			await gateway.ready();
		} catch (error) {
			await gateway.close();
			throw error;
		}
		return gateway;
	}

	/** Where pages and REST are, without a slash at the end. */
	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** The broker that boards should use. */
	get mqttUrl(): string {
		return this.#options.mqttUrl ?? `mqtt://127.0.0.1:${this.mqttPort}`;
	}

	/** What it said last. */
	get output(): string {
		return this.#program?.output ?? "";
	}

	/** Its process while it runs. */
	get pid(): number | undefined {
		return this.#program?.running ? this.#program.child.pid : undefined;
	}

	/** Starts the process after it was ended or killed; does not wait for it: see {@link ready}. */
	launch(): void {
		if (this.#program?.running) throw new Error("the gateway runs already; end it first");
		const { mqttUrl = "", demo = false, env } = this.#options;
		this.#program = new Program("gateway", process.execPath, ["gateway/main.ts", ...(demo ? ["--demo"] : [])], {
			env: {
				...process.env,
				PORT: String(this.port),
				MQTT_PORT: String(this.mqttPort),
				MQTT_URL: mqttUrl,
				// What the runner has it for is the tests of the store.
				MONGODB_URL: "",
				DATA_DIR: this.dataDir,
				...env,
			},
		});
	}

	/** Resolves when it answers on `/health/live`. @throws Error with its output when it ends before, or takes longer than `deadlineMs`. */
	async ready(deadlineMs = startDeadlineMs): Promise<void> {
		const program = this.#program;
		if (program === null) throw new Error("the gateway was not launched");
		const answers = async () => {
			if (!program.running) throw program.complaint("it ended before it answered");
			return fetch(`${this.url}/health/live`, { signal: AbortSignal.timeout(2_000) }).then(
				(response) => response.ok,
				() => false,
			);
		};
		await until("an answer on /health/live", answers, { deadlineMs, everyMs: 20 }).catch((error: Error) => {
			throw error.message.startsWith("gateway:") ? error : program.complaint(error.message);
		});
	}

	/** kill -9; resolves when it is gone. */
	async kill(): Promise<void> {
		await this.#program?.end("SIGKILL");
	}

	/** SIGTERM, as a supervisor does; gives the exit code. */
	async stop(): Promise<number | null> {
		return (await this.#program?.end("SIGTERM")) ?? null;
	}

	/** Ends it gracefully and starts it again; resolves when it answers. */
	async restart(): Promise<void> {
		await this.stop();
		this.launch();
		await this.ready();
	}

	/** Stands still, connections stay open, until {@link thaw}. */
	freeze(): void {
		this.#program?.kill("SIGSTOP");
	}

	thaw(): void {
		this.#program?.kill("SIGCONT");
	}

	/** Ends it by force and removes its temporary data. Twice is fine. */
	async close(): Promise<void> {
		await this.kill();
		if (this.#options.dataDir === undefined) rmSync(this.dataDir, { recursive: true, force: true });
	}
}
