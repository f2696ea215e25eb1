/** Boards over REST: what they say of themselves, and what a person who mounts or mends one asks of them. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { listBoards, showBoard, showTrace } from "../boards/show.ts";
import { ErrorSchema } from "../contract/errors.ts";
import { BoardResultSchema, Id } from "../contract/messages.ts";
import { type Board, BoardSchema, SpotTraceSchema } from "../contract/resources.ts";
import type { Gateway } from "../gateway.ts";
import { DomainError } from "../lots/errors.ts";

/** Boards in one answer. */
export const maxBoardsPage = 1_000;
/** The longest trace that can be asked for at once, s. */
export const maxTraceS = 3_600;
/** How long a board tells every measurement when nobody says how long, s. */
export const traceS = 300;

const closed = { additionalProperties: false };
const BoardParams = Type.Object({ boardId: Id });
const refused = { "4xx": ErrorSchema, "5xx": ErrorSchema };

export const boards: FastifyPluginAsyncTypebox<{ gateway: Gateway }> = async (app, { gateway }) => {
	const { books, clock } = gateway;

	app.get(
		"/boards",
		{
			schema: {
				querystring: Type.Object(
					{
						lot_id: Type.Optional(Id),
						trouble: Type.Optional(Type.Boolean()),
						after: Type.Optional(Id),
						limit: Type.Optional(Type.Integer({ minimum: 1, maximum: maxBoardsPage })),
					},
					closed,
				),
				response: { 200: Type.Array(BoardSchema), ...refused },
			},
		},
		async ({ query }) => listBoards(gateway.boards, books, { ...query, limit: query.limit ?? 100 }),
	);

	app.get(
		"/boards/:boardId",
		{ schema: { params: BoardParams, response: { 200: BoardSchema, ...refused } } },
		async ({ params }) => need(gateway, params.boardId),
	);

	app.post(
		"/boards/:boardId/command",
		{
			schema: {
				params: BoardParams,
				body: Type.Object(
					{
						command: Type.Union([Type.Literal("identify"), Type.Literal("learn_floor"), Type.Literal("trace")]),
						spot_id: Type.Optional(Id),
						seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: maxTraceS })),
					},
					closed,
				),
				response: { 200: BoardResultSchema, ...refused },
			},
		},
		async ({ params, body }) => {
			const { command, seconds, ...rest } = body;
			if (command !== "trace" && seconds !== undefined) {
				throw new DomainError(400, "BAD_COMMAND", `seconds is for trace alone, got it with ${command}`);
			}
			const board = need(gateway, params.boardId);
			const wish = command === "trace" ? { command, ...rest, seconds: seconds ?? traceS } : { command, ...rest };
			return gateway.boards.ask(board, wish);
		},
	);

	app.get(
		"/boards/:boardId/trace",
		{
			schema: {
				params: BoardParams,
				querystring: Type.Object(
					{ spot_id: Id, since: Type.Optional(Type.Number({ minimum: 0, description: "ms since 1970" })) },
					closed,
				),
				response: { 200: SpotTraceSchema, ...refused },
			},
		},
		async ({ params, query }) => {
			const board = need(gateway, params.boardId);
			const { spot_id: spotId, since: sinceMs = 0 } = query;
			if (!board.spots.includes(spotId)) {
				throw new DomainError(404, "SPOT_NOT_FOUND", `board "${params.boardId}" has no spot "${spotId}"`);
			}
			return showTrace(gateway.boards, { board, spotId, sinceMs, nowMs: clock.now() });
		},
	);
};

function need({ boards, books }: Gateway, boardId: string): Board {
	const board = showBoard(boards, books, boardId);
	if (board === null) throw new DomainError(404, "BOARD_NOT_FOUND", `there is no board "${boardId}"`);
	return board;
}
