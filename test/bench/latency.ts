/**
 * Question: how long from a status published until the lamp's command is back, and until a browser has the frame?
 * Unit: ms, at 50 statuses a second, QoS 1, in both forms of topic.
 * Comparison: a relay that does nothing but answer, and the reference design done plainly, on the same broker, in turn with the gateway.
 */
import { once } from "node:events";
import { parseArgs } from "node:util";
import { connectAsync, type MqttClient } from "mqtt";
import type { LedCommand, StatusReport } from "../../firmware/messages.ts";
import type { ServerFrame } from "../../gateway/contract/events.ts";
import { type GatewayProcess, until } from "../support/processes.ts";
import { type Bench, circumstances, inOneLine, type Outcome, quantile, show, spread } from "./bench.ts";
import { type BrokerName, brokerNamed, makeLot, startGateway, startPeer, temporaryFile, withEnds } from "./sides.ts";
import { lotId, spotId } from "./site.ts";
import { table } from "./table.ts";

/** Statuses a second. */
const ratePerSecond = 50;

/** What the gateway's median may be above the relay's, ms, and its 99th percentile of the plain design's. */
const wanted = { p50OverRelayMs: 1, p99ToPlain: 1 / 3 };

/** Plain sensors speak for the first half of the lots, boards for the other half. */
const lots = 10;
const spotsPerLot = 20;
/** So many of each form that a spot's next turn comes 2 s later: its answer is there by then. */
const spotsOfForm = (lots * spotsPerLot) / 2;

/** Who answers: the topics of each begin with another word, which tells their messages apart on one broker. */
const answerers = { parkmate: "gateway", relay: "relay", plain: "plain" } as const;

/** One side of the comparison: who answers, and on which form of topic. */
interface Side {
	prefix: keyof typeof answerers;
	form: "short" | "long";
}

const sides: readonly Side[] = (["short", "long"] as const).flatMap((form) =>
	(["parkmate", "relay", "plain"] as const).map((prefix) => ({ prefix, form })),
);

/** The times of one turn, ms. */
interface Turn {
	lampMs: number[];
	frameMs: number[];
	/** Answers that were not what they had to be, or did not come. */
	wrong: number;
}

export const latency: Bench = {
	question:
		"latency: from a status to its lamp command and to its WebSocket frame, beside a relay that only answers and the reference design done plainly",
	run: async (args) => {
		const { values } = parseArgs({
			args,
			options: { short: { type: "boolean", default: false }, broker: { type: "string", default: "embedded" } },
		});
		const size = values.short ? { turns: 1, statuses: 20 } : { turns: 7, statuses: 250 };
		return compare(brokerNamed(values.broker), size);
	},
};

function compare(broker: BrokerName, size: { turns: number; statuses: number }): Promise<Outcome> {
	return withEnds(async (ends) => {
		const gateway = await startGateway(broker, ends);
		for (let lot = 0; lot < lots; lot++) await makeLot(gateway.url, { lot_id: lotId(lot), spots: spotsPerLot });
		const url = gateway.mqttUrl;
		await startPeer("relay", { file: "relay.ts", args: [url, "relay"], ends });
		const plainArgs = [url, "plain", temporaryFile("plain.db", ends), String(lots), String(spotsPerLot)];
		await startPeer("plain", { file: "plain.ts", args: plainArgs, ends });
		const meter = await Meter.start(gateway);
		ends.unshift(() => meter.close());
		for (const side of sides) await meter.turn(side, Math.min(100, size.statuses));
		const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
		for (let turn = 0; turn < size.turns; turn++) {
			for (const side of sides) turns.get(side)?.push(await meter.turn(side, size.statuses));
		}
		return outcome(broker, turns, size);
	});
}

