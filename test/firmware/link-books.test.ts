/** The link against the gateway's own rules for a spot, over everything that can go wrong between them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Link } from "../../firmware/link.ts";
import type { SensorState, StatusReport, Stored } from "../../firmware/messages.ts";
import { outboxLimit } from "../../firmware/outbox.ts";
import { parseSettings } from "../../firmware/settings.ts";
import type { SpotRecord } from "../../gateway/lots/records.ts";
import { takeReport } from "../../gateway/lots/spot.ts";
import { boardReport, booksWithLot } from "../gateway/books.ts";
import { connackMs, FakeBroker } from "./fake-broker.ts";
import { VirtualTime } from "./virtual-time.ts";

const spotIds = ["SPOT001", "SPOT002", "SPOT003"];
const settings = parseSettings({
	board_id: "b1",
	lot_id: "LOT001",
	spots: spotIds.map((spot_id) => ({ spot_id })),
	broker_url: "mqtt://broker",
});

type Step =
	/** The spot changes, `count` times in a row. */
	| { do: "change"; spot: number; states: SensorState[] }
	| { do: "refresh"; spot: number }
	| { do: "wait"; ms: number }
	| { do: "cut" | "brokerAway" | "brokerBack" | "brokerForgets" | "noRoom" | "room" }
	/** The gateway takes the oldest messages that the broker has for it, before them the last `again` that it had. */
	| { do: "hear"; count: number; again: number }
	/** What the broker keeps of a spot is for the gateway again, behind what it has for it. */
	| { do: "replay"; spot: number }
	/** What the gateway said is stored reaches the board, or is lost; or comes, and will come again. */
	| { do: "confirm"; count: number; how: "once" | "lost" | "again" }
	/** The board starts anew, with the next number; or, its flash erased, with any. */
	| { do: "reboot"; boot: number | null };

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			do: fc.constant("change" as const),
			spot: fc.nat(2),
			states: fc.oneof(
				{
					weight: 6,
					arbitrary: fc.array(fc.constantFrom<SensorState>("free", "occupied", "unknown"), { maxLength: 3 }),
				},
				{
					weight: 1,
					arbitrary: fc.array(fc.constantFrom<SensorState>("free", "occupied"), { minLength: 30, maxLength: 70 }),
				},
			),
		}),
	},
	fc.record({ do: fc.constant("refresh" as const), spot: fc.nat(2) }),
	{ weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 70_000 }) }) },
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constantFrom("cut" as const, "brokerAway" as const, "brokerForgets" as const, "noRoom" as const),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ do: fc.constantFrom("brokerBack" as const, "room" as const) }) },
	{ weight: 5, arbitrary: fc.record({ do: fc.constant("hear" as const), count: fc.nat(8), again: fc.nat(4) }) },
	fc.record({ do: fc.constant("replay" as const), spot: fc.nat(2) }),
	{
		weight: 5,
		arbitrary: fc.record({
			do: fc.constant("confirm" as const),
			count: fc.nat(8),
			how: fc.constantFrom("once" as const, "once" as const, "lost" as const, "again" as const),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			do: fc.constant("reboot" as const),
			boot: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { freq: 2 }),
		}),
	},
);

/** A gateway that hears when it is told to, and answers into a list. */
class Books {
	readonly #spots = new Map<string, SpotRecord>(
		booksWithLot(spotIds.length)
			.spots("LOT001")
			.map((spot) => [spot.spot_id, spot]),
	);
	/** Serials of reports that were taken, and of those that made an entry, by spot. */
	readonly taken: number[][] = spotIds.map(() => []);
	readonly entries: number[][] = spotIds.map(() => []);
	readonly answers: Stored[] = [];

	state(spot: number): SensorState | undefined {
		return this.#spots.get(spotIds[spot] ?? "")?.sensor_state;
	}

	take(said: StatusReport): void {
		const { spot_id, boot = 0, seq = 0, state = "unknown", distance = null } = said;
		const spot = this.#spots.get(spot_id);
		if (spot === undefined) throw new Error(`no spot ${spot_id}`);
		const outcome = takeReport(spot, boardReport(boot, seq, { board_id: "b1", spot_id, state, distance }));
		if (outcome.kind === "old_boot") {
			const boots = [...this.#spots.values()].flatMap(({ cursors }) => cursors.map((cursor) => cursor.boot));
			this.answers.push({ boot: Math.max(...boots), seqs: [] });
			return;
		}
		this.answers.push({ boot, seqs: [[seq, seq]] });
		if (outcome.kind === "duplicate") return;
		this.#spots.set(spot_id, outcome.spot);
		const index = spotIds.indexOf(spot_id);
		this.taken[index]?.push(distance ?? 0);
		if (outcome.kind === "change") this.entries[index]?.push(distance ?? 0);
	}
}

/** A board over its lives, its broker and its gateway. Serials stand in the reports' distances, so that each is known again. */
class World {
	readonly time = new VirtualTime();
	readonly broker = new FakeBroker(this.time);
	readonly books = new Books();
	/** Newest state of each spot, and the serials of its changes, in order. */
	readonly states: SensorState[] = spotIds.map(() => "unknown");
	readonly changes: number[][] = spotIds.map(() => []);
	/** Changes that a full outbox merged, and those that a start found unsaid. */
	excused = 0;
	link: Link;
	/** What the broker has for the gateway, what it gave it last, and what it keeps. */
	#queue: StatusReport[] = [];
	#heard: StatusReport[] = [];
	readonly #kept = new Map<string, StatusReport>();
	#boot = 1;
	readonly #boots = new Set([1]);
	#serial = 0;

