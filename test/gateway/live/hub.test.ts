import { beforeEach, describe, expect, test } from "vitest";
import { maxWaitingBytes } from "../../../gateway/live/audience.ts";
import { spotFrame } from "../../../gateway/live/frames.ts";
import {
	closeCodes,
	deadMs,
	Hub,
	heartbeatMs,
	heartbeatsPerPing,
	maxBadFrames,
	maxBehindMs,
	resyncMs,
} from "../../../gateway/live/hub.ts";
import { behindBytes } from "../../../gateway/live/member.ts";
import type { Books } from "../../../gateway/lots/books.ts";
import type { Draft } from "../../../gateway/lots/draft.ts";
import { changeLot, createLot, override, removeLot } from "../../../gateway/lots/manage.ts";
import { booksWithLot, commit, fixedClock, noon } from "../books.ts";
import { FakeSocket } from "./fake-socket.ts";

let books: Books;
let clock: ReturnType<typeof fixedClock>;
let hub: Hub;
/** Unsent bytes of a client that is behind, with the small snapshots that it gets here. */
const tooMuch = 2 * behindBytes;
/** What the hub leaves for later. */
let deferred: (() => void)[];

beforeEach(() => {
	books = booksWithLot(3);
	clock = fixedClock();
	deferred = [];
	hub = new Hub({ books, clock, defer: (action) => deferred.push(action), writesPerTurn });
});

/** Few enough that a handful of clients takes several turns. */
const writesPerTurn = 4;

/** Runs what the hub left for later, until there is nothing; gives how many turns that took. */
function settle(): number {
	let turns = 0;
	for (let action = deferred.shift(); action !== undefined; action = deferred.shift()) {
		action();
		turns++;
	}
	return turns;
}

const addLot = (lot_id: string) => commit(books, (draft) => createLot(draft, { lot_id, name: lot_id, spots: 1 }, noon));

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
		addLot("LOT002");
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
		socket.bufferedAmount = tooMuch;
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
		socket.bufferedAmount = tooMuch;
		change(occupy("SPOT001"));
		for (let passed = 0; passed <= maxBehindMs; passed += 1000) {
			clock.ms += 1000;
			client.onPong();
			hub.tick();
		}
		expect(socket.closed).toBe("terminated");
	});

	test("and asks for a snapshot does not get that, either", () => {
		const { socket, client } = join("LOT001");
		socket.bufferedAmount = tooMuch;
		client.onFrame(text({ event: "resync", lot_id: "LOT001" }), false);
		expect(socket.events).toEqual(["snapshot"]);
		expect(hub.state.behind).toBe(1);
	});

	test("is not brought up to date by asking for it before it has read what waits", () => {
		const { socket, client } = join("LOT001");
		socket.bufferedAmount = tooMuch;
		change(occupy("SPOT001"));
		client.onFrame(text({ event: "resync", lot_id: "LOT001" }), false);
		expect(socket.events).toEqual(["snapshot"]);
		expect(hub.state.behind).toBe(1);
	});

	test("and is dropped no sooner for having been silent while it caught up", () => {
		const { socket, client } = join("LOT001");
		client.onPong();
		clock.ms += deadMs - maxBehindMs / 2;
		socket.bufferedAmount = tooMuch;
		change(occupy("SPOT001"));
		clock.ms += maxBehindMs - 1;
		socket.bufferedAmount = 0;
		hub.tick();
		clock.ms += 1000;
		hub.tick();
		expect(socket.closed).toBeNull();
	});

	test("shares its snapshot with others that catch up at the same time", () => {
		const clients = [join("LOT001"), join("LOT001"), join("LOT001")];
		for (const { socket } of clients) socket.bufferedAmount = tooMuch;
		change(occupy("SPOT001"));
		for (const { socket } of clients) socket.bufferedAmount = 0;
		hub.tick();
		settle();
		const [first, ...others] = clients.map(({ socket }) => socket.writes.at(-1)?.[0]);
		expect(clients.map(({ socket }) => socket.events)).toEqual(Array(3).fill(["snapshot", "snapshot"]));
		for (const other of others) expect(other).toBe(first);
	});

	test("is one that has more to read than its own snapshots", () => {
		commit(books, (draft) => createLot(draft, { lot_id: "LARGE", name: "Large", spots: 1000 }, noon));
		const { socket } = join("LARGE");
		const snapshotBytes = socket.writes.flat().reduce((sum, { length }) => sum + length, 0);
		expect(snapshotBytes).toBeGreaterThan(behindBytes);
		socket.bufferedAmount = behindBytes + snapshotBytes;
		change((draft) => override(draft, "LARGE", "SPOT0001", { occupied: true }, noon));
		expect(socket.events).toEqual(["snapshot", "spot_update"]);
		socket.bufferedAmount++;
		change((draft) => override(draft, "LARGE", "SPOT0002", { occupied: true }, noon));
		expect(socket.events).toEqual(["snapshot", "spot_update"]);
	});

	test("slows nobody else", () => {
		const slow = join("LOT001");
		const quick = join("LOT001");
		slow.socket.bufferedAmount = tooMuch;
		change(occupy("SPOT001"));
		expect(quick.socket.events).toEqual(["snapshot", "spot_update"]);
	});
});

