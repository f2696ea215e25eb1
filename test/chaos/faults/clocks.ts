/** Wall clocks that jump by a day, there and back. */
import { between } from "../../../firmware/device/virtual/random.ts";
import { type Faults, pause, pick } from "./fault.ts";

const dayMs = 86_400_000;

/** Long enough for the gateway to look after its live connections, ms: it does so every second. */
const lookMs = 1_300;

export const clockFaults: Faults = {
	"gateway's clock jumps a day": {
		touches: ["gateway"],
		async inject(site, random, alone) {
			const lost = () => site.pages.reduce((sum, page) => sum + page.lost, 0);
			const before = lost();
			const away = pick([dayMs, -dayMs], random);
			for (const offMs of [site.clock.offMs + away, site.clock.offMs]) {
				await site.setClock(offMs);
				await pause(lookMs);
			}
			if (alone && lost() !== before)
				throw new Error(`expected pages to stay connected, ${lost() - before} lost their line`);
		},
	},
	/** The clock is set while the gateway is down, and stays so for the rounds to come. */
	"gateway restarted on another day": {
		touches: ["gateway"],
		async inject(site, random) {
			const offMs = pick(
				[dayMs, 0, -dayMs].filter((choice) => choice !== site.clock.offMs),
				random,
			);
			// Nothing may be left that ends by the old time: it is known only while the gateway runs.
			if (offMs < site.clock.offMs) await site.setClock(offMs);
			await pick([() => site.gateway.kill(), () => site.gateway.stop()], random)();
			if (offMs !== site.clock.offMs) await site.setClock(offMs);
			await site.startGateway();
		},
	},
	"boards' clocks jump a day": {
		touches: ["boards' clocks"],
		async inject({ boards }, random) {
			for (const process of boards) process.tell({ jumpMs: pick([dayMs, -dayMs], random) });
			await pause(between(random, 100, 500));
		},
	},
};
