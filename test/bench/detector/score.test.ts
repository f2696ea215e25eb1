/** Each figure of the detector's bench, computed by hand. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SensorState } from "../../../firmware/messages.ts";
import { emptyScore, figuresOf, graceSamples, meanOf, pool, type Score } from "./score.ts";
import { SpotScorer, waitingLimit } from "./scorer.ts";

type Truth = "free" | "occupied";
type Change<T> = readonly [atSeconds: number, to: T];

interface Story {
	truth: readonly Change<Truth | "unknowable free" | "unknowable occupied">[];
	answers: readonly Change<SensorState>[];
	/** Between measurements. */
	everySeconds?: number;
	endSeconds: number;
	/** First measurement. */
	fromSeconds?: number;
}

/** Plays a story with a measurement every second, or as often as told. A truth comes before the measurement of the same moment. */
function scoreOf({ truth, answers, everySeconds = 1, endSeconds, fromSeconds = 0 }: Story): Score {
	const score = emptyScore();
	const scorer = new SpotScorer(score);
	let nextTruth = 0;
	for (let s = fromSeconds; s <= endSeconds; s += everySeconds) {
		for (let due = truth[nextTruth]; due && due[0] <= s; due = truth[++nextTruth]) {
			const [atSeconds, what] = due;
			scorer.truth(atSeconds * 1000, what.endsWith("free") ? "free" : "occupied", what.startsWith("unknowable"));
		}
		const said = answers.findLast(([atSeconds]) => atSeconds <= s);
		scorer.answer(s * 1000, said?.[1] ?? "unknown");
	}
	scorer.end(endSeconds * 1000);
	return score;
}

describe("spot-minutes", () => {
	it("begin with the first truth", () => {
		const { spotMs, falseFreeMs } = scoreOf({ truth: [[100, "occupied"]], answers: [[0, "free"]], endSeconds: 300 });
		expect({ spotMs, falseFreeMs }).toEqual({ spotMs: 200_000, falseFreeMs: 200_000 });
	});

	it("are none where nobody told the truth", () => {
		const score = scoreOf({ truth: [], answers: [[0, "free"]], endSeconds: 300 });
		expect(score).toEqual(emptyScore());
		expect(figuresOf(score)).toMatchObject({ spotMinutes: 0, wrongPercent: null, spuriousPerSpotWeek: null });
	});

	it("of what nobody can know are counted apart", () => {
		const score = scoreOf({
			truth: [
				[0, "free"],
				[100, "unknowable free"],
				[200, "free"],
			],
			answers: [[0, "free"]],
			endSeconds: 300,
		});
		// 15 s of grace after its begin, and 15 s before its end.
		expect(score).toMatchObject({ spotMs: 200_000, unknowableMs: 100_000, guessedMs: 70_000, falseFreeMs: 0 });
		expect(figuresOf(score).guessedPercent).toBe(70);
	});

	it("hold the last answer between measurements and to the end", () => {
		const score = scoreOf({ truth: [[0, "free"]], answers: [[50, "occupied"]], everySeconds: 50, endSeconds: 150 });
		expect(score).toMatchObject({ spotMs: 150_000, unknownMs: 50_000, falseOccupiedMs: 100_000 });
	});
});

