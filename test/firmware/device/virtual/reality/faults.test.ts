import { describe, expect, it } from "vitest";
import { traffic } from "../../../../../firmware/device/virtual/reality/comings.ts";
import * as fault from "../../../../../firmware/device/virtual/reality/faults.ts";
import { leaning } from "../../../../../firmware/device/virtual/reality/weather.ts";
import { classifyEcho, longestEchoUs, shortestEchoUs } from "../../../../../firmware/ranging.ts";
import { distances, every, type Heard, hours, listen, median, share } from "./listen.ts";

const silent = ({ cm }: Heard) => cm === null;

describe("a fault that leaves nothing to know", () => {
	const kinds = {
		deaf: { effect: fault.deaf, isSo: ({ echo_us }: Heard) => echo_us === 38_000 },
		unplugged: { effect: fault.unplugged, isSo: ({ echo_us }: Heard) => echo_us === null },
		stuckHigh: { effect: fault.stuckHigh, isSo: ({ echo_us }: Heard) => echo_us === null },
		leaf: { effect: fault.leaf, isSo: ({ cm }: Heard) => cm !== null && cm > 3 && cm < 5 },
		floatingPin: { effect: fault.floatingPin, isSo: ({ cm }: Heard) => cm === null || Math.abs(cm - 250) > 15 },
	};

	it.each(Object.entries(kinds))(
		"%s: pulses and truth say so, from its beginning to its end",
		(_name, { effect, isSo }) => {
			const { heard, truths } = listen({ hours: 0.3, effects: [effect({ fromH: 0.1, toH: 0.2 })] });
			expect(share(hours(heard, 0, 0.099), isSo)).toBeLessThan(0.02);
			expect(share(hours(heard, 0.101, 0.199), isSo)).toBeGreaterThan(0.97);
			expect(share(hours(heard, 0.201, 0.3), isSo)).toBeLessThan(0.02);
			expect(truths).toEqual([
				{ t: 0, spot: "SPOT001", truth: "free" },
				{ t: 360_000, spot: "SPOT001", truth: "free", unknowable: true },
				{ t: 720_000, spot: "SPOT001", truth: "free" },
			]);
		},
	);

	it("the true state is told all the same", () => {
		const { truths } = listen({
			hours: 1,
			effects: [traffic({ cycleMin: 5, vehicles: ["suv"], first: "free" }), fault.unplugged({ fromH: 0.2 })],
		});
		const later = truths.filter(({ t }) => t > 720_000);
		expect(later.length).toBeGreaterThan(5);
		expect(later.every(({ unknowable }) => unknowable === true)).toBe(true);
		expect(new Set(later.map(({ truth }) => truth))).toEqual(new Set(["free", "occupied"]));
	});

	it("floatingPin: pulses of every kind, in no order", () => {
		const { heard } = listen({ effects: [fault.floatingPin({ fromH: 0 })] });
		const kinds = new Set(heard.map(({ echo_us }) => classifyEcho(echo_us, false)));
		expect(kinds).toEqual(new Set(["ok", "no_echo", "too_short"]));
	});

	it("is one sensor's alone", () => {
		const { heard, truths } = listen({ spots: 3, effects: [fault.unplugged({ fromH: 0, sensor: 1 })] });
		const nulls = new Set(heard.filter(({ echo_us }) => echo_us === null).map(({ spot }) => spot));
		expect([...nulls]).toEqual(["SPOT002"]);
		expect(truths.filter(({ unknowable }) => unknowable).every(({ spot }) => spot === "SPOT002")).toBe(true);
	});
});

