/** The one error shape for every answer that is not a success. */
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import type { ErrorBody } from "../contract/errors.ts";
import { clip, explain, type Finding } from "../contract/explain.ts";
import type { Refusals } from "../ingest/refusals.ts";
import { DomainError } from "../lots/errors.ts";
import { StoreError } from "../store/store.ts";

export function errorBody(statusCode: number, code: string, message: string): ErrorBody {
	return { statusCode, error: STATUS_CODES[statusCode] ?? "Error", code, message };
}

/** Answers errors and unknown addresses, and counts each refusal by its code. What went wrong inside is logged, never told. */
export const errors = fp(
	async (app: FastifyInstance, { refusals }: { refusals: Refusals }) => {
		app.addHook("onSend", async (request, reply, payload) => {
			if (reply.statusCode < 400 || reply.statusCode >= 500 || typeof payload !== "string") return;
			if (!String(reply.getHeader("content-type")).startsWith("application/json")) return;
			const { code, message } = JSON.parse(payload) as ErrorBody;
			refusals.count(
				`http_${code.toLowerCase()}`,
				{ method: request.method, url: clip(request.url) },
				`refused: ${message}`,
			);
		});
		app.setNotFoundHandler((request, reply) => {
			const body = errorBody(404, "NOT_FOUND", `there is nothing at ${request.method} ${clip(request.url)}`);
			return reply.code(404).send(body);
		});
		app.setErrorHandler((error: FastifyError, request, reply) => answer(error, request, reply));
	},
	{ name: "errors" },
);

function answer(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
	if (error instanceof DomainError) {
		return reply.code(error.statusCode).send(errorBody(error.statusCode, error.code, error.message));
	}
	if (error instanceof StoreError) {
		request.log.error({ err: error }, "the store did not answer a request");
		return reply.code(503).send(errorBody(503, "STORE_UNAVAILABLE", "the store does not answer now; try again later"));
	}
	if (error.validation !== undefined) {
		const part = error.validationContext ?? "body";
		const whole = part === "querystring" ? "query" : part;
		const value = part === "querystring" ? request.query : part === "params" ? request.params : request.body;
		const message = explain(error.validation as unknown as Finding[], value, whole);
		return reply.code(400).send(errorBody(400, "BAD_REQUEST", message));
	}
	const status = error.statusCode ?? 500;
	if (status >= 400 && status < 500) {
		return reply.code(status).send(errorBody(status, error.code ?? "BAD_REQUEST", error.message));
	}
	request.log.error({ err: error }, "a request failed");
	return reply.code(500).send(errorBody(500, "INTERNAL", "something went wrong inside the gateway; it is in its log"));
}
