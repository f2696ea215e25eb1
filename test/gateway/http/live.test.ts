import { connectAsync } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { startGateway } from "../app.ts";

let running: Awaited<ReturnType<typeof startGateway>>;
let url: string;

beforeEach(async () => {
	running = await startGateway();
	url = (await running.app.listen({ host: "127.0.0.1", port: 0 })).replace("http", "ws");
	await running.app.inject({ method: "POST", url: "/api/lots", payload: { lot_id: "LOT001", name: "One", spots: 3 } });
});
afterEach(() => running.close());

type Frame = { event: string; [field: string]: unknown };

/** A client whose frames can be awaited one by one. */
function open(path: string) {
	const socket = new WebSocket(`${url}${path}`);
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
