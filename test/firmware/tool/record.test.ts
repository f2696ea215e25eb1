/** `npm run trace -- record`, against a real broker with a real board, and from streams of a serial port's lines. */
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Aedes } from "aedes";
import { describe, expect, it, type TestContext } from "vitest";
import { Board } from "../../../firmware/board.ts";
import { traceLine } from "../../../firmware/device/moddable/trace-line.ts";
import { MqttTransport } from "../../../firmware/device/virtual/mqtt.ts";
import { NodeTimer, nodeClock } from "../../../firmware/device/virtual/timer.ts";
import { readTrace } from "../../../firmware/device/virtual/trace-file.ts";
import type { BoardCommand } from "../../../firmware/messages.ts";
import { parseSettings } from "../../../firmware/settings.ts";
import type { TraceHead, TraceLine } from "../../../firmware/trace.ts";
import { Program, until } from "../../support/processes.ts";
import { FakeSensor } from "../fake-sensor.ts";

function start(...args: string[]): Program {
	return new Program("trace", process.execPath, ["firmware/tool/trace/main.ts", "record", ...args], {
		stdio: ["pipe", "pipe", "pipe"],
	});
}

const linesOf = (path: string) => [...readTrace(path)] as [TraceHead, ...TraceLine[]];
const samplesOf = (path: string) => linesOf(path).filter((line) => "echo_us" in line);

/** A file of a folder of its own, which goes with the test. */
function newFile(onTestFinished: TestContext["onTestFinished"]): string {
	const folder = mkdtempSync(join(tmpdir(), "parkmate-trace-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return join(folder, "out.jsonl");
}

/** They echo the same all the time, so that all boards may have them. */
const sensors = [new FakeSensor(221), new FakeSensor(230)];

/** A broker, a board that is connected to it, and a file to record into. They end with the test. */
class Site {
	readonly file: string;
	readonly aedes: Aedes;
	readonly #server: Server;
	/** What the board was told. */
	readonly commands: BoardCommand[] = [];
	readonly sockets: Socket[] = [];

	private constructor(file: string, aedes: Aedes) {
		this.file = file;
		this.aedes = aedes;
		this.#server = createServer((socket) => {
			this.sockets.push(socket);
			aedes.handle(socket);
		});
		aedes.on("publish", ({ topic, payload }) => {
			if (topic.endsWith("/command")) this.commands.push(JSON.parse(payload.toString()) as BoardCommand);
		});
	}

	static async start({ onTestFinished }: TestContext): Promise<Site> {
		const site = new Site(newFile(onTestFinished), await Aedes.createBroker());
		site.#server.listen(0, "127.0.0.1");
		await once(site.#server, "listening");
		const board = new Board({
			settings: parseSettings({
				board_id: "b1",
				lot_id: "L",
				spots: [{ spot_id: "A" }, { spot_id: "B" }],
				broker_url: site.broker,
				temperature_c: 12,
			}),
			boot: 1,
			firmware: "test",
			sensors,
			lamps: [],
			timer: new NodeTimer(),
			clock: nodeClock,
			random: Math.random,
			connect: (options) => new MqttTransport(options),
			saveBoot: () => {},
		});
		onTestFinished(async () => {
			await new Promise<void>((resolve) => board.close(resolve));
			site.aedes.close();
			site.#server.close();
		});
		board.start();
		await until("a connection", () => board.connected);
		return site;
	}

	get broker(): string {
		return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** Measurements in the file, which may not be there yet. */
	recorded(): number {
		return existsSync(this.file) ? readFileSync(this.file, "utf8").split("echo_us").length - 1 : 0;
	}
}

describe.concurrent("over a broker", () => {
	it("writes what the board measures until Ctrl-C, with the truth that is said, and lets the board rest then", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker, commands, file } = site;
		const program = start("--broker", broker, "--board", "b1", "--out", file, "--truth", "--height", "231");
		await until("a recording", () => program.output.includes("recording A, B to"));
		program.child.stdin?.write("A f\nC o\nB free\n");
		await until("the truth", () => program.output.includes("B is free"));
		await until("some measurements", () => site.recorded() > 2);
		expect(await program.end("SIGINT")).toBe(0);
		const [head, ...lines] = linesOf(file);
		expect(head.spots).toEqual([
			{ spot_id: "A", height_cm: 231 },
			{ spot_id: "B", height_cm: 231 },
		]);
		expect(head.name).toMatch(/^b1 \d{4}-/);
		for (const [index, spot] of ["A", "B"].entries()) {
			const own = lines.filter((line) => "echo_us" in line && line.spot === spot);
			expect(own[0]).toMatchObject({ echo_us: sensors[index]?.echoUs, temp_c: 12 });
			expect(lines.find((line) => "truth" in line && line.spot === spot)).toMatchObject({ truth: "free" });
		}
		expect(program.output).toContain("spot must be one of A, B, got C");
		expect(commands.map(({ command, seconds }) => `${command} ${seconds}`)).toEqual(["trace 600", "trace 0"]);
	});

	it("ends by itself after its seconds, and records one spot where one is named", async (ctx) => {
		const { broker, file } = await Site.start(ctx);
		const program = start("--broker", broker, "--board", "b1", "--out", file, "--spot", "B", "--seconds", "2");
		expect((await program.ended).code).toBe(0);
		const samples = samplesOf(file);
		expect(new Set(samples.map(({ spot }) => spot))).toEqual(new Set(["B"]));
		expect(samples.length).toBeGreaterThanOrEqual(2);
	});

	it("goes on when the board has lost its connection, and says so", async (ctx) => {
		const site = await Site.start(ctx);
		const { broker, commands, file, sockets } = site;
		const program = start("--broker", broker, "--board", "b1", "--out", file);
		await until("a recording", () => program.output.includes("recording A, B to"));
		await until("some measurements", () => site.recorded() > 0);
		// The board's: it was there first.
		sockets[0]?.destroy();
		await until("the news", () => program.output.includes("board b1 is offline; waiting for it"));
		await until("its end", () => program.output.includes("board b1 is online again"));
		await until("another command", () => commands.length === 2);
		expect(await program.end("SIGINT")).toBe(0);
	});

	it.for<[string[], (url: string) => string]>([
		[["--board", "b2"], (url: string) => `${url} knows no board b2: was it ever online?`],
		[["--board", "b1", "--spot", "C"], () => "board b1: spot_id must be one of A, B, got C"],
	])("says what is wrong with %j", { timeout: 15_000 }, async ([args, message], ctx) => {
		const { broker, file } = await Site.start(ctx);
		const program = start("--broker", broker, "--out", file, ...args);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toContain(message(broker));
	});

	it("asks again when its first command was lost", async (ctx) => {
		const site = await Site.start(ctx);
		const { aedes, broker, commands, file } = site;
		const topic = "parkmate/board/b1/command";
		let lost = false;
		aedes.authorizeForward = (client, packet) => {
			const loses = !lost && client.id === "b1" && packet.topic === topic;
			lost ||= loses;
			return loses ? null : packet;
		};
		const program = start("--broker", broker, "--board", "b1", "--out", file);
		await until("some measurements", () => site.recorded() > 0);
		expect(await program.end("SIGINT")).toBe(0);
		expect(lost).toBe(true);
		expect(commands.map(({ seconds }) => seconds)).toEqual([600, 600, 0]);
	});

	it("says when there is no broker", async (ctx) => {
		const file = newFile(ctx.onTestFinished);
		const program = start("--broker", "mqtt://127.0.0.1:1", "--board", "b1", "--out", file);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toMatch(/^no broker at mqtt:\/\/127\.0\.0\.1:1: .+/);
	});
});

