import fc from "fast-check";
import { expect, test } from "vitest";
import {
	Connection,
	deadAfterMs,
	dialTimeoutMs,
	retryDelaysMs,
	retryJitter,
	silenceMs,
	steadyAfterMs,
	unknownLotCode,
} from "../../../web/src/model/connection.ts";
import { FakePage, FakeTransport, VirtualClock } from "./fakes.ts";

function connect(random = () => 0.5) {
	const clock = new VirtualClock();
	const transport = new FakeTransport();
	const page = new FakePage();
	const texts: string[] = [];
	let changes = 0;
	const connection = new Connection({
		url: "ws://lot",
		transport,
		page,
		clock,
		random,
		onText: (text) => texts.push(text),
		onChange: () => {
			changes += 1;
		},
	});
	return { clock, transport, page, texts, connection, changes: () => changes };
}

test("dials at once and hands on what it hears", () => {
	const { transport, connection, texts } = connect();
	expect(connection.link).toBe("connecting");
	transport.last.open();
	expect(connection.link).toBe("open");
	transport.last.events.received("hello");
	expect(texts).toEqual(["hello"]);
	expect(connection.isHeard).toBe(true);
});

test("waits longer after each failure, up to the last delay", () => {
	const { clock, transport, connection } = connect();
	for (const delayMs of [...retryDelaysMs, retryDelaysMs[5], retryDelaysMs[5]]) {
		transport.last.drop();
		expect(connection.link).toBe("waiting");
		expect(connection.nextTryAt).toBe(clock.now() + delayMs);
		clock.advance(delayMs - 1);
		expect(connection.link).toBe("waiting");
		clock.advance(1);
		expect(connection.link).toBe("connecting");
	}
});

test("spreads its tries by up to 30 % either way", () => {
	fc.assert(
		fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
			const { clock, transport, connection } = connect(() => chance);
			transport.last.drop();
			const waitMs = (connection.nextTryAt ?? 0) - clock.now();
			expect(waitMs).toBeGreaterThanOrEqual(500 * (1 - retryJitter) - 1e-6);
			expect(waitMs).toBeLessThanOrEqual(500 * (1 + retryJitter) + 1e-6);
			connection.close();
		}),
	);
});

test("starts again with the shortest wait after a steady line", () => {
	const { clock, transport, connection } = connect();
	transport.last.drop();
	clock.advance(500);
	transport.last.drop();
	clock.advance(1_000);
	transport.last.open();
	for (let heard = 0; heard <= steadyAfterMs; heard += 5_000) {
		transport.last.events.received("beat");
		clock.advance(5_000);
	}
	transport.last.drop();
	expect((connection.nextTryAt ?? 0) - clock.now()).toBe(500);
});

test("goes on with longer waits after a line that broke soon", () => {
	const { clock, transport, connection } = connect();
	transport.last.drop();
	clock.advance(500);
	transport.last.open();
	transport.last.events.received("beat");
	clock.advance(2_000);
	transport.last.drop();
	expect((connection.nextTryAt ?? 0) - clock.now()).toBe(1_000);
});

test("tells when an open line falls silent", () => {
	const { clock, transport, connection, changes } = connect();
	transport.last.open();
	transport.last.events.received("beat");
	clock.advance(silenceMs);
	expect(connection.isHeard).toBe(true);
	const before = changes();
	clock.advance(1);
	expect(connection.isHeard).toBe(false);
	expect(connection.link).toBe("open");
	expect(changes()).toBe(before + 1);
});

test("gives up a line that stays silent, and dials anew", () => {
	const { clock, transport, connection } = connect();
	transport.last.open();
	transport.last.events.received("beat");
	clock.advance(deadAfterMs + 1);
	expect(transport.sockets[0]?.isClosed).toBe(true);
	expect(connection.link).toBe("waiting");
	clock.advance(500);
	expect(transport.sockets).toHaveLength(2);
});

test("gives up a line that opens and never says a word", () => {
	const { clock, transport, connection } = connect();
	transport.last.open();
	clock.advance(deadAfterMs + 1);
	expect(connection.link).toBe("waiting");
});

test("gives up a try that takes too long", () => {
	const { clock, transport, connection } = connect();
	clock.advance(dialTimeoutMs);
	expect(transport.last.isClosed).toBe(true);
	expect(connection.link).toBe("waiting");
});

test("tries at once when it is told to, and not while it is trying", () => {
	const { transport, connection } = connect();
	transport.last.drop();
	connection.tryNow();
	expect(connection.link).toBe("connecting");
	connection.tryNow();
	expect(transport.sockets).toHaveLength(2);
});

test("tries at once when the page is shown or the network is back", () => {
	const { transport, page, connection } = connect();
	transport.last.drop();
	page.wake();
	expect(connection.link).toBe("connecting");
});

test("drops a line that slept with the device", () => {
	const { clock, transport, page } = connect();
	transport.last.open();
	transport.last.events.received("beat");
	clock.sleep(5 * 60_000);
	page.wake();
	expect(transport.sockets[0]?.isClosed).toBe(true);
	expect(transport.sockets).toHaveLength(2);
});

test("keeps a line that was heard lately when the page is shown", () => {
	const { clock, transport, page, connection } = connect();
	transport.last.open();
	transport.last.events.received("beat");
	clock.advance(3_000);
	page.wake();
	expect(connection.link).toBe("open");
	expect(transport.sockets).toHaveLength(1);
});

test("hangs up when the page goes away and dials when it comes back", () => {
	const { clock, transport, page, connection } = connect();
	transport.last.open();
	page.leave();
	expect(transport.last.isClosed).toBe(true);
	clock.advance(60_000);
	expect(transport.sockets).toHaveLength(1);
	page.wake();
	expect(connection.link).toBe("connecting");
});

test("trusts a line no more when the network is lost, until it is heard again", () => {
	const { transport, page, connection } = connect();
	transport.last.open();
	transport.last.events.received("beat");
	page.loseNetwork();
	expect(connection.isHeard).toBe(false);
	transport.last.events.received("beat");
	expect(connection.isHeard).toBe(true);
});

test("asks for an unknown lot again only now and then", () => {
	const { clock, transport, connection } = connect();
	transport.last.open();
	transport.last.drop(unknownLotCode);
	expect(connection.refused).toBe(true);
	expect((connection.nextTryAt ?? 0) - clock.now()).toBe(15_000);
});

test("sends only while the line is open", () => {
	const { transport, connection } = connect();
	connection.send("early");
	transport.last.open();
	connection.send("now");
	expect(transport.last.sent).toEqual(["now"]);
});

test("leaves nothing behind when it is closed, even twice", () => {
	const { clock, transport, page, connection } = connect();
	transport.last.open();
	connection.close();
	connection.close();
	connection.tryNow();
	expect(transport.last.isClosed).toBe(true);
	expect(transport.sockets).toHaveLength(1);
	expect(clock.pending).toBe(0);
	expect(page.listeners).toBe(0);
});
