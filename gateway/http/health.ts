/** Is it alive, and is it ready? Each component says its own state. */
import type { FastifyPluginAsync } from "fastify";
import type { Gateway } from "../gateway.ts";

export const health: FastifyPluginAsync<{ gateway: Gateway; version: string }> = async (app, { gateway, version }) => {
	const startedAt = gateway.steady.now();

	/** The process answers: what a supervisor restarts it by. */
	app.get("/health/live", async () => ({ status: "live" }));

	/** It can do its work: store and broker are there. 503 while one is not. */
	const ready = async () => {
		const components = await gateway.state();
		const isReady = components.store.ready && components.broker.ready;
		return {
			statusCode: isReady ? 200 : 503,
			body: {
				status: isReady ? "ready" : "not ready",
				version,
				uptime_s: Math.round((gateway.steady.now() - startedAt) / 1000),
				components,
			},
		};
	};
	for (const path of ["/health", "/health/ready"]) {
		app.get(path, async (_request, reply) => {
			const { statusCode, body } = await ready();
			return reply.code(statusCode).send(body);
		});
	}
};
