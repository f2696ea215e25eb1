/** A driver's page without its paint: the page's own model of a lot, over a WebSocket of this process. */
import { isDeepStrictEqual } from "node:util";
import type { LotWithSpots } from "../../gateway/contract/resources.ts";
import { LiveLot } from "../../web/src/model/live.ts";
import { browserTransport, type Transport } from "../../web/src/model/transport.ts";
import { until } from "../support/processes.ts";

/** How long a page may take to show what the books say, ms: a frame that is missing is noticed with the next heartbeat. */
const followDeadlineMs = 10_000;

export class Page {
	readonly #name: string;
	readonly #live: LiveLot;
	#connections = 0;
	#lost = 0;
	#resyncs = 0;

	/** `url` is where its WebSocket goes. */
	constructor(options: { name: string; url: string; lotId: string; random: () => number }) {
		this.#name = options.name;
		const transport: Transport = {
			connect: (url, events) => {
				const socket = browserTransport.connect(url, {
					opened: () => {
						this.#connections++;
						events.opened();
					},
					received: events.received,
					closed: (code) => {
						this.#lost++;
						events.closed(code);
					},
				});
				return {
					send: (text) => {
						this.#resyncs++;
						socket.send(text);
					},
					close: () => socket.close(),
				};
			},
		};
		this.#live = new LiveLot({
			lotId: options.lotId,
			url: options.url,
			transport,
			page: { isOnline: () => true, listen: () => () => {} },
			clock: {
				now: () => performance.now(),
				setTimeout: (run, ms) => Number(setTimeout(run, ms)),
				clearTimeout: (id) => clearTimeout(id),
			},
			random: options.random,
			schedule: (flush) => setTimeout(flush, 16),
		});
	}

	/** Lines that were opened. */
	get connections(): number {
		return this.#connections;
	}

	/** Lines that ended, and tries that failed. */
	get lost(): number {
		return this.#lost;
	}

	/** Fresh snapshots that it asked for, as a frame was missing. */
	get resyncs(): number {
		return this.#resyncs;
	}

	/** True while it shows the lot as it is, as far as it can tell. */
	get isLive(): boolean {
		return this.#live.phase.value === "live";
	}

	/** What it still shows in another way than the books after a while; none once it follows. Nobody may change the lot meanwhile. */
	async differences(lot: LotWithSpots): Promise<string[]> {
		// What a driver does who reads *reconnecting*.
		this.#live.tryNow();
		await until("a page that follows", () => this.#compare(lot).length === 0, {
			deadlineMs: followDeadlineMs,
		}).catch(() => {});
		return this.#compare(lot);
	}

	close(): void {
		this.#live.close();
	}

	#compare({ spots, ...lot }: LotWithSpots): string[] {
		const { model, phase } = this.#live;
		const found = phase.value === "live" ? [] : [`${this.#name}: is ${phase.value}, expected live`];
		const { lot_version: _shown, ...shownLot } = model.lot.value ?? { lot_version: 0 };
		const { lot_version, ...rightLot } = lot;
		if (model.version !== lot_version) {
			found.push(`${this.#name}: shows version ${model.version}, expected ${lot_version}`);
		}
		if (!isDeepStrictEqual(shownLot, rightLot)) {
			found.push(`${this.#name}: shows ${JSON.stringify(shownLot)}, expected ${JSON.stringify(rightLot)}`);
		}
		const shown = model.all();
		if (!isDeepStrictEqual(shown, spots)) {
			const wrong = spots.filter((spot, index) => !isDeepStrictEqual(shown[index], spot));
			found.push(`${this.#name}: shows ${shown.length} spots, expected others at ${wrong.map((spot) => spot.spot_id)}`);
		}
		return found;
	}
}
