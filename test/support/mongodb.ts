/**
 * A server of MongoDB's protocol for tests, on a free port of the loopback, with data of its own. In this order: what MONGODB_URL names;
 * a mongod (MONGOD_BINARY, or on PATH); a ferretdb (FERRETDB_BINARY, or on PATH); mongo-java-server, from the jars in MONGO_JAVA_SERVER.
 */
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { freePort } from "./mosquitto.ts";
import { Program, until } from "./processes.ts";

/** Milliseconds that it may take to start. */
const deadlineMs = 30_000;

type Kind = "mongod" | "ferretdb" | "mongo-java-server";

export interface MongoServerOptions {
	/** Only this user gets in; see {@link mongodbWithoutUsers}. */
	user?: { name: string; password: string };
}

interface Choice {
	kind: Kind;
	/** The program, or the folder with the jars. */
	path: string;
}

function usable(path: string, mode: number): boolean {
	try {
		accessSync(path, mode);
		return true;
	} catch {
		return false;
	}
}

function program(kind: Kind, setting: string): Choice | null {
	const folders = (process.env.PATH ?? "").split(delimiter);
	const paths = process.env[setting] ? [process.env[setting]] : folders.map((folder) => join(folder, kind));
	const path = paths.find((candidate) => usable(candidate, constants.X_OK));
	return path === undefined ? null : { kind, path };
}

function jars(): Choice | null {
	const path = process.env.MONGO_JAVA_SERVER ?? "";
	const found = path !== "" && usable(path, constants.R_OK) && readdirSync(path).some((name) => name.endsWith(".jar"));
	return found ? { kind: "mongo-java-server", path } : null;
}

/** A server that was there before, which stays; tests use databases of their own on it. */
const given = process.env.MONGODB_URL ?? "";
const choice = program("mongod", "MONGOD_BINARY") ?? program("ferretdb", "FERRETDB_BINARY") ?? jars();

/** Why there is no server to test with; null when there is one. */
export const mongodbMissing: string | null =
	given === "" && choice === null
		? "no server of MongoDB's protocol is there (MONGODB_URL, mongod, ferretdb or MONGO_JAVA_SERVER, see test/README.md)"
		: null;

/**
 * Why two gateways can't be tested on the server that is there; null when they can. FerretDB 1 on SQLite looks for a document and then
 * writes it, and does not look again: of two guarded writes at the same time both are done.
 */
export const mongodbUnguarded: string | null =
	mongodbMissing ??
	(given === "" && choice?.kind === "ferretdb" ? "ferretdb does not keep two guarded writes apart" : null);

/** Why nobody can be kept out of the server that is there; null when somebody can. */
export const mongodbWithoutUsers: string | null =
	mongodbMissing ??
	(given === "" && choice?.kind === "ferretdb" ? null : "only ferretdb is started with user names by the tests");

/** Why nothing can be known of a restart of the server that is there; null when it can be restarted, and keeps its data. */
export const mongodbForgets: string | null =
	mongodbMissing ??
	(given === "" && choice?.kind !== "mongo-java-server" ? null : "the database can't be restarted with its data");

/** Why a thousand spots are too many for the server that is there; null when they aren't. FerretDB 1 on SQLite reads all spots for each guarded write. */
export const mongodbSlow: string | null =
	mongodbMissing ?? (given === "" && choice?.kind === "ferretdb" ? "ferretdb is too slow for a thousand spots" : null);

export class MongoServer {
	readonly url: string;
	/** Null: it is somebody else's. */
	readonly #start: (() => Program) | null;
	readonly #folder: string | null;
	#program: Program | null = null;
	#version = "";

	private constructor(url: string, start: ((folder: string) => Program) | null) {
		this.url = url;
		const folder = start === null ? null : mkdtempSync(join(tmpdir(), "parkmate-mongodb-"));
		this.#folder = folder;
		this.#start = start === null || folder === null ? null : () => start(folder);
	}

	/** Starts one, and resolves when it answers. */
	static async start({ user }: MongoServerOptions = {}): Promise<MongoServer> {
		const port = await freePort();
		const server =
			given !== "" || choice === null
				? new MongoServer(given, null)
				: new MongoServer(`mongodb://127.0.0.1:${port}/`, (folder) => launch(choice, port, folder, user));
		await server.restart();
		return server;
	}

	/** Starts it again on the same port and data, after {@link stop}; mongo-java-server has lost its data then. */
	async restart(): Promise<void> {
		this.#program = this.#start?.() ?? null;
		try {
			const info = await until("an answer of the database", () => this.#ask(), { deadlineMs, everyMs: 50 });
			const jar =
				choice?.kind === "mongo-java-server" ? readdirSync(choice.path).find((name) => name.includes("core")) : null;
			this.#version = /\d+(\.\d+)+/.exec(`${jar ?? info.ferretdbVersion ?? info.version}`)?.[0] ?? "";
		} catch (error) {
			throw this.#program?.complaint(String(error)) ?? error;
		}
	}

	/** What it is and in which version, for people. */
	get name(): string {
		return `${given === "" ? choice?.kind : "MONGODB_URL's server"} ${this.#version}`;
	}

	get port(): number {
		return Number(new URL(this.url).port);
	}

	/** Its process; 0 where it is somebody else's. */
	get pid(): number {
		return this.#program?.child.pid ?? 0;
	}

	async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		await this.#program?.end(signal);
	}

	/** Stands still, connections stay open, until {@link thaw}. */
	freeze(): void {
		this.#program?.kill("SIGSTOP");
	}

	thaw(): void {
		this.#program?.kill("SIGCONT");
	}

	/** Ends it and removes its data. */
	async close(): Promise<void> {
		await this.stop("SIGKILL");
		if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
	}

	/** With a client of its own, as one whose first attempt failed makes no other. */
	async #ask(): Promise<Record<string, unknown> | null> {
		if (this.#program?.running === false) throw new Error("it ended before it answered");
		const client = new MongoClient(this.url, { serverSelectionTimeoutMS: 500 });
		try {
			return await client.db("admin").command({ buildInfo: 1 });
		} catch {
			return null;
		} finally {
			await client.close();
		}
	}
}

function launch({ kind, path }: Choice, port: number, folder: string, user: MongoServerOptions["user"]): Program {
	const at = `127.0.0.1:${port}`;
	if (kind === "mongod") {
		const data = join(folder, "data");
		mkdirSync(data, { recursive: true });
		return new Program(kind, path, ["--dbpath", data, "--port", String(port), "--bind_ip", "127.0.0.1", "--quiet"]);
	}
	if (kind === "ferretdb") {
		const args = [`--listen-addr=${at}`, "--handler=sqlite", `--sqlite-url=file:${folder}/`, `--state-dir=${folder}`];
		args.push("--telemetry=disable", "--debug-addr=-", "--log-level=error");
		if (user !== undefined) {
			args.push("--test-enable-new-auth", "--setup-database=admin");
			args.push(`--setup-username=${user.name}`, `--setup-password=${user.password}`);
		}
		return new Program(kind, path, args);
	}
	const source = fileURLToPath(new URL("./mongo-java-server/MongoJavaServer.java", import.meta.url));
	return new Program(kind, "java", ["-cp", join(path, "*"), source, String(port)]);
}
