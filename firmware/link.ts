/**
 * In: what changes on the board; what the gateway says. Out: announcements and reports, each said until it is stored.
 * Never: judges a spot, or loses the newest word on one.
 */
import { type RawCommand, readCommand, readLedCommand, readStored } from "./inbox.ts";
import {
	type BoardHealth,
	type BoardResult,
	type BoardStatus,
	type LedCommand,
	type StatusReport,
	Topics,
} from "./messages.ts";
import { Outbox, type SpotReport, type WaitingReport } from "./outbox.ts";
import type { Settings } from "./settings.ts";
import type { Alarm, Clock, Timer } from "./timer.ts";
import type { Connect, Transport } from "./transport.ts";

export interface LinkOptions {
	settings: Settings;
	/** Number of this start, see `countBoot`. */
	boot: number;
	/** Name and version of the firmware. */
	firmware: string;
	timer: Timer;
	clock: Clock;
	/** 0 up to, not with, 1. */
	random: () => number;
	connect: Connect;
	/** The lamp that the gateway wants over a spot. */
	onLamp: (spot: number, command: LedCommand) => void;
	/** Answer it with {@link Link.answer}. */
	onCommand: (command: RawCommand) => void;
	/** The gateway knows a later start of this board, number `boot`: the counter fell behind. Answer with {@link Link.restartAs}. */
	onBootBehind: (boot: number) => void;
	/** {@link Link.gatewayInReach} changed. */
	onReach: () => void;
	onConnect?: () => void;
	/** A connection was lost, or could not be made. `reason` is for people. */
	onDisconnect?: (reason: string) => void;
}

/** First wait before connecting again, ms; doubled each time, up to the second. A share of half of it is left to chance, so that a lot's boards do not all come at once. */
export const reconnectMs = { first: 1000, last: 30_000 };

/** How long a broker may take to accept a connection, ms. */
export const connectDeadlineMs = 10_000;

/** Connections that lasted this long were good: the next loss begins with the first wait again. */
export const steadyMs = 10_000;

/** First wait for `stored` before reports are sent again, ms; doubled each time, up to the second. */
export const resendMs = { first: 5000, last: 60_000 };

/** Silence before a PINGREQ, ms: the broker sends the last will after 1.5 times that. */
export const keepaliveMs = 30_000;

/** Answers to commands that wait for room, at most; the oldest goes. */
export const answerLimit = 8;

/** One board's MQTT session over one connection after the other. */
export class Link {
	readonly #options: LinkOptions;
	readonly #topics: Topics;
	readonly #outbox: Outbox;
	/** Topic of a spot's lamp command, in the spots' order. */
	readonly #ledTopics: readonly string[];
	readonly #filters: readonly string[];
	readonly #answers: BoardResult[] = [];
	/** Waits for CONNACK, or to connect again: never both. */
	readonly #connecting: Alarm;
	readonly #resend: Alarm;
	#transport: Transport | null = null;
	#boot: number;
	#running = false;
	#connected = false;
	#connectedAtMs = 0;
	#attempts = 0;
	#announced = false;
	#subscribed = false;
	#resendWaitMs = resendMs.first;
	/** A report has waited too long for `stored`: the broker is there, but is the gateway? */
	#overdue = false;
	#resendSet = false;
	#packetId = 0;
	#badMessages = 0;

	constructor(options: LinkOptions) {
		const { settings, timer } = options;
		this.#options = options;
		this.#boot = options.boot;
		this.#topics = new Topics(settings.topic_prefix);
		this.#outbox = new Outbox({ spots: settings.spots.length });
		this.#ledTopics = settings.spots.map(({ spot_id }) => this.#topics.led(settings.lot_id, spot_id));
		this.#filters = [this.#boardTopic("stored"), this.#boardTopic("command"), ...this.#ledTopics];
		this.#connecting = timer.alarm(() => this.#onConnectAlarm());
		this.#resend = timer.alarm(() => this.#onResend());
	}

	get boot(): number {
		return this.#boot;
	}

	get connected(): boolean {
		return this.#connected;
	}

