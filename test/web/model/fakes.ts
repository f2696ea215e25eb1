/** The world of the pages' models, as a test wants it: time that moves when told, sockets that do what they are told. */
import type { SpotUpdate } from "../../../gateway/contract/events.ts";
import type { Counters, Lot, Spot } from "../../../gateway/contract/resources.ts";
import type { Clock } from "../../../web/src/model/clock.ts";
import type { Page, PageEvents, Socket, SocketEvents, Transport } from "../../../web/src/model/transport.ts";

/** When the virtual clock starts: 2026-03-03T13:31:00Z. */
export const startMs = Date.UTC(2026, 2, 3, 13, 31);

export class VirtualClock implements Clock {
	#now = startMs;
	#nextId = 1;
	readonly #timers = new Map<number, { dueAt: number; run: () => void }>();

	now(): number {
		return this.#now;
	}

	setTimeout(run: () => void, ms: number): number {
		const id = this.#nextId++;
		this.#timers.set(id, { dueAt: this.#now + Math.max(0, ms), run });
		return id;
	}

	clearTimeout(id: number): void {
		this.#timers.delete(id);
	}

	get pending(): number {
		return this.#timers.size;
	}

	/** Moves time on, running what falls due on the way, in its order. */
	advance(ms: number): void {
		const until = this.#now + ms;
		for (;;) {
			const due = [...this.#timers]
				.filter(([, timer]) => timer.dueAt <= until)
				.sort((a, b) => a[1].dueAt - b[1].dueAt)[0];
			if (due === undefined) break;
			this.#timers.delete(due[0]);
			this.#now = Math.max(this.#now, due[1].dueAt);
			due[1].run();
		}
		this.#now = until;
	}

	/** Time passes and no timer runs, as while a laptop sleeps. */
	sleep(ms: number): void {
		this.#now += ms;
	}
}

export class FakeSocket implements Socket {
	readonly url: string;
	readonly events: SocketEvents;
	readonly sent: string[] = [];
	isClosed = false;

	constructor(url: string, events: SocketEvents) {
		this.url = url;
		this.events = events;
	}

	send(text: string): void {
		this.sent.push(text);
	}

	close(): void {
		this.isClosed = true;
	}

	open(): void {
		this.events.opened();
	}

	frame(frame: object): void {
		this.events.received(JSON.stringify(frame));
	}

	drop(code = 1006): void {
		this.isClosed = true;
		this.events.closed(code);
	}
}

export class FakeTransport implements Transport {
	readonly sockets: FakeSocket[] = [];

	connect(url: string, events: SocketEvents): Socket {
		const socket = new FakeSocket(url, events);
		this.sockets.push(socket);
		return socket;
	}

	/** The socket dialled last. */
	get last(): FakeSocket {
		const socket = this.sockets.at(-1);
		if (socket === undefined) throw new Error("nothing was dialled yet");
		return socket;
	}
}

export class FakePage implements Page {
	online = true;
	readonly #listeners = new Set<PageEvents>();

	isOnline(): boolean {
		return this.online;
	}

	listen(events: PageEvents): () => void {
		this.#listeners.add(events);
		return () => this.#listeners.delete(events);
	}

	get listeners(): number {
		return this.#listeners.size;
	}

	wake(): void {
		for (const listener of this.#listeners) listener.woke();
	}

	leave(): void {
		for (const listener of this.#listeners) listener.left();
	}

	loseNetwork(): void {
		this.online = false;
		for (const listener of this.#listeners) listener.lostNetwork();
	}
}

export function spot(number: number, state: Spot["state"], more: Partial<Spot> = {}): Spot {
	const at = new Date(startMs - 60_000).toISOString();
	return {
		spot_id: `SPOT${String(number).padStart(3, "0")}`,
		lot_id: "LOT001",
		label: null,
		zone: null,
		occupied: state === "occupied" || state === "reserved",
		state,
		since: at,
		distance: 200,
		sensor_occupied: state === "unknown" ? null : state === "occupied",
		sensor_state: state === "reserved" ? "free" : state,
		confidence: 1,
		reason: null,
		manual_override: false,
		override: null,
		board_id: null,
		last_heard: at,
		last_update: at,
		...more,
	};
}

export function counters(spots: readonly Spot[]): Counters {
	const n = (state: Spot["state"]) => spots.filter((one) => one.state === state).length;
	return {
		total_spots: spots.length,
		available_spots: n("free"),
		occupied_spots: n("occupied") + n("reserved"),
		reserved_spots: n("reserved"),
		unknown_spots: n("unknown"),
	};
}

export function lotOf(spots: readonly Spot[], version: number): Lot {
	return {
		lot_id: "LOT001",
		name: "Central Parking Tower",
		address: "Hauptstrasse 12",
		price_per_hour: 2.5,
		currency: "EUR",
		time_zone: "Europe/Berlin",
		...counters(spots),
		lot_version: version,
	};
}

/** A whole lot at a version, as the gateway sends it first. `at` is the gateway's time. */
export function snapshot(spots: readonly Spot[], version: number, at = new Date(startMs).toISOString()) {
	return {
		event: "snapshot" as const,
		lot_id: "LOT001",
		lot_version: version,
		at,
		lot: lotOf(spots, version),
		spots: [...spots],
	};
}

/** One spot's change, with the counters of `spots` after it. */
export function update(changed: Spot, spots: readonly Spot[], version: number): SpotUpdate {
	const at = new Date(startMs).toISOString();
	return { event: "spot_update", ...changed, lot_version: version, at, lot: counters(spots) };
}

export function heartbeat(version: number) {
	return { event: "heartbeat" as const, at: new Date(startMs).toISOString(), lots: { LOT001: version } };
}
