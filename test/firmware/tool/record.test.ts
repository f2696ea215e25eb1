/** `npm run trace -- record`, against a real broker with a real board, and from streams of a serial port's lines. */
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

let folder = "";
let file = "";
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "parkmate-trace-"));
	file = join(folder, "out.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(...args: string[]): Program {
	return new Program("trace", process.execPath, ["firmware/tool/trace/main.ts", "record", ...args], {
		stdio: ["pipe", "pipe", "pipe"],
	});
}

const linesOf = (path: string) => [...readTrace(path)] as [TraceHead, ...TraceLine[]];
const samplesOf = (path: string) => linesOf(path).filter((line) => "echo_us" in line);

/** Measurements in the file, which may not be there yet. */
function recorded(): number {
	return existsSync(file) ? readFileSync(file, "utf8").split("echo_us").length - 1 : 0;
}

describe("over a broker", () => {
	let server: Server;
	let aedes: Aedes;
	let board: Board;
	let broker = "";
	const commands: BoardCommand[] = [];
	const sockets: Socket[] = [];
	const sensors = [new FakeSensor(221), new FakeSensor(230)];

	beforeEach(async () => {
		commands.length = 0;
		sockets.length = 0;
		aedes = await Aedes.createBroker();
		aedes.on("publish", ({ topic, payload }) => {
			if (topic.endsWith("/command")) commands.push(JSON.parse(payload.toString()) as BoardCommand);
		});
		server = createServer((socket) => {
			sockets.push(socket);
			aedes.handle(socket);
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		broker = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
		board = new Board({
			settings: parseSettings({
				board_id: "b1",
				lot_id: "L",
				spots: [{ spot_id: "A" }, { spot_id: "B" }],
				broker_url: broker,
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
		board.start();
		await until("a connection", () => board.connected);
	});
	afterEach(async () => {
		await new Promise<void>((resolve) => board.close(resolve));
		aedes.close();
		server.close();
	});

	it("writes what the board measures until Ctrl-C, with the truth that is said, and lets the board rest then", async () => {
		const program = start("--broker", broker, "--board", "b1", "--out", file, "--truth", "--height", "231");
		await until("a recording", () => program.output.includes("recording A, B to"));
		program.child.stdin?.write("A f\nC o\nB free\n");
		await until("the truth", () => program.output.includes("B is free"));
		await until("some measurements", () => recorded() > 2);
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

	it("ends by itself after its seconds, and records one spot where one is named", async () => {
		const program = start("--broker", broker, "--board", "b1", "--out", file, "--spot", "B", "--seconds", "2");
		expect((await program.ended).code).toBe(0);
		const samples = samplesOf(file);
		expect(new Set(samples.map(({ spot }) => spot))).toEqual(new Set(["B"]));
		expect(samples.length).toBeGreaterThanOrEqual(2);
	});

	it("goes on when the board has lost its connection, and says so", async () => {
		const program = start("--broker", broker, "--board", "b1", "--out", file);
		await until("a recording", () => program.output.includes("recording A, B to"));
		await until("some measurements", () => recorded() > 0);
		// The board's: it was there first.
		sockets[0]?.destroy();
		await until("the news", () => program.output.includes("board b1 is offline; waiting for it"));
		await until("its end", () => program.output.includes("board b1 is online again"));
		await until("another command", () => commands.length === 2);
		expect(await program.end("SIGINT")).toBe(0);
	});

	it.each([
		[["--board", "b2"], (url: string) => `${url} knows no board b2: was it ever online?`],
		[["--board", "b1", "--spot", "C"], () => "board b1: spot_id must be one of A, B, got C"],
	])("says what is wrong with %j", { timeout: 15_000 }, async (args, message) => {
		const program = start("--broker", broker, "--out", file, ...args);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toContain(message(broker));
	});

	it("asks again when its first command was lost", async () => {
		const topic = "parkmate/board/b1/command";
		let lost = false;
		aedes.authorizeForward = (client, packet) => {
			const loses = !lost && client.id === "b1" && packet.topic === topic;
			lost ||= loses;
			return loses ? null : packet;
		};
		const program = start("--broker", broker, "--board", "b1", "--out", file);
		await until("some measurements", () => recorded() > 0);
		expect(await program.end("SIGINT")).toBe(0);
		expect(lost).toBe(true);
		expect(commands.map(({ seconds }) => seconds)).toEqual([600, 600, 0]);
	});

	it("says when there is no broker", async () => {
		const program = start("--broker", "mqtt://127.0.0.1:1", "--board", "b1", "--out", file);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toMatch(/^no broker at mqtt:\/\/127\.0\.0\.1:1: .+/);
	});
});

describe("from a serial port", () => {
	const settings = parseSettings({
		board_id: "b1",
		lot_id: "L",
		mount: "overhead",
		spots: [{ spot_id: "A", height_cm: 220 }, { spot_id: "B" }],
	});
	const line = (n: number) =>
		traceLine(settings, JSON.stringify({ boot: 3, n, temp_c: 20, samples: [[n * 1000, 0, 12_800]] }));

	it("takes a file of its lines, between other words and noise", async () => {
		const port = join(folder, "port");
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

	it("takes standard input, and ends with it", async () => {
		const program = start("--serial", "-", "--out", file, "--name", "a day");
		program.child.stdin?.end(`${line(1)}\n${line(2)}\n`);
		expect((await program.ended).code).toBe(0);
		expect(linesOf(file)[0].name).toBe("a day");
		expect(samplesOf(file)).toHaveLength(2);
	});

	it("says when there was nothing", async () => {
		const program = start("--serial", "-", "--out", file);
		program.child.stdin?.end("parkmate: not connected\n");
		expect((await program.ended).code).toBe(1);
		expect(program.output).toContain("nothing was recorded");
	});

	it("says when there is no such port", async () => {
		const program = start("--serial", join(folder, "none"), "--out", file);
		expect((await program.ended).code).toBe(1);
		expect(program.output).toMatch(/^--serial .*none must be a port or a file that can be read, got ENOENT/);
	});
});
