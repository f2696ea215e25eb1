/**
 * In: a board's sensors, lamps and network. Out: each spot's state, on its lamp and at the gateway.
 * Never: waits for the network to watch its spots.
 */
import { type Detector, makeDetectors } from "./detector.ts";
import type { RawCommand } from "./inbox.ts";
import { type LampOutput, Lamps, networkGaps } from "./lamps.ts";
import { Link } from "./link.ts";
import { type BoardHealth, type LedCommand, lampFor, type SensorHealth } from "./messages.ts";
import type { SpotReport } from "./outbox.ts";
import { type Measurement, Ranging, type Sensor } from "./ranging.ts";
import type { Settings } from "./settings.ts";
import type { Alarm, Clock, Timer } from "./timer.ts";
import type { Connect } from "./transport.ts";

export interface BoardOptions {
	settings: Settings;
	/** Number of this start, see `countBoot`. */
	boot: number;
	/** Name and version of the firmware. */
	firmware: string;
	/** Why it started, see `BoardStatus`; left out where nobody knows. */
	restarted?: string;
	/** One for each spot, in the settings' order. */
	sensors: readonly Sensor[];
	/** The lamps of the spots, in the same order; there may be fewer. */
	lamps: readonly LampOutput[];
	timer: Timer;
	clock: Clock;
	/** 0 up to, not with, 1. */
	random: () => number;
	connect: Connect;
	/** Keeps the number of this start when it had to be raised. What it throws is nothing to die of: the next start is told again. */
	saveBoot: (boot: number) => void;
	/** What the device can measure of itself, for the board's health. */
	vitals?: () => Pick<BoardHealth, "signal_dbm" | "free_heap_bytes" | "wifi_losses">;
	/** Whether there is a network at all; left out where the device can't tell. Asked when there is no connection, for the lamps. */
	hasNetwork?: () => boolean;
	onConnect?: () => void;
	/** A connection was lost, or could not be made. `reason` is for people. */
	onDisconnect?: (reason: string) => void;
}

/** How often the board says how it is, ms. */
export const healthMs = 60_000;

/** How long a lamp blinks to be found, ms. */
export const identifyForMs = 10_000;

/** How long a start may take before it is news that a spot is still not decided, ms: three windows of the detector. */
export const settleMs = 10_000;

/** One board at work: sensors → ranging → detectors → lamps and link. */
export class Board {
	readonly #options: BoardOptions;
	readonly #detectors: readonly Detector[];
	readonly #ranging: Ranging;
	readonly #lamps: Lamps;
	readonly #link: Link;
	readonly #refresh: Alarm;
	readonly #health: Alarm;
	/** What the gateway wants each lamp to show, as of this connection. */
	readonly #wanted: (LedCommand | null)[];
	/** When each spot was last reported, in ms since the board's start; −1 for never. */
	readonly #reportedAtMs: number[];
	#nextRefresh = 0;

