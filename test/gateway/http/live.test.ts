import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connectAsync } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { BrowserSocket } from "../../../gateway/http/live.ts";
import { heartbeatMs, maxBehindMs } from "../../../gateway/live/hub.ts";
import { behindBytes } from "../../../gateway/live/member.ts";
import { pingFrame, textFrames } from "../../../gateway/live/wire.ts";
import { startGateway } from "../app.ts";
import { fixedClock } from "../books.ts";
import { type Frame, readWholeFrames } from "../live/fake-socket.ts";

let running: Awaited<ReturnType<typeof startGateway>>;
let url: string;

let clock: ReturnType<typeof fixedClock>;
/** What a test opened. */
let ends: (() => void)[];

beforeEach(async () => {
	clock = fixedClock();
	ends = [];
	running = await startGateway({ clock });
	url = (await running.app.listen({ host: "127.0.0.1", port: 0 })).replace("http", "ws");
	await running.app.inject({ method: "POST", url: "/api/lots", payload: { lot_id: "LOT001", name: "One", spots: 3 } });
});
afterEach(async () => {
	for (const end of ends) end();
	await running.close();
});

/** A client whose frames can be awaited one by one. */
function open(path: string) {
	const socket = new WebSocket(`${url}${path}`);
	ends.push(() => socket.terminate());
	const frames: Frame[] = [];
	const waiting: ((frame: Frame) => void)[] = [];
	socket.on("message", (data) => {
		const frame = JSON.parse(String(data)) as Frame;
		const next = waiting.shift();
		if (next === undefined) frames.push(frame);
		else next(frame);
	});
	const closed = new Promise<number>((resolve) => socket.once("close", resolve));
	return {
		socket,
		closed,
		next: (): Promise<Frame> => {
			const frame = frames.shift();
			return frame === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(frame);
		},
	};
}

describe("/ws", () => {
	test("shows a status published over MQTT, and an override, at once", async () => {
		const { next } = open("/ws?lot=LOT001");
		expect(await next()).toMatchObject({
			event: "snapshot",
			lot_id: "LOT001",
			spots: [{ spot_id: "SPOT001" }, {}, {}],
		});
		const sensor = await connectAsync(running.mqttUrl);
		await sensor.publishAsync("parkmate/spot/status", '{"spot_id":"SPOT001","occupied":true,"distance":35}', {
			qos: 1,
		});
		const updates = [await next()];
		if (updates[0]?.event === "heartbeat") updates[0] = await next();
		expect(updates[0]).toMatchObject({
			event: "spot_update",
			spot_id: "SPOT001",
			lot_id: "LOT001",
			occupied: true,
			distance: 35,
			lot: { occupied_spots: 1 },
		});
		await sensor.endAsync();
		const payload = { spot_id: "SPOT001", occupied: false };
		await running.app.inject({ method: "POST", url: "/api/lots/LOT001/override", payload });
		let frame = await next();
		while (frame.event === "heartbeat") frame = await next();
		expect(frame).toMatchObject({
			event: "spot_update",
			occupied: false,
			sensor_occupied: true,
			manual_override: true,
		});
	});

	test("closes with 4404 for a lot that is not there", async () => {
		const { next, closed } = open("/ws?lot=NOPE");
		expect(await next()).toMatchObject({ event: "error", code: "LOT_NOT_FOUND" });
		expect(await closed).toBe(4404);
	});

	test("ends a connection that sends an oversized frame", async () => {
		const { next, socket, closed } = open("/ws?lot=LOT001");
		await next();
		socket.send("x".repeat(5000));
		expect(await closed).toBe(1009);
		await expect.poll(() => running.gateway.hub.state.clients).toBe(0);
		expect(running.gateway.refusals.counts()).toEqual({ ws_broken_frame: 1 });
	});

	test("counts what it refuses", async () => {
		const { next, socket } = open("/ws?lot=LOT001");
		await next();
		socket.send("hello");
		await expect.poll(() => running.gateway.refusals.counts()).toEqual({ ws_bad_frame: 1 });
		socket.close();
	});

	test("forgets clients that leave or vanish", async () => {
		const leaving = open("/ws");
		const vanishing = open("/ws");
		await Promise.all([leaving.next(), vanishing.next()]);
		expect(running.gateway.hub.state.clients).toBe(2);
		leaving.socket.close();
		vanishing.socket.terminate();
		await expect.poll(() => running.gateway.hub.state.clients).toBe(0);
	});
});

