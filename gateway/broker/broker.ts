/**
 * In: MQTT packets from boards. Out: messages, one by one; what the gateway publishes.
 * Never: looks into a payload.
 */

export interface Message {
	topic: string;
	payload: Uint8Array;
	/** True when the broker held it from before the subscription. */
	retained: boolean;
}

/** A message that the gateway publishes. */
export interface Outgoing {
	topic: string;
	payload: string;
	/** The broker keeps it for who subscribes later; false when left out. */
	retain?: boolean;
	/** 1 when left out. At 0 nobody says whether it arrived. The embedded broker sends all at 1. */
	qos?: 0 | 1;
}

/**
 * Takes one message. The PUBACK for it goes out when the promise resolves. When it rejects, no PUBACK goes out
 * and the connection that brought it ends, so that whoever holds the message sends it again.
 * Calls come in the order of arrival and may overlap.
 */
export type MessageHandler = (message: Message) => Promise<void>;

export interface BrokerState {
	connected: boolean;
	/** When `connected` last changed, ISO 8601. */
	since: string;
	/** Why it is not connected, for people; null while it is. */
	error: string | null;
}

export interface Session {
	/** False where several gateways are to share messages and this broker can't do that: nothing of the shared filters is heard. */
	shares: boolean;
}

export interface BrokerOptions {
	/** Topic filters to hear, at QoS 1. */
	filters: string[];
	/** Of several gateways one hears each message of these filters, where the broker can share them out; see {@link Session}. */
	shared?: string[];
	/** The broker says it when this gateway is gone without a goodbye. */
	will?: Outgoing;
	onMessage: MessageHandler;
	/** After every (re)connection: what is retained or must be said again goes out from here. */
	onConnect: (session: Session) => void;
	/** After a connection was lost or could not be made. Called once for each change, with a text for people. */
	onDisconnect: (error: string) => void;
}

/** One door, two brokers behind it: the embedded one and any other by URL. */
export interface Broker {
	readonly kind: "embedded" | "remote";
	/** Where boards connect, like `mqtt://127.0.0.1:1883`; never with a password in it. */
	readonly url: string;
	readonly state: BrokerState;

	/** Embedded: listens, or rejects. Remote: returns at once and keeps trying until `close`. */
	start(options: BrokerOptions): Promise<void>;

	/**
	 * Publishes in this order. Resolves when the broker has all of them; rejects when one can't be sent now (not connected, closed) or was
	 * not acknowledged: then the broker may know nothing of any.
	 * Nothing is queued behind the caller's back: after `onConnect` the caller says again what still holds.
	 */
	publish(messages: readonly Outgoing[]): Promise<void>;

	/** Ends connections and listeners. Twice is fine. */
	close(): Promise<void>;
}
