/** What can go wrong, one after the other. Each fault is over when its promise resolves: everything is up and the network open. */
import { between, type Random } from "../../firmware/device/virtual/random.ts";
import type { BoardProcess } from "./board-process.ts";
import type { BrokerKind, Site } from "./site.ts";

type Inject = (site: Site, random: Random) => Promise<void>;

/** By name; the table counts them under it. */
const everywhere: Record<string, Inject> = {
	"gateway killed": async ({ gateway }, random) => {
		await gateway.kill();
		await pause(between(random, 0, 800));
		gateway.launch();
		await gateway.ready();
	},
	"gateway killed while starting": async ({ gateway }, random) => {
		await gateway.kill();
		gateway.launch();
		await pause(between(random, 20, 1500));
		await gateway.kill();
		gateway.launch();
		await gateway.ready();
	},
	"gateway frozen": async ({ gateway }, random) => {
		gateway.freeze();
		await pause(between(random, 500, 3500));
		gateway.thaw();
	},
	"gateway restarted": async ({ gateway }) => {
		await gateway.restart();
	},
	"boards killed": async ({ boards }, random) => {
		const process = pick(boards, random);
		await process.kill();
		await pause(between(random, 0, 500));
		process.launch();
	},
	"boards' memory erased": async ({ boards }, random) => {
		const process = pick(boards, random);
		await process.kill();
		process.forget();
		process.launch();
	},
	"network cut": async (site, random) => {
		const networks = networksOf(site);
		for (const network of networks) network.open = false;
		await Promise.all(networks.map((network) => network.cut()));
		await pause(between(random, 0, 2000));
		for (const network of networks) network.open = true;
	},
	"network cut in mid-packet": async (site) => {
		await Promise.all(networksOf(site).map((network) => network.cut({ midPacket: true })));
	},
	"network slow, then cut": async (site, random) => {
		const networks = networksOf(site);
		for (const network of networks) network.delayMs = between(random, 20, 150);
		await pause(between(random, 300, 1500));
		// Confirmations that are on their way are lost.
		await Promise.all(networks.map((network) => network.cut()));
		for (const network of networks) network.delayMs = 0;
	},
};

const withMosquitto: Record<string, Inject> = {
	"broker killed": async (site, random) => {
		await site.mosquitto?.stop("SIGKILL");
		site.brokerForgot = true;
		await pause(between(random, 0, 1000));
		await site.mosquitto?.restart();
	},
	"broker restarted": async (site) => {
		await site.mosquitto?.stop("SIGTERM");
		site.brokerForgot = true;
		await site.mosquitto?.restart();
	},
	"broker frozen": async ({ mosquitto }, random) => {
		mosquitto?.freeze();
		await pause(between(random, 500, 3500));
		mosquitto?.thaw();
	},
	"broker and gateway killed": async (site, random) => {
		await Promise.all([site.mosquitto?.stop("SIGKILL"), site.gateway.kill()]);
		site.brokerForgot = true;
		await pause(between(random, 0, 500));
		site.gateway.launch();
		await site.mosquitto?.restart();
		await site.gateway.ready();
	},
};

export interface Fault {
	name: string;
	inject: Inject;
}

/** All faults that a site with this broker can have, in a fixed order. */
export function faultsFor(broker: BrokerKind): Fault[] {
	const known = broker === "embedded" ? everywhere : { ...everywhere, ...withMosquitto };
	return Object.entries(known).map(([name, inject]) => ({ name, inject }));
}

/** Gives every fault once before it gives one again, in an order that the seed decides. */
export function* deal(faults: readonly Fault[], random: Random): Generator<Fault, never> {
	for (;;) {
		const left = [...faults];
		while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1);
	}
}

function networksOf({ boardNetwork, gatewayNetwork }: Site) {
	return gatewayNetwork === null ? [boardNetwork] : [boardNetwork, gatewayNetwork];
}

function pick(processes: readonly BoardProcess[], random: Random): BoardProcess {
	const process = processes[Math.floor(random() * processes.length)];
	if (process === undefined) throw new Error("there are no boards");
	return process;
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
