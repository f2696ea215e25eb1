/**
 * In: a board's sensors, lamps and network. Out: each spot's state, on its lamp and at the gateway.
 * Never: waits for the network to watch its spots.
 */
import { Commands } from "./commands.ts";
import { type Detector, makeDetectors } from "./detector.ts";
import { sensorHealth } from "./health.ts";
import type { RawCommand } from "./inbox.ts";
import { type LampOutput, Lamps, lampColors, lampPatterns, networkGaps } from "./lamps.ts";
import { loadLearnt, saveLearnt } from "./learnt.ts";
import { Link, type LinkListener } from "./link.ts";
import { type BoardHealth, type LedCommand, lampFor, type SensorHealth } from "./messages.ts";
import type { SpotReport } from "./outbox.ts";
import { type Measurement, Ranging, type Sensor } from "./ranging.ts";
import { Recorder } from "./recorder.ts";
import type { KeyValueStore, Settings } from "./settings.ts";
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
	/** Keeps what the detectors have learnt; left out where nothing is kept. What it throws is nothing to die of either. */
	memory?: KeyValueStore;
	/** Gets every measurement of every spot, about once a second as the JSON of a `BoardTrace`: somebody records at the board itself. */
	onTrace?: (text: string) => void;
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

/** How soon it says so after a floor was learnt, or a sensor's alarm came or went, ms: enough for others that do so too. */
export const soonMs = 5000;

/**
 * How often what the detectors have learnt is kept if it has changed, ms. 8,760 times a year, while an ESP32's preferences
 * (five pages of flash, four such texts a page, 100,000 erasures each) take two million.
 */
export const saveLearntMs = 3_600_000;

/** How long a start may take before it is news that a spot is still not decided, ms: three windows of the detector. */
export const settleMs = 10_000;

/** One board at work: sensors → ranging → detectors → lamps and link. */
export class Board implements LinkListener {
	readonly #options: BoardOptions;
	readonly #detectors: readonly Detector[];
	readonly #ranging: Ranging;
	readonly #lamps: Lamps;
	readonly #link: Link;
	readonly #commands: Commands;
	readonly #refresh: Alarm;
	readonly #health: Alarm;
	/** What the gateway wants each lamp to show, as of this connection: {@link lookOf}, or 0 for nothing. */
	readonly #wanted: Uint8Array;
	/** When each spot was last reported, in ms since the board's start; −1 for never. */
	readonly #reportedAtMs: number[];
	#nextRefresh = 0;
	/** While somebody records at the board itself. */
	readonly #tap: Recorder | null = null;
	/** Spots that have learnt something, a bit each. */
	#learnt = 0;
	/** What is wrong with the sensors, two bits each: an index of {@link alarms}. */
	#alarms = 0;
	/** Somebody is to be told soon how the board is. */
	#soon = false;
	/** What was learnt is to be kept then. */
	#unsaved = false;
	#savedAtMs = 0;

