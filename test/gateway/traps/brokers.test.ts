/** Traps that brokers lay: they die, forget, remember what is over, and tell of a connection's end when the next one has begun. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BoardStatus, LedCommand } from "../../../firmware/messages.ts";
import { override } from "../../../gateway/lots/manage.ts";
import { Network } from "../../chaos/network.ts";
import { mosquittoMissing } from "../../support/mosquitto.ts";
import { until } from "../../support/processes.ts";
import { lotId, Site } from "./site.ts";

let site: Site;
let network: Network | null;

beforeEach(() => {
	network = null;
});
afterEach(async () => {
	await site?.close();
	await network?.close();
});

/** What the broker keeps, by topic; asks until `isEnough`. */
async function retained(isEnough: (kept: Map<string, string>) => boolean): Promise<Map<string, string>> {
	const kept = new Map<string, string>();
	const client = mqtt.connect(site.url, { reconnectPeriod: 20 });
	client.on("message", (topic, payload) => kept.set(topic, payload.toString()));
	client.on("connect", () => client.subscribe("parkmate/#", { qos: 1 }));
	client.on("error", () => {});
	try {
		await until("what the broker should keep", () => isEnough(kept));
	} finally {
		await client.endAsync(true);
	}
	return kept;
}

const colorOf = (kept: Map<string, string>, spotId: string) => {
	const text = kept.get(`parkmate/led/command/${lotId}/${spotId}`);
	return text === undefined ? undefined : (JSON.parse(text) as LedCommand).color;
};
const statusOf = (kept: Map<string, string>, boardId = "b1") => {
	const text = kept.get(`parkmate/board/${boardId}/status`);
	return text === undefined ? undefined : (JSON.parse(text) as BoardStatus);
};

describe("Mosquitto", () => {
	beforeEach((context) => context.skip(mosquittoMissing !== null, mosquittoMissing ?? ""));

	test("that loses its memory gets lamps, board status and subscriptions again, and what was not confirmed is stored once", async () => {
		site = await Site.start({ mosquitto: {} });
		const board = site.board();
		board.say(0, "occupied");
		board.say(1, "free");
		const { clock } = site.gateway;
		await site.gateway.write((draft) =>
			override(draft, lotId, "SPOT003", { occupied: true, reserved: true }, clock.now()),
		);
		await until("confirmed reports", () => board.link.outboxSize === 0);
		site.store.pause();
		board.say(0, "free");
		await until("a report that waits for the store", () => site.gateway.ingest.counts.received === 4);
		await site.mosquitto?.stop("SIGKILL");
		board.say(1, "occupied");
		await site.mosquitto?.restart();
		site.store.resume();
		await until("confirmed reports", () => board.link.outboxSize === 0);
		const kept = await retained(
			(now) =>
				colorOf(now, "SPOT001") === "green" && colorOf(now, "SPOT002") === "red" && colorOf(now, "SPOT003") === "blue",
		);
		expect(statusOf(kept)).toMatchObject({ online: true, boot: 1, spots: ["SPOT001", "SPOT002"] });
		expect((await site.history("SPOT001")).map(({ state }) => state)).toEqual(["occupied", "free"]);
		expect((await site.history("SPOT002")).map(({ state }) => state)).toEqual(["free", "occupied"]);
	});

	test("that dies between its PUBACK and the gateway's read loses nothing", async () => {
		site = await Site.start({
			mosquitto: {},
			gatewayUrl: async (port) => {
				network = await Network.start(port);
				return `mqtt://127.0.0.1:${network.port}`;
			},
		});
		const board = site.board();
		await until("the board at the gateway", () => site.gateway.boards.board("b1")?.online);
		network?.hush(["down"]);
		board.say(0, "occupied");
		// What the broker passes on to others it has acknowledged.
		await retained((kept) => kept.has(`parkmate/spot/status/${lotId}/SPOT001`));
		expect(site.gateway.ingest.counts.received).toBe(1);
		await site.mosquitto?.stop("SIGKILL");
		await network?.cut();
		network?.unhush();
		await site.mosquitto?.restart();
		await until("a confirmed report", () => board.link.outboxSize === 0);
		expect((await site.history()).map(({ state, seq }) => [state, seq])).toEqual([["occupied", 1]]);
	});

	test("that is restored from an old snapshot replays reports of an earlier start in vain", async () => {
		const folder = mkdtempSync(join(tmpdir(), "parkmate-snapshot-"));
		const [memory, snapshot] = [join(folder, "mosquitto.db"), join(folder, "snapshot")];
		try {
			site = await Site.start({ mosquitto: { config: ["persistence true", `persistence_location ${folder}/`] } });
			const first = site.board({ boot: 1 });
			first.say(0, "occupied");
			first.say(1, "occupied");
			await until("confirmed reports", () => first.link.outboxSize === 0);
			await retained((kept) => colorOf(kept, "SPOT001") === "red");
			await site.mosquitto?.stop("SIGTERM");
			copyFileSync(memory, snapshot);
			await site.mosquitto?.restart();
			await first.close();
			const second = site.board({ boot: 2 });
			second.say(0, "free");
			await until("a confirmed report", () => second.link.outboxSize === 0);
			await second.close();
			await until("the board's goodbye", () => site.gateway.boards.board("b1")?.online === false);
			const before = await site.history();
			await site.mosquitto?.stop("SIGKILL");
			copyFileSync(snapshot, memory);
			await site.mosquitto?.restart();
			await until("the replay", () => site.gateway.ingest.counts.refused.old_boot);
			expect(site.state("SPOT001")).toBe("free");
			expect(await site.history()).toEqual(before);
			await retained((kept) => colorOf(kept, "SPOT001") === "green");
			expect(site.gateway.boards.board("b1")).toMatchObject({ online: false, boot: 2 });
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

describe.each([
	{ name: "embedded broker", options: {}, missing: null },
	{ name: "Mosquitto", options: { mosquitto: {} }, missing: mosquittoMissing },
])("$name", ({ options, missing }) => {
	beforeEach((context) => context.skip(missing !== null, missing ?? ""));

	test("the will of a connection that died unnoticed does not outlive the next one's birth", async () => {
		site = await Site.start(options);
		network = await Network.start(Number(new URL(site.url).port));
		site.board({ url: `mqtt://127.0.0.1:${network.port}` });
		await until("the board at the gateway", () => site.gateway.boards.board("b1")?.online);
		network.hush(["up", "down"]);
		// The same start of the same board, back over another connection.
		site.board();
		await until("birth, will and birth", () => site.gateway.ingest.counts.received === 3);
		expect(site.gateway.boards.board("b1")?.online).toBe(true);
		expect(statusOf(await retained((kept) => kept.has("parkmate/board/b1/status")))?.online).toBe(true);
	});
});
