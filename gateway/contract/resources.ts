/** What REST and WebSocket show: lots, spots and their history. Field names are the reference design's. */
import Type, { type Static } from "typebox";
import { BoardHealthSchema, Id, SensorStateSchema, Timestamp } from "./messages.ts";

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const SpotStateSchema = Type.Union([
	Type.Literal("free"),
	Type.Literal("occupied"),
	Type.Literal("reserved"),
	Type.Literal("unknown"),
]);

/** The owner's word over a spot's sensor. It ends by itself at `until`; null means that it holds until it is cleared. */
export const OverrideSchema = Type.Object({
	occupied: Type.Boolean(),
	reserved: Type.Boolean(),
	until: Nullable(Timestamp),
	reason: Nullable(Type.String()),
	by: Nullable(Type.String()),
	at: Timestamp,
});
export type Override = Static<typeof OverrideSchema>;

export const SpotSchema = Type.Object({
	spot_id: Id,
	lot_id: Id,
	label: Nullable(Type.String()),
	zone: Nullable(Type.String()),
	/** Effective: what drivers see. False while `state` is `unknown`. */
	occupied: Type.Boolean(),
	state: SpotStateSchema,
	/** When the effective state began. */
	since: Timestamp,
	/** The sensor's last measured distance in cm. */
	distance: Nullable(Type.Number()),
	sensor_occupied: Nullable(Type.Boolean()),
	sensor_state: SensorStateSchema,
	confidence: Nullable(Type.Number()),
	reason: Nullable(Type.String()),
	manual_override: Type.Boolean(),
	override: Nullable(OverrideSchema),
	board_id: Nullable(Type.String()),
	/** When the sensor was last heard, by the gateway's clock. */
	last_heard: Nullable(Timestamp),
	/** When the sensor or the owner last said something of this spot. */
	last_update: Nullable(Timestamp),
});
export type Spot = Static<typeof SpotSchema>;

/** total = available + occupied + unknown; `occupied_spots` includes `reserved_spots`. */
export const CountersSchema = Type.Object({
	total_spots: Type.Integer(),
	available_spots: Type.Integer(),
	occupied_spots: Type.Integer(),
	reserved_spots: Type.Integer(),
	unknown_spots: Type.Integer(),
});
export type Counters = Static<typeof CountersSchema>;

export const LotSchema = Type.Object({
	lot_id: Id,
	name: Type.String(),
	address: Type.String(),
	/** In `currency`'s major unit: 2.5 is €2.50. */
	price_per_hour: Type.Number(),
	currency: Type.String(),
	time_zone: Type.String(),
	...CountersSchema.properties,
	/** Rises by one with each update of the lot; the live frames carry it. */
	lot_version: Type.Integer(),
});
export type Lot = Static<typeof LotSchema>;

export const LotWithSpotsSchema = Type.Object({ ...LotSchema.properties, spots: Type.Array(SpotSchema) });
export type LotWithSpots = Static<typeof LotWithSpotsSchema>;

/** One change of what a sensor says or of the owner's word. Repeats make no entry. */
export const HistoryEntrySchema = Type.Object({
	/** Rises with each entry; opaque otherwise. */
	id: Type.String(),
	lot_id: Id,
	spot_id: Id,
	/** Effective, after this change. */
	occupied: Type.Boolean(),
	state: SpotStateSchema,
	/** Effective, before this change; equal to `state` when a sensor changed under an override. */
	previous_state: SpotStateSchema,
	sensor_state: SensorStateSchema,
	source: Type.Union([Type.Literal("sensor"), Type.Literal("override")]),
	distance: Nullable(Type.Number()),
	/** When it happened, as well as the gateway can tell. */
	timestamp: Timestamp,
	/** When the gateway heard of it. */
	received_at: Timestamp,
	/** The report's own timestamp, untouched. */
	reported_at: Nullable(Type.String()),
	board_id: Nullable(Type.String()),
	boot: Nullable(Type.Integer()),
	seq: Nullable(Type.Integer()),
	/** For `source: override`: what was done. */
	action: Nullable(Type.Union([Type.Literal("set"), Type.Literal("cleared"), Type.Literal("expired")])),
	override: Nullable(OverrideSchema),
});
export type HistoryEntry = Static<typeof HistoryEntrySchema>;

