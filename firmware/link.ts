/**
 * In: what changes on the board; what the gateway says. Out: announcements and reports, each said until it is stored.
 * Never: judges a spot, or loses the newest word on one.
 */
import { Connection, type ConnectionListener } from "./connection.ts";
import { type RawCommand, readCommand, readLedCommand, readStored } from "./inbox.ts";
import {
	type BoardHealth,
	type BoardResult,
	type BoardStatus,
	type LedCommand,
	type StatusReport,
	type Stored,
	Topics,
} from "./messages.ts";
import { Outbox, outboxLimit, type SpotReport, type WaitingReport } from "./outbox.ts";
import type { Settings } from "./settings.ts";
import type { Alarm, Clock, Timer } from "./timer.ts";
import type { Connect, ConnectOptions } from "./transport.ts";

/** Whom the link is for. One object with methods, as a board's memory has no room for a closure for each. */
export interface LinkListener {
	/** The lamp that the gateway wants over a spot; null when it takes back what it wanted. */
	onLamp(spot: number, command: LedCommand | null): void;
	/** Answer it with {@link Link.answer}. */
	onCommand(command: RawCommand): void;
	/** The gateway knows a later start of this board, number `boot`: the counter fell behind. Answer with {@link Link.restartAs}. */
	onBootBehind(boot: number): void;
	/** What {@link Link.isHeard} says may have changed. */
	onReach(): void;
	onConnect(): void;
	/** A connection was lost, or could not be made. `reason` is for people. */
	onDisconnect(reason: string): void;
}

export interface LinkOptions {
	settings: Settings;
	/** Number of this start, see `countBoot`. */
	boot: number;
	/** Name and version of the firmware. */
	firmware: string;
	/** Why the board started, see `BoardStatus`. */
	restarted?: string;
	timer: Timer;
	clock: Clock;
	/** 0 up to, not with, 1. */
	random: () => number;
	connect: Connect;
	listener: LinkListener;
}

type BoardLeaf = Parameters<Topics["board"]>[1];

/** Answers to commands that wait for room, at most; the oldest goes. */
export const answerLimit = 8;

/** What a board has to say to its gateway, and hears from it, over one connection after the other. */
export class Link implements ConnectionListener {
	readonly #options: LinkOptions;
	readonly #topics: Topics;
	readonly #outbox: Outbox;
	readonly #connection: Connection;
	readonly #answers: BoardResult[] = [];
	readonly #resend: Alarm;
	#boot: number;
	#announced = false;
	#subscribed = false;
	#badMessages = 0;

	constructor(options: LinkOptions) {
		const { settings, timer, random, connect } = options;
		this.#options = options;
		this.#boot = options.boot;
		this.#topics = new Topics(settings.topic_prefix);
		this.#outbox = new Outbox({ spots: settings.spots.length });
		this.#resend = timer.alarm(() => this.#onResend());
		this.#connection = new Connection({ settings, timer, random, connect, listener: this });
	}

	get boot(): number {
		return this.#boot;
	}

	get connected(): boolean {
		return this.#connection.connected;
	}

	/**
	 * True while the gateway hears of this spot, as far as the board can tell: there is a connection, and no report of the
	 * spot has waited for `stored` until it had to be sent again. A broker without a gateway confirms nothing.
	 */
	isHeard(spot: number): boolean {
		return this.#connection.connected && !this.#outbox.isLate(spot);
	}

	/** Reports not yet known to be stored. */
	get outboxSize(): number {
		return this.#outbox.size;
	}

	/** Changes that a full outbox had to merge since the start. */
	get coalesced(): number {
		return this.#outbox.coalesced;
	}

	/** Messages from the broker that made no sense since the start. */
	get badMessages(): number {
		return this.#badMessages;
	}

	/** Begins to connect, and never stops trying until `close`. */
	start(): void {
		this.#connection.start();
	}

	/** Says a spot's state now, or as soon as it can be said, until it is stored. */
	report(report: SpotReport): void {
		this.#outbox.add(report, false);
		this.#pump();
	}

