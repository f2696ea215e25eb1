/** Lots and spots over REST. Reads come from the books; writes go through the writer and answer once they are stored. */
import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { ErrorSchema } from "../contract/errors.ts";
import { Id, Timestamp } from "../contract/messages.ts";
import { LotSchema, LotWithSpotsSchema, SpotSchema, SpotStateSchema, UnclaimedSchema } from "../contract/resources.ts";
import type { Gateway } from "../gateway.ts";
import { lotResource, lotWithSpots, spotResource } from "../lots/books.ts";
import { DomainError } from "../lots/errors.ts";
import { maxSpotsPerLot } from "../lots/make.ts";
import {
	addSpot,
	changeLot,
	changeSpot,
	createLot,
	createSample,
	override,
	removeLot,
	removeSpot,
} from "../lots/manage.ts";
import { knows, type LotAnswers } from "./lot-answers.ts";

/** A list of {@link maxSpotsPerLot} spots with labels and zones fits. */
const maxLotBytes = 4 * 1024 * 1024;

const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const Label = Type.Union([Text(40), Type.Null()]);
const SpotWishSchema = Type.Object({ spot_id: Id, label: Type.Optional(Label), zone: Type.Optional(Label) }, closed);
const lotFields = {
	address: Type.Optional(Type.String({ maxLength: 200 })),
	price_per_hour: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000_000 })),
	currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
	time_zone: Type.Optional(Text(60)),
	spots: Type.Optional(Type.Union([Type.Integer({ minimum: 0, maximum: maxSpotsPerLot }), Type.Array(SpotWishSchema)])),
};
const LotParams = Type.Object({ lotId: Id });
const SpotParams = Type.Object({ lotId: Id, spotId: Id });
/** A {@link LotWithSpotsSchema} that is text already. */
const LotTextSchema = Type.Unsafe<string>(LotWithSpotsSchema);
const Unchanged = Type.Unsafe<undefined>(Type.Null());
const refused = { "4xx": ErrorSchema, "5xx": ErrorSchema };

