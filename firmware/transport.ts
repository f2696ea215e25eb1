/** One MQTT connection, as the link needs it. Each host has its own client behind this. MQTT 3.1.1, clean session. */

export interface OutMessage {
	topic: string;
	payload: string;
	qos: 0 | 1;
	retain: boolean;
	/** Packet identifier for QoS 1, from 1 to 65535, for clients that number badly or not at all; others use their own. */
	packetId: number;
}

export interface ConnectOptions {
	/** Like `mqtt://127.0.0.1:1883`. */
	url: string;
	username?: string;
	password?: string;
	clientId: string;
	/** Longest silence before a PINGREQ; the connection counts as lost when nothing answers it. */
	keepaliveMs: number;
	/** The last will, QoS 1, retained. */
	will: { topic: string; payload: string };
	/** The broker said yes. Called once at most. */
	onConnect: () => void;
	/** One message. A payload that is no UTF-8 may come with replacement characters in it, or not at all. */
	onMessage: (topic: string, payload: string) => void;
	/** There is room again after a `publish` or `subscribe` said no. */
	onWritable: () => void;
	/** The connection is gone, or was refused. Called once at most, and nothing after it. `reason` is for people. */
	onClose: (reason: string) => void;
}

export interface Transport {
	/** False when there is no room now; then `onWritable` follows. */
	publish(message: OutMessage): boolean;
	/** All filters at QoS 1 in one SUBSCRIBE. False as with `publish`. A refused subscription closes the connection. */
	subscribe(filters: readonly string[], packetId: number): boolean;
	/**
	 * Lets go out what was taken, then says DISCONNECT, so that the broker forgets the last will; `onClosed` follows in
	 * the end. No other callback is called any more. Twice is fine.
	 */
	close(onClosed?: () => void): void;
	/** Ends at once, without DISCONNECT: the broker sends the last will. No callback is called any more. */
	abort(): void;
}

/** Begins one connection. No callback is called from within it. What it throws counts as a connection that could not be made. */
export type Connect = (options: ConnectOptions) => Transport;
