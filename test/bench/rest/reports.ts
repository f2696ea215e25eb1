/** A sensor that reports all the time, and what a lot must look like after each of its reports. */
import { connectAsync, type MqttClient } from "mqtt";
import type { StatusReport } from "../../../firmware/messages.ts";
import type { LotWithSpots } from "../../../gateway/contract/resources.ts";

/** Reports a second while spots change. */
export const reportsPerS = 100;

/** Spots of the lot: report `n` is of spot `n % spots`, and each report is a change. */
export const spots = 20;

/**
 * One plain sensor for all spots of a new lot. Its word is in the books before it is confirmed, and each report makes the lot's
 * version one higher: an answer's version tells which reports it knows.
 */
export class Reports {
	readonly #client: MqttClient;
	readonly #lotId: string;
	/** Version of the lot before the first report. */
	readonly #firstVersion: number;
	#said = 0;
	#confirmed = 0;
	/** Confirmed before one that was said earlier. */
	readonly #early = new Set<number>();
	#timer: NodeJS.Timeout | null = null;

	private constructor(client: MqttClient, lotId: string, firstVersion: number) {
		this.#client = client;
		this.#lotId = lotId;
		this.#firstVersion = firstVersion;
	}

	static async connect(mqttUrl: string, lotId: string, firstVersion: number): Promise<Reports> {
		return new Reports(await connectAsync(mqttUrl), lotId, firstVersion);
	}

	/** Version of the lot that every later answer must have at least: all reports up to there are confirmed. */
	get confirmedVersion(): number {
		return this.#firstVersion + this.#confirmed;
	}

	/** Version that no answer can exceed. */
	get saidVersion(): number {
		return this.#firstVersion + this.#said;
	}

	/** Says the next report; resolves when it is confirmed. */
	async say(): Promise<void> {
		const serial = ++this.#said;
		const { spot_id, occupied, distance } = spotAt(serial);
		const status: StatusReport = {
			...{ spot_id, lot_id: this.#lotId, occupied, distance, timestamp: new Date().toISOString() },
		};
		await this.#client.publishAsync("parkmate/spot/status", JSON.stringify(status), { qos: 1 });
		this.#early.add(serial);
		while (this.#early.delete(this.#confirmed + 1)) this.#confirmed++;
	}

	/** Reports {@link reportsPerS} times a second until {@link stop}. */
	start(): void {
		const startAt = performance.now();
		const first = this.#said;
		this.#timer = setInterval(() => {
			const due = ((performance.now() - startAt) / 1000) * reportsPerS;
			while (this.#said - first < due) void this.say().catch(() => {});
		}, 1000 / reportsPerS);
	}

	stop(): void {
		if (this.#timer !== null) clearInterval(this.#timer);
		this.#timer = null;
	}

	/** Whether the whole lot is as it must be at its version. */
	matches(lot: LotWithSpots): boolean {
		const last = lot.lot_version - this.#firstVersion;
		const wanted = Array.from({ length: spots }, (_, spot) => {
			const serial = last - ((((last - spot) % spots) + spots) % spots);
			return serial < 1 ? null : spotAt(serial);
		});
		const occupied = wanted.filter((spot) => spot?.occupied === true).length;
		const unknown = wanted.filter((spot) => spot === null).length;
		return (
			lot.total_spots === spots &&
			lot.occupied_spots === occupied &&
			lot.unknown_spots === unknown &&
			lot.available_spots === spots - occupied - unknown &&
			lot.spots.length === spots &&
			wanted.every((want, index) => {
				const got = lot.spots[index];
				if (want === null) return got?.state === "unknown" && got.distance === null;
				return got?.spot_id === want.spot_id && got.occupied === want.occupied && got.distance === want.distance;
			})
		);
	}

	async close(): Promise<void> {
		this.stop();
		await this.#client.endAsync(true);
	}
}

/** What report `serial`, from 1, says. */
function spotAt(serial: number): { spot_id: string; occupied: boolean; distance: number } {
	return { spot_id: spotIdAt(serial % spots), occupied: Math.floor(serial / spots) % 2 === 0, distance: serial / 10 };
}

/** Names in the lot's order. */
export function spotIdAt(index: number): string {
	return `spot-${index}`;
}