	/** Connected, and no report has waited longer than {@link resendMs}.first for the gateway's word. */
	get gatewayInReach(): boolean {
		return this.#connected && !this.#overdue;
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
		if (this.#running) return;
		this.#running = true;
		this.#connect();
	}

	/** Says a spot's state now, or as soon as it can be said, until it is stored. */
	report(report: SpotReport): void {
		this.#outbox.add(report, false);
		this.#pump();
	}

	/** Says an unchanged spot's state again; nothing to do while a word on it waits anyway. */
	refresh(report: SpotReport): void {
		if (this.#outbox.holds(report.spot)) return;
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
		if (this.#connected) this.#publish("health", health, 0, false);
	}

	/** Goes on under another number for this start: what waits is numbered anew, and all is said again over a new connection, whose last will has the new number. */
	restartAs(boot: number): void {
		this.#boot = boot;
		this.#outbox.renumber();
		const transport = this.#transport;
		if (!transport) return;
		this.#forget();
		transport.close();
		this.#connect();
	}

	/** Says that the board is offline, and ends. `onClosed` comes when the broker has heard it, or at once without one. Twice is fine. */
	close(onClosed: () => void = () => {}): void {
		const transport = this.#transport;
		const said = this.#connected && this.#publish("status", this.#offline(), 1, true);
		this.#running = false;
		this.#forget();
		if (said) transport?.close(onClosed);
		else {
			// Without a DISCONNECT the broker says it for us.
			transport?.abort();
			onClosed();
		}
	}

	#connect(): void {
		const { settings, connect } = this.#options;
		this.#connecting.set(connectDeadlineMs);
		// A callback of an earlier connection must not touch this one.
		const current = () => transport !== null && transport === this.#transport;
		let transport: Transport | null = null;
		try {
			transport = connect({
				url: settings.broker_url,
				username: settings.broker_username,
				password: settings.broker_password,
				clientId: settings.board_id,
				keepaliveMs,
				will: { topic: this.#boardTopic("status"), payload: JSON.stringify(this.#offline()) },
				onConnect: () => current() && this.#onConnect(),
				onMessage: (topic, payload) => current() && this.#onMessage(topic, payload),
				onWritable: () => current() && this.#pump(),
				onClose: (reason) => current() && this.#onClose(reason),
			});
			this.#transport = transport;
		} catch (error) {
			this.#onClose(error instanceof Error ? error.message : String(error));
		}
	}

	#onConnect(): void {
		this.#connecting.cancel();
		this.#connected = true;
		this.#connectedAtMs = this.#options.timer.now();
		this.#pump();
		this.#options.onConnect?.();
		this.#options.onReach();
	}

	#onClose(reason: string): void {
		const wasInReach = this.gatewayInReach;
		if (this.#connected && this.#options.timer.now() - this.#connectedAtMs >= steadyMs) this.#attempts = 0;
		this.#forget();
		const backoffMs = Math.min(reconnectMs.first * 2 ** this.#attempts, reconnectMs.last);
		if (backoffMs < reconnectMs.last) this.#attempts++;
		this.#connecting.set(backoffMs * (0.5 + this.#options.random() / 2));
		this.#options.onDisconnect?.(reason);
		if (wasInReach) this.#options.onReach();
	}

	/** Lets go of the connection and of all that was true only while it lasted. */
	#forget(): void {
		this.#transport = null;
		this.#connected = false;
		this.#announced = false;
		this.#subscribed = false;
		this.#overdue = false;
		this.#resendWaitMs = resendMs.first;
		this.#connecting.cancel();
		this.#resend.cancel();
		this.#resendSet = false;
		this.#outbox.unsend(Number.POSITIVE_INFINITY);
	}

	#onConnectAlarm(): void {
		const transport = this.#transport;
		if (!transport) {
			this.#connect();
			return;
		}
		transport.abort();
		this.#onClose(`no answer from the broker within ${connectDeadlineMs / 1000} s`);
	}

	/** Sends what is due, in order, as long as there is room. */
	#pump(): void {
		if (!this.#connected) return;
		this.#announced ||= this.#publish("status", this.#online(), 1, true);
		if (!this.#announced) return;
		this.#subscribed ||= this.#transport?.subscribe(this.#filters, this.#nextPacketId()) ?? false;
		if (!this.#subscribed) return;
		let sent = false;
		for (let report = this.#outbox.nextUnsent(); report; report = this.#outbox.nextUnsent()) {
			if (!this.#send(report)) break;
			report.sentAtMs = this.#options.timer.now();
			sent = true;
		}
		if (sent) this.#awaitStored();
		for (let answer = this.#answers[0]; answer; answer = this.#answers[0]) {
			if (!this.#publish("result", answer, 1, false)) break;
			this.#answers.shift();
		}
	}

	#onMessage(topic: string, payload: string): void {
		if (topic === this.#boardTopic("stored")) {
			const stored = readStored(payload);
			if (!stored) this.#badMessages++;
			else if (stored.boot > this.#boot) this.#options.onBootBehind(stored.boot);
			else if (stored.boot === this.#boot) this.#onStored(stored.seqs);
			return;
		}
		if (topic === this.#boardTopic("command")) {
			const command = readCommand(payload);
			if (command) this.#options.onCommand(command);
			else this.#badMessages++;
			return;
		}
		const { lot_id, spots } = this.#options.settings;
		const spot = this.#ledTopics.indexOf(topic);
		const command = spot < 0 ? null : readLedCommand(payload, lot_id, spots[spot]?.spot_id ?? "");
		if (command) this.#options.onLamp(spot, command);
		else this.#badMessages++;
	}

	#onStored(seqs: readonly (readonly [number, number])[]): void {
		for (const [first, last] of seqs) this.#outbox.remove(first, last);
		this.#attempts = 0;
		this.#resendWaitMs = resendMs.first;
		this.#resendSet = false;
		this.#resend.cancel();
		if (this.#outbox.size > 0) this.#awaitStored();
		this.#setOverdue(false);
	}

	#awaitStored(): void {
		if (this.#resendSet) return;
		this.#resendSet = true;
		this.#resend.set(this.#resendWaitMs);
	}

	#onResend(): void {
		this.#resendSet = false;
		this.#resendWaitMs = Math.min(2 * this.#resendWaitMs, resendMs.last);
		// What was sent just now has not waited long enough to count as lost.
		this.#outbox.unsend(this.#options.timer.now() - resendMs.first);
		this.#pump();
		if (this.#outbox.size > 0) this.#awaitStored();
		this.#setOverdue(true);
	}

	#setOverdue(overdue: boolean): void {
		if (this.#overdue === overdue) return;
		this.#overdue = overdue;
		this.#options.onReach();
	}

	#send(report: WaitingReport): boolean {
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
		return this.#write(this.#topics.status(lot_id, spotId), status, 1, true);
	}

	#online(): BoardStatus {
		const { settings, firmware, timer } = this.#options;
		return {
			online: true,
			boot: this.#boot,
			firmware,
			uptime_ms: Math.round(timer.now()),
			lot_id: settings.lot_id,
			spots: settings.spots.map((spot) => spot.spot_id),
		};
	}

	#offline(): BoardStatus {
		return { online: false, boot: this.#boot };
	}

	#boardTopic(leaf: "status" | "stored" | "command" | "result" | "health"): string {
		return this.#topics.board(this.#options.settings.board_id, leaf);
	}

	#publish(leaf: "status" | "result" | "health", payload: object, qos: 0 | 1, retain: boolean): boolean {
		return this.#write(this.#boardTopic(leaf), payload, qos, retain);
	}

	#write(topic: string, payload: object, qos: 0 | 1, retain: boolean): boolean {
		const packetId = this.#nextPacketId();
		return this.#transport?.publish({ topic, payload: JSON.stringify(payload), qos, retain, packetId }) ?? false;
	}

	/** MQTT 3.1.1 [MQTT-2.3.1-1]: 16 bits, never 0. */
	#nextPacketId(): number {
		this.#packetId = (this.#packetId % 65_535) + 1;
		return this.#packetId;
	}
}
Object.freeze(Link.prototype);
