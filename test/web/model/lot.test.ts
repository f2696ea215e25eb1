import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Spot } from "../../../gateway/contract/resources.ts";
import { LotModel, maxMarkedChanges } from "../../../web/src/model/lot.ts";
import { counters, heartbeat, snapshot, spot, update } from "./fakes.ts";

let flushes: (() => void)[];
let gaps: number;
let model: LotModel;
const two = [spot(1, "free"), spot(2, "occupied")];

function flush(): void {
	for (const run of flushes.splice(0)) run();
}

beforeEach(() => {
	flushes = [];
	gaps = 0;
	model = new LotModel({
		lotId: "LOT001",
		schedule: (run) => flushes.push(run),
		onGap: () => {
			gaps += 1;
		},
	});
});

const stateOf = (id: string) => model.spot(id)?.value.spot.state;

test("knows nothing before the first snapshot", () => {
	model.take(update(spot(1, "occupied"), two, 8));
	expect(model.lot.value).toBeNull();
	expect(gaps).toBe(0);
});

test("shows a snapshot at once, in the gateway's order", () => {
	model.take(snapshot([spot(2, "free"), spot(1, "unknown")], 7));
	expect(model.order.value).toEqual(["SPOT002", "SPOT001"]);
	expect(stateOf("SPOT001")).toBe("unknown");
	expect(model.lot.value?.available_spots).toBe(1);
});

test("shows updates and their counters together, once per flush", () => {
	model.take(snapshot(two, 7));
	const after = [spot(1, "occupied"), spot(2, "free")];
	model.take(update(spot(1, "occupied"), after, 8));
	model.take(update(spot(2, "free"), after, 9));
	expect(stateOf("SPOT001")).toBe("free");
	expect(flushes).toHaveLength(1);
	flush();
	expect(stateOf("SPOT001")).toBe("occupied");
	expect(stateOf("SPOT002")).toBe("free");
	expect(model.lot.value?.occupied_spots).toBe(1);
	expect(model.version).toBe(9);
});

test("keeps the newest word of many on one spot while the page is hidden", () => {
	model.take(snapshot(two, 1));
	for (let version = 2; version <= 1_001; version++) {
		model.take(update(spot(1, version % 2 === 0 ? "occupied" : "free"), two, version));
	}
	expect(flushes).toHaveLength(1);
	flush();
	expect(stateOf("SPOT001")).toBe("free");
});

test("drops what it already has", () => {
	model.take(snapshot(two, 7));
	model.take(update(spot(1, "occupied"), two, 7));
	model.take(update(spot(1, "occupied"), two, 3));
	flush();
	expect(stateOf("SPOT001")).toBe("free");
	expect(gaps).toBe(0);
});

test("asks for a snapshot when a number is missing, and takes no update until it comes", () => {
	model.take(snapshot(two, 7));
	model.take(update(spot(1, "occupied"), two, 9));
	expect(gaps).toBe(1);
	expect(model.inGap).toBe(true);
	model.take(update(spot(2, "free"), two, 10));
	flush();
	expect(gaps).toBe(1);
	expect(stateOf("SPOT002")).toBe("occupied");
	model.take(snapshot([spot(1, "occupied"), spot(2, "free")], 10));
	expect(model.inGap).toBe(false);
	expect(stateOf("SPOT001")).toBe("occupied");
});

test("notices by the heartbeat that the last update is missing, and asks again with each one", () => {
	model.take(snapshot(two, 7));
	model.take(heartbeat(7));
	expect(gaps).toBe(0);
	model.take(heartbeat(8));
	model.take(heartbeat(8));
	expect(gaps).toBe(2);
});

test("asks for a snapshot when an update is of a spot that it doesn't know", () => {
	model.take(snapshot(two, 7));
	model.take(update(spot(3, "free"), two, 8));
	expect(gaps).toBe(1);
});

test("takes a snapshot with a lower version: the lot was made anew", () => {
	model.take(snapshot(two, 700));
	model.take(snapshot([spot(1, "unknown")], 1));
	expect(model.version).toBe(1);
	expect(model.order.value).toEqual(["SPOT001"]);
	expect(model.spot("SPOT002")).toBeUndefined();
});