	/** @throws RangeError when sensors and spots are not the same number. */
	constructor(options: BoardOptions) {
		const { settings, sensors, lamps, timer } = options;
		if (sensors.length !== settings.spots.length) {
			throw new RangeError(`sensors must be one for each of ${settings.spots.length} spots, got ${sensors.length}`);
		}
		this.#options = options;
		this.#detectors = makeDetectors({ spots: settings.spots, mount: settings.mount });
		this.#wanted = settings.spots.map(() => null);
		this.#reportedAtMs = settings.spots.map(() => -1);
		this.#lamps = new Lamps({ outputs: lamps, timer });
		this.#ranging = new Ranging({ sensors, timer, onMeasurement: (measurement) => this.#onMeasurement(measurement) });
		this.#link = new Link({
			settings,
			boot: options.boot,
			firmware: options.firmware,
			restarted: options.restarted,
			timer,
			clock: options.clock,
			random: options.random,
			connect: options.connect,
			onLamp: (spot, command) => {
				this.#wanted[spot] = command;
				this.#light(spot);
			},
			onCommand: (command) => this.#onCommand(command),
			onBootBehind: (boot) => this.#onBootBehind(boot),
			onReach: () => this.#lightAll(),
			onConnect: () => {
				this.#lamps.showNetwork(networkGaps.none);
				options.onConnect?.();
			},
			onDisconnect: (reason) => {
				this.#wanted.fill(null);
				this.#lamps.showNetwork(options.hasNetwork?.() === false ? networkGaps.noWifi : networkGaps.noBroker);
				options.onDisconnect?.(reason);
			},
		});
		this.#refresh = timer.alarm(() => this.#onRefresh());
		this.#health = timer.alarm(() => this.#onHealth());
	}

	/** Number of this start as the gateway knows it. */
	get boot(): number {
		return this.#link.boot;
	}

	get connected(): boolean {
		return this.#link.connected;
	}

	/** Reports not yet known to be stored. */
	get outboxSize(): number {
		return this.#link.outboxSize;
	}

	/** Begins to measure at once, and to look for the broker. */
	start(): void {
		this.#lightAll();
		this.#ranging.start();
		this.#link.start();
		this.#refresh.set(this.#refreshStepMs);
		this.#health.set(healthMs);
	}

	/** Stops measuring, says that the board is offline, turns the lamps off. `onClosed` comes when the broker has heard it, or can't be told. Twice is fine. */
	close(onClosed?: () => void): void {
		this.#refresh.cancel();
		this.#health.cancel();
		this.#ranging.close();
		this.#link.close(onClosed);
		this.#lamps.close();
	}

	#onMeasurement(measurement: Readonly<Measurement>): void {
		const spot = measurement.sensor;
		if (!this.#detectors[spot]?.measure(measurement, this.#options.settings.temperature_c)) return;
		this.#link.report(this.#reportOf(spot, measurement.atMs));
		this.#light(spot);
	}

	/** One spot at a time, so that the reports of a lot are spread over the refresh time. */
	#onRefresh(): void {
		this.#refresh.set(this.#refreshStepMs);
		const spot = this.#nextRefresh;
		this.#nextRefresh = (spot + 1) % this.#detectors.length;
		const nowMs = this.#options.timer.now();
		const reportedAtMs = this.#reportedAtMs[spot] ?? -1;
		if (reportedAtMs < 0 && nowMs < settleMs) return;
		// A spot that spoke in the last half of the refresh time has its next turn.
		if (reportedAtMs >= 0 && nowMs - reportedAtMs < (this.#options.settings.refresh_s * 1000) / 2) return;
		this.#link.refresh(this.#reportOf(spot, nowMs));
	}

	get #refreshStepMs(): number {
		return (this.#options.settings.refresh_s * 1000) / this.#detectors.length;
	}

	#onHealth(): void {
		this.#health.set(healthMs);
		const sensors: Record<string, SensorHealth> = {};
		this.#options.settings.spots.forEach(({ spot_id }, spot) => {
			const counters = this.#ranging.counters[spot];
			const detector = this.#detectors[spot];
			if (!counters || !detector) return;
			const { state, reason, confidence, distanceCm } = detector.verdict;
			sensors[spot_id] = {
				...counters,
				state,
				reason,
				confidence: Math.round(confidence * 100) / 100,
				distance_cm: tenths(distanceCm),
				floor_cm: tenths(detector.floorCm),
				alarm: detector.alarm,
			};
		});
		this.#link.sendHealth({
			boot: this.#link.boot,
			uptime_ms: Math.round(this.#options.timer.now()),
			outbox: this.#link.outboxSize,
			coalesced: this.#link.coalesced,
			sensors,
			...this.#options.vitals?.(),
		});
	}

	#onCommand({ id, command, spot_id }: RawCommand): void {
		const { spots } = this.#options.settings;
		const only = spot_id === undefined ? -1 : spots.findIndex((spot) => spot.spot_id === spot_id);
		if (command !== "identify") {
			this.#link.answer({ id, ok: false, message: `command must be identify, got ${command}` });
		} else if (spot_id !== undefined && only < 0) {
			const known = spots.map((spot) => spot.spot_id).join(", ");
			this.#link.answer({ id, ok: false, message: `spot_id must be one of ${known}, got ${spot_id}` });
		} else {
			spots.forEach((_, spot) => {
				if (only < 0 || only === spot) this.#lamps.identify(spot, identifyForMs);
			});
			this.#link.answer({ id, ok: true });
		}
	}

	#onBootBehind(newest: number): void {
		const boot = newest + 1;
		try {
			this.#options.saveBoot(boot);
		} catch {
			// Without a memory the number still holds for this start.
		}
		this.#link.restartAs(boot);
	}

	#reportOf(spot: number, atMs: number): SpotReport {
		const verdict = this.#detectors[spot]?.verdict;
		this.#reportedAtMs[spot] = atMs;
		return {
			spot,
			state: verdict?.state ?? "unknown",
			confidence: verdict?.confidence ?? 0,
			reason: verdict?.reason ?? "starting",
			distanceCm: verdict?.distanceCm ?? null,
			atMs,
		};
	}

	#lightAll(): void {
		for (let spot = 0; spot < this.#detectors.length; spot++) this.#light(spot);
	}

	/** The gateway's word while it hears of the spot, else the board's own. */
	#light(spot: number): void {
		const own = lampFor(this.#detectors[spot]?.verdict.state ?? "unknown");
		const wanted = this.#link.isHeard(spot) ? this.#wanted[spot] : null;
		this.#lamps.show(spot, wanted?.color ?? own.color, wanted ? (wanted.pattern ?? "steady") : own.pattern);
	}
}
Object.freeze(Board.prototype);

function tenths(cm: number | null): number | null {
	return cm === null ? null : Math.round(cm * 10) / 10;
}
