/** How much memory the app takes, and that it takes no more as time goes by. */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { heapLimitBytes } from "../../../firmware/tool/figures.ts";
import { Mosquitto, mosquittoMissing } from "../../support/mosquitto.ts";
import { until } from "../../support/processes.ts";
import { Gateway } from "./gateway.ts";
import { buildApp, buildDeadlineMs, buildHost, simulatorMissing } from "./sdk.ts";
import { Simulator } from "./simulator.ts";

/** Times faster than life. */
const speed = 40;

const virtualMinutes = 10;

/** Slots of the engine take twice as much on a 64-bit computer as on a board. */
const boardShare = 16 / 32;

interface Sample {
	slots: number;
	chunks: number;
}

/** Reports that wait come and go, bytes: what stays is the same to a few. */
const waitingBytes = 1024;

/** What an instrumented build tells of its memory each second, bytes. */
function samplesOf(traces: readonly string[]): Sample[] {
	const key = "instruments key: ";
	const names =
		traces
			.find((line) => line.startsWith(key))
			?.slice(key.length)
			.split(",") ?? [];
	return traces
		.filter((line) => line.startsWith("instruments: "))
		.map((line) => {
			const values = line.slice("instruments: ".length).split(",").map(Number);
			const of = (name: string) => values[names.indexOf(name)] ?? Number.NaN;
			return { slots: of("Slot used") * boardShare, chunks: of("Chunk used") };
		});
}

beforeEach((ctx) => ctx.skip(simulatorMissing !== null, simulatorMissing ?? ""));

describe("the app's memory", () => {
	beforeEach((ctx) => ctx.skip(mosquittoMissing !== null, mosquittoMissing ?? ""));

	it(
		"stays the same through ten minutes of traffic at eight spots, and below 40 KB",
		async () => {
			const { library } = await buildApp("instrument", [`speed=${speed}`]);
			const broker = await Mosquitto.start();
			const gateway = await Gateway.start(broker.url);
			const host = await buildHost();
			const simulator = new Simulator(host, library, dirname(host), ["collect"]);
			try {
				const spots = Array.from({ length: 8 }, (_, index) => ({ spot_id: `SPOT00${index + 1}`, height_cm: 220 }));
				simulator.tell({ settings: { board_id: "memory", lot_id: "LOT001", spots, broker_url: broker.url } });
				await simulator.connected();
				let samples: Sample[] = [];
				let cars = 0;
				const passed = () => {
					const index = cars % 8;
					simulator.tell({ sensor: { index, distance_cm: Math.floor(cars++ / 8) % 2 === 0 ? 70 : 220 } });
					samples = samplesOf(simulator.traces);
					return samples.length >= (virtualMinutes * 60) / speed;
				};
				await until("ten minutes", passed, { everyMs: 150, deadlineMs: 60_000 });
				expect(gateway.reports.length).toBeGreaterThan(40);
				// The first ones tell of the start.
				const later = samples.slice(4);
				const live = later.map(({ slots, chunks }) => slots + chunks);
				const most = later[live.indexOf(Math.max(...live))];
				console.log(
					`live heap with 8 spots: at most ${most?.slots} bytes of slots (16 each), ${most?.chunks} of chunks`,
				);
				expect(Math.max(...live)).toBeLessThanOrEqual(heapLimitBytes);
				const third = Math.floor(live.length / 3);
				const growth = Math.min(...live.slice(-third)) - Math.min(...live.slice(0, third));
				expect(growth).toBeLessThanOrEqual(waitingBytes);
			} finally {
				await simulator.close();
				await gateway.close();
				await broker.close();
				rmSync(dirname(host), { recursive: true, force: true });
			}
		},
		buildDeadlineMs + 60_000,
	);
});

it(
	"builds for the debugger",
	async () => {
		const { library } = await buildApp("debug");
		expect(library).toContain("/debug/");
	},
	buildDeadlineMs,
);
