/**
 * In: nothing. Out: scenarios that a sensor of a parking spot may live through, each told by what is put together.
 * Never: suits a detector: what is hard stays hard, and what nobody could know is marked.
 */
import {
	bootLids,
	corrections,
	offCentre,
	officeShare,
	overBonnets,
	overBoots,
	shopShare,
	type TrafficOptions,
	traffic,
} from "./reality/comings.ts";
import * as fault from "./reality/faults.ts";
import * as people from "./reality/people.ts";
import { type Cadence, type Effect, type Scenario, traceOf } from "./reality/site.ts";
import * as sky from "./reality/weather.ts";

export { type Effect, type Scenario, traceOf };

/** Somebody else's board: one ping after another every so often, to the clock. */
function every(periodMs: number): Cadence {
	return { slotMs: [periodMs, periodMs], sweepMs: [periodMs, periodMs] };
}

/** Fires its sensors 30 ms after each other, four times a second. */
const hasty: Cadence = { slotMs: [30, 30], sweepMs: [250, 250] };

/** A board of ours with a little more rest between its sweeps, so that weeks are lived through sooner. */
const weekly: Cadence = { slotMs: [85, 92], sweepMs: [1300, 1300] };

type Told = Partial<Omit<Scenario, "name" | "story" | "mount" | "effects">>;

/** Sensors over the cars at 2.4 to 2.7 m, two spots for two hours, a car about every 12 min, unless told otherwise. Nobody has set anything. */
function overhead(
	name: string,
	story: string,
	comings: Partial<TrafficOptions>,
	effects: Effect[],
	told: Told = {},
): Scenario {
	return scenario("overhead", [240, 270], name, story, comings, effects, told);
}

/** Sensors at a wall at the height of bumpers, as above. */
function wall(
	name: string,
	story: string,
	comings: Partial<TrafficOptions>,
	effects: Effect[],
	told: Told = {},
): Scenario {
	return scenario("wall", [40, 55], name, story, comings, effects, told);
}

function scenario(
	mount: Scenario["mount"],
	heightCm: Scenario["heightCm"],
	name: string,
	story: string,
	comings: Partial<TrafficOptions>,
	effects: Effect[],
	told: Told,
): Scenario {
	const all = [traffic({ cycleMin: 12, ...comings }), ...effects];
	return { name, story, mount, heightCm, spots: 2, hours: 2, ...told, effects: all };
}

/** Heights measured and set, as our instructions ask for. */
const set = { tells: { mount: true, height: true } } as const;

const mild = sky.day(8, 18);

