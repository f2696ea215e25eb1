/** Effects: what the sky does to sound, ground and sensors. */
import { between } from "../random.ts";
import type { Effect } from "./site.ts";
import { Spells } from "./spells.ts";
import { snowDb } from "./spot.ts";

const hourMs = 3_600_000;

/** Share of the way from `from` to `to` at `hour`, 0 to 1. */
function passed(hour: number, from: number, to: number): number {
	return Math.min(1, Math.max(0, (hour - from) / (to - from)));
}

/** Hours since the site's time began. */
function hoursIn(atMs: number): number {
	return atMs / hourMs;
}

/** The air is coldest at 5 and warmest at 15 o'clock, between these °C. A board that assumes 20 °C is wrong by 0.18 % for each degree: v = 331.3 + 0.606·T m/s. */
export function day(coldC: number, warmC: number): Effect {
	return {
		name: "day",
		apply: ({ spots, hourAt }) => {
			for (const { airs } of spots) {
				airs.push((moment) => {
					const share = 0.5 - 0.5 * Math.cos(((hourAt(moment.atMs) - 3) / 24) * 2 * Math.PI);
					moment.temperatureC = coldC + (warmC - coldC) * share;
				});
			}
		},
	};
}

/** Gusts scatter distances by 0.5 to 1.5 cm and make echoes swell and fade: air that moves bends sound (HC-SR04s scatter by 0.1 to 0.5 cm indoors; outdoors assumed three times that). */
export function wind(): Effect {
	return {
		name: "wind",
		apply: ({ spots }, random) => {
			for (const [index, { airs }] of spots.entries()) {
				const gusts = new Spells(random(`${index}`), 40_000, [5000, 60_000]);
				airs.push((moment) => {
					const isGust = gusts.at(moment.atMs) >= 0;
					moment.noiseCm += isGust ? 1.2 : 0.3;
					moment.fadeDb += isGust ? 2.5 : 0.5;
				});
			}
		},
	};
}

/** Sun on roofs and asphalt: hot air rises in plumes, echoes fade for seconds (assumed; thermals are why outdoor ultrasound is averaged). */
export function heatShimmer(): Effect {
	return {
		name: "heatShimmer",
		apply: ({ spots, hourAt }) => {
			for (const { airs } of spots) {
				airs.push((moment) => {
					if (Math.abs(hourAt(moment.atMs) - 14) > 4) return;
					moment.fadeDb += 3;
					moment.noiseCm += 0.4;
				});
			}
		},
	};
}

/**
 * Rain from `fromH` to `toH` hours after the beginning; `heavy` is 1 in a downpour. Drops are far smaller than the wave
 * (8.6 mm), so that only those within 40 cm are heard, on up to 4 of 100 pings; air and wet covers lose up to 3 dB (assumed).
 */
export function rain(fromH: number, toH: number, heavy = 1): Effect {
	return {
		name: "rain",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const isRaining = (atMs: number) => hoursIn(atMs) >= fromH && hoursIn(atMs) < toH;
				spot.airs.push((moment) => {
					if (!isRaining(moment.atMs)) return;
					moment.lossDb += 3 * heavy;
					moment.noiseCm += 0.4 * heavy;
				});
				spot.things.push((echoes, atMs) => {
					if (isRaining(atMs) && chance() < 0.04 * heavy) echoes.add(between(chance, 3, 40), 8);
				});
			}
		},
	};
}

/** Water stands under some sensors for hours: a mirror without roughness. Where the sensor is not plumb, nothing comes back from it: the floor's echo is lost until it has dried. */
export function puddles(fromH: number, toH: number, share = 0.6): Effect {
	return {
		name: "puddles",
		apply: ({ spots }, random) => {
			const chance = random("where");
			for (const { airs, mount } of spots) {
				const isLow = chance() < share;
				if (!isLow || mount === "wall") continue;
				airs.push((moment) => {
					const hour = hoursIn(moment.atMs);
					const wet = Math.min(passed(hour, fromH, fromH + 0.2), 1 - passed(hour, toH - 0.5, toH));
					moment.roughDb -= 40 * wet;
				});
			}
		},
	};
}

/** Sensors that are not plumb, or a ramp: they lean by that many degrees, so that the ground's mirror image is at the beam's edge and its roughness does what it can. */
export function leaning(minDeg = 8, maxDeg = 16): Effect {
	return {
		name: "leaning",
		apply: ({ spots }, random) => {
			const chance = random("angle");
			for (const { ear, mount } of spots) {
				const angle = (between(chance, minDeg, maxDeg) * Math.PI) / 180;
				ear.axisX = mount === "overhead" ? Math.sin(angle) : Math.cos(angle);
				ear.axisZ = mount === "overhead" ? -Math.cos(angle) : -Math.sin(angle);
			}
		},
	};
}

/** Snow from `fromH` to `toH`, `cmPerH` an hour, shovelled away at `clearedH` from empty spots: the floor comes nearer and swallows sound, roofs under snow too, flakes in the beam are heard now and then. */
export function snow(fromH: number, toH: number, cmPerH: number, clearedH: number): Effect {
	return {
		name: "snow",
		apply: ({ spots }, random) => {
			for (const [index, spot] of spots.entries()) {
				const chance = random(`${index}`);
				const isFalling = (atMs: number) => hoursIn(atMs) >= fromH && hoursIn(atMs) < toH;
				spot.airs.push((moment) => {
					const hour = hoursIn(moment.atMs);
					moment.fallenCm = cmPerH * (toH - fromH) * passed(hour, fromH, toH);
					moment.snowCm = hour < clearedH ? moment.fallenCm : 0;
					// Fresh snow swallows; trodden snow and slush, some hours old, hardly do.
					const fresh = 1 - 0.7 * passed(hour, toH, toH + 3);
					const swallowedDb = Math.min(snowDb, 2 * moment.snowCm) * fresh;
					moment.mirrorDb -= swallowedDb;
					moment.roughDb -= swallowedDb / 2;
					if (isFalling(moment.atMs)) moment.lossDb += 1.5;
				});
				spot.things.push((echoes, atMs) => {
					if (isFalling(atMs) && chance() < 0.02) echoes.add(between(chance, 3, 60), 8);
				});
			}
		},
	};
}

/** The beam that carries the sensors sinks by up to `cm` over the scenario, and each turns by some degrees (timber that dries, a pole that leans; assumed). */
export function settling(cm: number): Effect {
	return {
		name: "settling",
		apply: ({ spots, durationMs }, random) => {
			for (const [index, { ear, airs, mount }] of spots.entries()) {
				const chance = random(`${index}`);
				const downCm = between(chance, 0.5, 1) * cm;
				const turn = (between(chance, -4, 4) * Math.PI) / 180;
				const { z } = ear;
				airs.push(({ atMs }) => {
					const share = atMs / durationMs;
					ear.z = z - downCm * share;
					ear.axisX = mount === "overhead" ? Math.sin(turn * share) : Math.cos(turn * share);
					ear.axisZ = mount === "overhead" ? -Math.cos(turn * share) : Math.sin(turn * share);
				});
			}
		},
	};
}
