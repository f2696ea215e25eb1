import { describe, expect, it } from "vitest";
import { seededRandom } from "../../firmware/device/virtual/random.ts";
import { deal, dealAll, faultsFor, injectionOf } from "./faults.ts";

const faults = faultsFor("mosquitto");
const names = Object.keys(faults);

/** The first `count` of what is dealt. */
function first(count: number, dealt: Iterator<{ faults: string[] }>): string[][] {
	return Array.from({ length: count }, () => dealt.next().value.faults);
}

describe("faults", () => {
	it("that only another broker can have are not injected into the embedded one", () => {
		const embedded = Object.keys(faultsFor("embedded"));
		expect(embedded).not.toContain("broker killed");
		expect(names).toEqual(expect.arrayContaining([...embedded, "broker killed"]));
	});

	it("are dealt once each before one comes again", () => {
		const injections = ["gateway killed", "network cut", "boards killed"].map((name) => injectionOf(name, faults));
		const dealt = first(6, deal(injections, seededRandom(1, "test"))).flat();
		for (const half of [dealt.slice(0, 3), dealt.slice(3)]) {
			expect(half.toSorted()).toEqual(["boards killed", "gateway killed", "network cut"]);
		}
	});

	it("come two at once in every third round, and share no part", () => {
		const rounds = first(3 * names.length, dealAll(faults, seededRandom(7, "test")));
		expect(rounds.map((round) => round.length)).toEqual(names.flatMap(() => [1, 1, 2]));
		for (const [a = "", b] of rounds) {
			if (b === undefined) continue;
			expect(faults[a]?.touches.filter((part) => faults[b]?.touches.includes(part))).toEqual([]);
		}
	});

	it("are dealt the same again from the same seed", () => {
		const dealt = (seed: number) => first(30, dealAll(faults, seededRandom(seed, "test")));
		expect(dealt(5)).toEqual(dealt(5));
		expect(dealt(5)).not.toEqual(dealt(6));
	});

	it("that there are not, or that can't overlap, are refused with what there is", () => {
		expect(() => injectionOf("meteor", faults)).toThrow(`a fault must be one of ${names.join(", ")}, got "meteor"`);
		expect(() => injectionOf("gateway killed + gateway frozen", faults)).toThrow(
			'two faults of one round must not share a part, got "gateway killed + gateway frozen"',
		);
		expect(() => injectionOf("network cut + boards killed + disk full", faults)).toThrow(
			'a round has one fault or two, got "network cut + boards killed + disk full"',
		);
	});
});
