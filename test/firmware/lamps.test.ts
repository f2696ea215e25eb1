import { describe, expect, it } from "vitest";
import {
	blinkMs,
	breathLevel,
	breathMs,
	fastBlinkMs,
	frameMs,
	gapMs,
	type LampOutput,
	Lamps,
	networkGaps,
	type Signal,
} from "../../firmware/lamps.ts";
import type { LampColor } from "../../firmware/messages.ts";
import { VirtualTime } from "./virtual-time.ts";

class FakeLamp implements LampOutput {
	readonly shown: [color: LampColor, level: number][] = [];

	set(color: LampColor, level: number): void {
		this.shown.push([color, level]);
	}

	get level(): number {
		return this.shown.at(-1)?.[1] ?? 0;
	}
}

function setUp(count = 1) {
	const time = new VirtualTime();
	const outputs = Array.from({ length: count }, () => new FakeLamp());
	const [lamp = new FakeLamp()] = outputs;
	return { time, outputs, lamp, lamps: new Lamps({ outputs, timer: time }) };
}

describe("lamps", () => {
	it("are dark until something is shown", () => {
		const { time, lamp } = setUp();
		time.advance(5000);
		expect(lamp.shown).toEqual([]);
	});

	it("shows a steady colour once and then rests", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "green", "steady");
		lamps.show(0, "green", "steady");
		time.advance(60_000);
		expect(lamp.shown).toEqual([["green", 1]]);
		expect(time.pending).toBe(0);
	});

	it("blinks once a second", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "amber", "blink");
		time.advance(4 * blinkMs - 1);
		expect(lamp.shown).toEqual([
			["amber", 1],
			["amber", 0],
			["amber", 1],
			["amber", 0],
		]);
	});

	it("shows a colour at once when it begins in the dark half of a blink", () => {
		const { time, lamp, lamps } = setUp();
		time.advance(blinkMs);
		lamps.show(0, "red", "blink");
		expect(lamp.level).toBe(0);
		time.advance(blinkMs);
		expect(lamp.shown.at(-1)).toEqual(["red", 1]);
	});

	it("breathes between full and a level at which the colour is still seen", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "blue", "breathe");
		time.advance(breathMs);
		const levels = lamp.shown.map(([, level]) => level);
		expect(Math.max(...levels)).toBe(1);
		expect(Math.min(...levels)).toBeCloseTo(breathLevel, 5);
		expect(levels.length).toBe(breathMs / frameMs + 1);
	});

	it("blinks in step", () => {
		const { time, outputs, lamps } = setUp(2);
		lamps.show(0, "amber", "blink");
		time.advance(130);
		lamps.show(1, "amber", "blink");
		for (let i = 0; i < 40; i++) {
			time.advance(70);
			expect(outputs[0]?.level).toBe(outputs[1]?.level);
		}
	});

	it("blinks fast in its own colour to be found, and then goes on", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "red", "steady");
		lamps.signal(0, "identify", 10 * fastBlinkMs);
		time.advance(10 * fastBlinkMs);
		expect(lamp.shown.map(([, level]) => level)).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
		time.advance(10_000);
		expect(lamp.shown.at(-1)).toEqual(["red", 1]);
		expect(time.pending).toBe(0);
	});

	/** What a lamp showed at each change while it gave a signal over a free spot. */
	function during(signal: Signal): [color: LampColor, level: number][] {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "green", "steady");
		lamps.showNetwork(networkGaps.noBroker);
		time.advance(gapMs.every);
		lamp.shown.length = 0;
		lamps.signal(0, signal, 3000);
		time.advance(2999);
		const shown = [...lamp.shown];
		time.advance(1);
		expect(lamp.shown.at(-1)).toEqual(["green", 1]);
		return shown;
	}
	const times = (count: number, ...shown: [LampColor, number][]) => Array.from({ length: count }, () => shown).flat();

	it("goes from blue to amber and back while its floor is learnt, and is never dark", () => {
		expect(during("learning")).toEqual(times(3, ["blue", 1], ["amber", 1]));
	});

	it("blinks slowly and green when it has learnt, fast and amber when it could not", () => {
		// Green it was already.
		expect(during("learnt")).toEqual([["green", 0], ...times(2, ["green", 1], ["green", 0])]);
		expect(during("not_learnt")).toEqual(times(8, ["amber", 1], ["amber", 0]).slice(0, 15));
	});

	it("gives the last signal of two", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "red", "steady");
		lamps.signal(0, "learning", 20_000);
		lamps.signal(0, "identify", 1000);
		time.advance(fastBlinkMs);
		expect(lamp.shown.at(-1)).toEqual(["red", 0]);
		time.advance(1000);
		expect(lamp.shown.at(-1)).toEqual(["red", 1]);
		expect(time.pending).toBe(0);
	});

	it("gives a signal before it was ever lit, and none when it is closed", () => {
		const { time, lamp, lamps } = setUp();
		lamps.signal(0, "learning", 1000);
		expect(lamp.shown).toEqual([["blue", 1]]);
		lamps.close();
		lamps.signal(0, "learning", 1000);
		time.advance(2000);
		expect(lamp.level).toBe(0);
		expect(time.pending).toBe(0);
	});

	it("shows a change of colour while it is found", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "red", "steady");
		lamps.signal(0, "identify", 1000);
		lamps.show(0, "green", "steady");
		time.advance(2 * fastBlinkMs);
		expect(lamp.shown.at(-1)).toEqual(["green", 1]);
	});

	it("says nothing to lamps that have nothing new to show", () => {
		const { time, outputs, lamps } = setUp(2);
		lamps.show(0, "red", "steady");
		lamps.show(0, "green", "steady");
		lamps.show(1, "blue", "breathe");
		time.advance(breathMs);
		expect(outputs[0]?.shown).toEqual([
			["red", 1],
			["green", 1],
		]);
	});

	it("keeps a blink's time when something is shown in the middle of it", () => {
		const { time, outputs, lamps } = setUp(2);
		time.advance(0.4 * blinkMs);
		lamps.show(0, "amber", "blink");
		time.advance(0.6 * blinkMs - 1);
		expect(outputs[0]?.level).toBe(1);
		time.advance(1);
		expect(outputs[0]?.level).toBe(0);
	});

	it.each([networkGaps.noWifi, networkGaps.noBroker])(
		"has %i short gaps every 6 s for a network that fails",
		(gaps) => {
			const { time, lamp, lamps } = setUp();
			lamps.show(0, "red", "steady");
			lamps.showNetwork(gaps);
			const dark: number[] = [];
			for (let ms = 0; ms < 2 * gapMs.every; ms++, time.advance(1)) if (lamp.level === 0) dark.push(ms);
			const starts = dark.filter((ms) => !dark.includes(ms - 1));
			const one = [gapMs.from, gapMs.from + gapMs.next].slice(0, gaps);
			expect(starts).toEqual([...one, ...one.map((ms) => ms + gapMs.every)]);
			expect(dark.length).toBe(2 * gaps * (gapMs.to - gapMs.from));
			expect(lamp.shown.length).toBe(1 + 4 * gaps);
		},
	);

	it("has no gaps any more when the network is back, and rests", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "green", "steady");
		lamps.showNetwork(networkGaps.noBroker);
		time.advance(gapMs.from);
		expect(lamp.level).toBe(0);
		lamps.showNetwork(networkGaps.none);
		expect([lamp.level, time.pending]).toEqual([1, 0]);
	});

	it.each(["blink", "breathe"] as const)("shows the gaps in the light of a lamp that does %s", (pattern) => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "amber", pattern);
		lamps.showNetwork(networkGaps.noWifi);
		const levels = [gapMs.from - 1, 1, gapMs.to - gapMs.from - 1, 1].map((ms) => {
			time.advance(ms);
			return lamp.level > 0;
		});
		expect(levels).toEqual([true, false, false, true]);
		time.advance(blinkMs - gapMs.to);
		expect(lamp.level > 0).toBe(pattern === "breathe");
	});

	it("has no gaps while it is found", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "red", "steady");
		lamps.showNetwork(networkGaps.noBroker);
		lamps.signal(0, "identify", gapMs.every);
		time.advance(gapMs.from);
		expect(lamp.level).toBe(1);
	});

	it("wakes nobody for gaps while no lamp is lit", () => {
		const { time, lamps } = setUp();
		lamps.showNetwork(networkGaps.noWifi);
		expect(time.pending).toBe(0);
	});

	it("ignores spots without a lamp", () => {
		const { time, lamps } = setUp();
		lamps.show(3, "red", "blink");
		lamps.signal(3, "identify", 1000);
		expect(time.pending).toBe(0);
	});

	it("goes dark when closed, and stays so", () => {
		const { time, lamp, lamps } = setUp();
		lamps.show(0, "red", "blink");
		lamps.close();
		lamps.close();
		lamps.show(0, "green", "steady");
		time.advance(5000);
		expect(lamp.shown).toEqual([
			["red", 1],
			["red", 0],
		]);
		expect(time.pending).toBe(0);
	});
});
