/** Trap: the store stands still for longer than 1.5 × keepalive, after which a broker, or a client, gives a silent connection up. */
import mqtt, { type MqttClient } from "mqtt";
import { expect, type TestContext, test } from "vitest";
import { maxUnacknowledged } from "../../../gateway/broker/limits.ts";
import { mosquittoMissing } from "../../support/mosquitto.ts";
import { until } from "../../support/processes.ts";
import { Site, type SiteOptions } from "./site.ts";

/** What both sides of every connection here agree on, s. */
const keepaliveS = 2;

async function start({ onTestFinished }: TestContext, options: SiteOptions = {}): Promise<Site> {
	const site = await Site.start({ keepaliveS, ...options });
	onTestFinished(() => site.close());
	await until("the gateway at its broker", () => site.gateway.broker.state.connected);
	return site;
}

async function connect(
	{ onTestFinished }: TestContext,
	site: Site,
): Promise<{ client: MqttClient; closes: () => number }> {
	const client = mqtt.connect(site.url, { keepalive: keepaliveS, reconnectPeriod: 0 });
	onTestFinished(() => client.endAsync(true));
	let closes = 0;
	client.on("close", () => closes++);
	await new Promise((resolve, reject) => client.once("connect", resolve).once("error", reject));
	return { client, closes: () => closes };
}

/** Waits until somebody who says nothing was answered pings for longer than 1.5 × keepalive. */
async function outlastKeepalive(context: TestContext, site: Site): Promise<void> {
	const { client } = await connect(context, site);
	const start = performance.now();
	let pings = 0;
	client.on("packetreceive", ({ cmd }) => {
		if (cmd === "pingresp") pings++;
	});
	await until("answered pings", () => pings >= 2 && performance.now() - start > 1_700 * keepaliveS);
}

/** A board says `count` reports of SPOT001, each a change; gives their PUBACKs. */
function sayReports(client: MqttClient, count: number): Promise<unknown>[] {
	return Array.from({ length: count }, (_, index) => {
		const report = { spot_id: "SPOT001", occupied: index % 2 === 0, board_id: "b1", boot: 1, seq: index + 1 };
		return client.publishAsync("parkmate/spot/status/LOT001/SPOT001", JSON.stringify(report), { qos: 1 });
	});
}

/** All of them, or the newest thousand: once, in order. */
async function expectStoredOnce(site: Site, count: number): Promise<void> {
	await until("the last report in the history", async () => (await site.history()).at(-1)?.seq === count);
	const seqs = (await site.history()).map(({ seq }) => seq);
	expect(seqs).toHaveLength(Math.min(count, 1000));
	expect(seqs).toEqual(seqs.map((_, index) => count - seqs.length + 1 + index));
	expect(site.gateway.ingest.counts.duplicates).toBe(0);
}

test.concurrent("at the embedded broker sensors stay connected, get their PUBACKs after the pause, and are stored once", async (context) => {
	const site = await start(context);
	const { client, closes } = await connect(context, site);
	site.store.pause();
	let acknowledged = 0;
	const published = sayReports(client, 5).map((puback) => puback.then(() => acknowledged++));
	await outlastKeepalive(context, site);
	expect([closes(), acknowledged, site.gateway.ingest.counts.received]).toEqual([0, 0, 5]);
	site.store.resume();
	await Promise.all(published);
	await expectStoredOnce(site, 5);
});

test.concurrent.for([
	{ reports: "a few reports", count: 5 },
	{ reports: "more reports than are taken unacknowledged", count: maxUnacknowledged + 200 },
])("at Mosquitto the gateway stays connected while $reports wait, and stores them once", async ({ count }, context) => {
	context.skip(mosquittoMissing !== null, mosquittoMissing ?? "");
	const site = await start(context, { mosquitto: { config: ["max_inflight_messages 5000", "max_queued_messages 0"] } });
	const { client } = await connect(context, site);
	site.store.pause();
	await Promise.all(sayReports(client, count));
	await outlastKeepalive(context, site);
	site.store.resume();
	await expectStoredOnce(site, count);
	expect(site.log.lines.filter(({ message }) => message.includes("the broker is away"))).toEqual([]);
});