describe("a fault that leaves enough", () => {
	it("looseContact: a third of the pulses is missing", () => {
		const { heard, truths } = listen({ hours: 0.5, effects: [fault.looseContact({ fromH: 0 })] });
		expect(share(heard, ({ echo_us }) => echo_us === null)).toBeCloseTo(0.35, 1);
		expect(truths).toHaveLength(1);
	});

	it("triggerBleed: some pulses are shorter than sound could make", () => {
		const { heard } = listen({ hours: 0.5, effects: [fault.triggerBleed(0.1)] });
		const short = heard.filter(({ echo_us }) => (echo_us ?? 0) < shortestEchoUs);
		expect(short.length / heard.length).toBeCloseTo(0.1, 1);
		expect(short.every(({ echo_us }) => (echo_us ?? 0) >= 8)).toBe(true);
	});

	it("wifiJitter: some pulses are 10 to 2000 µs too long, none too short", () => {
		const late = listen({ hours: 0.5, effects: [fault.wifiJitter(0.2)] }).heard;
		const { heard } = listen({ hours: 0.5 });
		const lateUs = late.map(({ echo_us }, i) => (echo_us ?? 0) - (heard[i]?.echo_us ?? 0));
		expect(Math.min(...lateUs)).toBe(0);
		expect(share(lateUs, (us) => us >= 9)).toBeCloseTo(0.2, 1);
		expect(Math.max(...lateUs)).toBeGreaterThan(1000);
		expect(Math.max(...lateUs)).toBeLessThanOrEqual(2001);
	});

	it.each([
		["long", 80, 60_000, 71_000],
		["longest", 200, 101_000, 105_500],
	] as const)("clones: %s pulses where nothing is heard", (kind, readAfterMs, fromUs, toUs) => {
		const { heard } = listen({ hours: 0.3, effects: [leaning(24, 26), fault.clones(kind, readAfterMs)] });
		const none = heard.flatMap(({ echo_us }) => (echo_us !== null && echo_us > longestEchoUs ? [echo_us] : []));
		expect(none.length).toBeGreaterThan(20);
		expect(Math.min(...none)).toBeGreaterThan(fromUs - 200);
		expect(Math.max(...none)).toBeLessThan(toUs);
	});

	it.each(["longest", "endless"] as const)(
		"clones: %s pulses have not ended when a board reads after 80 ms",
		(kind) => {
			const { heard } = listen({ effects: [leaning(24, 26), fault.clones(kind)] });
			expect(heard.filter(silent).length).toBeGreaterThan(10);
			expect(heard.filter(silent).every(({ echo_us }) => echo_us === null)).toBe(true);
		},
	);

	it("clones: mixed ones differ from sensor to sensor", () => {
		const { heard } = listen({ spots: 3, effects: [leaning(25, 26), fault.clones("mixed")] });
		const first = heard.filter(({ spot, cm }) => spot === "SPOT001" && cm === null);
		const second = heard.filter(({ spot, cm }) => spot === "SPOT002" && cm === null);
		expect([first[0]?.echo_us === null, second[0]?.echo_us === null]).toEqual([false, true]);
	});

	it("spiders: something 3 to 17 cm away is heard on some pings, for minutes at a time", () => {
		const { heard, truths } = listen({ hours: 4, effects: [fault.spiders(0.5)] });
		const near = heard.filter(({ cm }) => cm !== null && cm < 100);
		expect(near.length / heard.length).toBeGreaterThan(0.02);
		expect(near.length / heard.length).toBeLessThan(0.9);
		expect(near.every(({ cm }) => cm !== null && cm > 2 && cm < 17)).toBe(true);
		expect(truths).toHaveLength(1);
	});

	it("dirt: the floor answers ever less often", () => {
		const { heard } = listen({ heightCm: [300, 300], hours: 2, effects: [fault.dirt(16)] });
		expect(share(hours(heard, 0, 0.5), silent)).toBeLessThan(0.05);
		expect(share(hours(heard, 1.8, 2), silent)).toBeGreaterThan(0.5);
	});

	it("wetMembrane: echoes are lost, and its own ringing is heard, until it has dried", () => {
		const { heard } = listen({ hours: 0.6, effects: [fault.wetMembrane({ fromH: 0.2, toH: 0.4 })] });
		const ringing = ({ cm }: Heard) => cm !== null && cm < 6;
		expect(share(hours(heard, 0, 0.2), ringing)).toBe(0);
		expect(share(hours(heard, 0.2, 0.4), ringing)).toBeCloseTo(0.15, 1);
		expect(share(hours(heard, 0.41, 0.6), ringing)).toBe(0);
	});
});

describe("a board", () => {
	const gaps = (heard: readonly Heard[]) => heard.map(({ t }, i) => t - (heard[i - 1]?.t ?? t));

	it("reboots: measures nothing for 2 to 30 s at a time", () => {
		const long = gaps(listen({ hours: 6, effects: [fault.reboots(0.5)] }).heard).filter((ms) => ms > 1000);
		expect(long.length).toBeGreaterThan(4);
		expect(Math.min(...long)).toBeGreaterThan(2000);
		expect(Math.max(...long)).toBeLessThan(31_000);
	});

	it("lostSamples: a share of the samples is missing", () => {
		const all = listen({ hours: 1 }).heard.length;
		const some = listen({ hours: 1, effects: [fault.lostSamples(0.1)] }).heard.length;
		expect(some / all).toBeGreaterThan(0.82);
		expect(some / all).toBeLessThan(0.92);
	});
});

describe("other sensors' sound", () => {
	const ghost = ({ cm }: Heard) => cm !== null && cm < 230;
	const hasty = { slotMs: [30, 30], sweepMs: [250, 250] } as const;

	it("ownCrosstalk: is heard by boards that fire every 30 ms, and by none that waits 80", () => {
		const told = { spots: 4, effects: [fault.ownCrosstalk()] };
		const { heard } = listen({ ...told, cadence: hasty });
		expect(share(heard, ghost)).toBeGreaterThan(0.05);
		expect(share(listen(told).heard, ghost)).toBe(0);
	});

	it("foreignCrosstalk: ghosts come at any distance where the periods have nothing to do with each other", () => {
		const { heard } = listen({ hours: 1, effects: [fault.foreignCrosstalk()] });
		const ghosts = heard.filter(ghost);
		expect(ghosts.length / heard.length).toBeGreaterThan(0.01);
		expect(ghosts.length / heard.length).toBeLessThan(0.3);
		const cm = distances(ghosts);
		expect(Math.max(...cm) - Math.min(...cm)).toBeGreaterThan(150);
	});

	it("foreignCrosstalk: a ghost drifts slowly where the periods nearly agree", () => {
		const { heard } = listen({ hours: 4, cadence: every(250), effects: [fault.foreignCrosstalk(62.5)] }, 3);
		const ghosts = heard.filter(ghost);
		const steps = ghosts.slice(1).map(({ cm }, i) => Math.abs((cm ?? 0) - (ghosts[i]?.cm ?? 0)));
		expect(ghosts.length).toBeGreaterThan(200);
		expect(median(steps)).toBeLessThan(2);
	});
});
