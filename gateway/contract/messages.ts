/** TypeBox schemas of what boards send. The TypeScript types stand in `firmware/messages.ts`; a test holds the two together. */
import Type from "typebox";
import { idPattern } from "../../firmware/messages.ts";

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
	spots: Type.Optional(Type.Array(Id, { maxItems: 64 })),
	restarted: Type.Optional(Type.String({ maxLength: 80 })),
});
