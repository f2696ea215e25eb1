/** The Fastify instance over a gateway: REST, WebSocket, health and the pages. Tests use it with `inject()`. */
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Gateway } from "./gateway.ts";
import { boards } from "./http/boards.ts";
import { errorBody, errors } from "./http/errors.ts";
import { health } from "./http/health.ts";
import { history } from "./http/history.ts";
import { live } from "./http/live.ts";
import { lots } from "./http/lots.ts";

export interface AppOptions {
	gateway: Gateway;
	log: FastifyBaseLogger;
	version: string;
	/** See the setting `CORS_ORIGIN`. */
	corsOrigin: string | null;
	/** Folder of the built pages; null for an app without pages. */
	pages: string | null;
}

const writing = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Builds the app and waits for its plugins; it does not listen yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
	const { gateway, corsOrigin } = options;
	const app = Fastify({
		loggerInstance: options.log,
		logController: new LogController({ disableRequestLogging: true }),
		bodyLimit: 64 * 1024,
		requestTimeout: 30_000,
		forceCloseConnections: true,
		routerOptions: { ignoreTrailingSlash: true },
	}).withTypeProvider<TypeBoxTypeProvider>();
	app.setValidatorCompiler(TypeBoxValidatorCompiler);
	// Schemas describe the answers; what the domain made is sent as it is.
	app.setSerializerCompiler(() => (data) => JSON.stringify(data));

	// An empty body is no body, whatever its type is said to be: curl and browsers send such for POST /api/init.
	const parse = app.getDefaultJsonParser("error", "error");
	app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
		if (body === "") done(null, undefined);
		else parse(request, body as string, done);
	});

	await app.register(errors, { refusals: gateway.refusals });
	const named = corsOrigin === null || corsOrigin === "*" ? [] : corsOrigin.split(",").map((origin) => origin.trim());
	if (corsOrigin === "*") await app.register(cors, { origin: "*", methods: ["GET", "HEAD"] });
	else await app.register(cors, { origin: named, methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"] });
	await app.register(helmet, {
		// Pages are served over plain HTTP on loopback; whoever puts TLS before them adds HSTS there.
		strictTransportSecurity: false,
		crossOriginResourcePolicy: { policy: "cross-origin" },
		contentSecurityPolicy: {
			useDefaults: false,
			directives: {
				defaultSrc: ["'self'"],
				imgSrc: ["'self'", "data:"],
				styleSrc: ["'self'"],
				connectSrc: ["'self'", "ws:", "wss:"],
				objectSrc: ["'none'"],
				baseUri: ["'none'"],
				formAction: ["'self'"],
				frameAncestors: ["'none'"],
			},
		},
	});
	// Nobody signs in yet, so a stranger's page in the owner's browser must not be able to write.
	app.addHook("onRequest", async (request, reply) => {
		const { origin, host } = request.headers;
		if (!writing.has(request.method) || origin === undefined || named.includes(origin)) return;
		if (URL.canParse(origin) && new URL(origin).host === host) return;
		return reply
			.code(403)
			.send(errorBody(403, "FOREIGN_ORIGIN", `a page of ${origin} may not write here; see CORS_ORIGIN`));
	});
	await app.register(live, { hub: gateway.hub, refusals: gateway.refusals });
	await app.register(lots, { prefix: "/api", gateway });
	await app.register(boards, { prefix: "/api", gateway });
	await app.register(history, { prefix: "/api", gateway });
	await app.register(health, { gateway, version: options.version });
	if (options.pages !== null) {
		await app.register(fastifyStatic, {
			root: options.pages,
			cacheControl: false,
			// Built files carry a hash in their names; pages themselves must be asked for again.
			setHeaders: (reply, path) =>
				reply.header(
					"cache-control",
					/[\\/]assets[\\/]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
				),
		});
	}
	await app.ready();
	return app;
}
