/** Whatever clients and lots do: nobody sees a gap, an update twice or out of order, and in the end everybody has what the books have. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SpotUpdate } from "../../../gateway/contract/events.ts";
import type { Spot } from "../../../gateway/contract/resources.ts";
import { spotFrame } from "../../../gateway/live/frames.ts";
import { Hub, type LiveClient, resyncMs } from "../../../gateway/live/hub.ts";
import { behindBytes } from "../../../gateway/live/member.ts";
import { spotResource } from "../../../gateway/lots/books.ts";
import type { Draft } from "../../../gateway/lots/draft.ts";
import { changeLot, createLot, override } from "../../../gateway/lots/manage.ts";
import { booksWithLot, commit, fixedClock, noon } from "../books.ts";
import { FakeSocket, type Frame } from "./fake-socket.ts";

const lotIds = ["LOT001", "LOT002", "LOT003"];

/** A browser that is strict where a page would forgive. */
class Viewer {
	readonly socket = new FakeSocket();
	readonly lots: string[];
	client: LiveClient | null = null;
	readonly #versions = new Map<string, number>();
	readonly #spots = new Map<string, Map<string, Spot>>();
	#read = 0;

	constructor(lots: string[]) {
		this.lots = lots;
	}

	/** Takes the frames that came. @throws Error on a gap and on what it knew before. */
	read(): void {
		for (; this.#read < this.socket.frames.length; this.#read++) this.#take(this.socket.frames[this.#read] as Frame);
	}

	spots(lotId: string): Spot[] {
		return [...(this.#spots.get(lotId)?.values() ?? [])];
	}

	#take(frame: Frame): void {
		if (frame.event === "snapshot") {
			const lotId = frame.lot_id as string;
			if (this.lots.length > 0) expect(this.lots).toContain(lotId);
			this.#versions.set(lotId, frame.lot_version as number);
			this.#spots.set(lotId, new Map((frame.spots as Spot[]).map((spot) => [spot.spot_id, spot])));
		} else if (frame.event === "spot_update") {
			const { event: _, lot_version, at: _at, lot: _lot, ...spot } = frame as unknown as SpotUpdate;
			expect(lot_version).toBe((this.#versions.get(spot.lot_id) ?? Number.NaN) + 1);
			this.#versions.set(spot.lot_id, lot_version);
			this.#spots.get(spot.lot_id)?.set(spot.spot_id, spot);
		} else if (frame.event === "heartbeat") {
			// It names what was said just before it, on the same connection.
			expect(frame.lots).toEqual(Object.fromEntries(this.#versions));
		}
	}
}

const who = fc.nat(7);
const lot = fc.constantFrom(...lotIds);
const step = fc.oneof(
	fc.record({ do: fc.constant("join" as const), lots: fc.uniqueArray(lot, { maxLength: 3 }) }),
	fc.record({ do: fc.constant("leave" as const), who }),
	fc.record({ do: fc.constant("slow" as const), who }),
	fc.record({ do: fc.constant("caught up" as const), who }),
	fc.record({ do: fc.constant("resync" as const), who, lot }),
	fc.record({ do: fc.constant("change" as const), lots: fc.array(lot, { minLength: 1, maxLength: 5 }) }),
	fc.record({ do: fc.constant("rename" as const), lot }),
	fc.record({ do: fc.constant("turn" as const) }),
	fc.record({ do: fc.constant("tick" as const), ms: fc.nat(3000) }),
);

test("every client sees each lot without a gap, and ends with what the books have", () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, writesPerTurn) => {
			const books = booksWithLot(2);
			for (const lot_id of lotIds.slice(1)) {
				commit(books, (draft) => createLot(draft, { lot_id, name: lot_id, spots: 2 }, noon));
			}
			const clock = fixedClock();
			const deferred: (() => void)[] = [];
			const hub = new Hub({ books, clock, defer: (action) => deferred.push(action), writesPerTurn });
			const viewers: Viewer[] = [];
			let changes = 0;
			const change = (task: (draft: Draft) => unknown) => {
				const { steps } = commit(books, task);
				const at = new Date(clock.ms).toISOString();
				hub.tell(
					steps,
					steps.spots.map((spot) => spotFrame(spot, at)),
				);
			};
			for (const step of steps) {
				const viewer = "who" in step ? viewers[step.who] : undefined;
				if (step.do === "join") {
					const joined = new Viewer(step.lots);
					joined.client = hub.join(joined.socket, step.lots);
					viewers.push(joined);
				} else if (step.do === "leave") {
					viewer?.client?.leave();
					// From now on its socket complains of every frame.
					if (viewer !== undefined) viewer.socket.closed = 1000;
					if (viewer !== undefined) viewers.splice(viewers.indexOf(viewer), 1);
				} else if (step.do === "slow" && viewer !== undefined) viewer.socket.bufferedAmount = 2 * behindBytes;
				else if (step.do === "caught up" && viewer !== undefined) viewer.socket.bufferedAmount = 0;
				else if (step.do === "resync") {
					clock.ms += resyncMs;
					const lotId = viewer === undefined || viewer.lots.length === 0 ? step.lot : viewer.lots[0];
					viewer?.client?.onFrame(Buffer.from(JSON.stringify({ event: "resync", lot_id: lotId })), false);
				} else if (step.do === "change") {
					change((draft) => {
						for (const lotId of step.lots) {
							const occupied = ++changes % 2 === 0;
							override(draft, lotId, `SPOT00${1 + (changes % 2)}`, { occupied, reason: `${changes}` }, clock.ms);
						}
					});
				} else if (step.do === "rename")
					change((draft) => changeLot(draft, step.lot, { name: `${++changes}` }, clock.ms));
				else if (step.do === "turn") deferred.shift()?.();
				else if (step.do === "tick") {
					clock.ms += step.ms;
					hub.tick();
				}
				for (const one of viewers) one.read();
			}
			for (const { socket } of viewers) socket.bufferedAmount = 0;
			hub.tick();
			while (deferred.length > 0) deferred.shift()?.();
			for (const one of viewers) {
				one.read();
				if (one.socket.closed !== null) continue;
				for (const lotId of one.lots.length === 0 ? lotIds : one.lots) {
					expect(one.spots(lotId)).toEqual(books.spots(lotId).map(spotResource));
				}
			}
			expect(hub.state).toMatchObject({
				clients: viewers.filter(({ socket }) => socket.closed === null).length,
				behind: 0,
			});
		}),
		{ numRuns: 300 },
	);
});
