/** Headers that keep an answer from being taken for something else, and other people's pages from writing. */
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";

/** What {@link apiSafety} adds. Error answers have them everywhere. */
export const apiHeaders = {
	// JSON needs nothing and is no page: nothing may load for it or run in it, and no frame may show it.
	"content-security-policy": "default-src 'none'; frame-ancestors 'none'",
	"x-content-type-options": "nosniff",
	// It tells how things are now: whoever keeps it must ask whether it still holds.
	"cache-control": "no-cache",
};

/** For answers that programs read. What helmet adds beside these has a meaning for pages only. */
export const apiSafety = fp(
	async (app: FastifyInstance) => {
		app.addHook("onRequest", (_request, reply, done) => {
			reply.headers(apiHeaders);
			done();
		});
	},
	{ name: "api-safety" },
);

class ForeignOriginError extends Error {
	readonly statusCode = 403;
	readonly code = "FOREIGN_ORIGIN";

	constructor(origin = "") {
		super(`a page of ${origin} may not write here; see CORS_ORIGIN`);
	}
}

const writing = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * Nobody signs in yet, so a stranger's page in the owner's browser must not be able to write: the pages of `origins` may, and our own.
 */
export const ownWritesOnly = fp(
	async (app: FastifyInstance, { origins }: { origins: readonly string[] }) => {
		app.addHook("onRequest", ({ method, headers }, _reply, done) => {
			if (!writing.has(method) || isOwn(headers, origins)) {
				done();
				return;
			}
			done(new ForeignOriginError(headers.origin));
		});
	},
	{ name: "own-writes-only" },
);

function isOwn({ origin, host }: { origin?: string; host?: string }, origins: readonly string[]): boolean {
	if (origin === undefined || origins.includes(origin)) return true;
	return URL.canParse(origin) && new URL(origin).host === host;
}

/** For pages: what they may load, and who may show them in a frame. */
export const pageSafety = fp(
	async (app: FastifyInstance) => {
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
	},
	{ name: "page-safety" },
);