/** All of it: some 4,900 hours of one spot. */
export const scenarios: readonly Scenario[] = [
	// Places.
	overhead("garage set", "A garage where everything was set at mounting.", {}, [], {
		...set,
		spots: 8,
		hours: 2,
	}),
	overhead("garage unset", "The same with nothing set; all spots are empty at first.", { first: "free" }, [], {
		spots: 4,
	}),
	overhead("low garage", "Sensors at 2 m: roofs are near, vans very near.", { first: "free" }, [], {
		heightCm: [200, 212],
	}),
	overhead("high carport", "Sensors at 3.4 m, outdoors.", { first: "free" }, [sky.day(5, 20), sky.wind()], {
		heightCm: [330, 350],
	}),
	overhead("ramp", "Sensors that lean over a ramp by 8 to 16°.", { first: "free" }, [sky.leaning(), mild]),
	overhead("off the middle", "Sensors 30 to 50 cm aside, neighbours who park on the line.", { first: "free" }, [
		offCentre(),
		people.neighboursMirror(),
	]),
	overhead(
		"over windscreens",
		"Sensors over bonnets and windscreens: slopes that throw sound away.",
		{ first: "free" },
		[overBonnets()],
	),
	overhead("over windscreens, set", "The same with heights set.", {}, [overBonnets()], set),
	overhead(
		"settling beam",
		"A day on a beam that sinks by 4 cm and turns.",
		{ cycleMin: 60, first: "free" },
		[sky.settling(4), sky.day(-2, 12)],
		{ spots: 1, hours: 24, cadence: every(2000) },
	),

	// First starts.
	overhead("first boot, all taken", "Put up over parked cars, nothing set.", { first: "occupied", cycleMin: 30 }, [
		mild,
	]),
	overhead("first boot, some taken", "Put up on a working day, nothing set.", { cycleMin: 30 }, [mild], {
		spots: 6,
		hours: 2,
	}),
	overhead("first boot, heights known", "Put up over parked cars, heights set.", { first: "occupied" }, [mild], set),
	overhead(
		"first boot, alone",
		"One sensor over a car that stays for an hour or so.",
		{ first: "occupied", cycleMin: 120 },
		[],
		{
			spots: 1,
			hours: 8,
		},
	),

	// Who comes.
	overhead("corrections", "Short stays, drivers who stop, back up and correct.", { cycleMin: 6, first: "free" }, [
		corrections(0.8),
	]),
	overhead("boot lids", "Shoppers who load with the boot lid open.", { first: "free" }, [
		overBoots(),
		bootLids(0.8),
		people.gettingOut(),
	]),
	overhead("soft tops", "Convertibles with cloth roofs that swallow sound.", { vehicles: ["softTop"], first: "free" }, [
		mild,
	]),
	overhead("soft tops, set", "Cloth and metal roofs, heights set.", { vehicles: ["softTop", "saloon"] }, [], set),
	overhead(
		"motorbikes",
		"Motorbikes, often beside the beam's middle.",
		{ vehicles: ["motorbike"], first: "free" },
		[people.gettingOut()],
		set,
	),
	overhead("vans and trailers", "Tall vans, low trailers.", { vehicles: ["van", "trailer"], first: "free" }, []),
	overhead("sports cars", "Low cars far below high sensors.", { vehicles: ["sports"], first: "free" }, [mild], {
		heightCm: [320, 350],
	}),
	overhead("people", "A busy way across the spots.", { first: "free" }, [people.walkers(20), people.standers(0.3)]),
	overhead(
		"people, set",
		"The same with heights set, and drivers at their cars.",
		{},
		[people.walkers(20), people.standers(0.3), people.gettingOut()],
		set,
	),
	overhead(
		"supermarket",
		"Trolleys pushed through, and left for a minute now and then.",
		{ cycleMin: 10, first: "free" },
		[people.trolleys(12), people.leftTrolleys(0.1), people.walkers(12), overBoots(), bootLids(0.6)],
		{ spots: 4 },
	),

	// Weather.
	overhead("windy", "Gusts all day.", { first: "free" }, [sky.wind(), sky.day(2, 9)]),
	overhead(
		"summer",
		"A day of 18 to 40 °C with hot air over the asphalt, no thermometer.",
		{ cycleMin: 40, first: "free" },
		[sky.day(18, 40), sky.heatShimmer()],
		{ spots: 1, hours: 24, firstHour: 4, cadence: every(2000) },
	),
	overhead("deep winter", "−20 to −5 °C, no thermometer.", { cycleMin: 40, first: "free" }, [sky.day(-20, -5)], {
		spots: 1,
		hours: 12,
	}),
	overhead(
		"steppe, measured",
		"From -30 to 25 °C in a day, with a thermometer and heights set; cars stay for half a day.",
		{ cycleMin: 720, first: "occupied", vehicles: ["saloon", "suv", "trailer"] },
		[sky.day(-30, 25)],
		{ ...set, thermometer: true, heightCm: [300, 350], spots: 4, hours: 72, firstHour: 4, cadence: weekly },
	),
	overhead(
		"deep winter, measured",
		"The same cold with a thermometer, heights set.",
		{ cycleMin: 20 },
		[sky.day(-20, -5)],
		{
			...set,
			thermometer: true,
			spots: 2,
			hours: 6,
		},
	),
	overhead(
		"spring",
		"From frost at night to 22 °C, with a thermometer.",
		{ cycleMin: 40, first: "free" },
		[sky.day(-3, 22)],
		{
			thermometer: true,
			spots: 1,
			hours: 24,
			cadence: every(1500),
			firstHour: 3,
		},
	),
	overhead(
		"frost, heights set",
		"Heights set, no thermometer: everything reads up to 8 % too far.",
		{ cycleMin: 20 },
		[sky.day(-20, -2)],
		{ ...set, heightCm: [300, 350], spots: 2, hours: 6 },
	),
	overhead("downpour", "Two hours of heavy rain.", { first: "free" }, [sky.rain(0.8, 2.8), sky.day(8, 12)], {
		hours: 4,
	}),
	overhead(
		"puddles",
		"Rain, then water under sensors that lean: the floor falls silent for hours.",
		{ cycleMin: 20, first: "free" },
		[sky.leaning(20, 26), sky.rain(1, 2, 0.5), sky.puddles(1.3, 5), mild],
		{ hours: 6 },
	),
	overhead(
		"snow",
		"15 cm of snow by noon, cleared in the afternoon.",
		{ cycleMin: 40, first: "free" },
		[sky.snow(2, 7, 3, 9), sky.day(-6, -1)],
		{ spots: 2, hours: 12, firstHour: 6 },
	),
	overhead(
		"snow, set",
		"25 cm of snow under sensors at 2.2 m with heights set.",
		{ cycleMin: 40 },
		[sky.snow(1, 6, 5, 9), sky.day(-8, -3)],
		{ ...set, heightCm: [215, 230], spots: 2, hours: 10 },
	),

	// What goes wrong.
	overhead("spiders", "A spider before each sensor now and then.", { first: "free" }, [fault.spiders(), mild], {
		hours: 4,
	}),
	overhead("leaf", "A leaf sticks to the first sensor for an hour.", { first: "free" }, [
		fault.leaf({ fromH: 1, toH: 2 }),
	]),
	overhead(
		"dirt",
		"Dirt grows until the floor hardly answers.",
		{ cycleMin: 30, first: "free" },
		[fault.dirt(16), mild],
		{
			spots: 2,
			hours: 10,
		},
	),
	overhead(
		"wet sensors",
		"Rain, then drops that hang in both sensors for hours.",
		{ first: "free" },
		[
			sky.rain(0.5, 1.2),
			fault.wetMembrane({ fromH: 0.7, toH: 3 }),
			fault.wetMembrane({ fromH: 0.9, toH: 4, sensor: 1 }),
		],
		{ hours: 5 },
	),
	overhead("deaf", "The first sensor dies after an hour.", { first: "free" }, [fault.deaf({ fromH: 1 })]),
	overhead("unplugged", "Wires come off, and are plugged in again.", { first: "free" }, [
		fault.unplugged({ fromH: 0.7, toH: 1.4 }),
		fault.unplugged({ fromH: 1, toH: 2.5, sensor: 1 }),
	]),
	overhead("floating pin", "A wire comes off a board without the divider: random pulses.", { first: "free" }, [
		fault.floatingPin({ fromH: 0.8, toH: 2 }),
	]),
	overhead("stuck high", "The echo pin of one sensor hangs high for an hour.", { first: "free" }, [
		fault.stuckHigh({ fromH: 1, toH: 2, sensor: 1 }),
	]),
	overhead("loose contact", "A third of one sensor's pulses is missing.", { first: "free" }, [
		fault.looseContact({ fromH: 0.5 }),
		people.walkers(),
	]),
	overhead("long clones", "Clones that hold the echo for 60 to 71 ms.", { first: "free" }, [
		fault.clones("long"),
		overBonnets(),
	]),
	overhead(
		"longest clones",
		"103 ms, on a slow board that waits for it.",
		{ first: "free" },
		[fault.clones("longest", 200), sky.leaning()],
		{ spots: 1, hours: 8, cadence: every(2000) },
	),
	overhead("endless clones", "Clones whose pulse never ends where nothing is heard.", { first: "free" }, [
		fault.clones("endless"),
		mild,
	]),
	overhead("trigger bleed", "Clones that bleed the trigger into the echo.", { first: "free" }, [
		fault.triggerBleed(),
		fault.clones("mixed"),
	]),
	overhead(
		"hasty board",
		"All sensors within 120 ms, four times a second: they hear each other.",
		{ first: "free" },
		[fault.ownCrosstalk()],
		{ spots: 4, hours: 1.5, cadence: hasty },
	),
	overhead("noisy neighbour", "Another lot's sensors ping every 71.3 ms.", { first: "free" }, [
		fault.foreignCrosstalk(),
	]),
	overhead(
		"neighbour in step",
		"Two boards whose periods nearly agree: ghosts that drift.",
		{ first: "free" },
		[fault.foreignCrosstalk(62.5)],
		{ spots: 1, hours: 4, cadence: every(250) },
	),
	overhead("busy Wi-Fi", "Pulses timed by software under Wi-Fi load.", { first: "free" }, [fault.wifiJitter(0.15)], {
		...set,
	}),
	overhead("reboots", "A board that restarts every half an hour.", { first: "free" }, [fault.reboots(0.5), mild]),
	overhead("lossy recording", "Samples that never arrived.", { first: "free" }, [
		fault.lostSamples(0.1),
		people.walkers(),
	]),
	overhead("slow board", "One ping every 5 s.", { cycleMin: 30, first: "free" }, [mild, people.standers()], {
		spots: 1,
		hours: 24,
		cadence: every(5000),
	}),
	overhead(
		"two seconds",
		"One ping every 2 s, rain and people.",
		{ cycleMin: 20, first: "free" },
		[sky.rain(2, 4, 0.6), people.walkers(), mild],
		{ spots: 1, hours: 8, cadence: every(2000) },
	),

	// At the wall.
	wall("wall, nothing behind", "An empty spot is silent.", { first: "free" }, [mild]),
	wall("wall, set", "The same, set as a wall's.", {}, [sky.day(0, 10)], { tells: { mount: true } }),
	wall("wall, far wall", "Something stands 250 to 390 cm behind.", { first: "free" }, [people.farWall(), mild]),
	wall("wall, clutter", "Kerbs and stones are heard now and then.", { first: "free" }, [people.groundClutter()]),
	wall("wall, first boot", "Put up before parked cars.", { first: "occupied", cycleMin: 20 }, []),
	wall("wall, people", "People walk between cars and wall.", { first: "free" }, [
		people.walkers(20),
		people.standers(0.3),
		people.leftTrolleys(0.1),
	]),
	wall(
		"wall, bad weather",
		"Rain and wind, motorbikes too.",
		{ vehicles: ["motorbike", "saloon", "saloon", "suv"], first: "free" },
		[sky.rain(0.5, 1.5), sky.wind(), sky.day(3, 9)],
	),
	wall(
		"wall, low and leaning",
		"Sensors at 32 cm that point 2 to 6° down.",
		{ first: "free" },
		[sky.leaning(2, 6), people.groundClutter()],
		{ heightCm: [30, 35] },
	),

	// Long ones, and all at once.
	overhead(
		"office week",
		"A week at an office: full by day, empty by night.",
		{ cycleMin: 150, shareAt: officeShare, first: "free" },
		[sky.day(2, 17), sky.rain(50, 54, 0.7), people.walkers(1), people.gettingOut()],
		{ spots: 5, hours: 168, firstHour: 5, cadence: weekly },
	),
	overhead(
		"shop week",
		"A week at a shop, no height set: short stays, trolleys, now and then somebody who stops under the sensor.",
		{ cycleMin: 60, shareAt: shopShare, first: "free" },
		[sky.day(8, 24), people.walkers(3), people.trolleys(1), people.standers(), people.gettingOut(), bootLids()],
		{ spots: 5, hours: 168, firstHour: 6, cadence: weekly },
	),
	overhead(
		"garage week",
		"A week below ground, height set: no weather, low ceilings, every kind of car.",
		{
			cycleMin: 120,
			shareAt: officeShare,
			first: "free",
			vehicles: ["hatchback", "saloon", "saloon", "suv", "suv", "van", "sports", "softTop"],
		},
		[people.walkers(1), people.standers(), corrections()],
		{ ...set, spots: 5, hours: 168, firstHour: 5, cadence: weekly },
	),
	overhead(
		"street week",
		"A winter's week at a street, no height set: frost, snow on two days, stays of all lengths.",
		{ cycleMin: 90, shareAt: officeShare, first: "free" },
		[sky.day(-9, 3), sky.snow(40, 46, 3, 60), sky.wind(), people.walkers(3), people.standers(), people.gettingOut()],
		{ spots: 5, hours: 168, firstHour: 3, cadence: weekly },
	),
	wall(
		"wall week",
		"A week at a wall, nothing set.",
		{ cycleMin: 120, shareAt: officeShare, first: "free" },
		[sky.day(-1, 14), sky.rain(80, 83, 0.5), people.walkers(2), people.standers()],
		{ spots: 5, hours: 168, firstHour: 5, cadence: weekly },
	),
	overhead(
		"bad day",
		"Wind, rain, people, clones, a neighbour's pings, restarts.",
		{ first: "free" },
		[
			sky.wind(),
			sky.rain(1, 2.5, 0.7),
			sky.day(0, 6),
			people.walkers(10),
			people.standers(0.3),
			fault.clones("mixed"),
			fault.foreignCrosstalk(83.1),
			fault.reboots(1),
			corrections(),
			bootLids(),
		],
		{ spots: 4, hours: 4 },
	),
	wall("bad day at the wall", "The same at a wall.", { first: "free" }, [
		sky.wind(),
		sky.rain(1, 2, 0.7),
		people.walkers(10),
		people.groundClutter(),
		fault.clones("long"),
		fault.wifiJitter(0.05),
		fault.reboots(1),
		corrections(),
	]),
];
