/** Networks that delay, trickle, swallow and cut. */
import { between } from "../../../firmware/device/virtual/random.ts";
import type { Direction, Network } from "../network.ts";
import type { Site } from "../site.ts";
import { type Faults, pause, pick } from "./fault.ts";

export const networkFaults: Faults = {
	"network cut": {
		touches: ["network"],
		async inject(site, random) {
			const networks = networksOf(site);
			for (const network of networks) network.open = false;
			await Promise.all(networks.map((network) => network.cut()));
			await pause(between(random, 0, 2000));
			for (const network of networks) network.open = true;
		},
	},
	"network cut in mid-packet": {
		touches: ["network"],
		async inject(site) {
			await Promise.all(networksOf(site).map((network) => network.cut({ midPacket: true })));
		},
	},
	"network slow, then cut": {
		touches: ["network"],
		async inject(site, random) {
			const networks = networksOf(site);
			for (const network of networks) network.delayMs = between(random, 20, 150);
			await pause(between(random, 300, 1500));
			// Confirmations that are on their way are lost.
			await Promise.all(networks.map((network) => network.cut()));
			for (const network of networks) network.delayMs = 0;
		},
	},
	"network trickles": {
		touches: ["network"],
		async inject(site, random) {
			const networks = networksOf(site);
			for (const network of networks) network.drips = true;
			await pause(between(random, 300, 1500));
			for (const network of networks) network.drips = false;
		},
	},
	/** Keepalive must find it: nobody is told. */
	"network swallows everything": {
		touches: ["network"],
		inject: (site, random) => hushed(site.boardNetwork, ["up", "down"], between(random, 500, 2500)),
	},
	/** Reports arrive and nobody hears of it, or the other way round. */
	"network half-open": {
		touches: ["network"],
		inject: (site, random) =>
			hushed(site.boardNetwork, [pick<Direction>(["up", "down"], random)], between(random, 500, 2500)),
	},
};

/** Between the gateway and a broker that is a process of its own. */
export const brokerNetworkFaults: Faults = {
	/** As long as the gateway's own keepalive takes to find it: half a minute. */
	"gateway's line to the broker dies in silence": {
		touches: ["network", "broker", "gateway"],
		async inject({ gatewayNetwork }, random) {
			if (gatewayNetwork === null) return;
			const directions = pick<Direction[]>([["up", "down"], ["up"], ["down"]], random);
			await hushed(gatewayNetwork, directions, between(random, 200, 1000));
		},
	},
};

async function hushed(network: Network, directions: Direction[], ms: number): Promise<void> {
	network.hush(directions);
	await pause(ms);
	network.unhush();
}

function networksOf({ boardNetwork, gatewayNetwork, pageNetwork }: Site): Network[] {
	return gatewayNetwork === null ? [boardNetwork, pageNetwork] : [boardNetwork, gatewayNetwork, pageNetwork];
}
