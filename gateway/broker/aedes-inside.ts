/** What the embedded broker changes in aedes 1.2, and uses of it that aedes does not declare. */
import type { Aedes } from "aedes";

interface Packet {
	cmd: "publish";
	brokerId: string;
	brokerCounter: number;
	topic: string;
	payload: Buffer;
	qos: 0 | 1 | 2;
	retain: boolean;
	dup: boolean;
	messageId: number | undefined;
}

/** Who listens to which topics. */
interface Matcher {
	match(topic: string): unknown[];
	add(filter: string, listener: unknown): unknown;
	remove(filter: string, listener?: unknown): unknown;
}

/** Topics of which it is remembered who listens. */
export const maxRememberedTopics = 20_000;

/** aedes' parts, as far as they are used here. */
interface Inside {
	id: string;
	counter: number;
	mq: { emit(packet: { brokerCounter: number }, done: (error?: Error | null) => void): void; _matcher: Matcher };
	persistence: { storeRetained(packet: Packet): Promise<void> };
}

/**
 * Changes how aedes emits a message, in two ways:
 * - It says *done* as soon as the message is on its way, not after the slowest subscriber's socket has drained: else one
 *   frozen subscriber holds up what others publish.
 * - It numbers the message here. aedes numbers it some steps earlier, and drops what comes to a subscriber with a lower number
 *   than the message before: one message overtaking another in these steps loses the other. Not needed once aedes tells
 *   duplicates apart by more than the highest number.
 */
export function emitEarly(aedes: Aedes): void {
	const inside = aedes as unknown as Inside;
	const emit = inside.mq.emit.bind(inside.mq);
	inside.mq.emit = (packet, done) => {
		inside.counter += 1;
		packet.brokerCounter = inside.counter;
		emit(packet, () => {});
		done(null);
	};
}

/**
 * Remembers who listens to a topic until somebody begins or ends to: the same topics come again and again, and searching
 * takes longer than all else that is done to publish.
 * @returns whether anybody listens to a topic
 */
export function rememberListeners(aedes: Aedes): (topic: string) => boolean {
	const matcher = (aedes as unknown as Inside).mq._matcher;
	const { match, add, remove } = matcher;
	const known = new Map<string, unknown[]>();
	const nobody: unknown[] = [];
	matcher.match = (topic) => {
		let listeners = known.get(topic);
		if (listeners === undefined) {
			if (known.size >= maxRememberedTopics) known.clear();
			listeners = match.call(matcher, topic);
			known.set(topic, listeners.length === 0 ? nobody : listeners);
		}
		return listeners;
	};
	matcher.add = (filter, listener) => {
		known.clear();
		return add.call(matcher, filter, listener);
	};
	matcher.remove = (filter, listener) => {
		known.clear();
		return remove.call(matcher, filter, listener);
	};
	return (topic) => matcher.match(topic).length > 0;
}

/**
 * Publishes at once, so that messages go out in the order of the calls. aedes' own `publish` does the same in five steps that wait for
 * each other, among them a search for sessions of absent clients, of which this broker has none.
 */
export function publishNow(aedes: Aedes, message: Pick<Packet, "topic" | "payload" | "qos" | "retain">): void {
	const inside = aedes as unknown as Inside;
	const packet: Packet = {
		cmd: "publish",
		brokerId: inside.id,
		brokerCounter: 0,
		...message,
		dup: false,
		messageId: undefined,
	};
	// aedes' memory has it when this returns; the promise is for stores elsewhere.
	if (packet.retain) void inside.persistence.storeRetained(packet);
	inside.mq.emit(packet, () => {});
}
