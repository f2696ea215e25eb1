/** What `npm start` adds to a gateway: sample lots where there never were any, and a process of virtual boards for them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import type { Gateway } from "./gateway.ts";
import { createSample } from "./lots/manage.ts";
import { sampleLots } from "./lots/sample.ts";

/** How long the boards get to say goodbye. */
export const boardsStopMs = 1_000;

/** @returns whether the sample lots were made: only in a store that never held a lot. */
export async function makeSampleOnce(gateway: Gateway): Promise<boolean> {
	if (await gateway.store.hasHeldData()) return false;
	await gateway.make((draft) => createSample(draft, gateway.clock.now()));
	return true;
}

/** The virtual boards as a process of their own: they speak MQTT over TCP as real ones do, and cost the gateway nothing. */
export class VirtualBoards {
	readonly #child: ChildProcess;

	/** `onEnd` hears when they end without {@link stop}. Boards are made for the sample lots that are there, with the spots they have now. */
	constructor(options: { gateway: Gateway; config: Config; onEnd: (code: number | null) => void }) {
		const { gateway, config } = options;
		const { books } = gateway;
		const lots = sampleLots
			.map(({ lot_id }) => ({ lot_id, spots: books.spots(lot_id).map((spot) => spot.spot_id) }))
			.filter(({ spots }) => spots.length > 0);
		this.#child = fork(
			fileURLToPath(new URL("../firmware/device/virtual/main.ts", import.meta.url)),
			[
				...["--broker", gateway.broker.url, "--data", join(config.dataDir, "boards")],
				...lots.flatMap(({ lot_id, spots }) => ["--lot", `${lot_id}:${spots.join(",")}`]),
			],
			{
				env: {
					...process.env,
					TOPIC_PREFIX: config.topicPrefix,
					MQTT_USERNAME: config.mqttUsername ?? "",
					MQTT_PASSWORD: config.mqttPassword ?? "",
				},
			},
		);
		this.#child.once("exit", options.onEnd);
		this.#onEnd = options.onEnd;
	}

	readonly #onEnd: (code: number | null) => void;

	/** Ends them: asked first, then by force. */
	async stop(): Promise<void> {
		this.#child.off("exit", this.#onEnd);
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
		const ended = once(this.#child, "exit");
		this.#child.kill("SIGTERM");
		const force = setTimeout(() => this.#child.kill("SIGKILL"), boardsStopMs);
		await ended;
		clearTimeout(force);
	}
}

/** Opens the live connection as a page does. @returns when the first snapshot arrived, in ms since this process started. */
export function firstSnapshotMs(url: string, lotId: string): Promise<number> {
	return new Promise((resolve, reject) => {
		const socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws?lot=${lotId}`);
		socket.onmessage = () => {
			resolve(performance.now());
			socket.close();
		};
		socket.onerror = () => reject(new Error(`no snapshot came from ${url}`));
	});
}
