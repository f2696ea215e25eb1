/** A real Mosquitto for tests, on a free port of the loopback, with a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";

function find(program: string): string | null {
	const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];
	for (const folder of folders) {
		const path = join(folder, program);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {}
	}
	return null;
}

const binary = find("mosquitto");

/** Why there is no Mosquitto to test with; null when there is one. */
export const mosquittoMissing: string | null =
	binary === null ? "mosquitto is not installed (Debian: apt install mosquitto)" : null;

export interface MosquittoOptions {
	/** Only this user gets in; otherwise anybody. */
	user?: { name: string; password: string };
	/** Sessions and retained messages survive a restart. */
	persistent?: boolean;
	/** Encrypted, with these PEM files. */
	tls?: { cert: string; key: string };
	/** Further lines of its configuration. */
	config?: string[];
}

/** Milliseconds that it may take to start or to end. */
const deadlineMs = 10_000;

const living = new Set<ChildProcess>();

// The runner ends, for whatever reason: what it started does not outlive it.
process.on("exit", () => {
	for (const child of living) child.kill("SIGKILL");
});

export class Mosquitto {
	readonly port: number;
	readonly #options: MosquittoOptions;
	readonly #folder: string;
	#process: ChildProcess | null = null;

	private constructor(port: number, options: MosquittoOptions) {
		this.port = port;
		this.#options = options;
		this.#folder = mkdtempSync(join(tmpdir(), "parkmate-mosquitto-"));
	}

	/** Starts one, and resolves when it takes connections. */
	static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
		const mosquitto = new Mosquitto(await freePort(), options);
		mosquitto.#configure();
		await mosquitto.restart();
		return mosquitto;
	}

	/** Without user name and password. */
	get url(): string {
		return `${this.#options.tls === undefined ? "mqtt" : "mqtts"}://127.0.0.1:${this.port}`;
	}

	/** Its process. */
	get pid(): number {
		return this.#process?.pid ?? 0;
	}

	/** Starts it again on the same port, after {@link stop}. */
	async restart(): Promise<void> {
		if (binary === null) throw new Error(mosquittoMissing ?? "");
		const child = spawn(binary, ["-c", join(this.#folder, "mosquitto.conf")], { stdio: ["ignore", "ignore", "pipe"] });
		let log = "";
		child.stderr?.on("data", (text) => {
			log += text;
		});
		this.#process = child;
		living.add(child);
		child.once("exit", () => living.delete(child));
		const until = Date.now() + deadlineMs;
		while (!(await accepts(this.port))) {
			if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${log}`);
			if (Date.now() > until) throw new Error(`mosquitto took no connections within ${deadlineMs} ms: ${log}`);
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	}

	/** SIGTERM lets it write down what is persistent, SIGKILL does not. Resolves when it is gone. */
	async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		const child = this.#process;
		this.#process = null;
		if (child === null || child.exitCode !== null || child.signalCode !== null) return;
		const gone = once(child, "exit");
		// One that stands still hears SIGTERM only when it goes on; SIGKILL it hears at once, and must not go on before.
		if (signal !== "SIGKILL") child.kill("SIGCONT");
		child.kill(signal);
		await gone;
	}

	/** Stands still, connections stay open, until {@link thaw}. */
	freeze(): void {
		this.#process?.kill("SIGSTOP");
	}

	thaw(): void {
		this.#process?.kill("SIGCONT");
	}

	/** Stops it and removes its folder. */
	async close(): Promise<void> {
		await this.stop("SIGKILL");
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#configure(): void {
		const { user, persistent, tls, config = [] } = this.#options;
		const lines = [`listener ${this.port} 127.0.0.1`, `user ${userInfo().username}`];
		if (tls !== undefined) lines.push(`certfile ${tls.cert}`, `keyfile ${tls.key}`);
		if (user === undefined) lines.push("allow_anonymous true");
		else lines.push(`password_file ${this.#passwordFile(user)}`);
		if (persistent === true) lines.push("persistence true", `persistence_location ${this.#folder}/`);
		writeFileSync(join(this.#folder, "mosquitto.conf"), `${[...lines, ...config].join("\n")}\n`);
	}

	#passwordFile({ name, password }: { name: string; password: string }): string {
		const path = join(this.#folder, "passwords");
		writeFileSync(path, `${name}:${password}\n`, { mode: 0o600 });
		const program = find("mosquitto_passwd");
		const made = program === null ? null : spawnSync(program, ["-U", path]);
		if (made?.status !== 0) throw new Error(`mosquitto_passwd failed: ${made?.stderr ?? "it is not installed"}`);
		return path;
	}
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("the server has no port");
	return address.port;
}

function accepts(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", () => resolve(false));
	});
}
