import { describe, expect, it } from "vitest";
import type { SensorState } from "../../../firmware/messages.ts";
import type { TraceHead, TraceLine } from "../../../firmware/trace.ts";
import { assumedFloorCm, boardsOf, type Contender, fixedThreshold, median, parkMate, parts } from "./contenders.ts";
import { type Decision, replay } from "./replay.ts";

const head: TraceHead = { trace: 1, name: "lot", spots: [{ spot_id: "A1" }] };

/** Echo times at 20 °C, µs. */
const floorUs = 14_555; // 250 cm
const roofUs = 5_822; // 100 cm
const nothingUs = 38_000;

/** What a contender says after each of these pulses, one every 0.7 s. */
function answers(contender: Contender, echoesUs: readonly (number | null)[], ofHead = head): SensorState[] {
	const judge = contender.start(ofHead);
	return echoesUs.map((echo_us, n) => judge(0, { t: n * 700, spot: "A1", echo_us }));
}

function times<T>(count: number, value: T): T[] {
	return Array.from({ length: count }, () => value);
}

describe("a replay", () => {
	/** Says what the temperature tells it to. */
	const puppet: Contender = {
		key: "puppet",
		name: "puppet",
		start: () => (_, sample) => (sample.temp_c === 1 ? "free" : sample.temp_c === 2 ? "occupied" : "unknown"),
	};
	const sample = (t: number, spot: string, temp_c = 0): TraceLine => ({ t, spot, echo_us: floorUs, temp_c });

	it("tells what is held of each spot at first, and then each change", () => {
		const two: TraceHead = { ...head, spots: [{ spot_id: "A1" }, { spot_id: "A2" }, { spot_id: "A3" }] };
		const decisions: Decision[] = [];
		const lines = [
			two,
			sample(10, "A1"),
			sample(20, "A2", 1),
			sample(30, "A1"),
			sample(40, "A2", 1),
			sample(50, "A1", 2),
			sample(60, "A2", 2),
		];
		replay(lines, [puppet, fixedThreshold], (decision) => decisions.push(decision));
		expect(decisions).toEqual([
			{ t: 10, spot: "A1", state: "unknown" },
			{ t: 20, spot: "A2", state: "free" },
			{ t: 50, spot: "A1", state: "occupied" },
			{ t: 60, spot: "A2", state: "occupied" },
		]);
	});

	it("scores each contender, over all spots, until the last line", () => {
		const lines: TraceLine[] = [
			{ t: 0, spot: "A1", truth: "free" },
			sample(0, "A1", 2),
			{ t: 40_000, spot: "A1", truth: "free" },
		];
		const { scores, ...rest } = replay([head, ...lines], [puppet, fixedThreshold]);
		expect(rest).toEqual({ spots: 1, samples: 1, spanMs: 40_000 });
		expect(scores.map((score) => [score.spotMs, score.falseOccupiedMs])).toEqual([
			[40_000, 40_000],
			[40_000, 0],
		]);
	});

	it("closes the file behind it, whatever happens", () => {
		let closed = 0;
		function* broken(): Generator<TraceHead | TraceLine> {
			try {
				yield head;
				yield sample(0, "B7");
			} finally {
				closed++;
			}
		}
		expect(() => replay(broken(), [puppet])).toThrow('spot must be one of the head\'s, got "B7"');
		expect(closed).toBe(1);
		const picky: Contender = {
			...puppet,
			start: () => {
				throw new RangeError("too low");
			},
		};
		expect(() => replay(broken(), [picky])).toThrow("too low");
		expect(closed).toBe(2);
		expect(() => replay([], [puppet])).toThrow("a trace must begin with its head");
		expect(() => replay([head, head], [puppet])).toThrow("a trace must have one head, got another");
	});

	it("of a head alone has no times", () => {
		expect(replay([head], [puppet])).toMatchObject({ samples: 0, spanMs: 0, scores: [{ spotMs: 0 }] });
	});
});

