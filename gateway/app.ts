/** The Fastify instance over a gateway: REST, WebSocket, health and the pages. Tests use it with `inject()`. */
import type { RequestListener } from "node:http";
import cors from "@fastify/cors";
import fastifyStatic from "@fastify/static";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance, type FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";
import type { Gateway } from "./gateway.ts";
import { boards } from "./http/boards.ts";
import { errors } from "./http/errors.ts";
import { health } from "./http/health.ts";
import { history } from "./http/history.ts";
import { live } from "./http/live.ts";
import { answerAgain, LotAnswers } from "./http/lot-answers.ts";
import { lots } from "./http/lots.ts";
import { apiSafety, ownWritesOnly, pageSafety } from "./http/safety.ts";
import type { Log } from "./ingest/refusals.ts";

export interface AppOptions {
	gateway: Gateway;
	log: Log;
	version: string;
	/** See the setting `CORS_ORIGIN`. */
	corsOrigin: string | null;
	/** Folder of the built pages; null for an app without pages. */
	pages: string | null;
}

/** What fits as it stands is taken so: only a query's numbers are text that must be converted first. */
const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
	const type = Compile(schema);
	return (value: unknown) => {
		if (type.Check(value)) return { value };
		const converted = httpPart === "body" ? value : Value.Convert(schema, value);
		return type.Check(converted) ? { value: converted } : { error: type.Errors(converted) };
	};
};

/** Builds the app and waits for its plugins; it does not listen yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
	const { gateway, corsOrigin } = options;
	const answers = new LotAnswers({ books: gateway.books });
	const app = Fastify({
		// Its own log would cost each request a child of it and listeners, a sixth of a short answer's time, only to stay silent.
		logger: false,
		bodyLimit: 64 * 1024,
		requestTimeout: 30_000,
		forceCloseConnections: true,
		routerOptions: { ignoreTrailingSlash: true },
	}).withTypeProvider<TypeBoxTypeProvider>();
	app.setValidatorCompiler(compileValidator);
	// Schemas describe the answers; what the domain made is sent as it is.
	app.setSerializerCompiler(() => (data) => JSON.stringify(data));

	// An empty body is no body, whatever its type is said to be: curl and browsers send such for POST /api/init.
	const parse = app.getDefaultJsonParser("error", "error");
	app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
		if (body === "") done(null, undefined);
		else parse(request, body as string, done);
	});

	await app.register(errors, { refusals: gateway.refusals, log: options.log });
	const named = corsOrigin === null || corsOrigin === "*" ? [] : corsOrigin.split(",").map((origin) => origin.trim());
	if (corsOrigin === "*") await app.register(cors, { origin: "*", methods: ["GET", "HEAD"] });
	else await app.register(cors, { origin: named, methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"] });
	await app.register(ownWritesOnly, { origins: named });
	await app.register(async (api) => {
		await api.register(apiSafety);
		await api.register(live, { hub: gateway.hub, refusals: gateway.refusals });
		await api.register(lots, { prefix: "/api", gateway, answers });
		await api.register(boards, { prefix: "/api", gateway });
		await api.register(history, { prefix: "/api", gateway });
		await api.register(health, { gateway, version: options.version });
	});
	const { pages } = options;
	if (pages !== null) {
		await app.register(async (site) => {
			await site.register(pageSafety);
			await site.register(fastifyStatic, {
				root: pages,
				cacheControl: false,
				// Built files carry a hash in their names; pages themselves must be asked for again.
				setHeaders: (reply, path) =>
					reply.header(
						"cache-control",
						/[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
					),
			});
		});
	}
	await app.ready();
	// In Fastify's place, before it; a server of our own making would lose what it does for HOST=localhost, with its two addresses.
	for (const handle of app.server.listeners("request") as RequestListener[]) {
		app.server.off("request", handle).on("request", answerAgain(answers, handle));
	}
	return app;
}
