/** What was: history of a lot and of a spot, and statistics of a span of time. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { ErrorSchema } from "../contract/errors.ts";
import { Id, Timestamp } from "../contract/messages.ts";
import { type HistoryEntry, HistoryEntrySchema, StatsSchema } from "../contract/resources.ts";
import type { Gateway } from "../gateway.ts";
import { startOfDay } from "../lots/day.ts";
import { DomainError } from "../lots/errors.ts";
import { statistics } from "../lots/statistics.ts";
import type { HistoryQuery, Store } from "../store/store.ts";

/** Entries in one answer. */
export const maxPage = 1000;
/** Entries that one statistic looks at; a longer span counts its newest ones. */
export const maxStatsEntries = 100_000;

const closed = { additionalProperties: false };
const span = { from: Type.Optional(Timestamp), to: Type.Optional(Timestamp) };
const page = {
	limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxPage })),
	before: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9]{1,32}$" })),
};
const refused = { "4xx": ErrorSchema, "5xx": ErrorSchema };

export const history: FastifyPluginAsyncTypebox<{ gateway: Gateway }> = async (app, { gateway }) => {
	const { books, store, clock } = gateway;

	app.get(
		"/lots/:lotId/history",
		{
			schema: {
				params: Type.Object({ lotId: Id }),
				querystring: Type.Object({ spot_id: Type.Optional(Id), ...span, ...page }, closed),
				response: { 200: Type.Array(HistoryEntrySchema), ...refused },
			},
		},
		async ({ params, query }) => {
			const entries = await store.history({ ...normal(query), lot_id: params.lotId, limit: query.limit ?? 100 });
			// History outlives its lot: only a name that nobody ever used is not found.
			if (entries.length === 0 && books.lot(params.lotId) === undefined) throw noLot(params.lotId);
			return entries;
		},
	);

	app.get(
		"/lots/:lotId/spots/:spotId/history",
		{
			schema: {
				params: Type.Object({ lotId: Id, spotId: Id }),
				querystring: Type.Object({ ...span, ...page }, closed),
				response: { 200: Type.Array(HistoryEntrySchema), ...refused },
			},
		},
		async ({ params, query }) => {
			const { lotId, spotId } = params;
			const limit = query.limit ?? 100;
			const entries = await store.history({ ...normal(query), lot_id: lotId, spot_id: spotId, limit });
			if (entries.length === 0 && books.spot(lotId, spotId) === undefined) {
				throw new DomainError(404, "SPOT_NOT_FOUND", `lot "${lotId}" has no spot "${spotId}"`);
			}
			return entries;
		},
	);

	app.get(
		"/stats/:lotId",
		{
			schema: {
				params: Type.Object({ lotId: Id }),
				querystring: Type.Object(span, closed),
				response: { 200: StatsSchema, ...refused },
			},
		},
		async ({ params, query }) => {
			const { lotId } = params;
			const lot = books.lot(lotId);
			if (lot === undefined) throw noLot(lotId);
			const now = clock.now();
			const { from = startOfDay(now, lot.time_zone), to = new Date(now).toISOString() } = normal(query);
			if (from >= to) throw new DomainError(400, "BAD_SPAN", `from must be before to, got ${from} and ${to}`);
			const entries = await entriesSince(store, lotId, from);
			// The spots are read after the entries: both are as they are now.
			return statistics({ lot_id: lotId, spots: books.spots(lotId), entries, from, to });
		},
	);
};

async function entriesSince(store: Store, lotId: string, from: string): Promise<HistoryEntry[]> {
	const entries: HistoryEntry[] = [];
	let before: string | undefined;
	do {
		const next = await store.history({ lot_id: lotId, from, before, limit: maxPage });
		entries.push(...next);
		before = next.length === maxPage ? next.at(-1)?.id : undefined;
	} while (before !== undefined && entries.length < maxStatsEntries);
	return entries;
}

/** Times in UTC as the store keeps them, so that they compare as text. */
function normal<T extends { from?: string; to?: string }>(query: T): T & Pick<HistoryQuery, "from" | "to"> {
	return { ...query, from: utc("from", query.from), to: utc("to", query.to) };
}

function utc(name: string, time: string | undefined): string | undefined {
	if (time === undefined) return undefined;
	const ms = Date.parse(time);
	if (Number.isNaN(ms))
		throw new DomainError(400, "BAD_TIME", `${name} must be a real moment in ISO 8601, got "${time}"`);
	return new Date(ms).toISOString();
}

function noLot(lotId: string): DomainError {
	return new DomainError(404, "LOT_NOT_FOUND", `there is no lot "${lotId}"`);
}
