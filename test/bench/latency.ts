/**
 * Question: how long from a status published until the lamp's command is back, and until a browser has the frame?
 * Unit: ms, at 50 statuses a second, QoS 1, in both forms of topic.
 * Comparison: a relay that does nothing but answer, on the same broker, in turn with the gateway.
 */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { connectAsync, type MqttClient } from "mqtt";
import type { StatusReport } from "../../firmware/messages.ts";
import type { ServerFrame } from "../../gateway/contract/events.ts";
import { Mosquitto, mosquittoMissing } from "../support/mosquitto.ts";
import { GatewayProcess, Program, until } from "../support/processes.ts";
import { type Bench, circumstances, type Outcome, quantile, show, spread } from "./bench.ts";
import { table } from "./table.ts";

/** Statuses a second. */
const ratePerSecond = 50;

const lotId = "BENCH";
/** So many that a spot's next turn comes 2 s later: its answer is there by then. */
const spots = 100;

/** One side of the comparison: who answers, and on which form of topic. */
interface Side {
	name: string;
	/** Topics begin with it: tells the relay's messages from the gateway's on one broker. */
	prefix: "parkmate" | "relay";
	form: "short" | "long";
}

const sides: Side[] = [
	{ name: "gateway, plain sensor", prefix: "parkmate", form: "short" },
	{ name: "relay, plain sensor", prefix: "relay", form: "short" },
	{ name: "gateway, board", prefix: "parkmate", form: "long" },
	{ name: "relay, board", prefix: "relay", form: "long" },
];

/** The times of one turn, ms. */
interface Turn {
	lampMs: number[];
	frameMs: number[];
	/** Answers that were not what they had to be, or did not come. */
	wrong: number;
}

export const latency: Bench = {
	question: "latency: from a status to its lamp command and to its WebSocket frame, beside a relay that only answers",
	run: async (args) => {
		const { values } = parseArgs({
			args,
			options: { short: { type: "boolean", default: false }, broker: { type: "string", default: "embedded" } },
		});
		const { short, broker } = values;
		if (broker !== "embedded" && broker !== "mosquitto") {
			throw new Error(`--broker must be embedded or mosquitto, got "${broker}"`);
		}
		if (broker === "mosquitto" && mosquittoMissing !== null) throw new Error(mosquittoMissing);
		return compare(broker, short ? { turns: 1, statuses: 20 } : { turns: 7, statuses: 250 });
	},
};

async function compare(broker: "embedded" | "mosquitto", size: { turns: number; statuses: number }): Promise<Outcome> {
	const ends: (() => Promise<unknown> | unknown)[] = [];
	try {
		// By itself Mosquitto lets small packets wait for others (Nagle), which hides everything else behind 20 to 40 ms.
		const mosquitto = broker === "mosquitto" ? await Mosquitto.start({ config: ["set_tcp_nodelay true"] }) : null;
		if (mosquitto !== null) ends.unshift(() => mosquitto.close());
		const gateway = await GatewayProcess.start({ mqttUrl: mosquitto?.url, env: { LOG_LEVEL: "warn" } });
		ends.unshift(() => gateway.close());
		await makeLot(gateway.url);
		const relay = await startRelay(gateway.mqttUrl);
		ends.unshift(() => relay.end());
		const meter = await Meter.start(gateway);
		ends.unshift(() => meter.close());
		for (const side of sides) await meter.turn(side, Math.min(100, size.statuses));
		const turns = new Map<Side, Turn[]>(sides.map((side) => [side, []]));
		for (let turn = 0; turn < size.turns; turn++) {
			for (const side of sides) turns.get(side)?.push(await meter.turn(side, size.statuses));
		}
		return outcome(broker, turns, size);
	} finally {
		for (const end of ends) await end();
	}
}

function outcome(broker: string, turns: ReadonlyMap<Side, Turn[]>, size: { turns: number; statuses: number }): Outcome {
	const rows = [];
	for (const [side, measured] of turns) {
		const relay = sides.find(({ prefix, form }) => prefix === "relay" && form === side.form);
		const relayTurns = (relay && turns.get(relay)) ?? [];
		for (const kind of side.prefix === "relay" ? (["lampMs"] as const) : (["lampMs", "frameMs"] as const)) {
			const at = (share: number) => measured.map((turn) => quantile(turn[kind], share));
			const base = (share: number) => relayTurns.map((turn) => quantile(turn.lampMs, share));
			const ratio = (share: number) => spread(at(share).map((ms, turn) => ms / (base(share)[turn] ?? Number.NaN)));
			rows.push({
				name: `${side.name} to ${kind === "lampMs" ? "lamp" : "browser"}`,
				p50Ms: spread(at(0.5)),
				p99Ms: spread(at(0.99)),
				p50ToRelay: ratio(0.5),
				p99ToRelay: ratio(0.99),
			});
		}
	}
	const wrong = [...turns.values()].flat().reduce((sum, turn) => sum + turn.wrong, 0);
	const answers =
		size.turns * size.statuses * (2 * sides.length - sides.filter(({ prefix }) => prefix === "relay").length);
	const machine = circumstances(["mqtt", "aedes", "fastify", "ws"]);
	const text = [
		table([
			["from a status", "p50 ms", "p99 ms", "p50 ÷ relay's", "p99 ÷ relay's"],
			...rows.map((row) => [
				row.name,
				show(row.p50Ms, 2),
				show(row.p99Ms, 2),
				show(row.p50ToRelay, 2),
				show(row.p99ToRelay, 2),
			]),
		]),
		`${broker} broker; median (least-most) of ${size.turns} turns of ${size.statuses} statuses at ${ratePerSecond}/s each; ${wrong} of ${answers} answers wrong`,
		Object.entries(machine)
			.map(([name, value]) => `${name} ${value}`)
			.join(", "),
	].join("\n");
	return {
		text,
		right: wrong === 0,
		figures: { bench: "latency", broker, ...size, ratePerSecond, wrong, rows, machine },
	};
}

