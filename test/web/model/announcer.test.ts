import { beforeEach, expect, test } from "vitest";
import { Announcer, countPauseMs, lossPauseMs } from "../../../web/src/model/announcer.ts";
import { VirtualClock } from "./fakes.ts";

let clock: VirtualClock;
let announcer: Announcer;

beforeEach(() => {
	clock = new VirtualClock();
	announcer = new Announcer(clock);
	announcer.count("9 free");
});

test("does not say the count that the page came with", () => {
	expect(announcer.text.value).toBe("");
});

test("says a changed count at once, and the next one only after the pause", () => {
	announcer.count("8 free");
	expect(announcer.text.value).toBe("8 free");
	announcer.count("7 free");
	announcer.count("6 free");
	clock.advance(countPauseMs - 1);
	expect(announcer.text.value).toBe("8 free");
	clock.advance(1);
	expect(announcer.text.value).toBe("6 free");
});

test("says nothing when the count is back where it was when the pause ends", () => {
	announcer.count("8 free");
	announcer.say("something else");
	announcer.count("7 free");
	announcer.count("8 free");
	clock.advance(countPauseMs);
	expect(announcer.text.value).toBe("something else");
});

test("does not wait with an urgent count", () => {
	announcer.count("1 free");
	announcer.count("The lot is full.", true);
	expect(announcer.text.value).toBe("The lot is full.");
});

test("says a loss only when it lasts, and that it is over only when it was said", () => {
	announcer.lost("lost");
	clock.advance(lossPauseMs - 1);
	announcer.found("Live again.", "9 free");
	clock.advance(lossPauseMs);
	expect(announcer.text.value).toBe("");

	announcer.lost("lost");
	clock.advance(lossPauseMs);
	expect(announcer.text.value).toBe("lost");
	announcer.found("Live again.", "8 free");
	expect(announcer.text.value).toBe("Live again. 8 free");
	announcer.count("8 free");
	expect(announcer.text.value).toBe("Live again. 8 free");
});

test("starts anew for another lot", () => {
	announcer.count("8 free");
	announcer.reset();
	announcer.count("41 free");
	expect(announcer.text.value).toBe("8 free");
	expect(clock.pending).toBe(0);
});