	/** @throws RangeError when sensors and spots are not the same number. */
	constructor(options: BoardOptions) {
		const { settings, sensors, lamps, timer } = options;
		if (sensors.length !== settings.spots.length) {
			throw new RangeError(`sensors must be one for each of ${settings.spots.length} spots, got ${sensors.length}`);
		}
		this.#options = options;
		this.#detectors = makeDetectors({
			spots: settings.spots,
			mount: settings.mount,
			learnt: options.memory && loadLearnt(options.memory, settings.spots),
		});
		this.#detectors.forEach((detector, spot) => {
			if (detector.learnt !== "") this.#learnt |= 1 << spot;
		});
		this.#wanted = new Uint8Array(sensors.length);
		this.#reportedAtMs = settings.spots.map(() => -1);
		this.#lamps = new Lamps({ outputs: lamps, timer });
		this.#ranging = new Ranging({
			sensors,
			timer,
			random: options.random,
			onMeasurement: (measurement) => this.#onMeasurement(measurement),
		});
		this.#link = new Link({
			settings,
			boot: options.boot,
			firmware: options.firmware,
			restarted: options.restarted,
			timer,
			clock: options.clock,
			random: options.random,
			connect: options.connect,
			listener: this,
		});
		this.#commands = new Commands({
			settings,
			detectors: this.#detectors,
			lamps: this.#lamps,
			link: this.#link,
			timer,
		});
		if (options.onTrace) {
			const { onTrace } = options;
			const link = this.#link;
			const sink = {
				get boot() {
					return link.boot;
				},
				sendTrace: onTrace,
			};
			this.#tap = new Recorder({ sink, temperatureC: settings.temperature_c });
			for (let spot = 0; spot < sensors.length; spot++) this.#tap.record(spot, Number.POSITIVE_INFINITY);
		}
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
		this.onReach();
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
		this.#commands.close();
		if (this.#unsaved) this.#saveLearnt();
		this.#link.close(onClosed);
		this.#lamps.close();
	}

	/** For the link, as all up to `onDisconnect`. */
	onLamp(spot: number, command: LedCommand | null): void {
		this.#wanted[spot] = command ? lookOf(command) : 0;
		this.#light(spot);
	}

	onCommand(command: RawCommand): void {
		this.#commands.take(command);
	}

	onBootBehind(newest: number): void {
		const boot = newest + 1;
		try {
			this.#options.saveBoot(boot);
		} catch {
			// Without a memory the number still holds for this start.
		}
		this.#link.restartAs(boot);
	}

	onReach(): void {
		for (let spot = 0; spot < this.#detectors.length; spot++) this.#light(spot);
	}

	onConnect(): void {
		this.#lamps.showNetwork(networkGaps.none);
		this.#options.onConnect?.();
	}

	onDisconnect(reason: string): void {
		this.#wanted.fill(0);
		this.#lamps.showNetwork(this.#options.hasNetwork?.() === false ? networkGaps.noWifi : networkGaps.noBroker);
		this.#options.onDisconnect?.(reason);
	}

	#onMeasurement(measurement: Readonly<Measurement>): void {
		const { sensor: spot, atMs } = measurement;
		this.#commands.record(measurement);
		this.#tap?.take(measurement);
		const changed = this.#detectors[spot]?.measure(measurement, this.#options.settings.temperature_c);
		if (this.#commands.check(atMs)) this.#keepSoon();
		this.#noticeAlarm(spot);
		if (!changed) return;
		this.#noticeLearnt(spot);
		this.#link.report(this.#reportOf(spot, atMs));
		this.#light(spot);
	}

	#noticeAlarm(spot: number): void {
		const before = (this.#alarms >> (2 * spot)) & 3;
		const now = alarms.indexOf(this.#detectors[spot]?.alarm ?? null);
		if (now === before) return;
		this.#alarms ^= (before ^ now) << (2 * spot);
		this.#sayHealthSoon();
	}

	/** The first time that a spot has learnt something is worth keeping at once. */
	#noticeLearnt(spot: number): void {
		if (this.#learnt & (1 << spot) || !this.#detectors[spot]?.learnt) return;
		this.#learnt |= 1 << spot;
		this.#keepSoon();
	}

	#keepSoon(): void {
		this.#unsaved = true;
		this.#sayHealthSoon();
	}

	#sayHealthSoon(): void {
		if (this.#soon) return;
		this.#soon = true;
		this.#health.set(soonMs);
	}

	/** One spot at a time, so that the reports of a lot are spread over the refresh time. */
	#onRefresh(): void {
		this.#refresh.set(this.#refreshStepMs);
		const spot = this.#nextRefresh;
		this.#nextRefresh = (spot + 1) % this.#detectors.length;
		this.#noticeLearnt(spot);
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
		this.#soon = false;
		if (this.#unsaved || this.#options.timer.now() - this.#savedAtMs >= saveLearntMs) this.#saveLearnt();
		const sensors: Record<string, SensorHealth> = {};
		this.#options.settings.spots.forEach(({ spot_id }, spot) => {
			const counters = this.#ranging.counters[spot];
			const detector = this.#detectors[spot];
			if (counters && detector) sensors[spot_id] = sensorHealth(detector, counters);
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

	#saveLearnt(): void {
		this.#unsaved = false;
		const { memory, settings, timer } = this.#options;
		this.#savedAtMs = timer.now();
		if (!memory) return;
		try {
			saveLearnt(
				memory,
				settings.spots,
				this.#detectors.map(({ learnt }) => learnt),
			);
		} catch {
			// Without a memory it is learnt again after a start.
		}
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

	/** The gateway's word while it hears of the spot, else the board's own. */
	#light(spot: number): void {
		const own = lampFor(this.#detectors[spot]?.verdict.state ?? "unknown");
		const wanted = this.#link.isHeard(spot) ? (this.#wanted[spot] ?? 0) : 0;
		const color = lampColors[(wanted - 1) % lampColors.length] ?? own.color;
		const pattern = lampPatterns[Math.floor((wanted - 1) / lampColors.length)] ?? own.pattern;
		this.#lamps.show(spot, color, pattern);
	}
}
Object.freeze(Board.prototype);

/** A colour and a pattern in one number above 0. */
function lookOf({ color, pattern = "steady" }: Pick<LedCommand, "color" | "pattern">): number {
	return 1 + lampColors.indexOf(color) + lampColors.length * lampPatterns.indexOf(pattern);
}

/** What {@link Board} keeps of an alarm: its index here. */
const alarms: readonly Detector["alarm"][] = Object.freeze([null, "drift", "dirt"] as const);
