/** The gateway's own wall clock is set anew while browsers watch. */
import { describe, expect, test } from "vitest";
import { deadMs, Hub, heartbeatMs, resyncMs } from "../../../gateway/live/hub.ts";
import { booksWithLot, fixedClock } from "../books.ts";
import { FakeSocket } from "./fake-socket.ts";

const dayMs = 86_400_000;

describe.each([dayMs, -dayMs])("a wall clock that jumps by %d ms", (jumpMs) => {
	function watch() {
		const clock = fixedClock();
		const steady = fixedClock(0);
		const hub = new Hub({ books: booksWithLot(1), clock, steady, defer: (action) => action() });
		const socket = new FakeSocket();
		const client = hub.join(socket, ["LOT001"]);
		const pass = (ms: number) => {
			clock.ms += ms;
			steady.ms += ms;
		};
		hub.tick();
		clock.ms += jumpMs;
		pass(1_000);
		hub.tick();
		return { hub, socket, client, pass };
	}

	test("drops nobody", () => {
		const { hub } = watch();
		expect(hub.state).toMatchObject({ clients: 1, dropped: 0 });
	});

	test("stops no heartbeat, and the end of who is silent", () => {
		const { hub, socket, pass } = watch();
		const before = socket.events.filter((event) => event === "heartbeat").length;
		pass(heartbeatMs);
		hub.tick();
		expect(socket.events.filter((event) => event === "heartbeat")).toHaveLength(before + 1);
		pass(deadMs);
		hub.tick();
		expect(hub.state).toMatchObject({ clients: 0, dropped: 1 });
	});

	test("refuses no snapshot that a client asks for", () => {
		const { socket, client, pass } = watch();
		const resync = new TextEncoder().encode(JSON.stringify({ event: "resync", lot_id: "LOT001" }));
		client?.onFrame(resync, false);
		pass(resyncMs);
		client?.onFrame(resync, false);
		expect(socket.events.filter((event) => event === "snapshot")).toHaveLength(3);
	});
});