describe("ParkMate's detector in the bench", () => {
	const mounted: TraceHead = { ...head, mount: "overhead", spots: [{ spot_id: "A1", height_cm: 250 }] };

	it("hears what a board hears", () => {
		const said = answers(parkMate(), [...times(20, floorUs), ...times(20, roofUs), ...times(20, floorUs)], mounted);
		expect([said[19], said[39], said[59]]).toEqual(["free", "occupied", "free"]);
	});

	it("takes more spots than a board has for several boards", () => {
		const spots = Array.from({ length: 20 }, (_, index) => ({ spot_id: `S${index}`, height_cm: 250 }));
		const judge = parkMate().start({ trace: 1, name: "city", mount: "overhead", spots });
		const said = spots.map((_, spot) => {
			const echo_us = spot % 3 === 0 ? roofUs : floorUs;
			return times(20, echo_us).map((us, n) => judge(spot, { t: n * 700, spot: "", echo_us: us }))[19];
		});
		expect(said).toEqual(spots.map((_, spot) => (spot % 3 === 0 ? "occupied" : "free")));
		expect(() => judge(20, { t: 0, spot: "S20", echo_us: 1 })).toThrow("spot must be one of the head's, got number 20");
	});

	it("has no other parts to switch off than those of the table", () => {
		expect([undefined, ...parts].map((part) => parkMate(part).key)).toEqual([
			"parkmate",
			"without_floor_learning",
			"without_n_of_m_votes",
			"without_no_echo_evidence",
			"without_mount_recognition",
			"without_temperature",
		]);
	});

	it("is made with what the head says, and without one part where that is switched off", () => {
		const two: TraceHead = { ...head, spots: [{ spot_id: "A1", height_cm: 280 }, { spot_id: "A2" }] };
		const made = (part?: (typeof parts)[number], ofHead = two) => boardsOf(ofHead, part)[0];
		expect(made()).toEqual({ spots: two.spots, mount: undefined, without: undefined });
		expect(made("floor learning")).toEqual({
			spots: [{ height_cm: 280 }, { height_cm: assumedFloorCm }],
			mount: undefined,
			without: "learning",
		});
		expect(made("N-of-M votes")?.without).toBe("votes");
		expect(made("mount recognition")?.mount).toBe("overhead");
		expect(made("mount recognition", { ...two, mount: "wall" })?.mount).toBe("wall");
	});

	it("changes its mind at once, without votes", () => {
		const echoes = [...times(20, floorUs), roofUs];
		expect(answers(parkMate(), echoes, mounted).at(-1)).toBe("free");
		expect(answers(parkMate("N-of-M votes"), echoes, mounted).at(-1)).toBe("occupied");
	});

	it("is not told that nothing came back, without no-echo evidence", () => {
		const silent = [...times(20, floorUs), ...times(60, nothingUs)];
		expect(answers(parkMate("no-echo evidence"), silent, mounted).at(-1)).toBe("free");
		expect(answers(parkMate(), silent, mounted).at(-1)).not.toBe("free");
	});

	it("is still told of wires that are off, without no-echo evidence", () => {
		const said = answers(parkMate("no-echo evidence"), [...times(20, floorUs), ...times(20, null)], mounted);
		expect(said.at(-1)).toBe("unknown");
	});

	it("measures at 20 °C, without temperature", () => {
		const frost = (part?: "temperature") => {
			const judge = parkMate(part).start({ ...mounted, spots: [{ spot_id: "A1", height_cm: 350 }] });
			// A roof at 301 cm, heard through air of −20 °C, sounds as if it was at 324 cm, where the floor might be.
			return times(40, 18_850)
				.map((echo_us, n) => judge(0, { t: n * 700, spot: "A1", echo_us, temp_c: -20 }))
				.at(-1);
		};
		expect(frost()).toBe("occupied");
		expect(frost("temperature")).not.toBe("occupied");
	});
});

describe("the fixed threshold", () => {
	it("calls each echo from nearer than 100 cm a car, and silence an empty spot", () => {
		// 5816 µs are 99.9 cm at 20 °C, and 5828 µs 100.1 cm.
		expect(answers(fixedThreshold, [5_816, 5_828, 90, null, nothingUs])).toEqual([
			"occupied",
			"free",
			"occupied",
			"free",
			"free",
		]);
	});
});

describe("the median of 5", () => {
	it("says nothing before it has five readings", () => {
		expect(answers(median, times(5, floorUs))).toEqual([...times(4, "unknown"), "free"]);
	});

	it("changes with the third reading, and not with the second", () => {
		const said = answers(median, [...times(5, floorUs), ...times(3, roofUs)]);
		expect(said.slice(5)).toEqual(["free", "free", "occupied"]);
	});

	it("needs less than 0.6 of the floor for a car, and more than 0.75 for none", () => {
		// Of a floor at 200 cm: 118 and 122, 148 and 152 cm.
		const low: TraceHead = { ...head, spots: [{ spot_id: "A1", height_cm: 200 }] };
		const steps = [7_103, 6_870, 8_617, 8_850].flatMap((us) => times(5, us));
		const said = answers(median, [...times(5, 11_644), ...steps], low);
		expect([4, 9, 14, 19, 24].map((n) => said[n])).toEqual(["free", "free", "occupied", "occupied", "free"]);
	});

	it("takes the farthest that it heard for the floor, and silence for an empty spot", () => {
		// Silence, 118 cm, 200 cm, and 118 cm again.
		const steps = [nothingUs, 6_870, 11_644, 6_870].flatMap((us) => times(5, us));
		expect([4, 9, 14, 19].map((n) => answers(median, steps)[n])).toEqual(["free", "free", "free", "occupied"]);
	});
});