	/** Says an unchanged spot's state again; not while a word on it waits anyway, nor where a change would have to make room. */
	refresh(report: SpotReport): void {
		if (this.#outbox.holds(report.spot) || this.#outbox.size === outboxLimit) return;
		this.#outbox.add(report, true);
		this.#pump();
	}

	/** Answers a command. */
	answer(result: BoardResult): void {
		this.#answers.push(result);
		if (this.#answers.length > answerLimit) this.#answers.shift();
		this.#pump();
	}

	/** Says how the board is, if it can be said now: the next one comes soon enough. */
	sendHealth(health: BoardHealth): void {
		this.#publish("health", health, 0, false);
	}

	/** Tells a part of a trace, a `BoardTrace` as JSON, if nothing that must be said waits for room; else it is lost. */
	sendTrace(trace: string): void {
		if (!this.#subscribed || this.#answers.length > 0 || this.#outbox.nextUnsent()) return;
		this.#publish("trace", trace, 0, false);
	}

	/**
	 * Goes on under another number for this start: what waits is numbered anew, and all is said again over a new
	 * connection, as the old one's last will has the old number.
	 */
	restartAs(boot: number): void {
		this.#boot = boot;
		this.#outbox.renumber();
		this.#forget();
		this.#connection.renew();
	}

	/** Says that the board is offline, and ends. `onClosed` comes when the broker has heard it, or can't. Twice is fine. */
	close(onClosed: () => void = () => {}): void {
		const said = this.#publish("status", this.#offline(), 1, true);
		this.#forget();
		this.#connection.close(said, onClosed);
	}

	/** For the connection, as all up to `onClose`. */
	lastWill(): ConnectOptions["will"] {
		return { topic: this.#boardTopic("status"), payload: JSON.stringify(this.#offline()) };
	}

	onConnect(): void {
		this.#pump();
		this.#options.listener.onConnect();
		this.#options.listener.onReach();
	}

	onWritable(): void {
		this.#pump();
	}

	onMessage(topic: string, payload: string): void {
		if (topic === this.#boardTopic("stored")) {
			const stored = readStored(payload);
			if (!stored) this.#badMessages++;
			else if (stored.boot === this.#boot) this.#onStored(stored);
			// With numbers it is for an earlier start, before the counter fell behind: there may have been later ones.
			else if (stored.boot > this.#boot && stored.seqs.length === 0) {
				this.#options.listener.onBootBehind(stored.boot);
			}
			return;
		}
		if (topic === this.#boardTopic("command")) {
			const command = readCommand(payload);
			if (command) this.#options.listener.onCommand(command);
			else this.#badMessages++;
			return;
		}
		const { lot_id, spots } = this.#options.settings;
		const spot = spots.findIndex(({ spot_id }) => topic === this.#topics.led(lot_id, spot_id));
		const command = readLedCommand(payload, lot_id, spots[spot]?.spot_id ?? "");
		if (spot >= 0 && (command || payload === "")) this.#options.listener.onLamp(spot, command);
		else this.#badMessages++;
	}

	onClose(reason: string): void {
		this.#forget();
		this.#options.listener.onDisconnect(reason);
		this.#options.listener.onReach();
	}

	/** Forgets what was true only of one connection. */
	#forget(): void {
		this.#announced = false;
		this.#subscribed = false;
		this.#outbox.unsend();
		this.#resend.cancel();
	}

	/** Sends what is due, in order, as long as there is room. */
	#pump(): void {
		this.#announced ||= this.#publish("status", this.#online(), 1, true);
		if (!this.#announced) return;
		this.#subscribed ||= this.#connection.subscribe(this.#filters());
		if (!this.#subscribed) return;
		for (let report = this.#outbox.nextUnsent(); report; report = this.#outbox.nextUnsent()) {
			if (!this.#send(report)) break;
			this.#outbox.sent(report, this.#options.timer.now());
		}
		for (let answer = this.#answers[0]; answer; answer = this.#answers[0]) {
			if (!this.#publish("result", answer, 1, false)) break;
			this.#answers.shift();
		}
		const resendMs = this.#outbox.nextResendMs;
		if (resendMs === Number.POSITIVE_INFINITY) this.#resend.cancel();
		else this.#resend.set(Math.max(0, resendMs - this.#options.timer.now()));
	}

	/** Made when they are needed: eight topics would be half a KB of a board's memory. */
	#filters(): string[] {
		const { lot_id, spots } = this.#options.settings;
		const lamps = spots.map(({ spot_id }) => this.#topics.led(lot_id, spot_id));
		return [this.#boardTopic("stored"), this.#boardTopic("command"), ...lamps];
	}

	#onStored({ seqs }: Stored): void {
		for (const [first, last] of seqs) this.#outbox.remove(first, last);
		this.#connection.prove();
		this.#pump();
		this.#options.listener.onReach();
	}

	#onResend(): void {
		this.#outbox.resend(this.#options.timer.now());
		this.#pump();
		this.#options.listener.onReach();
	}

	#send(report: Readonly<WaitingReport>): boolean {
		const { settings, clock, timer } = this.#options;
		const { board_id, lot_id, spots } = settings;
		const spotId = spots[report.spot]?.spot_id ?? "";
		const wallMs = clock.now();
		const status: StatusReport = {
			spot_id: spotId,
			lot_id,
			occupied: report.state === "occupied",
			distance: report.distanceCm === null ? null : Math.round(report.distanceCm * 10) / 10,
			// The moment of the event, also for a report that had to wait for the clock or the network.
			timestamp: wallMs === null ? undefined : new Date(wallMs - (timer.now() - report.atMs)).toISOString(),
			board_id,
			boot: this.#boot,
			seq: report.seq,
			uptime_ms: Math.round(report.atMs),
			state: report.state,
			confidence: Math.round(report.confidence * 100) / 100,
			reason: report.reason,
		};
		return this.#connection.publish(this.#topics.status(lot_id, spotId), status, 1, true);
	}

	#online(): BoardStatus {
		const { settings, firmware, restarted, timer } = this.#options;
		return {
			online: true,
			boot: this.#boot,
			firmware,
			uptime_ms: Math.round(timer.now()),
			lot_id: settings.lot_id,
			spots: settings.spots.map((spot) => spot.spot_id),
			restarted,
		};
	}

	#offline(): BoardStatus {
		return { online: false, boot: this.#boot };
	}

	#publish(leaf: BoardLeaf, payload: object | string, qos: 0 | 1, retain: boolean): boolean {
		return this.#connection.publish(this.#boardTopic(leaf), payload, qos, retain);
	}

	#boardTopic(leaf: BoardLeaf): string {
		return this.#topics.board(this.#options.settings.board_id, leaf);
	}
}
Object.freeze(Link.prototype);
