import { beforeEach, expect, test } from "vitest";
import { ApiError } from "../../../web/src/model/api.ts";
import { Polled } from "../../../web/src/model/polled.ts";
import { FakePage, VirtualClock } from "./fakes.ts";

let clock: VirtualClock;
let page: FakePage;
let isVisible: boolean;
let asked: { answer(value: string): void; fail(error: unknown): void }[];
let polled: Polled<string>;

/** Lets promises that are settled run their course. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
	clock = new VirtualClock();
	page = new FakePage();
	isVisible = true;
	asked = [];
	polled = new Polled({
		load: () => new Promise((answer, fail) => asked.push({ answer, fail })),
		everyMs: 10_000,
		clock,
		page,
		isVisible: () => isVisible,
	});
});

test("asks at once, and again after its time", async () => {
	asked[0]?.answer("one");
	await settle();
	expect(polled.value.value).toBe("one");
	expect(polled.loadedAt.value).toBe(clock.now());
	clock.advance(9_999);
	expect(asked).toHaveLength(1);
	clock.advance(1);
	expect(asked).toHaveLength(2);
});

test("keeps its answer through failures, and asks again sooner, then less often", async () => {
	asked[0]?.answer("one");
	await settle();
	clock.advance(10_000);
	for (const waitMs of [2_000, 4_000, 8_000, 15_000, 15_000]) {
		asked.at(-1)?.fail(new ApiError(503, "STORE_AWAY", "the store does not answer"));
		await settle();
		expect(polled.value.value).toBe("one");
		expect(polled.failure.value).toEqual({ statusCode: 503, nextTryAt: clock.now() + waitMs });
		clock.advance(waitMs);
	}
	asked.at(-1)?.answer("two");
	await settle();
	expect(polled.failure.value).toBeNull();
	expect(polled.value.value).toBe("two");
});

test("asks once more, and not twice at a time, when it is told to while it asks", async () => {
	polled.refresh();
	polled.refresh();
	expect(asked).toHaveLength(1);
	asked[0]?.answer("one");
	await settle();
	clock.advance(0);
	expect(asked).toHaveLength(2);
});

test("rests while the page is hidden, and asks at once when it is shown", async () => {
	asked[0]?.answer("one");
	await settle();
	isVisible = false;
	clock.advance(60_000);
	expect(asked).toHaveLength(1);
	isVisible = true;
	page.wake();
	expect(asked).toHaveLength(2);
});

test("forgets an answer that comes after it was closed, and leaves nothing behind", async () => {
	polled.close();
	asked[0]?.answer("late");
	await settle();
	polled.refresh();
	expect(polled.value.value).toBeNull();
	expect(asked).toHaveLength(1);
	expect(clock.pending).toBe(0);
	expect(page.listeners).toBe(0);
});