/** A client on a bare socket that takes frames apart by the standard, and reads only while it is told to. */
class ByteClient {
	readonly socket: Socket;
	readonly frames: { opcode: number; payload: Buffer }[] = [];
	#upgraded = false;
	#rest = Buffer.alloc(0);

	constructor(path: string) {
		this.socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
		this.socket.on("data", (data: Buffer) => this.#read(data));
		// The gateway may drop it.
		this.socket.on("error", () => {});
		this.socket.write(
			`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		);
		ends.push(() => this.socket.destroy());
	}

	/** Without heartbeats, which come when they come. */
	get texts(): Frame[] {
		return this.frames
			.filter(({ opcode }) => opcode === 1)
			.map(({ payload }) => JSON.parse(payload.toString()) as Frame)
			.filter(({ event }) => event !== "heartbeat");
	}

	#read(data: Buffer): void {
		this.#rest = Buffer.concat([this.#rest, data]);
		const end = this.#upgraded ? -4 : this.#rest.indexOf("\r\n\r\n");
		if (end === -1) return;
		this.#upgraded = true;
		const { frames, bytes } = readWholeFrames(this.#rest.subarray(end + 4));
		this.frames.push(...frames);
		this.#rest = this.#rest.subarray(end + 4 + bytes);
	}
}

const rename = (lotId: string, name: string) =>
	running.app.inject({ method: "PATCH", url: `/api/lots/${lotId}`, payload: { name } });

const override = (lotId: string, spotId: string, occupied: boolean) =>
	running.app.inject({ method: "POST", url: `/api/lots/${lotId}/override`, payload: { spot_id: spotId, occupied } });

describe("the bytes on the wire", () => {
	test("are frames by the standard, whatever their length", async () => {
		const payload = { lot_id: "LARGE", name: "Größe", spots: 300 };
		await running.app.inject({ method: "POST", url: "/api/lots", payload });
		const client = new ByteClient("/ws?lot=LARGE");
		const first = (event: string) =>
			client.frames.find((frame) => frame.payload.toString().startsWith(`{"event":"${event}"`))?.payload;
		await expect.poll(() => first("snapshot")).toBeDefined();
		await override("LARGE", "SPOT300", true);
		clock.ms += heartbeatMs;
		running.gateway.hub.tick();
		await expect.poll(() => first("heartbeat")).toBeDefined();
		expect(first("heartbeat")?.length).toBeLessThan(126);
		expect(first("spot_update")?.length).toBeGreaterThan(125);
		expect(first("spot_update")?.length).toBeLessThan(65_536);
		expect(first("snapshot")?.length).toBeGreaterThan(65_535);
		expect(client.texts[0]).toMatchObject({ event: "snapshot", lot: { name: "Größe" } });
	});

	test("end with the close frame, whatever happens after it", async () => {
		const client = new ByteClient("/ws?lot=LOT001");
		await expect.poll(() => client.texts).toHaveLength(1);
		// A close frame without a reason, masked as clients must. The client does not hang up by itself, as a browser would.
		client.socket.write(Buffer.of(0x88, 0x80, 0, 0, 0, 0));
		await Promise.all(Array.from({ length: 20 }, (_, time) => override("LOT001", "SPOT001", time % 2 === 0)));
		await expect.poll(() => running.gateway.hub.state.clients).toBe(0);
		await override("LOT001", "SPOT002", true);
		await expect.poll(() => client.frames.at(-1)?.opcode).toBe(8);
		expect(client.frames.findIndex(({ opcode }) => opcode === 8)).toBe(client.frames.length - 1);
	});
});

describe("a client that stops reading", () => {
	/** A lot so large that a few snapshots are more than all buffers on the way hold; a client that does not read; and one that does. */
	async function stall() {
		const payload = { lot_id: "LARGE", name: "0", spots: 3000 };
		await running.app.inject({ method: "POST", url: "/api/lots", payload });
		const slow = new ByteClient("/ws?lot=LARGE");
		const quick = open("/ws?lot=LARGE");
		await expect.poll(() => slow.frames.length, { timeout: 5_000 }).toBeGreaterThan(0);
		await quick.next();
		slow.socket.pause();
		/** The other one has it at once. */
		const showName = async (name: string) => {
			await rename("LARGE", name);
			let frame = await quick.next();
			while (frame.event === "heartbeat") frame = await quick.next();
			expect(frame).toMatchObject({ event: "snapshot", lot: { name } });
		};
		for (let name = 1; running.gateway.hub.state.behind === 0; name++) {
			if (name > 50) throw new Error("expected the client to be behind after 50 snapshots");
			await showName(`${name}`);
		}
		return { slow, showName };
	}

	test("gets nothing more until it has caught up, then one snapshot of the newest", async () => {
		const { slow, showName } = await stall();
		for (let more = 1; more <= 5; more++) await showName(`${more} more`);
		slow.socket.resume();
		const caughtUp = () => {
			running.gateway.hub.tick();
			return running.gateway.hub.state.behind === 0;
		};
		await expect.poll(caughtUp, { timeout: 5_000 }).toBe(true);
		await override("LARGE", "SPOT0001", true);
		await expect.poll(() => slow.frames.at(-1)?.payload.includes('"spot_update"'), { timeout: 5_000 }).toBe(true);
		const [before, ...last] = slow.texts.slice(-3);
		expect(last.map(({ event }) => event)).toEqual(["snapshot", "spot_update"]);
		const newest = running.gateway.books.lot("LARGE")?.lot_version ?? Number.NaN;
		expect(last.map(({ lot_version }) => lot_version)).toEqual([newest - 1, newest]);
		expect(before?.lot_version).toBeLessThan(newest - 5);
	});

	test("is dropped after a while, and the others are not", async () => {
		const { slow, showName } = await stall();
		clock.ms += maxBehindMs;
		running.gateway.hub.tick();
		expect(running.gateway.hub.state).toMatchObject({ clients: 2, dropped: 0 });
		clock.ms += 1;
		running.gateway.hub.tick();
		expect(running.gateway.hub.state).toMatchObject({ clients: 1, dropped: 1 });
		const closed = once(slow.socket, "close");
		slow.socket.resume();
		await closed;
		await showName("still here");
	});
});

describe("a browser's socket", () => {
	let server: WebSocketServer;
	let browser: WebSocket;
	let theirs: WebSocket;
	let ours: BrowserSocket;
	let stream: Socket;
	const received: string[] = [];

	beforeEach(async () => {
		server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
		await once(server, "listening");
		browser = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
		received.length = 0;
		browser.on("message", (data) => received.push(String(data)));
		const [[socket, request]] = await Promise.all([once(server, "connection"), once(browser, "open")]);
		theirs = socket as WebSocket;
		stream = request.socket;
		ours = new BrowserSocket(theirs, stream);
	});
	afterEach(() => {
		browser.terminate();
		server.close();
	});

	test("sends frames among those that the library sends by itself", async () => {
		let pongs = 0;
		browser.on("pong", () => pongs++);
		for (let round = 0; round < 100; round++) {
			browser.ping();
			ours.write([textFrames([`${round} a`, `${round} b`]), textFrames([`${round} c`]), pingFrame]);
			theirs.send(`${round} d`);
			await new Promise((resolve) => setImmediate(resolve));
		}
		await expect.poll(() => [received.length, pongs]).toEqual([400, 100]);
		expect(received).toEqual(
			Array.from({ length: 100 }, (_, round) => ["a", "b", "c", "d"].map((part) => `${round} ${part}`)).flat(),
		);
	});

	test("sends nothing once it closes", async () => {
		ours.write([textFrames(["before"])]);
		ours.close(1001, "the end");
		const { bytesWritten } = stream;
		ours.write([textFrames(["after"])]);
		ours.write([textFrames(["after"]), pingFrame]);
		expect(stream.bytesWritten).toBe(bytesWritten);
		expect(await once(browser, "close")).toEqual([1001, Buffer.from("the end")]);
		ours.write([textFrames(["after"])]);
		expect(stream.bytesWritten).toBe(bytesWritten);
		expect(received).toEqual(["before"]);
	});

	test("counts the bytes that nobody has read, as the library does", async () => {
		browser.pause();
		const frame = textFrames(["x".repeat(behindBytes)]);
		let writes = 0;
		while (ours.bufferedAmount === 0 && writes < 200) {
			ours.write([frame]);
			writes++;
			await new Promise((resolve) => setImmediate(resolve));
		}
		expect(ours.bufferedAmount).toBeGreaterThan(0);
		ours.write([frame, frame]);
		expect(ours.bufferedAmount).toBeGreaterThanOrEqual(2 * frame.length);
		expect(ours.bufferedAmount).toBe(theirs.bufferedAmount);
		browser.resume();
		await expect.poll(() => ours.bufferedAmount, { timeout: 5_000 }).toBe(0);
	});
});
