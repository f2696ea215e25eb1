type Status = 400 | 404 | 409 | 502 | 503 | 504;

/** A request that the rules refuse, or a board. Says what was got and what was expected; changes nothing. */
export class DomainError extends Error {
	/**
	 * 400 the request is wrong, 404 there is no such thing, 409 it clashes with what is there; 502 the board said no,
	 * 503 it can't be told now, 504 it did not answer.
	 */
	readonly statusCode: Status;
	/** Stable, for programs. */
	readonly code: string;

	constructor(statusCode: Status, code: string, message: string) {
		super(message);
		this.name = "DomainError";
		this.statusCode = statusCode;
		this.code = code;
	}
}
