/** A request that the rules of lots and spots refuse. Says what was got and what was expected; changes nothing. */
export class DomainError extends Error {
	/** 400 the request is wrong, 404 there is no such thing, 409 it clashes with what is there. */
	readonly statusCode: 400 | 404 | 409;
	/** Stable, for programs. */
	readonly code: string;

	constructor(statusCode: 400 | 404 | 409, code: string, message: string) {
		super(message);
		this.name = "DomainError";
		this.statusCode = statusCode;
		this.code = code;
	}
}
