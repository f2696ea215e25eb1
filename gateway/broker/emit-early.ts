/** A change to aedes that the embedded broker can't do without. */
import type { Aedes } from "aedes";

/** aedes' emitter of messages, as far as it is used here; aedes does not declare it. */
interface Emitter {
	emit(packet: { brokerCounter: number }, done: (error?: Error | null) => void): void;
}

/**
 * Changes how aedes 1.2 emits a message, in two ways:
 * - It says *done* as soon as the message is on its way, not after the slowest subscriber's socket has drained: else one
 *   frozen subscriber holds up what others publish.
 * - It numbers the message here. aedes numbers it some steps earlier, and drops what comes to a subscriber with a lower number
 *   than the message before: one message overtaking another in these steps loses the other. Not needed once aedes tells
 *   duplicates apart by more than the highest number.
 */
export function emitEarly(aedes: Aedes): void {
	const inside = aedes as unknown as { mq: Emitter; counter: number };
	const emit = inside.mq.emit.bind(inside.mq);
	inside.mq.emit = (packet, done) => {
		inside.counter += 1;
		packet.brokerCounter = inside.counter;
		emit(packet, () => {});
		done(null);
	};
}
