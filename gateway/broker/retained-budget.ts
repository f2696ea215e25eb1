/** How much the embedded broker may retain: anybody may retain anything, and it stays until it is taken back. */

/** What all retained messages together may take, in bytes: enough for the reports and lamps of 100,000 spots three times over. */
export const maxRetainedBytes = 256 * 1024 * 1024;

/** What a retained message takes beside its topic and payload, roughly. */
const overheadBytes = 300;

export class RetainedBudget {
	readonly maxBytes: number;
	readonly #bytesByTopic = new Map<string, number>();
	#bytes = 0;

	constructor({ maxBytes = maxRetainedBytes }: { maxBytes?: number } = {}) {
		this.maxBytes = maxBytes;
	}

	/** Accounts for a message retained on `topic`, or taken back from it (`payloadBytes` 0). False when there is no room for it. */
	take(topic: string, payloadBytes: number): boolean {
		const before = this.#bytesByTopic.get(topic) ?? 0;
		const now = payloadBytes === 0 ? 0 : topic.length + payloadBytes + overheadBytes;
		if (now > before && this.#bytes - before + now > this.maxBytes) return false;
		this.#bytes += now - before;
		if (now === 0) this.#bytesByTopic.delete(topic);
		else this.#bytesByTopic.set(topic, now);
		return true;
	}
}