function outcome(broker: string, turns: ReadonlyMap<Side, Turn[]>, size: { turns: number; statuses: number }): Outcome {
	const rows = [];
	for (const [side, measured] of turns) {
		const lampsOf = (prefix: Side["prefix"], share: number) =>
			[...turns]
				.filter(([other]) => other.prefix === prefix && other.form === side.form)
				.flatMap(([, of]) => of.map(({ lampMs }) => quantile(lampMs, share)));
		for (const kind of side.prefix === "parkmate" ? (["lampMs", "frameMs"] as const) : (["lampMs"] as const)) {
			const at = (share: number) => measured.map((turn) => quantile(turn[kind], share));
			const beside = (prefix: Side["prefix"], share: number, compared: (ms: number, otherMs: number) => number) =>
				spread(at(share).map((ms, turn) => compared(ms, lampsOf(prefix, share)[turn] ?? Number.NaN)));
			rows.push({
				name: `${answerers[side.prefix]}, ${side.form === "short" ? "plain sensor" : "board"} to ${kind === "lampMs" ? "lamp" : "browser"}`,
				p50Ms: spread(at(0.5)),
				p99Ms: spread(at(0.99)),
				p50OverRelayMs: beside("relay", 0.5, (ms, relayMs) => ms - relayMs),
				p50ToRelay: beside("relay", 0.5, (ms, relayMs) => ms / relayMs),
				p99ToRelay: beside("relay", 0.99, (ms, relayMs) => ms / relayMs),
				p99ToPlain: beside("plain", 0.99, (ms, plainMs) => ms / plainMs),
			});
		}
	}
	const all = [...turns.values()].flat();
	const wrong = all.reduce((sum, turn) => sum + turn.wrong, 0);
	// The gateway's statuses have two answers: lamp and frame.
	const answers = [...turns.keys()].reduce((sum, { prefix }) => sum + (prefix === "parkmate" ? 2 : 1), 0);
	const machine = circumstances(["mqtt", "aedes", "fastify", "ws"]);
	const text = [
		table([
			["from a status", "p50 ms", "p99 ms", "p50 - relay's, ms", "p50 ÷ relay's", "p99 ÷ relay's", "p99 ÷ plain's"],
			...rows.map((row) => [
				row.name,
				show(row.p50Ms, 2),
				show(row.p99Ms, 2),
				show(row.p50OverRelayMs, 2),
				show(row.p50ToRelay, 2),
				show(row.p99ToRelay, 2),
				show(row.p99ToPlain, 2),
			]),
		]),
		`from the gateway to a lamp, p50 - relay's is to be at most ${wanted.p50OverRelayMs.toFixed(2)} ms, and p99 ÷ plain's ${wanted.p99ToPlain.toFixed(2)}`,
		`${broker} broker; median (least-most) of ${size.turns} turns of ${size.statuses} statuses at ${ratePerSecond}/s each; ${wrong} of ${size.turns * size.statuses * answers} answers wrong`,
		inOneLine(machine),
	].join("\n");
	return {
		text,
		right: wrong === 0,
		figures: { bench: "latency", broker, ...size, ratePerSecond, wanted, wrong, rows, machine },
	};
}

/** Publishes, listens as a lamp and as a browser, and takes the time: all in one process, so that one clock counts. */
class Meter {
	readonly #publisher: MqttClient;
	readonly #lamp: MqttClient;
	readonly #browser: WebSocket;
	/** What is waited for, by `lamp` or `frame`, prefix, lot and spot. */
	readonly #waiting = new Map<string, { answer: string; at: number; times: number[] }>();
	/** What was said last, by prefix, lot and spot. */
	readonly #occupied = new Map<string, boolean>();
	#current: Turn = { lampMs: [], frameMs: [], wrong: 0 };
	#serial = 0;

