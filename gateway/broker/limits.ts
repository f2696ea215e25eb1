/** Bounds that hold on both doors. */

/**
 * The longest payload that is taken, in bytes. Reports have some 300; a board's status with 64 spots has 5,000.
 */
export const maxPayloadBytes = 64 * 1024;

/** The longest packet that carries such a payload, in bytes: fixed header, topic and packet id come on top. */
export const maxPacketBytes = maxPayloadBytes + 1024;

/** Messages of one connection that wait for their handler. At that many its socket is not read any more. */
export const maxUnacknowledged = 1000;

/** Publishes of the gateway that the broker has not taken yet. Further ones are refused. */
export const maxPendingPublishes = 10_000;