describe("a change", () => {
	test("is encoded and framed once for all clients", () => {
		const clients = [join("LOT001"), join("LOT001"), join()];
		change(occupy("SPOT001"));
		const [first, ...others] = clients.map(({ socket }) => socket.writes.at(-1)?.[0]);
		expect(first).toBeInstanceOf(Uint8Array);
		for (const other of others) expect(other).toBe(first);
	});

	test("of many spots is one write for each client", () => {
		const { socket } = join("LOT001");
		change((draft) => {
			for (let time = 0; time < 200; time++) occupy(`SPOT00${(time % 3) + 1}`)(draft);
		});
		expect(socket.writes).toHaveLength(2);
		expect(socket.frames).toHaveLength(201);
		const first = socket.frames[0]?.lot_version as number;
		expect(socket.frames.map((frame) => frame.lot_version)).toEqual(
			Array.from({ length: 201 }, (_, index) => first + index),
		);
	});

	test("of many lots is one write for a client of all, and one for a client of some", () => {
		addLot("LOT002");
		addLot("LOT003");
		const all = join();
		const some = join("LOT003", "LOT001");
		change((draft) => {
			for (const lotId of ["LOT001", "LOT002", "LOT003"]) override(draft, lotId, "SPOT001", { occupied: true }, noon);
		});
		expect(all.socket.writes).toHaveLength(2);
		expect(all.socket.frames.slice(3).map((frame) => frame.lot_id)).toEqual(["LOT001", "LOT002", "LOT003"]);
		expect(some.socket.writes).toHaveLength(2);
		expect(some.socket.frames.slice(2).map((frame) => frame.lot_id)).toEqual(["LOT001", "LOT003"]);
	});
});

describe("a heartbeat", () => {
	const lastWrite = (socket: FakeSocket) => socket.writes.at(-1)?.[0];

	test("is made once for all clients of the same lots, in whatever order they named them", () => {
		addLot("LOT002");
		const clients = [join("LOT001", "LOT002"), join("LOT002", "LOT001"), join("LOT001", "LOT002", "LOT001")];
		hub.tick();
		expect(clients[0]?.socket.frames.at(-1)).toMatchObject({ event: "heartbeat", lots: { LOT001: 1, LOT002: 1 } });
		for (const { socket } of clients) expect(lastWrite(socket)).toBe(lastWrite(clients[0]?.socket as FakeSocket));
	});

	test("goes out with the updates before it, in one write", () => {
		const clients = Array.from({ length: writesPerTurn + 1 }, () => join("LOT001"));
		change(occupy("SPOT001"));
		change(occupy("SPOT002"));
		hub.tick();
		settle();
		for (const { socket } of clients) {
			expect(socket.events).toEqual(["snapshot", "spot_update", "spot_update", "heartbeat"]);
			expect(socket.writes).toHaveLength(3);
			expect(socket.frames.at(-1)?.lots).toEqual({ LOT001: socket.frames.at(-2)?.lot_version });
		}
	});

	test("is a ping too, every third time", () => {
		const { socket } = join("LOT001");
		const pings = [];
		for (let beat = 0; beat < 2 * heartbeatsPerPing; beat++) {
			hub.tick();
			pings.push(socket.pings);
			clock.ms += heartbeatMs;
		}
		expect(pings).toEqual([0, 0, 1, 1, 1, 2]);
	});
});

describe("a snapshot", () => {
	test("is made once for all who come at the same time", () => {
		const sockets = Array.from({ length: 3 }, () => join("LOT001").socket);
		const [first, ...others] = sockets.map(({ writes }) => writes[0]?.[0]);
		for (const other of others) expect(other).toBe(first);
	});

	test("of a lot that was removed and made again is of the new one, though both are at their first version", () => {
		expect(join("LOT001").socket.frames[0]).toMatchObject({ lot_version: 1, lot: { name: "Central Parking Tower" } });
		change((draft) => removeLot(draft, "LOT001"));
		change((draft) => createLot(draft, { lot_id: "LOT001", name: "Another", spots: 1 }, noon));
		expect(join("LOT001").socket.frames[0]).toMatchObject({ lot_version: 1, lot: { name: "Another" } });
	});

	test("is made anew after a change", () => {
		join("LOT001");
		change(occupy("SPOT001"));
		expect(join("LOT001").socket.frames[0]).toMatchObject({ lot_version: 2, lot: { occupied_spots: 1 } });
	});

	test("says when it was made, to a tick", () => {
		join("LOT001");
		clock.ms += 1000;
		hub.tick();
		expect(join("LOT001").socket.frames[0]?.at).toBe(new Date(clock.ms).toISOString());
	});
});

