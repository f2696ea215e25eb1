import { signal } from "@preact/signals";
import { beforeEach, expect, test } from "vitest";
import type { Spot } from "../../../gateway/contract/resources.ts";
import { ApiError, type OverrideRequest } from "../../../web/src/model/api.ts";
import { LiveLot } from "../../../web/src/model/live.ts";
import { LotView } from "../../../web/src/model/view.ts";
import { type Draft, Overrides, slowAfterMs, undoMs } from "../../../web/src/owner/overrides.ts";
import { FakePage, FakeTransport, snapshot, spot, startMs, VirtualClock } from "../model/fakes.ts";

const reserved = spot(2, "reserved", {
	manual_override: true,
	override: {
		occupied: true,
		reserved: true,
		until: new Date(startMs + 60_000).toISOString(),
		reason: "Delivery",
		by: "Anna",
		at: new Date(startMs - 1_000).toISOString(),
	},
});
const spots = [spot(1, "occupied"), reserved];
const settle = () => new Promise((resolve) => setImmediate(resolve));

let clock: VirtualClock;
let transport: FakeTransport;
let sent: { request: OverrideRequest; answer: () => void; refuse: (error: unknown) => void }[];
let said: string[];
let overrides: Overrides;

beforeEach(() => {
	clock = new VirtualClock();
	transport = new FakeTransport();
	sent = [];
	said = [];
	const live = new LiveLot({
		lotId: "LOT001",
		url: "ws://lot",
		transport,
		page: new FakePage(),
		clock,
		random: () => 0.5,
		schedule: (flush) => flush(),
	});
	transport.last.open();
	transport.last.frame(snapshot(spots, 1));
	overrides = new Overrides({
		clock,
		view: signal(new LotView(live)),
		say: (text) => said.push(text),
		send: (_lotId, request) =>
			new Promise<Spot>((resolve, refuse) => sent.push({ request, answer: () => resolve(spot(1, "free")), refuse })),
	});
});

function draft(one: Spot, word?: "free" | "occupied" | "reserved"): Draft {
	overrides.open(one, word);
	const opened = overrides.draft.value;
	if (opened === null) throw new Error("the panel did not open");
	return opened;
}

test("opens filled in with the wanted word and an end in an hour", () => {
	const opened = draft(spot(1, "occupied"), "free");
	expect([opened.word.value, opened.until.value, opened.reason.value]).toEqual(["free", "hour", ""]);
});

test("opens with what holds when an override is to be changed", () => {
	const opened = draft(reserved);
	expect([opened.word.value, opened.reason.value]).toEqual(["reserved", "Delivery"]);
});

test("sends the word, its end and its reason, once", async () => {
	const opened = draft(spot(1, "occupied"), "free");
	opened.reason.value = "  Checked on site ";
	void overrides.set(opened, startMs + 3_600_000);
	void overrides.set(opened, startMs + 3_600_000);
	expect(sent.map(({ request }) => request)).toEqual([
		{ spot_id: "SPOT001", occupied: false, until: "2026-03-03T14:31:00.000Z", reason: "Checked on site" },
	]);
	sent[0]?.answer();
	await settle();
	expect(overrides.draft.value).toBeNull();
	expect(said).toEqual(["001 shows as free until 15:31."]);
});

test("says that it is slow after 5 s, and keeps the panel when it failed", async () => {
	const opened = draft(spot(1, "occupied"), "free");
	void overrides.set(opened, null);
	clock.advance(slowAfterMs);
	expect(opened.isSlow.value).toBe(true);
	sent[0]?.refuse(new ApiError(409, "CONFLICT", "somebody was quicker"));
	await settle();
	expect(overrides.draft.value).toBe(opened);
	expect(opened.failure.value).toBe("001 was not set: somebody was quicker (409)");
	expect([opened.isSending.value, opened.isSlow.value]).toEqual([false, false]);
});

test("sends nothing while the page is not live", () => {
	const opened = draft(spot(1, "occupied"), "free");
	transport.last.drop();
	void overrides.set(opened, null);
	void overrides.clear(reserved);
	expect(sent).toEqual([]);
});

test("leaves another spot's panel alone when an answer comes late", async () => {
	void overrides.set(draft(spot(1, "occupied"), "free"), null);
	const other = draft(reserved);
	sent[0]?.answer();
	await settle();
	expect(overrides.draft.value).toBe(other);
});

test("clears an override once, and undo puts it back as it was", async () => {
	void overrides.clear(reserved);
	void overrides.clear(reserved);
	expect(sent.map(({ request }) => request)).toEqual([{ spot_id: "SPOT002", occupied: null }]);
	expect(overrides.clearing.value.has("SPOT002")).toBe(true);
	sent[0]?.answer();
	await settle();
	expect(overrides.clearing.value.size).toBe(0);
	overrides.toast.value?.undo?.();
	expect(sent[1]?.request).toEqual({
		spot_id: "SPOT002",
		occupied: true,
		reserved: true,
		until: reserved.override?.until,
		reason: "Delivery",
	});
});

test("undo does not put back an override that would have ended meanwhile", async () => {
	const opened = draft(reserved);
	void overrides.set(opened, null);
	sent[0]?.answer();
	await settle();
	overrides.holdToast();
	for (let beat = 0; beat < 70_000; beat += 5_000) {
		clock.advance(5_000);
		transport.last.frame({ event: "heartbeat", at: new Date(clock.now()).toISOString(), lots: {} });
	}
	overrides.toast.value?.undo?.();
	expect(sent[1]?.request).toEqual({ spot_id: "SPOT002", occupied: null });
});

test("takes its toast away after 10 s, unless somebody looks at it", async () => {
	void overrides.clear(reserved);
	sent[0]?.answer();
	await settle();
	overrides.holdToast();
	clock.advance(10 * undoMs);
	expect(overrides.toast.value).not.toBeNull();
	overrides.releaseToast();
	clock.advance(undoMs);
	expect(overrides.toast.value).toBeNull();
});

test("tells a failure as a failure, with nothing to undo", async () => {
	void overrides.clear(reserved);
	sent[0]?.refuse(new ApiError(0, "NO_ANSWER", "The gateway did not answer."));
	await settle();
	expect(overrides.toast.value).toEqual({
		text: "002 was not cleared: The gateway did not answer.",
		isFailure: true,
		undo: null,
	});
	expect(said).toEqual([]);
});