describe("wrong", () => {
	it("begins 15 s after a change of the truth", () => {
		const score = scoreOf({
			truth: [
				[0, "free"],
				[100, "occupied"],
			],
			answers: [
				[0, "free"],
				[140, "occupied"],
			],
			endSeconds: 300,
		});
		expect(score).toMatchObject({ falseFreeMs: 25_000, falseOccupiedMs: 0 });
	});

	it("ends 15 s before a change of the truth", () => {
		const score = scoreOf({
			truth: [
				[0, "occupied"],
				[100, "free"],
			],
			answers: [
				[0, "occupied"],
				[60, "free"],
			],
			endSeconds: 300,
		});
		expect(score).toMatchObject({ falseFreeMs: 25_000, falseOccupiedMs: 0 });
	});

	it("waits for five measurements where those are slower", () => {
		const score = scoreOf({
			truth: [
				[0, "free"],
				[495, "occupied"],
			],
			answers: [[0, "free"]],
			everySeconds: 10,
			endSeconds: 600,
		});
		// The five after 495 s are at 500, 510, 520, 530 and 540 s.
		expect(score.falseFreeMs).toBe(60_000);
	});

	it("looks back five measurements where those are slower", () => {
		const score = scoreOf({
			truth: [
				[0, "free"],
				[495, "occupied"],
			],
			answers: [[0, "occupied"]],
			everySeconds: 10,
			endSeconds: 600,
		});
		// The five before 495 s are at 450, 460, 470, 480 and 490 s.
		expect(score.falseOccupiedMs).toBe(450_000);
	});

	it("is not begun anew by a truth that is said again", () => {
		const truth: Story["truth"] = [
			[0, "free"],
			[100, "free"],
		];
		expect(scoreOf({ truth, answers: [[0, "occupied"]], endSeconds: 200 }).falseOccupiedMs).toBe(200_000);
	});

	it("is the same when the answer changes with each measurement, up to 15 s before the truth does", () => {
		const everySeconds = 1 / 16;
		const answers = Array.from({ length: 40 * 16 }, (_, n): [number, SensorState] => [
			n * everySeconds,
			n % 2 === 0 ? "free" : "occupied",
		]);
		const truth: Story["truth"] = [
			[0, "free"],
			[40, "occupied"],
		];
		const { falseOccupiedMs, spurious, spuriousInGrace } = scoreOf({ truth, answers, everySeconds, endSeconds: 60 });
		expect(answers.length).toBeGreaterThan(waitingLimit);
		// Each second one is wrong for 1/16 s; the last change is a little early, and right.
		expect(falseOccupiedMs).toBe(25_000 / 2);
		expect([spurious, spuriousInGrace]).toEqual([40 * 16 - 2, 15 * 16 - 1]);
	});

	it("needs no more of the past than the grace", () => {
		const scorer = new SpotScorer(emptyScore());
		scorer.truth(0, "free", false);
		for (let s = 0; s < 5 * waitingLimit; s++) scorer.answer(s * 1000, s % 2 === 0 ? "free" : "occupied");
		expect(scorer.kept).toBeLessThanOrEqual(2 * waitingLimit);
	});

	it("is a share of the spot-minutes", () => {
		const figures = figuresOf({ ...emptyScore(), spotMs: 600_000, falseFreeMs: 3_000, falseOccupiedMs: 9_000 });
		expect(figures).toMatchObject({
			wrongMinutes: 0.2,
			wrongPercent: 2,
			falseFreePercent: 0.5,
			falseOccupiedPercent: 1.5,
		});
	});
});

describe("unknown", () => {
	it("can't be avoided in the first minute, nor around a change", () => {
		const score = scoreOf({
			truth: [
				[0, "free"],
				[200, "occupied"],
			],
			answers: [
				[0, "unknown"],
				[80, "free"],
				[190, "unknown"],
				[230, "occupied"],
			],
			endSeconds: 300,
		});
		// 0 to 80 s and 190 to 230 s; of them 60 to 80 s and 215 to 230 s could have been known.
		expect(score).toMatchObject({ unknownMs: 120_000, avoidableMs: 35_000 });
	});

	it("has its first minute from the first measurement on", () => {
		const score = scoreOf({ truth: [[0, "free"]], answers: [], fromSeconds: 100, endSeconds: 200 });
		expect(score.avoidableMs).toBe(40_000);
	});

	it("is no fault where nobody can know", () => {
		const score = scoreOf({ truth: [[0, "unknowable free"]], answers: [], endSeconds: 200 });
		expect(score).toMatchObject({ unknownMs: 0, avoidableMs: 0, guessedMs: 0, unknowableMs: 200_000 });
	});
});

