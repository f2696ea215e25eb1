import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { topicMatcher } from "../../../gateway/broker/filters.ts";
import { InOrder } from "../../../gateway/broker/in-order.ts";
import { PacketGuard } from "../../../gateway/broker/packet-guard.ts";
import { RetainedBudget } from "../../../gateway/broker/retained-budget.ts";

describe("a topic filter", () => {
	test.each([
		["a/b", "a/b", true],
		["a/b", "a/c", false],
		["a/b", "a/b/c", false],
		["a/b/c", "a/b", false],
		["a/+", "a/b", true],
		["a/+", "a/", true],
		["a/+", "a", false],
		["a/+", "a/b/c", false],
		["a/+/c", "a/b/c", true],
		["+", "a", true],
		["+/+", "/a", true],
		["+", "/a", false],
		["#", "a/b/c", true],
		["a/#", "a", true],
		["a/#", "a/b/c", true],
		["a/#", "b/a", false],
		["#", "$SYS/x", false],
		["+/x", "$SYS/x", false],
		["$SYS/#", "$SYS/x", true],
	])("%s with %s gives %s", (filter, topic, expected) => {
		expect(topicMatcher(filter)(topic)).toBe(expected);
	});
});

describe("InOrder", () => {
	test("runs consequences in the order of beginning, each as soon as all before it are settled", () => {
		fc.assert(
			fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), (settling) => {
				const order = new InOrder();
				const ran: number[] = [];
				const settle = [0, 1, 2, 3, 4, 5, 6].map(() => order.begin());
				const settled = new Set<number>();
				for (const place of settling) {
					settle[place]?.(() => ran.push(place));
					settled.add(place);
					const firstOpen = [0, 1, 2, 3, 4, 5, 6, 7].find((each) => !settled.has(each)) ?? 7;
					expect(ran).toEqual([0, 1, 2, 3, 4, 5, 6].slice(0, firstOpen));
					expect(order.size).toBe(7 - firstOpen);
				}
			}),
		);
	});
});

describe("PacketGuard", () => {
	/** Whole packets with bodies of these lengths (MQTT 3.1.1 §2.2.3). */
	function stream(lengths: number[]): Buffer {
		const packets = lengths.map((length) => {
			const header = [0x32];
			let rest = length;
			do {
				header.push((rest % 128) + (rest >= 128 ? 128 : 0));
				rest = Math.floor(rest / 128);
			} while (rest > 0);
			return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xff)]);
		});
		return Buffer.concat(packets);
	}

	/** The guard's answers to `bytes`, cut as `cuts` says. */
	function feed(maxBytes: number, bytes: Buffer, cuts: number[]): (number | null)[] {
		const guard = new PacketGuard({ maxBytes });
		const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
		return edges.slice(1).map((edge, index) => guard.feed(bytes.subarray(edges[index], edge)));
	}

	test("lets every packet through that is not too long, however the stream is cut", () => {
		fc.assert(
			fc.property(fc.array(fc.nat(300)), fc.array(fc.nat(5000)), (lengths, cuts) => {
				const answers = feed(300, stream(lengths), cuts);
				expect(answers.every((answer) => answer === null)).toBe(true);
			}),
		);
	});

	test("finds the first packet that is too long, however the stream is cut", () => {
		fc.assert(
			fc.property(
				fc.array(fc.nat(300)),
				fc.integer({ min: 301, max: 70_000 }),
				fc.array(fc.nat(9000)),
				(before, length, cuts) => {
					const answers = feed(300, stream([...before, length]), cuts);
					expect(answers.find((answer) => answer !== null)).toBe(length);
				},
			),
		);
	});

	test("finds it with its length, without a byte of its body", () => {
		const packet = stream([20_000]);
		expect(new PacketGuard({ maxBytes: 300 }).feed(packet.subarray(0, 4))).toBe(20_000);
	});

	test("finds a length field that never ends", () => {
		expect(new PacketGuard({ maxBytes: 300 }).feed(Buffer.alloc(5, 0xff))).toBe(0xfffffff);
	});
});

describe("RetainedBudget", () => {
	test("takes messages while there is room, and again when one was taken back", () => {
		const budget = new RetainedBudget({ maxBytes: 1000 });
		expect(budget.take("a", 400)).toBe(true);
		expect(budget.take("b", 400)).toBe(false);
		expect(budget.take("a", 0)).toBe(true);
		expect(budget.take("b", 400)).toBe(true);
	});

	test("counts a topic once, however often its message is replaced", () => {
		const budget = new RetainedBudget({ maxBytes: 1000 });
		for (let turn = 0; turn < 10; turn++) expect(budget.take("a", 600)).toBe(true);
		expect(budget.take("a", 100)).toBe(true);
		expect(budget.take("b", 200)).toBe(true);
	});
});