describe("with more clients than one turn writes to", () => {
	const crowd = (clients: number) => Array.from({ length: clients }, () => join("LOT001").socket);

	test("a change goes to some at once, and to the others in later turns", () => {
		const sockets = crowd(2 * writesPerTurn + 1);
		settle();
		change(occupy("SPOT001"));
		const told = () => sockets.filter(({ frames }) => frames.length === 2).length;
		expect(told()).toBe(writesPerTurn);
		expect(settle()).toBe(2);
		expect(told()).toBe(sockets.length);
	});

	test("all changes that come meanwhile are one more write for each", () => {
		const sockets = crowd(writesPerTurn + 1);
		settle();
		for (let time = 0; time < 100; time++) change(occupy(`SPOT00${(time % 3) + 1}`));
		settle();
		for (const socket of sockets) {
			expect(socket.writes).toHaveLength(3);
			expect(socket.frames.map((frame) => frame.lot_version)).toEqual(
				Array.from({ length: 101 }, (_, index) => 1 + index),
			);
		}
	});

	test("a client that comes in the middle of a change gets a snapshot with it, and no update twice", () => {
		crowd(writesPerTurn + 1);
		settle();
		change(occupy("SPOT001"));
		change(occupy("SPOT002"));
		const { socket } = join("LOT001");
		settle();
		change(occupy("SPOT003"));
		settle();
		expect(socket.frames.map(({ event, lot_version }) => [event, lot_version])).toEqual([
			["snapshot", 3],
			["spot_update", 4],
		]);
	});

	test("a client that leaves in the middle of a change gets nothing more", () => {
		const clients = Array.from({ length: writesPerTurn + 2 }, () => join("LOT001"));
		settle();
		change(occupy("SPOT001"));
		const last = clients.at(-1);
		last?.client.leave();
		settle();
		expect(last?.socket.events).toEqual(["snapshot"]);
		expect(clients.at(-2)?.socket.events).toEqual(["snapshot", "spot_update"]);
	});

	test("a client that asks for two lots before the first one came gets both", () => {
		addLot("LOT002");
		const { socket, client } = join("LOT001", "LOT002");
		crowd(writesPerTurn + 1);
		settle();
		change(occupy("SPOT001"));
		for (const lot_id of ["LOT001", "LOT002"]) client.onFrame(text({ event: "resync", lot_id }), false);
		settle();
		expect(socket.frames.slice(-2)).toMatchObject([
			{ event: "snapshot", lot_id: "LOT001" },
			{ event: "snapshot", lot_id: "LOT002" },
		]);
	});

	test("a client that falls behind in the round that would have brought it snapshots gets none of it", () => {
		addLot("LOT002");
		const { socket, client } = join("LOT001", "LOT002");
		crowd(writesPerTurn + 1);
		settle();
		const before = socket.frames.length;
		change(occupy("SPOT001"));
		settle();
		change(occupy("SPOT001"));
		change(occupy("SPOT002"));
		for (const lot_id of ["LOT001", "LOT002"]) client.onFrame(text({ event: "resync", lot_id }), false);
		const told = socket.frames.length;
		socket.bufferedAmount = tooMuch;
		settle();
		expect(told).toBeGreaterThan(before);
		expect(socket.frames.length).toBe(told);
		expect(hub.state.behind).toBe(1);
	});

	test("those of another lot do not wait for all of them", () => {
		addLot("LOT002");
		const { socket } = join("LOT002");
		crowd(10 * writesPerTurn);
		settle();
		change(occupy("SPOT001"));
		change((draft) => override(draft, "LOT002", "SPOT001", { occupied: true }, noon));
		// One turn for each lot that was before theirs.
		deferred.shift()?.();
		deferred.shift()?.();
		expect(socket.events).toEqual(["snapshot", "spot_update"]);
	});

	test("changes that would take too much memory are merged into one snapshot", () => {
		const sockets = crowd(writesPerTurn + 1);
		settle();
		change(occupy("SPOT001"));
		const updateBytes = sockets[0]?.writes.at(-1)?.[0]?.length ?? Number.NaN;
		// Later ones are longer: their versions have more digits.
		const enough = Math.ceil(maxWaitingBytes / updateBytes) + 1;
		for (let time = 0; time < enough; time++) change(occupy(`SPOT00${(time % 3) + 1}`));
		settle();
		for (const socket of sockets) expect(socket.events).toEqual(["snapshot", "spot_update", "snapshot"]);
		expect(sockets[0]?.frames.at(-1)?.lot_version).toBe(books.lot("LOT001")?.lot_version);
		expect(hub.state.merged).toBe(1);
		change(occupy("SPOT001"));
		settle();
		expect(sockets[0]?.events.at(-1)).toBe("spot_update");
	});

	test("nothing goes out after the end", () => {
		const sockets = crowd(writesPerTurn + 1);
		settle();
		change(occupy("SPOT001"));
		hub.close();
		settle();
		expect(sockets.map(({ closed }) => closed)).toEqual(Array(writesPerTurn + 1).fill(1001));
	});
});
