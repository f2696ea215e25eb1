/** Processes that die, stand still, or start anew. */
import { between } from "../../../firmware/device/virtual/random.ts";
import { type Faults, pause, pick } from "./fault.ts";

export const processFaults: Faults = {
	"gateway killed": {
		touches: ["gateway"],
		async inject(site, random) {
			await site.gateway.kill();
			await pause(between(random, 0, 800));
			await site.startGateway();
		},
	},
	"gateway killed while starting": {
		touches: ["gateway"],
		async inject(site, random) {
			await site.gateway.kill();
			site.gateway.launch();
			await pause(between(random, 20, 1500));
			await site.gateway.kill();
			await site.startGateway();
		},
	},
	"gateway frozen": {
		touches: ["gateway"],
		async inject({ gateway }, random) {
			gateway.freeze();
			await pause(between(random, 500, 3500));
			gateway.thaw();
		},
	},
	"gateway restarted": {
		touches: ["gateway"],
		async inject(site) {
			await site.gateway.stop();
			await site.startGateway();
		},
	},
	"boards killed": {
		touches: ["boards"],
		async inject({ boards }, random) {
			const process = pick(boards, random);
			await process.kill();
			await pause(between(random, 0, 500));
			process.launch();
		},
	},
	"boards' memory erased": {
		touches: ["boards"],
		async inject({ boards }, random) {
			const process = pick(boards, random);
			await process.kill();
			process.forget();
			process.launch();
		},
	},
};

/** Only a broker that is a process of its own has these. */
export const brokerFaults: Faults = {
	"broker killed": {
		touches: ["broker"],
		async inject(site, random) {
			await site.mosquitto?.stop("SIGKILL");
			site.brokerForgot = true;
			await pause(between(random, 0, 1000));
			await site.mosquitto?.restart();
		},
	},
	"broker restarted": {
		touches: ["broker"],
		async inject(site) {
			await site.mosquitto?.stop("SIGTERM");
			site.brokerForgot = true;
			await site.mosquitto?.restart();
		},
	},
	"broker frozen": {
		touches: ["broker"],
		async inject({ mosquitto }, random) {
			mosquitto?.freeze();
			await pause(between(random, 500, 3500));
			mosquitto?.thaw();
		},
	},
	"broker and gateway killed": {
		touches: ["broker", "gateway"],
		async inject(site, random) {
			await Promise.all([site.mosquitto?.stop("SIGKILL"), site.gateway.kill()]);
			site.brokerForgot = true;
			await pause(between(random, 0, 500));
			const started = site.startGateway();
			await site.mosquitto?.restart();
			await started;
		},
	},
};
