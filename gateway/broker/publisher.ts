/** PUBLISH over one connection: as many without a PUBACK as the broker takes, the rest in order behind them. */
import type { Outgoing } from "./broker.ts";
import { maxPendingPublishes } from "./limits.ts";

/** What the broker takes when it names no other number: every packet id there is (MQTT 5 §3.2.2.3.3). */
const unlimited = 65_535;

/** What one call of {@link Publisher.publish} waits for. */
interface Batch {
	left: number;
	resolve(): void;
	reject(reason: Error): void;
}

interface Waiting {
	message: Outgoing;
	batch: Batch;
}

/**
 * Writes packets itself, those of a batch in one go: a client of general use takes ten times as long for each, and there are two
 * for each report.
 */
export class Publisher {
	/** How many the broker takes without a PUBACK: its Receive Maximum. */
	quota = unlimited;
	readonly #protocolVersion: 4 | 5;
	readonly #write: (packets: Buffer) => void;
	readonly #inFlight = new Map<number, Batch>();
	#waiting: Waiting[] = [];
	/** How many of {@link #waiting}'s first have gone out. */
	#gone = 0;
	#lastId = 0;
	#sendsSoon = false;

	constructor(options: { protocolVersion: 4 | 5; write: (packets: Buffer) => void }) {
		this.#protocolVersion = options.protocolVersion;
		this.#write = options.write;
	}

	/** Those without a PUBACK, sent or not. */
	get pending(): number {
		return this.#inFlight.size + this.#waiting.length - this.#gone;
	}

	/** True when these can wait, too. */
	hasRoomFor(messages: readonly Outgoing[]): boolean {
		return this.pending + messages.length <= maxPendingPublishes;
	}

	/** Resolves when the broker has all of them that are sent at QoS 1; rejects when it refuses one, or with what {@link abandon} is given. */
	publish(messages: readonly Outgoing[]): Promise<void> {
		return new Promise((resolve, reject) => {
			const batch: Batch = { left: messages.length, resolve, reject };
			for (const message of messages) this.#waiting.push({ message, batch });
			if (messages.length === 0) resolve();
			this.#send();
		});
	}

	/** A PUBACK came; `reasonCode` is MQTT 5's, from 128 on a refusal (§3.4.2.1). Ids that nobody waits for are fine. */
	acknowledged(id: number, reasonCode = 0): void {
		const batch = this.#inFlight.get(id);
		if (batch === undefined) return;
		this.#inFlight.delete(id);
		if (reasonCode >= 128) batch.reject(new Error(`refused with reason code ${reasonCode}`));
		else settle(batch);
		if (this.#waiting.length > 0) this.#sendSoon();
	}

	/** The connection is over: whoever waits hears why. */
	abandon(reason: Error): void {
		for (const batch of this.#inFlight.values()) batch.reject(reason);
		for (const { batch } of this.#waiting) batch.reject(reason);
		this.#inFlight.clear();
		this.#waiting = [];
		this.#gone = 0;
	}

	/** PUBACKs come many at a time, and make room for as many. */
	#sendSoon(): void {
		if (this.#sendsSoon) return;
		this.#sendsSoon = true;
		queueMicrotask(() => {
			this.#sendsSoon = false;
			this.#send();
		});
	}

	#send(): void {
		const packets: Packet[] = [];
		let bytes = 0;
		for (let next = this.#waiting[this.#gone]; next !== undefined; next = this.#waiting[this.#gone]) {
			const { message, batch } = next;
			const id = message.qos === 0 ? null : this.#nextId();
			if (id !== null) {
				if (this.#inFlight.size >= this.quota) break;
				this.#inFlight.set(id, batch);
			} else settle(batch);
			this.#gone++;
			const packet = measure(message, id, this.#protocolVersion);
			bytes += packet.bytes;
			packets.push(packet);
		}
		if (this.#gone === this.#waiting.length || this.#gone > maxPendingPublishes) {
			this.#waiting = this.#waiting.slice(this.#gone);
			this.#gone = 0;
		}
		if (packets.length === 0) return;
		const buffer = Buffer.allocUnsafe(bytes);
		let at = 0;
		for (const packet of packets) at = encode(packet, this.#protocolVersion, buffer, at);
		this.#write(buffer);
	}

	/** MQTT 3.1.1 [MQTT-2.3.1-1]: 16 bits, never 0, and none that is in use. */
	#nextId(): number {
		do this.#lastId = (this.#lastId % 65_535) + 1;
		while (this.#inFlight.has(this.#lastId));
		return this.#lastId;
	}
}

function settle(batch: Batch): void {
	if (--batch.left === 0) batch.resolve();
}

interface Packet {
	message: Outgoing;
	/** Null at QoS 0. */
	id: number | null;
	topicBytes: number;
	/** Of all that follows the fixed header (MQTT 3.1.1 §2.2.3). */
	remaining: number;
	/** Of the whole packet. */
	bytes: number;
}

function measure(message: Outgoing, id: number | null, protocolVersion: 4 | 5): Packet {
	const topicBytes = Buffer.byteLength(message.topic);
	const properties = protocolVersion === 5 ? 1 : 0;
	const remaining = 2 + topicBytes + (id === null ? 0 : 2) + properties + Buffer.byteLength(message.payload);
	const lengthBytes = remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4;
	return { message, id, topicBytes, remaining, bytes: 1 + lengthBytes + remaining };
}

/** PUBLISH: MQTT 3.1.1 §3.3, MQTT 5 §3.3 with no properties. @returns where the next packet goes */
function encode(packet: Packet, protocolVersion: 4 | 5, into: Buffer, start: number): number {
	const { message, id, topicBytes, remaining } = packet;
	let at = start;
	into[at++] = 0x30 | (id === null ? 0 : 0x02) | (message.retain === true ? 0x01 : 0);
	for (let left = remaining; ; left >>= 7) {
		into[at++] = left < 128 ? left : (left & 0x7f) | 0x80;
		if (left < 128) break;
	}
	into[at++] = topicBytes >> 8;
	into[at++] = topicBytes & 0xff;
	at += into.write(message.topic, at);
	if (id !== null) {
		into[at++] = id >> 8;
		into[at++] = id & 0xff;
	}
	if (protocolVersion === 5) into[at++] = 0;
	return at + into.write(message.payload, at);
}
