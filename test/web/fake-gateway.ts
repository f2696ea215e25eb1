/** A gateway that does what a test says: it serves the built pages and speaks their REST and WebSocket, without any sensor behind it. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import type { SpotState } from "../../firmware/messages.ts";
import type { HistoryEntry, Lot, Spot, Stats } from "../../gateway/contract/resources.ts";
import { error, FakeBoards } from "./fake-boards.ts";

/** The policy that the real gateway sends. */
export const contentSecurityPolicy =
	"default-src 'self'; img-src 'self' data:; style-src 'self'; connect-src 'self' ws:; object-src 'none'; base-uri 'none'";

const dist = join(import.meta.dirname, "../../web/dist");
const types: Record<string, string> = {
	html: "text/html; charset=utf-8",
	js: "text/javascript; charset=utf-8",
	css: "text/css; charset=utf-8",
	svg: "image/svg+xml",
};

export interface LotPlan {
	lot_id: string;
	name: string;
	states: readonly SpotState[];
	zones?: readonly string[];
	/** Spots in each zone; 10 unless told. */
	zoneSize?: number;
	firstNumber?: number;
	address?: string;
	price_per_hour?: number;
}

interface Held {
	lot: Lot;
	spots: Map<string, Spot>;
}

/** One override request as it came. */
export interface SeenOverride {
	lotId: string;
	body: Record<string, unknown>;
}

export class FakeGateway {
	readonly #server: Server;
	readonly #sockets = new WebSocketServer({ noServer: true });
	readonly #clients = new Map<WebSocket, string>();
	readonly #lots = new Map<string, Held>();
	readonly #beat: NodeJS.Timeout;
	/** Overrides that were asked for. */
	readonly overrides: SeenOverride[] = [];
	/** `resync` requests that came. */
	resyncs = 0;
	/** Sockets opened so far. */
	connections = 0;
	/** While true, nothing is sent to any socket: the line looks open and is dead. */
	frozen = false;
	/** While true, new sockets are refused. */
	refusing = false;
	/** When set, overrides are answered with this. */
	failOverrides: { status: number; body: object } | null = null;
	/** When set, overrides wait for it. */
	holdOverrides: Promise<void> | null = null;
	/** When set, every statistics request is answered with this status. */
	failStats = 0;
	/** When set, every request for the list of lots is answered with this status. */
	failLots = 0;
	boards = new FakeBoards();
	stats: Partial<Stats> = {};
	history: HistoryEntry[] = [];
	/** Made by `POST /api/init`. */
	samples: readonly LotPlan[] = [];