test("forgets updates that wait when a snapshot overtakes them", () => {
	model.take(snapshot(two, 7));
	model.take(update(spot(1, "occupied"), two, 8));
	model.take(snapshot([spot(1, "unknown"), spot(2, "occupied")], 12));
	flush();
	expect(stateOf("SPOT001")).toBe("unknown");
});

test("leaves other lots' frames alone", () => {
	model.take({ ...snapshot(two, 7), lot_id: "LOT002" });
	expect(model.lot.value).toBeNull();
	model.take(snapshot(two, 7));
	model.take({ ...update(spot(1, "occupied"), two, 8), lot_id: "LOT002" });
	flush();
	expect(stateOf("SPOT001")).toBe("free");
});

test("says that the lot is gone, until a snapshot brings it back", () => {
	model.take(snapshot(two, 7));
	model.take({ event: "lot_removed", lot_id: "LOT001", at: "2026-03-03T13:31:00Z" });
	expect(model.removed.value).toBe(true);
	model.take(snapshot(two, 1));
	expect(model.removed.value).toBe(false);
});

describe("marks of what has just changed", () => {
	const many = Array.from({ length: maxMarkedChanges + 1 }, (_, index) => spot(index + 1, "free"));

	function change(count: number): void {
		model.take(snapshot(many, 1));
		for (let index = 0; index < count; index++) model.take(update(spot(index + 1, "occupied"), many, index + 2));
		flush();
	}

	test("count each change of state", () => {
		change(maxMarkedChanges);
		expect(model.spot("SPOT001")?.value.changes).toBe(1);
	});

	test("are left out when too many change at once", () => {
		change(maxMarkedChanges + 1);
		expect(model.spot("SPOT001")?.value.changes).toBe(0);
	});

	test("are left out when only the distance changes", () => {
		model.take(snapshot(many, 1));
		model.take(update(spot(1, "free", { distance: 190 }), many, 2));
		flush();
		expect(model.spot("SPOT001")?.value).toMatchObject({ changes: 0, spot: { distance: 190 } });
	});

	test("are left out for a snapshot", () => {
		model.take(snapshot(many, 1));
		model.take(
			snapshot(
				many.map((one) => ({ ...one, state: "occupied" as const })),
				9,
			),
		);
		expect(model.spot("SPOT001")?.value.changes).toBe(0);
	});
});

test("ends where the gateway is, whatever frames are lost, doubled or flushed in between", () => {
	const states = fc.constantFrom<Spot["state"]>("free", "occupied", "unknown", "reserved");
	const steps = fc.array(
		fc.record({
			number: fc.integer({ min: 1, max: 4 }),
			state: states,
			fate: fc.constantFrom("comes", "lost", "twice"),
			flushes: fc.boolean(),
		}),
		{ maxLength: 40 },
	);
	fc.assert(
		fc.property(steps, (script) => {
			const gateway = [1, 2, 3, 4].map((number) => spot(number, "free"));
			let version = 1;
			let asked = false;
			const pending: (() => void)[] = [];
			const page = new LotModel({
				lotId: "LOT001",
				schedule: (run) => pending.push(run),
				onGap: () => {
					asked = true;
				},
			});
			page.take(snapshot(gateway, version));
			for (const { number, state, fate, flushes: isFlushed } of script) {
				gateway[number - 1] = spot(number, state);
				version += 1;
				const frame = update(spot(number, state), gateway, version);
				if (fate !== "lost") page.take(frame);
				if (fate === "twice") page.take(frame);
				if (isFlushed) for (const run of pending.splice(0)) run();
			}
			page.take(heartbeat(version));
			if (asked) page.take(snapshot(gateway, version));
			for (const run of pending.splice(0)) run();
			expect(page.all().map((one) => one.state)).toEqual(gateway.map((one) => one.state));
			expect(page.lot.value).toMatchObject(counters(gateway));
		}),
	);
});