/** What a board last said of itself. */
export const BoardSchema = Type.Object({
	board_id: Id,
	/** As it says; where it never did, the lot of the spots that it speaks for. */
	lot_id: Nullable(Id),
	/** In the order of its sensors where it said so; else those that it speaks for. */
	spots: Type.Array(Id),
	online: Type.Boolean(),
	/** Counts its starts. */
	boot: Type.Integer(),
	/** How long the gateway knows it in this state, and this start. */
	since: Timestamp,
	/** When it started, as well as the gateway can tell; null where it can't. */
	started_at: Nullable(Timestamp),
	firmware: Nullable(Type.String()),
	/** Why it had started, for people. */
	restarted: Nullable(Type.String()),
	/** Null until it tells of its health, every minute. */
	health: Nullable(BoardHealthSchema),
	health_at: Nullable(Timestamp),
	/** Until when it tells every measurement of some spot, as it was asked here; null when it wasn't, or that time is over. */
	trace_until: Nullable(Timestamp),
	/** Its spots that another board speaks for too, which is online as well: the newest report of either counts. */
	contested: Type.Array(Type.Object({ lot_id: Id, spot_id: Id, with: Id })),
});
export type Board = Static<typeof BoardSchema>;

/** One measurement of a trace. */
export const SampleSchema = Type.Object({
	t: Timestamp,
	/** The pulse as it was timed; null where none ended. */
	echo_us: Nullable(Type.Number()),
	/** By the board's temperature; null where the pulse is none of an echo. */
	distance_cm: Nullable(Type.Number()),
});
export type Sample = Static<typeof SampleSchema>;

/** The last minutes of one sensor, raw. */
export const SpotTraceSchema = Type.Object({
	board_id: Id,
	spot_id: Id,
	/** The gateway's time when it answered. */
	at: Timestamp,
	/** Until when the board tells every measurement of this spot. */
	trace_until: Nullable(Timestamp),
	/** Messages of the board's trace that never came. */
	lost: Type.Integer(),
	/** Oldest first. */
	samples: Type.Array(SampleSchema),
});
export type SpotTrace = Static<typeof SpotTraceSchema>;

/** A report for a spot that nobody made; kept so that an owner can adopt the spot. */
export const UnclaimedSchema = Type.Object({
	lot_id: Nullable(Type.String()),
	spot_id: Id,
	board_id: Nullable(Type.String()),
	occupied: Type.Boolean(),
	distance: Nullable(Type.Number()),
	first_seen: Timestamp,
	last_seen: Timestamp,
	reports: Type.Integer(),
});
export type Unclaimed = Static<typeof UnclaimedSchema>;

/** One step of a lot's occupancy: the counts from `timestamp` on. */
export const OccupancyPointSchema = Type.Object({
	timestamp: Timestamp,
	available_spots: Type.Integer(),
	occupied_spots: Type.Integer(),
	unknown_spots: Type.Integer(),
});
export type OccupancyPoint = Static<typeof OccupancyPointSchema>;

export const StatsSchema = Type.Object({
	lot_id: Id,
	...CountersSchema.properties,
	/** occupied ÷ (total − unknown) now, 0 to 1; null when every spot is unknown. */
	occupancy_rate: Nullable(Type.Number()),
	/** From `from` on. */
	from: Timestamp,
	to: Timestamp,
	/** Sensors that changed to occupied in that time. */
	arrivals: Type.Integer(),
	/** Sensors that changed from occupied in that time. */
	departures: Type.Integer(),
	/** The highest share of known spots occupied at once, 0 to 1, while at least half were known, and when it began. */
	busiest: Nullable(Type.Object({ occupancy_rate: Type.Number(), timestamp: Timestamp })),
	overrides: Type.Integer(),
	/** Stepped: each point holds until the next. At most 400. */
	occupancy: Type.Array(OccupancyPointSchema),
});
export type Stats = Static<typeof StatsSchema>;