describe("spurious changes", () => {
	/** An arrival at 100 s and a departure at 200 s, with these answers. */
	const spurious = (...answers: Change<SensorState>[]) => {
		const score = scoreOf({
			truth: [
				[0, "free"],
				[100, "occupied"],
				[200, "free"],
			],
			answers: [[0, "free"], ...answers],
			endSeconds: 300,
		});
		return [score.spurious, score.spuriousInGrace];
	};

	it("are none where each change follows one of the truth", () => {
		expect(spurious([103, "occupied"], [202, "free"])).toEqual([0, 0]);
	});

	it("are none where a change is a little early", () => {
		expect(spurious([90, "occupied"], [186, "free"])).toEqual([0, 0]);
	});

	it("are none where a change is late", () => {
		expect(spurious([150, "occupied"], [290, "free"])).toEqual([0, 0]);
	});

	it("are two where somebody walks by", () => {
		expect(spurious([50, "occupied"], [60, "free"], [103, "occupied"], [202, "free"])).toEqual([2, 0]);
	});

	it("are two where a car comes in two goes", () => {
		expect(spurious([90, "occupied"], [95, "free"], [103, "occupied"], [202, "free"])).toEqual([2, 2]);
		expect(spurious([101, "occupied"], [104, "free"], [108, "occupied"], [202, "free"])).toEqual([2, 2]);
	});

	it("are none where the answer goes by way of unknown and back", () => {
		expect(spurious([50, "unknown"], [60, "free"], [103, "occupied"], [202, "free"])).toEqual([0, 0]);
	});

	it("are one where a wrong answer is taken back by itself", () => {
		const truth: Story["truth"] = [[0, "free"]];
		const answers: Story["answers"] = [
			[0, "occupied"],
			[100, "free"],
		];
		expect(scoreOf({ truth, answers, endSeconds: 300 }).spurious).toBe(1);
	});

	it("are three where the truth comes to an answer that stood for long, and then goes away and comes back", () => {
		expect(spurious([50, "occupied"], [130, "free"], [140, "occupied"], [202, "free"])).toEqual([3, 0]);
	});

	it("are not counted while nobody can know", () => {
		const truth: Story["truth"] = [
			[0, "free"],
			[100, "unknowable free"],
			[200, "free"],
		];
		const answers: Story["answers"] = [
			[0, "free"],
			[120, "occupied"],
			[130, "free"],
			[140, "occupied"],
			[203, "free"],
		];
		expect(scoreOf({ truth, answers, endSeconds: 300 }).spurious).toBe(0);
	});

	it("are told per spot and week", () => {
		const figures = figuresOf({ ...emptyScore(), spotMs: 24 * 3_600_000, spurious: 3 });
		expect(figures.spuriousPerSpotWeek).toBe(21);
	});
});

describe("delays", () => {
	const delays = (truth: Story["truth"], answers: Story["answers"], endSeconds = 300) => {
		const { arrivals, departures } = scoreOf({ truth, answers, endSeconds });
		return { arrivals, departures };
	};
	const stay: Story["truth"] = [
		[0, "free"],
		[100, "occupied"],
		[200, "free"],
	];

	it("last from the truth to its answer, for arrivals and departures apart", () => {
		const answers: Story["answers"] = [
			[0, "free"],
			[103, "occupied"],
			[205, "free"],
		];
		expect(delays(stay, answers)).toEqual({
			arrivals: { delaysMs: [3_000], missed: 0 },
			departures: { delaysMs: [5_000], missed: 0 },
		});
	});

	it("are none where the answer was there before", () => {
		const answers: Story["answers"] = [
			[0, "free"],
			[95, "occupied"],
			[205, "free"],
		];
		expect(delays(stay, answers).arrivals).toEqual({ delaysMs: [0], missed: 0 });
	});

	it("go by way of unknown", () => {
		const answers: Story["answers"] = [
			[0, "free"],
			[95, "occupied"],
			[98, "unknown"],
			[104, "occupied"],
			[205, "free"],
		];
		expect(delays(stay, answers).arrivals).toEqual({ delaysMs: [4_000], missed: 0 });
	});

	it("are missed where the truth changes again before, and then there is none for the way back", () => {
		expect(delays(stay, [[0, "free"]])).toEqual({
			arrivals: { delaysMs: [], missed: 1 },
			departures: { delaysMs: [], missed: 0 },
		});
	});

	it("are missed at the end, unless that came too soon", () => {
		const truth = stay.slice(0, 2);
		expect(delays(truth, [[0, "free"]], 130).arrivals).toEqual({ delaysMs: [], missed: 1 });
		expect(delays(truth, [[0, "free"]], 110).arrivals).toEqual({ delaysMs: [], missed: 0 });
	});

	it("do not begin where nobody could know before", () => {
		const truth: Story["truth"] = [
			[0, "unknowable occupied"],
			[100, "free"],
		];
		expect(delays(truth, [[110, "free"]]).departures).toEqual({ delaysMs: [], missed: 0 });
	});

	it("are told as their median and the value that 95 % do not exceed", () => {
		const delaysMs = Array.from({ length: 100 }, (_, index) => index * 100);
		const { arrivals, departures } = figuresOf({ ...emptyScore(), arrivals: { delaysMs, missed: 2 } });
		expect(arrivals).toEqual({ count: 100, p50Seconds: 4.9, p95Seconds: 9.4, missed: 2 });
		expect(departures).toEqual({ count: 0, p50Seconds: null, p95Seconds: null, missed: 0 });
	});
});