export const lots: FastifyPluginAsyncTypebox<{ gateway: Gateway; answers: LotAnswers }> = async (
	app,
	{ gateway, answers },
) => {
	const { books, clock } = gateway;

	app.get("/lots", { schema: { response: { 200: Type.Array(LotSchema), ...refused } } }, async () =>
		books.lots().map(lotResource),
	);

	app.post(
		"/lots",
		{
			bodyLimit: maxLotBytes,
			schema: {
				body: Type.Object({ lot_id: Id, name: Text(100), ...lotFields }, closed),
				response: { 201: LotWithSpotsSchema, ...refused },
			},
		},
		async ({ body }, reply) => {
			const lot = await gateway.make((draft) => createLot(draft, body, clock.now()));
			return reply.code(201).send(lotWithSpots(books, books.lot(lot.lot_id) ?? lot));
		},
	);

	app.get(
		"/lots/:lotId",
		{ schema: { params: LotParams, response: { 200: LotTextSchema, 304: Unchanged, ...refused } } },
		({ params, headers }, reply) => {
			const answer = answers.get(params.lotId);
			if (answer === null) throw new DomainError(404, "LOT_NOT_FOUND", `there is no lot "${params.lotId}"`);
			reply.header("etag", answer.etag);
			if (knows(headers["if-none-match"], answer.etag)) {
				reply.code(304).send(undefined);
				return;
			}
			reply.headers({ "content-type": "application/json; charset=utf-8", "content-length": answer.bytes });
			if (headers.origin === undefined) answer.headers ??= reply.getHeaders() as OutgoingHttpHeaders;
			reply.send(answer.body);
		},
	);

	app.patch(
		"/lots/:lotId",
		{
			bodyLimit: maxLotBytes,
			schema: {
				params: LotParams,
				body: Type.Object({ name: Type.Optional(Text(100)), ...lotFields }, { ...closed, minProperties: 1 }),
				response: { 200: LotWithSpotsSchema, ...refused },
			},
		},
		async ({ params, body }) => {
			const lot = await gateway.make((draft) => changeLot(draft, params.lotId, body, clock.now()));
			return lotWithSpots(books, books.lot(lot.lot_id) ?? lot);
		},
	);

	app.delete(
		"/lots/:lotId",
		{ schema: { params: LotParams, response: { 204: Type.Null(), ...refused } } },
		async ({ params }, reply) => {
			await gateway.write((draft) => removeLot(draft, params.lotId));
			return reply.code(204).send(null);
		},
	);

	app.get(
		"/spots",
		{
			schema: {
				querystring: Type.Object({ lot_id: Type.Optional(Id), state: Type.Optional(SpotStateSchema) }, closed),
				response: { 200: Type.Array(SpotSchema), ...refused },
			},
		},
		async ({ query }) =>
			books
				.lots()
				.filter((lot) => query.lot_id === undefined || lot.lot_id === query.lot_id)
				.flatMap((lot) => books.spots(lot.lot_id))
				.filter((spot) => query.state === undefined || spot.state === query.state)
				.map(spotResource),
	);

	app.post(
		"/lots/:lotId/spots",
		{ schema: { params: LotParams, body: SpotWishSchema, response: { 201: SpotSchema, ...refused } } },
		async ({ params, body }, reply) => {
			const made = await gateway.make((draft) => addSpot(draft, params.lotId, body, clock.now()));
			return reply.code(201).send(spotResource(books.spot(params.lotId, body.spot_id) ?? made));
		},
	);

	app.get(
		"/lots/:lotId/spots/:spotId",
		{ schema: { params: SpotParams, response: { 200: SpotSchema, ...refused } } },
		async ({ params }) => {
			const { lotId, spotId } = params;
			if (books.lot(lotId) === undefined) throw new DomainError(404, "LOT_NOT_FOUND", `there is no lot "${lotId}"`);
			const spot = books.spot(lotId, spotId);
			if (spot === undefined) throw new DomainError(404, "SPOT_NOT_FOUND", `lot "${lotId}" has no spot "${spotId}"`);
			return spotResource(spot);
		},
	);

	app.patch(
		"/lots/:lotId/spots/:spotId",
		{
			schema: {
				params: SpotParams,
				body: Type.Object({ label: Type.Optional(Label), zone: Type.Optional(Label) }, { ...closed, minProperties: 1 }),
				response: { 200: SpotSchema, ...refused },
			},
		},
		async ({ params, body }) =>
			spotResource(await gateway.write((draft) => changeSpot(draft, params.lotId, params.spotId, body))),
	);

	app.delete(
		"/lots/:lotId/spots/:spotId",
		{ schema: { params: SpotParams, response: { 204: Type.Null(), ...refused } } },
		async ({ params }, reply) => {
			await gateway.write((draft) => removeSpot(draft, params.lotId, params.spotId));
			return reply.code(204).send(null);
		},
	);

	app.post(
		"/lots/:lotId/override",
		{
			schema: {
				params: LotParams,
				body: Type.Object(
					{
						spot_id: Id,
						occupied: Type.Union([Type.Boolean(), Type.Null()], { description: "null clears the override" }),
						reserved: Type.Optional(Type.Boolean()),
						until: Type.Optional(Type.Union([Timestamp, Type.Null()])),
						reason: Type.Optional(Type.Union([Type.String({ maxLength: 120 }), Type.Null()])),
						by: Type.Optional(Type.Union([Type.String({ maxLength: 80 }), Type.Null()])),
					},
					closed,
				),
				response: { 200: SpotSchema, ...refused },
			},
		},
		async ({ params, body }) => {
			const { spot_id, ...wish } = body;
			return spotResource(await gateway.write((draft) => override(draft, params.lotId, spot_id, wish, clock.now())));
		},
	);

	app.post(
		"/init",
		{ schema: { response: { 200: Type.Object({ lots: Type.Array(LotWithSpotsSchema) }), ...refused } } },
		async () => {
			const made = await gateway.make((draft) => createSample(draft, clock.now()));
			return { lots: made.map((lot) => lotWithSpots(books, books.lot(lot.lot_id) ?? lot)) };
		},
	);

	app.get("/unclaimed", { schema: { response: { 200: Type.Array(UnclaimedSchema), ...refused } } }, async () =>
		gateway.unclaimed.list(),
	);
};
