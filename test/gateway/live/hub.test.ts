import { beforeEach, describe, expect, test } from "vitest";
import { spotFrame } from "../../../gateway/live/frames.ts";
import {
	behindBytes,
	closeCodes,
	deadMs,
	Hub,
	heartbeatMs,
	type LiveSocket,
	maxBadFrames,
	maxBehindMs,
	resyncMs,
} from "../../../gateway/live/hub.ts";
import type { Books, Draft } from "../../../gateway/lots/books.ts";
import { changeLot, createLot, override, removeLot } from "../../../gateway/lots/manage.ts";
import { booksWithLot, commit, fixedClock, noon } from "../books.ts";

class FakeSocket implements LiveSocket {
	bufferedAmount = 0;
	readonly frames: { event: string; [field: string]: unknown }[] = [];
	readonly raw: Uint8Array[] = [];
	closed: number | "terminated" | null = null;
	pings = 0;
	send(data: Uint8Array): void {
		this.raw.push(data);
		this.frames.push(JSON.parse(new TextDecoder().decode(data)));
	}
	ping(): void {
		this.pings++;
	}
	close(code: number): void {
		this.closed = code;
	}
	terminate(): void {
		this.closed = "terminated";
	}
	get events(): string[] {
		return this.frames.map((frame) => frame.event);
	}
}

let books: Books;
let clock: ReturnType<typeof fixedClock>;
let hub: Hub;

beforeEach(() => {
	books = booksWithLot(3);
	clock = fixedClock();
	hub = new Hub({ books, clock });
});

function join(...lots: string[]): { socket: FakeSocket; client: NonNullable<ReturnType<Hub["join"]>> } {
	const socket = new FakeSocket();
	const client = hub.join(socket, lots);
	if (client === null) throw new Error("the hub refused the client");
	return { socket, client };
}

function change(task: (draft: Draft) => unknown): void {
	const { steps } = commit(books, task);
	hub.tell(
		steps,
		steps.spots.map((step) => spotFrame(step, new Date(noon).toISOString())),
	);
}

