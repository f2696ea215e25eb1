/** One shape for every error that a client of REST or WebSocket can get. */
import Type, { type Static } from "typebox";

export const ErrorSchema = Type.Object({
	statusCode: Type.Integer(),
	/** The status's own words, like `Not Found`. */
	error: Type.String(),
	/** Stable, for programs. */
	code: Type.String(),
	/** For people: what was got and what was expected. */
	message: Type.String(),
});
export type ErrorBody = Static<typeof ErrorSchema>;
