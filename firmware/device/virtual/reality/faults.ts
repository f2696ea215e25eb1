/** Effects: what becomes of sensors, wires and boards over time. */

import { nothingHeardUs } from "../hc-sr04.ts";
import { between, normal, type Random } from "../random.ts";
import type { Effect, Site } from "./site.ts";
import { Spells } from "./spells.ts";
import type { Spot } from "./spot.ts";

const hourMs = 3_600_000;

/** Spans of hours, as scenarios tell them. */
export interface Hours {
	fromH: number;
	/** For good when left out. */
	toH?: number;
	/** Index of the sensor; 0 when left out. */
	sensor?: number;
}

/** One sensor from then to then: `change` takes the place of its pulses. With `isBlind`, nobody could know the truth meanwhile. */
function fault(
	name: string,
	{ fromH, toH = Number.POSITIVE_INFINITY, sensor = 0 }: Hours,
	isBlind: boolean,
	change: (echoUs: number | null, random: Random) => number | null,
): Effect {
	return {
		name,
		apply: ({ spots }, random) => {
			const spot = spots[sensor];
			if (!spot) return;
			const chance = random(`${sensor}`);
			const fromMs = fromH * hourMs;
			const toMs = toH * hourMs;
			if (isBlind) spot.blind.push({ fromMs, toMs });
			spot.pulses.push((echoUs, atMs) => (atMs >= fromMs && atMs < toMs ? change(echoUs, chance) : echoUs));
		},
	};
}

/** A transducer that died: the pulse says "nothing heard", whatever is there. */
export function deaf(hours: Hours): Effect {
	return fault("deaf", hours, true, () => nothingHeardUs);
}

/** The wire is off, and a divider pulls the echo pin down: no pulse at all. */
export function unplugged(hours: Hours): Effect {
	return fault("unplugged", hours, true, () => null);
}

/** The wire is off, and nothing holds the echo pin: it picks up hum and the neighbours' edges as pulses of any length (boards without the divider; lengths assumed log-uniform). */
export function floatingPin(hours: Hours): Effect {
	return fault("floatingPin", hours, true, (_echoUs, random) =>
		random() < 0.3 ? null : 10 * Math.exp(between(random, 0, Math.log(8000))),
	);
}

/** The echo pin is short to its supply: high for ever, so that no pulse ends. */
export function stuckHigh(hours: Hours): Effect {
	return fault("stuckHigh", hours, true, () => null);
}

/** A leaf or a nest sticks right before the sensor: nothing but that is heard, 3 to 5 cm away. */
export function leaf(hours: Hours): Effect {
	return fault("leaf", hours, true, (_echoUs, random) => 2 * 29.1 * (4 + 0.2 * normal(random)));
}

/** A plug with a bad contact: in spells of seconds, half of the pulses are missing (assumed). The rest tell enough. */
export function looseContact(hours: Hours): Effect {
	return fault("looseContact", hours, false, (echoUs, random) => (random() < 0.35 ? null : echoUs));
}

/** Clones bleed the trigger into the echo pin: pulses of 10 to 100 µs in place of some echoes (ESPHome pull request 15014; 10 and 32 µs in its issue 112). */
export function triggerBleed(share = 0.08): Effect {
	return eachPulse("triggerBleed", (echoUs, random) => (random() < share ? between(random, 8, 104) : echoUs));
}

/** Where software times the pulse, Wi-Fi's interrupts keep it from the falling edge: 10 to 2000 µs late on one ping in ten (false triggers under Wi-Fi load, WLED #3027; lengths assumed). */
export function wifiJitter(share = 0.1): Effect {
	return eachPulse("wifiJitter", (echoUs, random) =>
		echoUs !== null && random() < share ? echoUs + 10 * Math.exp(between(random, 0, Math.log(200))) : echoUs,
	);
}

function eachPulse(name: string, change: (echoUs: number | null, random: Random) => number | null): Effect {
	return {
		name,
		apply: ({ spots }, random) => {
			for (const [index, { pulses }] of spots.entries()) {
				const chance = random(`${index}`);
				pulses.push((echoUs) => change(echoUs, chance));
			}
		},
	};
}

/**
 * Clones: how long their pulse is where nothing comes back. The datasheet says 38 ms;
 * `long` 60 to 71 ms and `longest` 103 ms (OpenBikeSensor saw 71, outliers of 103); `endless` stay high until
 * the next sound (Arduino forum 55119): no pulse. What goes on for more than 80 ms has not ended when a board reads it.
 */
export function clones(kind: "long" | "longest" | "endless" | "mixed", readAfterMs = 80): Effect {
	const lengthsMs = { long: [60, 71], longest: [101, 105], endless: [Infinity, Infinity] } as const;
	const kinds = ["long", "longest", "endless"] as const;
	return {
		name: "clones",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const [min, max] = lengthsMs[kind === "mixed" ? (kinds[index % 3] ?? "long") : kind];
				const ownMs = min === max ? min : between(chance, min, max);
				spot.nothingHeard = () => (ownMs < readAfterMs ? 1000 * ownMs + 30 * normal(chance) : null);
			}
		},
	};
}