const occupy = (spotId: string) => (draft: Draft) => override(draft, "LOT001", spotId, { occupied: true }, noon);
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe("a client", () => {
	test("gets a snapshot first, then every update with its lot's counters, numbered without a gap", () => {
		const { socket } = join("LOT001");
		change(occupy("SPOT001"));
		change(occupy("SPOT002"));
		expect(socket.events).toEqual(["snapshot", "spot_update", "spot_update"]);
		expect(socket.frames[1]).toMatchObject({
			spot_id: "SPOT001",
			lot_id: "LOT001",
			occupied: true,
			distance: null,
			lot: { occupied_spots: 1, total_spots: 3 },
		});
		const first = socket.frames[0]?.lot_version as number;
		expect(socket.frames.map((frame) => frame.lot_version)).toEqual([first, first + 1, first + 2]);
	});

	test("hears only the lots that it named, or all when it named none", () => {
		commit(books, (draft) => createLot(draft, { lot_id: "LOT002", name: "Two", spots: 1 }, noon));
		const one = join("LOT002");
		const all = join();
		change(occupy("SPOT001"));
		expect(one.socket.events).toEqual(["snapshot"]);
		expect(all.socket.events).toEqual(["snapshot", "snapshot", "spot_update"]);
	});

	test("of all lots hears of a lot that is made later", () => {
		const { socket } = join();
		change((draft) => createLot(draft, { lot_id: "LOT002", name: "Two", spots: 1 }, noon));
		expect(socket.frames.at(-1)).toMatchObject({ event: "snapshot", lot_id: "LOT002" });
	});

	test("gets a fresh snapshot when the lot itself changes, and is told when it goes", () => {
		const { socket } = join("LOT001");
		change((draft) => changeLot(draft, "LOT001", { name: "New name" }, noon));
		expect(socket.frames.at(-1)).toMatchObject({ event: "snapshot", lot: { name: "New name" } });
		change((draft) => removeLot(draft, "LOT001"));
		expect(socket.frames.at(-1)).toMatchObject({ event: "lot_removed", lot_id: "LOT001" });
	});

	test("that names no lot of ours is told and closed", () => {
		const socket = new FakeSocket();
		expect(hub.join(socket, ["NOPE"])).toBeNull();
		expect(socket.frames).toEqual([
			{ event: "error", statusCode: 404, error: "Not Found", code: "LOT_NOT_FOUND", message: 'there is no lot "NOPE"' },
		]);
		expect(socket.closed).toBe(closeCodes.noSuchLot);
		expect(hub.state.clients).toBe(0);
	});

	test("hears a heartbeat every 5 s with the newest version of its lots", () => {
		const { socket } = join("LOT001");
		hub.tick();
		clock.ms += heartbeatMs - 1;
		hub.tick();
		expect(socket.events).toEqual(["snapshot", "heartbeat"]);
		change(occupy("SPOT001"));
		clock.ms += 1;
		hub.tick();
		expect(socket.frames.at(-1)).toMatchObject({
			event: "heartbeat",
			lots: { LOT001: books.lot("LOT001")?.lot_version },
		});
	});

	test("that asks for it gets a snapshot again, but not as fast as it can ask", () => {
		const { socket, client } = join("LOT001");
		client.onFrame(text({ event: "resync", lot_id: "LOT001" }), false);
		client.onFrame(text({ event: "resync", lot_id: "LOT001" }), false);
		clock.ms += resyncMs;
		client.onFrame(text({ event: "resync", lot_id: "LOT001" }), false);
		expect(socket.events).toEqual(["snapshot", "snapshot", "error", "snapshot"]);
		expect(socket.frames[2]).toMatchObject({ statusCode: 429, code: "TOO_FAST" });
	});

	test.each([
		["no JSON", new TextEncoder().encode("hello"), 'expected JSON, got "hello"'],
		[
			"another event",
			text({ event: "override" }),
			'expected {"event":"resync","lot_id":"…"}, got {"event":"override"}',
		],
		["null", text(null), 'expected {"event":"resync","lot_id":"…"}, got null'],
		[
			"a lot that it does not watch",
			text({ event: "resync", lot_id: "LOT009" }),
			'this connection does not watch lot "LOT009"',
		],
	])("that sends %s is answered with the one error shape", (_name, data, message) => {
		const { socket, client } = join("LOT001");
		client.onFrame(data, false);
		expect(socket.frames.at(-1)).toMatchObject({ event: "error", message });
	});

	test("that sends a binary frame is answered with the one error shape", () => {
		const { socket, client } = join("LOT001");
		client.onFrame(text({ event: "resync", lot_id: "LOT001" }), true);
		expect(socket.frames.at(-1)).toMatchObject({ event: "error", message: "expected a text frame, got a binary one" });
	});

	test("that goes on sending wrong frames is dropped", () => {
		const { socket, client } = join("LOT001");
		for (let frame = 0; frame < maxBadFrames; frame++) client.onFrame(text("x"), false);
		expect(socket.closed).toBe(closeCodes.policy);
		expect(hub.state).toMatchObject({ clients: 0, dropped: 1 });
	});

	test("that answers no ping is dropped, and one that does is kept", () => {
		const dead = join("LOT001");
		const alive = join("LOT001");
		for (let passed = 0; passed <= deadMs; passed += heartbeatMs) {
			clock.ms += heartbeatMs;
			alive.client.onPong();
			hub.tick();
		}
		expect(dead.socket.closed).toBe("terminated");
		expect(alive.socket.closed).toBeNull();
		expect(alive.socket.pings).toBeGreaterThan(0);
	});
});

describe("a client that reads too slowly", () => {
	test("gets nothing more until it caught up, then one snapshot of the newest", () => {
		const { socket } = join("LOT001");
		socket.bufferedAmount = behindBytes + 1;
		for (let time = 0; time < 100; time++) change(occupy(`SPOT00${(time % 3) + 1}`));
		expect(socket.events).toEqual(["snapshot"]);
		expect(hub.state.behind).toBe(1);
		socket.bufferedAmount = 0;
		hub.tick();
		expect(socket.events).toEqual(["snapshot", "snapshot"]);
		expect(socket.frames[1]?.lot_version).toBe(books.lot("LOT001")?.lot_version);
		change(occupy("SPOT001"));
		expect(socket.events.at(-1)).toBe("spot_update");
	});

	test("and never catches up is dropped", () => {
		const { socket, client } = join("LOT001");
		socket.bufferedAmount = behindBytes + 1;
		change(occupy("SPOT001"));
		for (let passed = 0; passed <= maxBehindMs; passed += 1000) {
			clock.ms += 1000;
			client.onPong();
			hub.tick();
		}
		expect(socket.closed).toBe("terminated");
	});

	test("slows nobody else", () => {
		const slow = join("LOT001");
		const quick = join("LOT001");
		slow.socket.bufferedAmount = behindBytes + 1;
		change(occupy("SPOT001"));
		expect(quick.socket.events).toEqual(["snapshot", "spot_update"]);
	});
});

test("a change is encoded once for all clients", () => {
	const clients = [join("LOT001"), join("LOT001"), join()];
	change(occupy("SPOT001"));
	const [first, ...others] = clients.map(({ socket }) => socket.raw.at(-1));
	for (const other of others) expect(other).toBe(first);
});
