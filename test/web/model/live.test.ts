import { beforeEach, expect, test } from "vitest";
import { silenceMs, unknownLotCode } from "../../../web/src/model/connection.ts";
import { gapGraceMs, LiveLot, withholdAfterMs } from "../../../web/src/model/live.ts";
import { FakePage, FakeTransport, heartbeat, snapshot, spot, startMs, update, VirtualClock } from "./fakes.ts";

const spots = [spot(1, "free"), spot(2, "occupied")];
let clock: VirtualClock;
let transport: FakeTransport;
let page: FakePage;
let live: LiveLot;

function start(): void {
	live = new LiveLot({
		lotId: "LOT001",
		url: "ws://lot",
		transport,
		page,
		clock,
		random: () => 0.5,
		schedule: (flush) => flush(),
	});
}

/** Opens the line dialled last and lets the gateway say where the lot stands. */
function answer(version = 1): void {
	transport.last.open();
	transport.last.frame(snapshot(spots, version));
}

beforeEach(() => {
	clock = new VirtualClock();
	transport = new FakeTransport();
	page = new FakePage();
	start();
});

test("is loading until the first snapshot, then live", () => {
	expect(live.phase.value).toBe("loading");
	transport.last.open();
	expect(live.phase.value).toBe("loading");
	transport.last.frame(snapshot(spots, 1));
	expect(live.phase.value).toBe("live");
});

test("stays live while heartbeats come", () => {
	answer();
	for (let beat = 0; beat < 60; beat++) {
		clock.advance(5_000);
		transport.last.frame(heartbeat(1));
	}
	expect(live.phase.value).toBe("live");
});

test("is late when nothing was heard for 12 s, and live again with the next word", () => {
	answer();
	clock.advance(silenceMs);
	expect(live.phase.value).toBe("live");
	clock.advance(1);
	expect(live.phase.value).toBe("late");
	transport.last.frame(heartbeat(1));
	expect(live.phase.value).toBe("live");
});

test("is reconnecting when the line closes, and live only with a fresh snapshot", () => {
	answer();
	transport.last.drop();
	expect(live.phase.value).toBe("reconnecting");
	expect(live.nextTryAt.value).toBe(clock.now() + 500);
	clock.advance(500);
	expect(live.phase.value).toBe("reconnecting");
	transport.last.open();
	transport.last.frame(heartbeat(1));
	expect(live.phase.value).toBe("reconnecting");
	transport.last.frame(snapshot(spots, 4));
	expect(live.phase.value).toBe("live");
});

test("keeps the time of the last word through a lost connection", () => {
	answer();
	clock.advance(3_000);
	transport.last.frame(heartbeat(1));
	const heard = clock.now();
	transport.last.drop();
	clock.advance(20_000);
	expect(live.heardAt.value).toBe(heard);
});

test("is offline after two minutes without being live", () => {
	answer();
	transport.last.drop();
	clock.advance(withholdAfterMs - 1);
	expect(live.phase.value).toBe("reconnecting");
	clock.advance(1);
	expect(live.phase.value).toBe("offline");
	live.tryNow();
	answer(9);
	expect(live.phase.value).toBe("live");
});

test("is offline after two minutes when nothing ever answered", () => {
	transport.last.drop();
	clock.advance(withholdAfterMs - 1);
	expect(live.phase.value).toBe("loading");
	clock.advance(1);
	expect(live.phase.value).toBe("offline");
});

test("is offline at once when the device has no network", () => {
	answer();
	page.loseNetwork();
	expect(live.phase.value).toBe("offline");
});

test("is live without a network as long as it is heard: the gateway may be on the same machine", () => {
	answer();
	page.loseNetwork();
	transport.last.frame(heartbeat(1));
	expect(live.phase.value).toBe("live");
});

test("is not live by a network alone", () => {
	answer();
	page.loseNetwork();
	transport.last.drop();
	page.online = true;
	page.wake();
	expect(live.phase.value).toBe("reconnecting");
});

test("lets the first try finish before it calls a device offline", () => {
	live.close();
	page.online = false;
	start();
	expect(live.phase.value).toBe("loading");
	transport.last.drop();
	expect(live.phase.value).toBe("offline");
});

test("stays live for 2 s in a gap, and is late then", () => {
	answer(1);
	transport.last.frame(update(spot(1, "occupied"), spots, 3));
	expect(transport.last.sent).toEqual(['{"event":"resync","lot_id":"LOT001"}']);
	expect(live.phase.value).toBe("live");
	clock.advance(gapGraceMs - 1);
	expect(live.phase.value).toBe("live");
	clock.advance(1);
	expect(live.phase.value).toBe("late");
	transport.last.frame(snapshot(spots, 3));
	expect(live.phase.value).toBe("live");
});

test("is withheld by a gap that never closes", () => {
	answer(1);
	for (let beat = 0; beat <= withholdAfterMs + gapGraceMs; beat += 5_000) {
		transport.last.frame(heartbeat(2));
		clock.advance(5_000);
	}
	expect(live.phase.value).toBe("offline");
});

test("is missing when the gateway knows no such lot, and comes to life when there is one", () => {
	transport.last.open();
	transport.last.frame({ event: "error", statusCode: 404, error: "Not Found", code: "LOT_UNKNOWN", message: "no lot" });
	transport.last.drop(unknownLotCode);
	expect(live.phase.value).toBe("missing");
	clock.advance(15_000);
	transport.last.open();
	transport.last.frame(snapshot(spots, 1));
	expect(live.phase.value).toBe("live");
});

test("is missing when the lot is removed while it is shown", () => {
	answer();
	transport.last.frame({ event: "lot_removed", lot_id: "LOT001", at: "2026-03-03T13:31:00Z" });
	expect(live.phase.value).toBe("missing");
});

test("wakes up live after a long sleep, never with what it slept on", () => {
	answer();
	clock.sleep(5 * 60_000);
	page.wake();
	expect(live.phase.value).toBe("offline");
	answer(40);
	expect(live.phase.value).toBe("live");
});

test("tells the gateway's time although this device's clock is a day off", () => {
	transport.last.open();
	transport.last.frame(snapshot(spots, 1, new Date(startMs + 86_400_000).toISOString()));
	clock.advance(1_000);
	expect(live.serverTime()).toBe(startMs + 86_401_000);
});

test.each([
	["not JSON", "{"],
	["a number", "7"],
	["null", "null"],
	["an unknown event", '{"event":"party"}'],
	["a frame without event", '{"lot_id":"LOT001"}'],
	["a time that is none", '{"event":"party","at":"noon"}'],
])("shrugs off %s", (_name, text) => {
	answer();
	transport.last.events.received(text);
	expect(live.phase.value).toBe("live");
	expect(live.serverTime()).toBe(clock.now());
});

test("leaves no timer and no listener behind", () => {
	answer();
	live.close();
	live.close();
	expect(clock.pending).toBe(0);
	expect(page.listeners).toBe(0);
});
