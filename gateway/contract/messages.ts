/** TypeBox schemas of what boards send. The TypeScript types stand in `firmware/messages.ts`; a test holds the two together. */
import Type from "typebox";
import { idPattern } from "../../firmware/messages.ts";

/** Spots of one board; ours have at most 8. */
export const maxSpotsPerBoard = 64;
/** Measurements in one message of a trace; ours tell some 13 a second. */
export const maxSamplesPerTrace = 500;

export const Id = Type.String({ pattern: idPattern, description: "1 to 64 letters, digits, `.`, `_`, `-`" });

const Count = (minimum: number) => Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER });

/** ISO 8601 with a zone. That it names a real moment is checked by the decoder. */
export const Timestamp = Type.String({
	pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:?\\d{2})$",
	maxLength: 40,
	description: "ISO 8601 with a zone, like 2024-01-01T12:00:00Z",
});

export const SensorStateSchema = Type.Union([Type.Literal("free"), Type.Literal("occupied"), Type.Literal("unknown")]);

export const StatusReportSchema = Type.Object({
	spot_id: Id,
	lot_id: Type.Optional(Id),
	occupied: Type.Boolean(),
	distance: Type.Optional(Type.Union([Type.Number({ minimum: 0, maximum: 100_000, description: "cm" }), Type.Null()])),
	timestamp: Type.Optional(Timestamp),
	board_id: Type.Optional(Id),
	boot: Type.Optional(Count(1)),
	seq: Type.Optional(Count(1)),
	uptime_ms: Type.Optional(Count(0)),
	state: Type.Optional(SensorStateSchema),
	confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
	reason: Type.Optional(Type.String({ maxLength: 40 })),
});

export const BoardStatusSchema = Type.Object({
	online: Type.Boolean(),
	boot: Count(0),
	firmware: Type.Optional(Type.String({ maxLength: 40 })),
	uptime_ms: Type.Optional(Count(0)),
	lot_id: Type.Optional(Id),
	spots: Type.Optional(Type.Array(Id, { maxItems: maxSpotsPerBoard })),
	restarted: Type.Optional(Type.String({ maxLength: 80 })),
});

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Centimetres = Type.Number({ minimum: 0, maximum: 100_000, description: "cm" });

export const SensorHealthSchema = Type.Object({
	ok: Count(0),
	no_echo: Count(0),
	endless: Count(0),
	stuck: Count(0),
	too_short: Count(0),
	silent: Count(0),
	state: SensorStateSchema,
	reason: Type.String({ maxLength: 40 }),
	confidence: Type.Number({ minimum: 0, maximum: 1 }),
	distance_cm: Nullable(Centimetres),
	floor_cm: Nullable(Centimetres),
	alarm: Type.Union([Type.Literal("drift"), Type.Literal("dirt"), Type.Null()]),
});

export const BoardHealthSchema = Type.Object({
	boot: Count(0),
	uptime_ms: Count(0),
	signal_dbm: Type.Optional(Type.Number({ minimum: -200, maximum: 100 })),
	free_heap_bytes: Type.Optional(Count(0)),
	wifi_losses: Type.Optional(Count(0)),
	outbox: Type.Optional(Count(0)),
	coalesced: Type.Optional(Count(0)),
	sensors: Type.Optional(Type.Record(Id, SensorHealthSchema, { maxProperties: maxSpotsPerBoard })),
});

export const BoardResultSchema = Type.Object({
	id: Type.String({ minLength: 1, maxLength: 64 }),
	ok: Type.Boolean(),
	message: Type.Optional(Type.String({ maxLength: 2000 })),
	floors: Type.Optional(Type.Record(Id, Nullable(Centimetres), { maxProperties: maxSpotsPerBoard })),
});

export const BoardTraceSchema = Type.Object({
	boot: Count(0),
	n: Count(1),
	temp_c: Type.Number({ minimum: -100, maximum: 100 }),
	samples: Type.Array(
		Type.Tuple([
			Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "ms since the board's start" }),
			Type.Integer({ minimum: 0, maximum: maxSpotsPerBoard - 1 }),
			Nullable(Type.Number({ minimum: 0, maximum: 10_000_000, description: "µs" })),
		]),
		{ maxItems: maxSamplesPerTrace },
	),
});