/** A spider sits or spins 4 to 15 cm before the sensor for 10 to 40 min at a time: heard on some pings, more or fewer as its thread moves (assumed; cobwebs are why outdoor sensors are wiped). */
export function spiders(gapH = 1): Effect {
	return {
		name: "spiders",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const visits = new Spells(random(`${index}/times`), gapH * hourMs, [10 * 60_000, 40 * 60_000]);
				let number = 0;
				let awayCm = 0;
				let levelDb = 0;
				spot.things.push((echoes, atMs) => {
					const sinceMs = visits.at(atMs);
					if (sinceMs < 0) return;
					if (number !== visits.number) {
						number = visits.number;
						awayCm = between(chance, 4, 15);
						levelDb = between(chance, -4, 1);
					}
					echoes.add(awayCm + Math.sin(sinceMs / 900), levelDb + 1.5 * Math.sin(sinceMs / 7000));
				});
			}
		},
	};
}

/** Dirt grows on the sensors and swallows up to `worstDb` at the end: first the floor answers ever less often, then far roofs (assumed: a film that grows evenly). */
export function dirt(worstDb = 16): Effect {
	return {
		name: "dirt",
		apply: ({ spots, durationMs }) => {
			for (const { airs } of spots) {
				airs.push((moment) => {
					moment.lossDb += (worstDb * moment.atMs) / durationMs;
				});
			}
		},
	};
}

/** After rain a drop hangs in the sensor's mesh until it has dried: 12 dB less, and on some pings its own ringing, 2 to 5 cm (what users of waterproof versions and of wet HC-SR04s report: false near readings; figures assumed). */
export function wetMembrane({ fromH, toH = Number.POSITIVE_INFINITY, sensor = 0 }: Hours): Effect {
	return {
		name: "wetMembrane",
		apply: ({ spots }, random) => {
			const spot = spots[sensor];
			if (!spot) return;
			const chance = random(`${sensor}`);
			const isWet = (atMs: number) => atMs >= fromH * hourMs && atMs < toH * hourMs;
			spot.airs.push((moment) => {
				if (isWet(moment.atMs)) moment.lossDb += 12;
			});
			spot.things.push((echoes, atMs) => {
				if (isWet(atMs) && chance() < 0.15) echoes.add(between(chance, 2, 5), 30);
			});
		},
	};
}

/** The board restarts every `gapH` hours or so, and measures nothing for 2 to 30 s: power, watchdog, new firmware. */
export function reboots(gapH = 1): Effect {
	return {
		name: "reboots",
		apply: ({ pauses, durationMs }, random) => {
			const restarts = new Spells(random("times"), gapH * hourMs, [2000, 30_000]);
			for (; restarts.fromMs < durationMs; restarts.at(restarts.toMs)) {
				pauses.push({ fromMs: restarts.fromMs, toMs: restarts.toMs });
			}
		},
	};
}

/** Samples that never arrive: single ones, and all of some seconds (a recording over Wi-Fi; shares assumed). */
export function lostSamples(share = 0.05): Effect {
	return {
		name: "lostSamples",
		apply: ({ losses, pauses, durationMs }, random) => {
			const chance = random("single");
			losses.push(() => chance() < share);
			const holes = new Spells(random("holes"), 10 * 60_000, [2000, 10_000]);
			for (; holes.fromMs < durationMs; holes.at(holes.toMs)) pauses.push({ fromMs: holes.fromMs, toMs: holes.toMs });
		},
	};
}

/** Speed of sound at the moment, cm/ms. */
function soundCmPerMs({ moment }: Spot): number {
	return (331.3 + 0.606 * moment.temperatureC) / 10;
}

/**
 * The board's sensors hear each other: a burst that goes 10 to 14 m between walls and cars comes back after the next
 * sensor has begun, where a board fires faster than its own sound dies away. With slots of 80 ms it never does: after
 * 27 m nothing is left at 2.6 dB/m (OpenBikeSensor waits 30 ms after another's start).
 */
export function ownCrosstalk(): Effect {
	return {
		name: "ownCrosstalk",
		apply: (site: Site, random) => {
			for (const [index, spot] of site.spots.entries()) {
				const chance = random(`${index}`);
				const wayCm = between(chance, 1000, 1400);
				const levelDb = between(chance, -4, -0.5);
				spot.things.push((echoes, atMs) => {
					const heardCm = (wayCm - (atMs - site.lastPingMs) * soundCmPerMs(spot)) / 2;
					if (heardCm > 2) echoes.add(heardCm, levelDb);
				});
			}
		},
	};
}

/**
 * A neighbour's sensors ping as they like, every `periodMs`, and their bursts arrive straight: a ghost at any distance,
 * or one that drifts slowly where two boards' periods nearly agree. Sensors that face down hear each other only off
 * their axes, on part of the pings (levels assumed; ultrasonic makers name it mutual interference and ask for distance).
 */
export function foreignCrosstalk(periodMs = 71.3): Effect {
	return {
		name: "foreignCrosstalk",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const phaseMs = between(chance, 0, periodMs);
				const ownPeriodMs = periodMs * (1 + 1e-5 * between(chance, -1, 1));
				const levelDb = between(chance, -4, 0);
				spot.things.push((echoes, atMs) => {
					const inMs = ownPeriodMs - ((atMs + phaseMs) % ownPeriodMs);
					echoes.add((inMs * soundCmPerMs(spot)) / 2, levelDb);
				});
			}
		},
	};
}