describe("a score of any story", () => {
	const stories = fc
		.record({
			everySeconds: fc.constantFrom(1, 2, 5, 7),
			endSeconds: fc.integer({ min: 1, max: 400 }),
			truth: fc.array(
				fc.tuple(
					fc.integer({ min: 0, max: 400 }),
					fc.constantFrom(
						"free" as const,
						"occupied" as const,
						"unknowable free" as const,
						"unknowable occupied" as const,
					),
				),
				{ maxLength: 8 },
			),
			answers: fc.array(
				fc.tuple(
					fc.integer({ min: 0, max: 400 }),
					fc.constantFrom("free" as const, "occupied" as const, "unknown" as const),
				),
				{ maxLength: 12 },
			),
		})
		.map(({ truth, answers, ...rest }) => ({
			...rest,
			endSeconds: rest.endSeconds - (rest.endSeconds % rest.everySeconds),
			truth: truth
				.toSorted(([a], [b]) => a - b)
				.filter(([at]) => at <= rest.endSeconds - (rest.endSeconds % rest.everySeconds)),
			answers: answers.toSorted(([a], [b]) => a - b),
		}));

	it("has the times that looking at each second by itself gives", () => {
		fc.assert(
			fc.property(stories, (story) => {
				const { spotMs, falseFreeMs, falseOccupiedMs, unknownMs, avoidableMs, unknowableMs, guessedMs } =
					scoreOf(story);
				expect({ spotMs, falseFreeMs, falseOccupiedMs, unknownMs, avoidableMs, unknowableMs, guessedMs }).toEqual(
					secondBySecond(story),
				);
			}),
			{ numRuns: 300 },
		);
	});

	it("has one change of the truth for each delay and each miss", () => {
		fc.assert(
			fc.property(stories, (story) => {
				const { arrivals, departures } = scoreOf(story);
				const counted = arrivals.delaysMs.length + arrivals.missed + departures.delaysMs.length + departures.missed;
				expect(counted).toBeLessThanOrEqual(Math.max(0, story.truth.length - 1));
				expect(Math.min(0, ...arrivals.delaysMs, ...departures.delaysMs)).toBe(0);
			}),
		);
	});
});

/** The times of a score, from all of the story at once. */
function secondBySecond({ truth, answers, everySeconds = 1, endSeconds }: Story) {
	const times = {
		spotMs: 0,
		falseFreeMs: 0,
		falseOccupiedMs: 0,
		unknownMs: 0,
		avoidableMs: 0,
		unknowableMs: 0,
		guessedMs: 0,
	};
	const samples = Array.from({ length: endSeconds / everySeconds + 1 }, (_, index) => index * everySeconds);
	const changes = truth.filter(([, to], index) => index > 0 && to !== truth[index - 1]?.[1]).map(([at]) => at);
	const graces = changes.map((at) => {
		const before = samples.filter((sample) => sample < at);
		const after = samples.filter((sample) => sample >= at);
		return [
			Math.min(at - 15, before.length < graceSamples ? at - 15 : (before.at(-graceSamples) ?? 0)),
			Math.max(at + 15, after[graceSamples - 1] ?? Number.POSITIVE_INFINITY),
		] as const;
	});
	for (let s = 0; s < endSeconds; s++) {
		const is = truth.findLast(([at]) => at <= s)?.[1];
		if (is === undefined) continue;
		const sample = samples.findLast((at) => at <= s) ?? 0;
		const said = answers.findLast(([at]) => at <= sample)?.[1] ?? "unknown";
		const blamed = graces.some(([from, to]) => from <= s && s < to) ? 0 : 1000;
		if (is.startsWith("unknowable")) {
			times.unknowableMs += 1000;
			if (said !== "unknown") times.guessedMs += blamed;
			continue;
		}
		times.spotMs += 1000;
		if (said === "unknown") {
			times.unknownMs += 1000;
			if (s >= 60) times.avoidableMs += blamed;
		} else if (said !== is) times[said === "free" ? "falseFreeMs" : "falseOccupiedMs"] += blamed;
	}
	return times;
}

describe("traces together", () => {
	const long = { ...emptyScore(), spotMs: 900_000, falseFreeMs: 9_000, arrivals: { delaysMs: [1], missed: 1 } };
	const short = { ...emptyScore(), spotMs: 100_000, falseFreeMs: 5_000, arrivals: { delaysMs: [2, 3], missed: 0 } };

	it("are pooled over their spot-minutes", () => {
		const pooled = pool([long, short]);
		expect(figuresOf(pooled).wrongPercent).toBeCloseTo(1.4, 12);
		expect(pooled.arrivals).toEqual({ delaysMs: [1, 2, 3], missed: 1 });
	});

	it("count the same in the mean, those without a truth not at all", () => {
		expect(meanOf([long, short, emptyScore()].map(figuresOf), "wrongPercent")).toBeCloseTo(3, 12);
	});
});
