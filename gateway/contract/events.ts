/** The frames on `/ws`, server to browser and back. JSON text, one object a frame. */
import Type, { type Static } from "typebox";
import { ErrorSchema } from "./errors.ts";
import { Id, Timestamp } from "./messages.ts";
import { CountersSchema, LotSchema, SpotSchema } from "./resources.ts";

/** First, and again after `resync`, after a change of the lot itself, and when a slow client has caught up. Replaces all. */
export const SnapshotSchema = Type.Object({
	event: Type.Literal("snapshot"),
	lot_id: Id,
	lot_version: Type.Integer(),
	at: Timestamp,
	lot: LotSchema,
	spots: Type.Array(SpotSchema),
});
export type Snapshot = Static<typeof SnapshotSchema>;

/** One spot, whole, after an update. A `lot_version` more than one above the last one seen means that a frame is missing: send `resync`. */
export const SpotUpdateSchema = Type.Object({
	event: Type.Literal("spot_update"),
	...SpotSchema.properties,
	lot_version: Type.Integer(),
	at: Timestamp,
	lot: CountersSchema,
});
export type SpotUpdate = Static<typeof SpotUpdateSchema>;

/** Every 5 s. `lots` holds the newest version of each subscribed lot. */
export const HeartbeatSchema = Type.Object({
	event: Type.Literal("heartbeat"),
	at: Timestamp,
	lots: Type.Record(Type.String(), Type.Integer()),
});
export type Heartbeat = Static<typeof HeartbeatSchema>;

/** The lot was deleted; nothing more follows for it. */
export const LotRemovedSchema = Type.Object({ event: Type.Literal("lot_removed"), lot_id: Id, at: Timestamp });
export type LotRemoved = Static<typeof LotRemovedSchema>;

/** The one error shape, as a frame. */
export const ErrorFrameSchema = Type.Object({ event: Type.Literal("error"), ...ErrorSchema.properties });
export type ErrorFrame = Static<typeof ErrorFrameSchema>;

export type ServerFrame = Snapshot | SpotUpdate | Heartbeat | LotRemoved | ErrorFrame;

/** The one thing a browser may say: give me a fresh snapshot of this lot. */
export const ResyncSchema = Type.Object({ event: Type.Literal("resync"), lot_id: Id }, { additionalProperties: false });
export type Resync = Static<typeof ResyncSchema>;