	private constructor(server: Server) {
		this.#server = server;
		this.#server.on("request", (request, response) => void this.#answer(request, response));
		this.#server.on("upgrade", (request, socket, head) => {
			if (this.refusing) {
				socket.destroy();
				return;
			}
			this.#sockets.handleUpgrade(request, socket, head, (client) => this.#join(client, request));
		});
		this.#beat = setInterval(() => this.heartbeat(), 5_000);
	}

	/** Listens on a free port of the loopback interface. */
	static async start(): Promise<FakeGateway> {
		const server = createServer();
		const { promise, resolve } = Promise.withResolvers<void>();
		server.listen(0, "127.0.0.1", resolve);
		await promise;
		return new FakeGateway(server);
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		clearInterval(this.#beat);
		for (const client of this.#clients.keys()) client.terminate();
		this.#sockets.close();
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	/** Back to one state for the next test; open sockets are closed. */
	reset(...plans: LotPlan[]): void {
		this.closeSockets();
		this.#lots.clear();
		this.overrides.length = 0;
		this.resyncs = 0;
		this.connections = 0;
		this.frozen = false;
		this.refusing = false;
		this.failOverrides = null;
		this.holdOverrides = null;
		this.failStats = 0;
		this.failLots = 0;
		this.boards = new FakeBoards();
		this.stats = {};
		this.history = [];
		this.samples = [];
		for (const plan of plans) this.makeLot(plan);
	}

	makeLot(plan: LotPlan): void {
		const { zoneSize = 10, firstNumber = 1, lot_id } = plan;
		const spots = plan.states.map((state, index) =>
			makeSpot(lot_id, `SPOT${String(firstNumber + index).padStart(3, "0")}`, state, {
				zone: plan.zones?.[Math.floor(index / zoneSize)] ?? null,
			}),
		);
		const lot: Lot = {
			lot_id,
			name: plan.name,
			address: plan.address ?? "Hauptstrasse 12",
			price_per_hour: plan.price_per_hour ?? 2.5,
			currency: "EUR",
			time_zone: "Europe/Berlin",
			...counted(spots),
			lot_version: 1,
		};
		this.#lots.set(lot_id, { lot, spots: new Map(spots.map((spot) => [spot.spot_id, spot])) });
	}

	spot(lotId: string, spotId: string): Spot {
		const spot = this.#held(lotId).spots.get(spotId);
		if (spot === undefined) throw new Error(`no spot ${spotId} in ${lotId}`);
		return spot;
	}

	/** A sensor's word: changes the spot, then tells every open page. `silently` skips the telling, so that a number is missing. */
	sensor(
		lotId: string,
		spotId: string,
		state: "free" | "occupied" | "unknown",
		options: { silently?: boolean } = {},
	): void {
		const at = new Date().toISOString();
		const before = this.spot(lotId, spotId);
		const word = {
			sensor_state: state,
			sensor_occupied: state === "unknown" ? null : state === "occupied",
			distance: state === "unknown" ? null : state === "occupied" ? 34 : 218,
			reason: state === "unknown" ? "no_echo" : "echo",
			last_update: at,
			last_heard: at,
		};
		const effective = before.manual_override ? {} : { state, occupied: state === "occupied", since: at };
		this.change(lotId, { ...before, ...word, ...effective }, options);
	}

	/** Puts a spot as it is into the lot and tells every open page. */
	change(lotId: string, spot: Spot, { silently = false } = {}): void {
		const held = this.#held(lotId);
		held.spots.set(spot.spot_id, spot);
		held.lot = { ...held.lot, ...counted([...held.spots.values()]), lot_version: held.lot.lot_version + 1 };
		if (silently) return;
		const { total_spots, available_spots, occupied_spots, reserved_spots, unknown_spots, lot_version } = held.lot;
		const lot = { total_spots, available_spots, occupied_spots, reserved_spots, unknown_spots };
		this.#tell(lotId, { event: "spot_update", ...spot, lot_version, at: new Date().toISOString(), lot });
	}

	removeLot(lotId: string): void {
		this.#lots.delete(lotId);
		this.#tell(lotId, { event: "lot_removed", lot_id: lotId, at: new Date().toISOString() });
	}

	/** What goes out every 5 s. */
	heartbeat(): void {
		for (const [lotId, { lot }] of this.#lots) {
			this.#tell(lotId, { event: "heartbeat", at: new Date().toISOString(), lots: { [lotId]: lot.lot_version } });
		}
	}

	/** Any text to every open page. */
	say(text: string): void {
		for (const client of this.#clients.keys()) client.send(text);
	}

	closeSockets(): void {
		for (const client of this.#clients.keys()) client.terminate();
		this.#clients.clear();
	}

	#held(lotId: string): Held {
		const held = this.#lots.get(lotId);
		if (held === undefined) throw new Error(`no lot ${lotId}`);
		return held;
	}

	#tell(lotId: string, frame: object): void {
		if (this.frozen) return;
		const text = JSON.stringify(frame);
		for (const [client, id] of this.#clients) if (id === lotId) client.send(text);
	}

	#join(client: WebSocket, request: IncomingMessage): void {
		this.connections += 1;
		const lotId = new URL(request.url ?? "/", this.url).searchParams.get("lot") ?? "";
		client.on("error", () => client.terminate());
		if (!this.#lots.has(lotId)) {
			client.send(JSON.stringify({ event: "error", ...error(404, "LOT_UNKNOWN", `there is no lot ${lotId}`) }));
			client.close(4404);
			return;
		}
		this.#clients.set(client, lotId);
		client.on("close", () => this.#clients.delete(client));
		client.on("message", (data) => {
			const wish = JSON.parse(String(data)) as { event: string; lot_id: string };
			if (wish.event !== "resync") return;
			this.resyncs += 1;
			this.#snapshot(client, wish.lot_id);
		});
		this.#snapshot(client, lotId);
	}

	#snapshot(client: WebSocket, lotId: string): void {
		if (this.frozen) return;
		const { lot, spots } = this.#held(lotId);
		const at = new Date().toISOString();
		const { lot_version } = lot;
		client.send(JSON.stringify({ event: "snapshot", lot_id: lotId, lot_version, at, lot, spots: [...spots.values()] }));
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const url = new URL(request.url ?? "/", this.url);
		const { pathname } = url;
		const json = (status: number, body: object) => {
			response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
		};
		const [, api, kind, lotId = "", leaf] = pathname.split("/");
		if (api !== "api") return this.#file(pathname, response);
		if (kind === "boards") {
			const { status, body } = await this.boards.reply(url, () => bodyOf(request));
			return json(status, body);
		}
		if (kind === "init") {
			for (const plan of this.samples) this.makeLot(plan);
			return json(200, { lots: [...this.#lots.values()].map(({ lot }) => lot) });
		}
		if (kind === "lots" && lotId === "" && this.failLots !== 0) {
			return json(this.failLots, error(this.failLots, "STORE_AWAY", "the store does not answer"));
		}
		if (kind === "lots" && lotId === "")
			return json(
				200,
				[...this.#lots.values()].map(({ lot }) => lot),
			);
		const held = this.#lots.get(decodeURIComponent(lotId));
		if (held === undefined) return json(404, error(404, "LOT_UNKNOWN", `there is no lot ${lotId}`));
		if (kind === "stats") {
			if (this.failStats !== 0)
				return json(this.failStats, error(this.failStats, "STORE_AWAY", "the store does not answer"));
			return json(200, { ...todayOf(held.lot), ...this.stats });
		}
		if (pathname.endsWith("/history")) return json(200, this.history);
		if (leaf === "override") return this.#override(held, await bodyOf(request), json);
		return json(200, { ...held.lot, spots: [...held.spots.values()] });
	}

	async #override(
		held: Held,
		body: Record<string, unknown>,
		json: (status: number, body: object) => void,
	): Promise<void> {
		const lotId = held.lot.lot_id;
		this.overrides.push({ lotId, body });
		await this.holdOverrides;
		if (this.failOverrides !== null) return json(this.failOverrides.status, this.failOverrides.body);
		const before = this.spot(lotId, String(body.spot_id));
		const at = new Date().toISOString();
		const common = { ...before, since: at, last_update: at };
		const after: Spot =
			body.occupied === null
				? {
						...common,
						manual_override: false,
						override: null,
						state: before.sensor_state,
						occupied: before.sensor_state === "occupied",
					}
				: {
						...common,
						occupied: body.occupied === true,
						state: body.reserved === true ? "reserved" : body.occupied === true ? "occupied" : "free",
						manual_override: true,
						override: {
							occupied: body.occupied === true,
							reserved: body.reserved === true,
							until: typeof body.until === "string" ? body.until : null,
							reason: typeof body.reason === "string" ? body.reason : null,
							by: null,
							at,
						},
					};
		this.change(lotId, after);
		json(200, after);
	}

	async #file(pathname: string, response: ServerResponse): Promise<void> {
		const path = pathname === "/" ? "/index.html" : pathname;
		try {
			const body = await readFile(join(dist, path));
			const type = types[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
			response.writeHead(200, { "content-type": type, "content-security-policy": contentSecurityPolicy }).end(body);
		} catch {
			response.writeHead(404).end();
		}
	}
}

/** A spot in a state that its sensor says, 20 minutes old. */
export function makeSpot(lotId: string, spotId: string, state: SpotState, more: Partial<Spot> = {}): Spot {
	const at = new Date(Date.now() - 20 * 60_000).toISOString();
	const isReserved = state === "reserved";
	return {
		spot_id: spotId,
		lot_id: lotId,
		label: null,
		zone: null,
		occupied: state === "occupied" || isReserved,
		state,
		since: at,
		distance: state === "unknown" ? null : state === "occupied" ? 34 : 218,
		sensor_occupied: state === "unknown" ? null : state === "occupied",
		sensor_state: isReserved ? "free" : state,
		confidence: 0.98,
		reason: state === "unknown" ? "no_echo" : "echo",
		manual_override: isReserved,
		override: isReserved ? { occupied: true, reserved: true, until: null, reason: "Delivery", by: null, at } : null,
		board_id: "board-1",
		last_heard: new Date(Date.now() - 4_000).toISOString(),
		last_update: at,
		...more,
	};
}

function counted(spots: readonly Spot[]) {
	const n = (state: SpotState) => spots.filter((spot) => spot.state === state).length;
	return {
		total_spots: spots.length,
		available_spots: n("free"),
		occupied_spots: n("occupied") + n("reserved"),
		reserved_spots: n("reserved"),
		unknown_spots: n("unknown"),
	};
}

/** A day that began quietly, was full at noon, and is what the counters say now. */
function todayOf(lot: Lot): Stats {
	const { lot_id, total_spots, available_spots, occupied_spots, reserved_spots, unknown_spots } = lot;
	const known = total_spots - unknown_spots;
	const to = Date.now();
	const from = to - ((to + 3_600_000) % 86_400_000 || 86_400_000);
	const shares = [0.1, 0.05, 0.05, 0.1, 0.3, 0.5, 0.65, 0.8, 0.95, 0.9, 0.7];
	const occupancy = shares.map((share, index) => {
		const occupied = Math.round(share * total_spots);
		return {
			timestamp: new Date(from + ((to - from) * index) / shares.length).toISOString(),
			available_spots: total_spots - occupied,
			occupied_spots: occupied,
			unknown_spots: 0,
		};
	});
	return {
		lot_id,
		total_spots,
		available_spots,
		occupied_spots,
		reserved_spots,
		unknown_spots,
		occupancy_rate: known === 0 ? null : occupied_spots / known,
		from: new Date(from).toISOString(),
		to: new Date(to).toISOString(),
		arrivals: 61,
		departures: 53,
		busiest: { occupancy_rate: 0.95, timestamp: occupancy[8]?.timestamp ?? new Date(to).toISOString() },
		overrides: 3,
		occupancy,
	};
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
	let text = "";
	for await (const chunk of request) text += String(chunk);
	return JSON.parse(text) as Record<string, unknown>;
}
