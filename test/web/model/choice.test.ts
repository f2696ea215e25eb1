import { afterEach, beforeEach, expect, test } from "vitest";
import type { Lot } from "../../../gateway/contract/resources.ts";
import { LotChoice, type Memory } from "../../../web/src/model/choice.ts";
import { unknownLotCode } from "../../../web/src/model/connection.ts";
import { FakePage, FakeTransport, lotOf, snapshot, spot, VirtualClock } from "./fakes.ts";

class Word implements Memory {
	value: string | null;

	constructor(value: string | null) {
		this.value = value;
	}

	read(): string | null {
		return this.value;
	}

	write(lotId: string): void {
		this.value = lotId;
	}
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const two: Lot[] = [lotOf([spot(1, "free")], 1), { ...lotOf([spot(1, "free")], 1), lot_id: "LOT002" }];
let transport: FakeTransport;
let address: Word;
let memory: Word;
let choice: LotChoice;

function start(options: { address?: string; memory?: string; lots?: Lot[] }): void {
	transport = new FakeTransport();
	address = new Word(options.address ?? null);
	memory = new Word(options.memory ?? null);
	choice = new LotChoice({
		loadLots: async () => [...(options.lots ?? two)],
		transport,
		page: new FakePage(),
		clock: new VirtualClock(),
		random: () => 0.5,
		schedule: (flush) => flush(),
		isVisible: () => true,
		urlOf: (lotId) => `ws://${lotId}`,
		address,
		memory,
	});
}

beforeEach(() => start({}));
afterEach(() => choice.close());

test("takes the first lot when nothing else is said", async () => {
	start({});
	expect(transport.sockets).toHaveLength(0);
	await settle();
	expect(transport.last.url).toBe("ws://LOT001");
});

test("dials the remembered lot without waiting for the list", () => {
	start({ memory: "LOT002" });
	expect(transport.last.url).toBe("ws://LOT002");
});

test("lets the address win over the memory", () => {
	start({ address: "LOT001", memory: "LOT002" });
	expect(transport.last.url).toBe("ws://LOT001");
});

test("takes the first lot when the remembered one is gone", async () => {
	start({ memory: "LOT009" });
	await settle();
	transport.last.open();
	transport.last.drop(unknownLotCode);
	expect(transport.last.url).toBe("ws://LOT001");
});

test("stays with the lot of the address even when it is not there", async () => {
	start({ address: "LOT009" });
	await settle();
	transport.last.drop(unknownLotCode);
	expect(choice.live.value?.lotId).toBe("LOT009");
	expect(choice.live.value?.phase.value).toBe("missing");
});

test("dials a missing lot at once when the list has it", async () => {
	const lots: Lot[] = [];
	start({ memory: "LOT001", lots });
	await settle();
	transport.last.drop(unknownLotCode);
	lots.push(...two);
	choice.lots.refresh();
	await settle();
	expect(transport.sockets.map((socket) => socket.url)).toEqual(["ws://LOT001", "ws://LOT001"]);
});

test("goes to another lot, lets the old line go, and writes it down", async () => {
	await settle();
	const old = transport.last;
	choice.choose("LOT002");
	expect(old.isClosed).toBe(true);
	expect(transport.last.url).toBe("ws://LOT002");
	expect([address.value, memory.value]).toEqual(["LOT002", "LOT002"]);
});

test("keeps its line when the lot in view is chosen again", async () => {
	await settle();
	choice.choose("LOT001");
	expect(transport.sockets).toHaveLength(1);
});

test("tells the lot in view as it is live, the others as last told", async () => {
	await settle();
	transport.last.open();
	transport.last.frame(snapshot([spot(1, "occupied"), spot(2, "free"), spot(3, "free")], 5));
	expect(choice.known.value.map((lot) => lot.available_spots)).toEqual([2, 1]);
});

test("waits where there are no lots", async () => {
	start({ lots: [] });
	await settle();
	expect(transport.sockets).toHaveLength(0);
});
