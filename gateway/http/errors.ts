/** The one error shape for every answer that is not a success. */
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { ErrorBody } from "../contract/errors.ts";
import { clip, explain, type Finding } from "../contract/explain.ts";
import type { Log, Refusals } from "../ingest/refusals.ts";
import { DomainError } from "../lots/errors.ts";
import { StoreError } from "../store/store.ts";
import { apiHeaders } from "./safety.ts";

export function errorBody(statusCode: number, code: string, message: string): ErrorBody {
	return { statusCode, error: STATUS_CODES[statusCode] ?? "Error", code, message };
}

/** Answers errors and unknown addresses, and counts each refusal by its code. What went wrong inside is logged, never told. */
export const errors = fp(
	async (app: FastifyInstance, { refusals, log }: { refusals: Refusals; log: Log }) => {
		app.addHook("onSend", (request, reply, payload, done) => {
			if (isRefusal(reply, payload)) {
				const { code, message } = JSON.parse(payload) as ErrorBody;
				const fields = { method: request.method, url: clip(request.url) };
				refusals.count(`http_${code.toLowerCase()}`, fields, `refused: ${message}`);
			}
			done();
		});
		app.setNotFoundHandler((request, reply) => {
			const body = errorBody(404, "NOT_FOUND", `there is nothing at ${request.method} ${clip(request.url)}`);
			return reply.code(404).headers(apiHeaders).send(body);
		});
		app.setErrorHandler((error: FastifyError, request, reply) => {
			const body = answer(error, request, log);
			return reply.code(body.statusCode).headers(apiHeaders).send(body);
		});
	},
	{ name: "errors" },
);

/** Whether this is an answer in the error shape that says no to the client. */
function isRefusal(reply: FastifyReply, payload: unknown): payload is string {
	if (reply.statusCode < 400 || reply.statusCode >= 500 || typeof payload !== "string") return false;
	return String(reply.getHeader("content-type")).startsWith("application/json");
}

function answer(error: FastifyError, request: FastifyRequest, log: Log): ErrorBody {
	if (error instanceof DomainError) return errorBody(error.statusCode, error.code, error.message);
	if (error instanceof StoreError) {
		log.error({ err: error }, "the store did not answer a request");
		return errorBody(503, "STORE_UNAVAILABLE", "the store does not answer now; try again later");
	}
	if (error.validation !== undefined) {
		const part = error.validationContext ?? "body";
		const whole = part === "querystring" ? "query" : part;
		const value = part === "querystring" ? request.query : part === "params" ? request.params : request.body;
		return errorBody(400, "BAD_REQUEST", explain(error.validation as unknown as Finding[], value, whole));
	}
	const status = error.statusCode ?? 500;
	if (status >= 400 && status < 500) return errorBody(status, error.code ?? "BAD_REQUEST", error.message);
	log.error({ err: error }, "a request failed");
	return errorBody(500, "INTERNAL", "something went wrong inside the gateway; it is in its log");
}