	private constructor(publisher: MqttClient, lamp: MqttClient, browser: WebSocket) {
		this.#publisher = publisher;
		this.#lamp = lamp;
		this.#browser = browser;
		lamp.on("message", (topic, payload) => {
			const now = performance.now();
			const command = JSON.parse(payload.toString()) as LedCommand;
			this.#heard(`lamp ${topic.split("/")[0]} ${command.lot_id} ${command.spot_id}`, command.color, now);
		});
		browser.addEventListener("message", ({ data }) => {
			const now = performance.now();
			const frame = JSON.parse(String(data)) as ServerFrame;
			if (frame.event !== "spot_update") return;
			this.#heard(`frame parkmate ${frame.lot_id} ${frame.spot_id}`, `${frame.state} ${frame.distance}`, now);
		});
	}

	static async start(gateway: GatewayProcess): Promise<Meter> {
		const publisher = await connectAsync(gateway.mqttUrl);
		const lamp = await connectAsync(gateway.mqttUrl);
		await lamp.subscribeAsync(
			Object.keys(answerers).map((prefix) => `${prefix}/led/command/#`),
			{ qos: 1 },
		);
		const browser = new WebSocket(`${gateway.url.replace("http", "ws")}/ws`);
		await once(browser, "message");
		return new Meter(publisher, lamp, browser);
	}

	/** Publishes `statuses` changes to one side, evenly in time, and waits for all answers. */
	async turn(side: Side, statuses: number): Promise<Turn> {
		const turn: Turn = { lampMs: [], frameMs: [], wrong: 0 };
		this.#current = turn;
		const startAt = performance.now();
		for (let index = 0; index < statuses; index++) {
			const dueMs = startAt + (index * 1000) / ratePerSecond - performance.now();
			if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
			this.#publish(side);
		}
		await until("all answers", () => this.#waiting.size === 0, { deadlineMs: 15_000 }).catch(() => {});
		turn.wrong += this.#waiting.size;
		this.#waiting.clear();
		return turn;
	}

	async close(): Promise<void> {
		this.#browser.close();
		await Promise.all([this.#publisher.endAsync(true), this.#lamp.endAsync(true)]);
	}

	#publish({ prefix, form }: Side): void {
		const serial = ++this.#serial;
		const place = (serial % spotsOfForm) + (form === "short" ? 0 : spotsOfForm);
		const lot_id = lotId(Math.floor(place / spotsPerLot));
		const spot_id = spotId(place % spotsPerLot);
		const name = `${prefix} ${lot_id} ${spot_id}`;
		// Each status is a change.
		const occupied = this.#occupied.get(name) !== true;
		this.#occupied.set(name, occupied);
		const status: StatusReport = {
			...{ spot_id, lot_id, occupied, distance: serial / 10, timestamp: new Date().toISOString() },
			...(form === "short" ? {} : { board_id: "bench", boot: 1, seq: serial, uptime_ms: serial * 20 }),
			...(form === "short" ? {} : { state: occupied ? "occupied" : "free", confidence: 0.9, reason: "echo" }),
		};
		const topic = `${prefix}/spot/status${form === "short" ? "" : `/${lot_id}/${spot_id}`}`;
		const at = performance.now();
		this.#wait(`lamp ${name}`, occupied ? "red" : "green", at, this.#current.lampMs);
		if (prefix === "parkmate") {
			const answer = `${occupied ? "occupied" : "free"} ${serial / 10}`;
			this.#wait(`frame ${name}`, answer, at, this.#current.frameMs);
		}
		this.#publisher.publish(topic, JSON.stringify(status), { qos: 1 });
	}

	#wait(name: string, answer: string, at: number, times: number[]): void {
		// The answer before it never came.
		if (this.#waiting.has(name)) this.#current.wrong++;
		this.#waiting.set(name, { answer, at, times });
	}

	#heard(name: string, answer: string, now: number): void {
		const waiting = this.#waiting.get(name);
		if (waiting?.answer !== answer) {
			this.#current.wrong++;
			return;
		}
		this.#waiting.delete(name);
		waiting.times.push(now - waiting.at);
	}
}
