import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The name under which this gateway keeps its session on a broker, so that what arrives while it is down waits for it.
 * Made once and kept beside the data: two gateways with data of their own never take each other's session.
 */
export function gatewayId(dataDir: string): string {
	const path = join(dataDir, "gateway-id");
	try {
		const known = readFileSync(path, "utf8").trim();
		if (/^parkmate-[0-9a-f]{12}$/.test(known)) return known;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	const id = passingId();
	writeFileSync(path, `${id}\n`);
	return id;
}

/** A name for this run only: where another gateway has the folder's. */
export function passingId(): string {
	return `parkmate-${randomBytes(6).toString("hex")}`;
}
