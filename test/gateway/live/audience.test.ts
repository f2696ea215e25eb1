import { beforeEach, describe, expect, test } from "vitest";
import { Audience, maxWaitingBytes } from "../../../gateway/live/audience.ts";
import { Member } from "../../../gateway/live/member.ts";
import { maxKeptBytes, Snapshots } from "../../../gateway/live/snapshots.ts";
import { textFrames } from "../../../gateway/live/wire.ts";
import type { Books } from "../../../gateway/lots/books.ts";
import { createLot } from "../../../gateway/lots/manage.ts";
import { booksWithLot, commit, fixedClock, noon } from "../books.ts";
import { FakeSocket } from "./fake-socket.ts";

let books: Books;
let snapshots: Snapshots;
let audience: Audience;

beforeEach(() => {
	const clock = fixedClock();
	books = booksWithLot(1, "A");
	commit(books, (draft) => createLot(draft, { lot_id: "B", name: "B", spots: 1 }, noon));
	snapshots = new Snapshots({ books, clock });
	const heartbeat = () => textFrames(['{"event":"heartbeat"}']);
	audience = new Audience({ key: "", lots: null, snapshots, clock, heartbeat });
});

function joinMember(): { socket: FakeSocket; member: Member } {
	const socket = new FakeSocket();
	const member = new Member(socket, noon);
	audience.members.add(member);
	audience.want(member, null);
	audience.work(10);
	return { socket, member };
}

const join = () => joinMember().socket;

const update = (bytes: number) => {
	const text = `{"event":"spot_update","padding":"${"x".repeat(bytes)}"}`;
	return textFrames([text]);
};

/** A few of it are as much as may wait. */
const half = update(maxWaitingBytes / 2 - 100);

describe("what waits for the next round", () => {
	test("is told whole up to its limit", () => {
		const socket = join();
		expect([audience.tell("A", half), audience.tell("B", half)]).toEqual([true, true]);
		audience.work(10);
		expect(socket.events.slice(2)).toEqual(["spot_update", "spot_update"]);
	});

	test("makes room again by being told", () => {
		const socket = join();
		for (let round = 0; round < 3; round++) {
			expect([audience.tell("A", half), audience.tell("B", half)]).toEqual([true, true]);
			audience.work(10);
		}
		expect(socket.events).not.toContain("lot_removed");
		expect(socket.events.filter((event) => event === "snapshot")).toHaveLength(2);
	});

	test("beyond its limit is merged into a snapshot of the lot that was too much, and makes room for the others", () => {
		const socket = join();
		expect([audience.tell("A", half), audience.tell("A", half)]).toEqual([true, true]);
		expect(audience.tell("A", half)).toBe(false);
		expect([audience.tell("B", half), audience.tell("B", half)]).toEqual([true, true]);
		// It goes out as a snapshot already.
		expect(audience.tell("A", half)).toBe(true);
		audience.work(10);
		expect(socket.frames.slice(2)).toMatchObject([
			{ event: "snapshot", lot_id: "A" },
			{ event: "spot_update" },
			{ event: "spot_update" },
		]);
	});
});

describe("a round", () => {
	test("has a heartbeat once for each time that one is due", () => {
		const socket = join();
		audience.beat();
		audience.work(10);
		expect(audience.busy).toBe(false);
		audience.tell("A", update(1));
		audience.work(10);
		expect(socket.events.slice(2)).toEqual(["heartbeat", "spot_update"]);
	});

	test("passes over who leaves in the middle of it", () => {
		const others = [join(), join()];
		const { socket, member } = joinMember();
		audience.tell("A", update(1));
		audience.want(member, "A");
		// All have the update; the snapshot is next.
		audience.work(3);
		expect(audience.leave(member)).toBe(true);
		audience.work(10);
		expect([...others, socket].map(({ events }) => events.slice(2))).toEqual(Array(3).fill(["spot_update"]));
		expect([audience.busy, audience.leave(member)]).toEqual([false, false]);
	});

	test("does no more writes than it was told to, and says how many it did", () => {
		const sockets = [join(), join(), join()];
		audience.tell("A", update(1));
		expect([audience.work(2), audience.busy]).toEqual([2, true]);
		expect(sockets.map(({ frames }) => frames.length)).toEqual([3, 3, 2]);
		expect([audience.work(2), audience.busy]).toEqual([1, false]);
		expect(sockets.map(({ frames }) => frames.length)).toEqual([3, 3, 3]);
	});
});

test("snapshots that are kept are all forgotten when they are too many", () => {
	for (const lot_id of ["ONE", "TWO", "THREE"]) {
		commit(books, (draft) => createLot(draft, { lot_id, name: lot_id, spots: 18_000 }, noon));
	}
	const one = snapshots.frame("ONE");
	const two = snapshots.frame("TWO");
	expect(one.length + two.length).toBeLessThan(maxKeptBytes);
	expect(3 * one.length).toBeGreaterThan(maxKeptBytes);
	expect(snapshots.frame("ONE")).toBe(one);
	snapshots.frame("THREE");
	expect(snapshots.frame("ONE")).not.toBe(one);
});
