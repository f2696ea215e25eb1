/** A whole gateway for tests: real store in a temporary folder, real embedded broker on a free port, the app over it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { buildApp } from "../../gateway/app.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { Gateway } from "../../gateway/gateway.ts";
import type { Clock } from "../../gateway/lots/manage.ts";
import { SqliteStore } from "../../gateway/store/sqlite.ts";

export async function startGateway(options: { clock?: Clock; corsOrigin?: string | null; pages?: string | null } = {}) {
	const dataDir = mkdtempSync(join(tmpdir(), "parkmate-test-"));
	const store = await SqliteStore.open({ dataDir });
	const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
	const log = pino({ level: "silent" });
	const clock = options.clock ?? { now: Date.now };
	const gateway = new Gateway({ store, broker, clock, log, topicPrefix: "parkmate" });
	await gateway.start();
	const app = await buildApp({
		gateway,
		log,
		version: "0.0.0-test",
		corsOrigin: options.corsOrigin === undefined ? "*" : options.corsOrigin,
		pages: options.pages ?? null,
	});
	return {
		app,
		gateway,
		dataDir,
		mqttUrl: broker.url,
		async close() {
			await app.close();
			await gateway.close();
			rmSync(dataDir, { recursive: true, force: true });
		},
	};
}