/** Publishes, listens as a lamp and as a browser, and takes the time: all in one process, so that one clock counts. */
class Meter {
	readonly #publisher: MqttClient;
	readonly #lamp: MqttClient;
	readonly #browser: WebSocket;
	/** What is waited for, by `lamp` or `frame`, prefix and spot. */
	readonly #waiting = new Map<string, { answer: string; at: number; times: number[] }>();
	/** What was said last, by prefix and spot. */
	readonly #occupied = new Map<string, boolean>();
	#current: Turn = { lampMs: [], frameMs: [], wrong: 0 };
	#serial = 0;

	private constructor(publisher: MqttClient, lamp: MqttClient, browser: WebSocket) {
		this.#publisher = publisher;
		this.#lamp = lamp;
		this.#browser = browser;
		lamp.on("message", (topic, payload) => {
			const now = performance.now();
			const command = JSON.parse(payload.toString()) as { spot_id: string; color: string };
			this.#heard(`lamp ${topic.split("/")[0]} ${command.spot_id}`, command.color, now);
		});
		browser.addEventListener("message", ({ data }) => {
			const now = performance.now();
			const frame = JSON.parse(String(data)) as ServerFrame;
			if (frame.event !== "spot_update") return;
			this.#heard(`frame parkmate ${frame.spot_id}`, `${frame.state} ${frame.distance}`, now);
		});
	}

	static async start(gateway: GatewayProcess): Promise<Meter> {
		const publisher = await connectAsync(gateway.mqttUrl);
		const lamp = await connectAsync(gateway.mqttUrl);
		await lamp.subscribeAsync(["parkmate/led/command/#", "relay/led/command/#"], { qos: 1 });
		const browser = new WebSocket(`${gateway.url.replace("http", "ws")}/ws?lot=${lotId}`);
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
		const spotId = `${form}-${serial % spots}`;
		// Each status is a change.
		const occupied = this.#occupied.get(`${prefix} ${spotId}`) !== true;
		this.#occupied.set(`${prefix} ${spotId}`, occupied);
		const status: StatusReport = {
			...{ spot_id: spotId, lot_id: lotId, occupied, distance: serial / 10, timestamp: new Date().toISOString() },
			...(form === "short" ? {} : { board_id: "bench", boot: 1, seq: serial, uptime_ms: serial * 20 }),
			...(form === "short" ? {} : { state: occupied ? "occupied" : "free", confidence: 0.9, reason: "echo" }),
		};
		const topic = `${prefix}/spot/status${form === "short" ? "" : `/${lotId}/${spotId}`}`;
		const at = performance.now();
		this.#wait(`lamp ${prefix} ${spotId}`, occupied ? "red" : "green", at, this.#current.lampMs);
		if (prefix === "parkmate") {
			const answer = `${occupied ? "occupied" : "free"} ${serial / 10}`;
			this.#wait(`frame ${prefix} ${spotId}`, answer, at, this.#current.frameMs);
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

async function startRelay(url: string): Promise<Program> {
	const path = fileURLToPath(new URL("relay.ts", import.meta.url));
	const relay = new Program("relay", process.execPath, [path, url, "relay"], {
		stdio: ["ignore", "pipe", "pipe", "ipc"],
	});
	const gone = relay.ended.then(() => {
		throw relay.complaint("it ended before it was ready");
	});
	await Promise.race([once(relay.child, "message"), gone]);
	return relay;
}

async function makeLot(url: string): Promise<void> {
	const spotIds = ["short", "long"].flatMap((form) => Array.from({ length: spots }, (_, spot) => `${form}-${spot}`));
	const answer = await fetch(`${url}/api/lots`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ lot_id: lotId, name: "Bench", spots: spotIds.map((spot_id) => ({ spot_id })) }),
	});
	if (answer.status !== 201)
		throw new Error(`expected 201 for the new lot, got ${answer.status}: ${await answer.text()}`);
}
