/**
 * What gateways tell each other on `<prefix>/spot/update/<lot_id>`: the frame that browsers get, with what only a gateway needs of it.
 * Everybody else may read it as a frame.
 */
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { Id } from "../contract/messages.ts";
import { SpotSchema } from "../contract/resources.ts";
import type { SpotRecord } from "../lots/records.ts";
import { maxCursors } from "../lots/records.ts";

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Who wrote it, and the fields of a {@link SpotRecord} that are not for browsers. */
const GatewaySchema = Type.Object({
	id: Type.String({ maxLength: 64 }),
	position: Count,
	cursors: Type.Array(Type.Object({ board_id: Id, boot: Count, seq: Count }), { maxItems: maxCursors }),
	topic_form: Type.Union([Type.Literal("short"), Type.Literal("long"), Type.Null()]),
	last_event: Nullable(Type.String()),
	version: Count,
});

const SpotNewsSchema = Type.Object({
	event: Type.Literal("spot_update"),
	...SpotSchema.properties,
	gateway: GatewaySchema,
});

/** A lot was made, changed as a whole, or removed: the store has what it is now. */
const LotNewsSchema = Type.Object({
	event: Type.Literal("lot_changed"),
	lot_id: Id,
	gateway: Type.Object({ id: Type.String({ maxLength: 64 }) }),
});

const news = Compile(Type.Union([SpotNewsSchema, LotNewsSchema]));

export type News = { from: string; spot: SpotRecord } | { from: string; lot_id: string };

/** `frame` is the one of this spot. */
export function spotNews(from: string, spot: SpotRecord, frame: string): string {
	const { position, cursors, topic_form, last_event, version } = spot;
	const gateway: Static<typeof GatewaySchema> = { id: from, position, cursors, topic_form, last_event, version };
	return `${frame.slice(0, -1)},"gateway":${JSON.stringify(gateway)}}`;
}

export function lotNews(from: string, lotId: string): string {
	const said: Static<typeof LotNewsSchema> = { event: "lot_changed", lot_id: lotId, gateway: { id: from } };
	return JSON.stringify(said);
}

/** Null for what no gateway said. */
export function readNews(payload: Uint8Array): News | null {
	let said: unknown;
	try {
		said = JSON.parse(Buffer.from(payload).toString());
	} catch {
		return null;
	}
	if (!news.Check(said)) return null;
	if (said.event === "lot_changed") return { from: said.gateway.id, lot_id: said.lot_id };
	const { id, ...record } = said.gateway;
	return { from: id, spot: { ...spotFields(said), ...record } };
}

/** Field by field: a frame has more than a spot. */
function spotFields(said: Static<typeof SpotSchema>): Static<typeof SpotSchema> {
	return Object.fromEntries(
		Object.keys(SpotSchema.properties).map((field) => [field, said[field as keyof typeof said]]),
	) as Static<typeof SpotSchema>;
}