describe.concurrent("from a serial port", () => {
	const settings = parseSettings({
		board_id: "b1",
		lot_id: "L",
		mount: "overhead",
		spots: [{ spot_id: "A", height_cm: 220 }, { spot_id: "B" }],
	});
	const line = (n: number) =>
		traceLine(settings, JSON.stringify({ boot: 3, n, temp_c: 20, samples: [[n * 1000, 0, 12_800]] }));

	it("takes a file of its lines, between other words and noise", async ({ onTestFinished }) => {
		const file = newFile(onTestFinished);
		const port = join(dirname(file), "port");
		const noise = ["parkmate: connected", "\u0000\ufffd{{{", line(1).slice(20), '{"spots":["A"],"samples":7}', ""];
		writeFileSync(port, [line(1), ...noise, line(2), line(4).slice(0, 30), line(5)].join("\r\n"));
		const program = start("--serial", port, "--out", file);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toContain("the board's spots must stay A, B, got A: begin another trace");
		writeFileSync(port, [line(1), ...noise.slice(0, 3), line(2), line(4).slice(0, 30), line(5)].join("\r\n"));
		const again = start("--serial", port, "--out", file);
		expect((await again.ended).code).toBe(0);
		expect(linesOf(file)[0]).toMatchObject({ mount: "overhead", spots: settings.spots });
		expect(samplesOf(file).map(({ t }) => t)).toEqual([1000, 2000, 5000]);
		expect(again.output).toContain("parkmate: connected");
		expect(again.output).toContain("2 of 5 messages were lost, about a second each");
	});

	it("takes standard input, and ends with it", async ({ onTestFinished }) => {
		const file = newFile(onTestFinished);
		const program = start("--serial", "-", "--out", file, "--name", "a day");
		program.child.stdin?.end(`${line(1)}\n${line(2)}\n`);
		expect((await program.ended).code).toBe(0);
		expect(linesOf(file)[0].name).toBe("a day");
		expect(samplesOf(file)).toHaveLength(2);
	});

	it("says when there was nothing", async ({ onTestFinished }) => {
		const file = newFile(onTestFinished);
		const program = start("--serial", "-", "--out", file);
		program.child.stdin?.end("parkmate: not connected\n");
		expect((await program.ended).code).toBe(1);
		expect(program.output).toContain("nothing was recorded");
	});

	it("says when there is no such port", async ({ onTestFinished }) => {
		const file = newFile(onTestFinished);
		const program = start("--serial", join(dirname(file), "none"), "--out", file);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toMatch(/^--serial .*none must be a port or a file that can be read, got ENOENT/);
	});
});