	constructor() {
		this.broker.onHeard = ({ topic, payload }) => {
			if (!topic.includes("/spot/status/")) return;
			const said = JSON.parse(payload) as StatusReport;
			this.#queue.push(said);
			this.#kept.set(said.spot_id, said);
		};
		this.link = this.#newLink();
		this.link.start();
	}

	run(step: Step): void {
		switch (step.do) {
			case "change":
				for (const state of step.states) this.#change(step.spot, state);
				return;
			case "refresh":
				this.link.refresh(this.#report(step.spot));
				return;
			case "wait":
				this.time.advance(step.ms);
				return;
			case "cut":
				this.broker.cut();
				return;
			case "brokerAway":
				this.broker.mode = "refuses";
				this.broker.cut();
				return;
			case "brokerBack":
				this.broker.mode = "up";
				return;
			case "brokerForgets":
				this.#queue = [];
				this.#kept.clear();
				this.broker.cut();
				return;
			case "noRoom":
				this.broker.room = 3;
				return;
			case "room":
				this.broker.room = Number.POSITIVE_INFINITY;
				this.broker.drain();
				return;
			case "hear":
				this.#hear(step.count, step.again);
				return;
			case "replay": {
				const kept = this.#kept.get(spotIds[step.spot] ?? "");
				if (kept) this.#queue.push(kept);
				return;
			}
			case "confirm":
				this.#confirm(step.count, step.how);
				return;
			case "reboot":
				this.#reboot(step.boot ?? this.#boot + 1);
		}
	}

	/** Everything works again, for as long as the longest wait takes for each report that may wait. */
	heal(): void {
		this.broker.mode = "up";
		this.run({ do: "room" });
		for (let round = 0; round < 2 * outboxLimit && (round < 3 || this.link.outboxSize > 0); round++) {
			this.time.advance(60_000);
			this.#hear(this.#queue.length, 0);
			this.#confirm(this.books.answers.length, "once");
		}
	}

	#newLink(): Link {
		const link: Link = new Link({
			settings,
			boot: this.#boot,
			firmware: "test 1",
			timer: this.time,
			clock: { now: () => null },
			random: () => 0,
			connect: this.broker.connect,
			listener: {
				onLamp: () => {},
				onCommand: () => {},
				onBootBehind: (newest) => {
					this.#boot = newest + 1;
					this.#boots.add(this.#boot);
					link.restartAs(this.#boot);
				},
				onReach: () => {},
				onConnect: () => {},
				onDisconnect: () => {},
			},
		});
		return link;
	}

	#report(spot: number) {
		const state = this.states[spot] ?? "unknown";
		return { spot, state, confidence: 1, reason: "echo", distanceCm: ++this.#serial, atMs: this.time.now() };
	}

	#change(spot: number, state: SensorState): void {
		this.states[spot] = state;
		const report = this.#report(spot);
		this.changes[spot]?.push(report.distanceCm);
		const before = this.link.coalesced;
		this.link.report(report);
		this.excused += this.link.coalesced - before;
		expect(this.link.outboxSize).toBeLessThanOrEqual(outboxLimit);
	}

	#hear(count: number, again: number): void {
		const said = [...this.#heard.slice(this.#heard.length - again), ...this.#queue.splice(0, count)];
		for (const report of said) this.books.take(report);
		this.#heard = said.slice(-4);
	}

	#confirm(count: number, how: "once" | "lost" | "again"): void {
		const said = how === "again" ? this.books.answers.slice(0, count) : this.books.answers.splice(0, count);
		if (how === "lost") return;
		for (const stored of said) this.broker.say("parkmate/board/b1/stored", stored);
	}

	#reboot(boot: number): void {
		this.excused += this.link.outboxSize;
		// Its power is cut: it says no goodbye.
		const { room } = this.broker;
		this.broker.room = 0;
		this.link.close();
		this.broker.room = room;
		// Of a million first numbers, no board is taken to draw one that it has had.
		while (this.#boots.has(boot)) boot++;
		this.#boot = boot;
		this.#boots.add(boot);
		this.link = this.#newLink();
		this.link.start();
		// It measures again what it has seen.
		this.states.forEach((state, spot) => {
			if (this.changes[spot]?.length) this.#change(spot, state);
		});
	}
}

const rising = (serials: readonly number[]) =>
	serials.every((serial, index) => index === 0 || serial > (serials[index - 1] ?? 0));

it("whatever happens between board and gateway, each spot ends as the board says last, in order, nothing twice, and what is missing was counted", () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
			const world = new World();
			world.time.advance(connackMs);
			for (const step of steps) world.run(step);
			world.heal();
			expect(world.link.outboxSize).toBe(0);
			let missing = 0;
			for (const [spot, changes] of world.changes.entries()) {
				expect(world.books.state(spot)).toBe(world.states[spot]);
				const taken = world.books.taken[spot] ?? [];
				expect(rising(world.books.entries[spot] ?? []), "entries in the order of the changes, each once").toBe(true);
				expect(
					taken.toSorted((a, b) => a - b),
					"reports in the order in which they were made",
				).toEqual(taken);
				missing += changes.filter((serial) => !taken.includes(serial)).length;
			}
			expect(missing).toBeLessThanOrEqual(world.excused);
		}),
		{ numRuns: 300 },
	);
});
