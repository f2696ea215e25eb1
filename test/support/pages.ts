/** Before all tests: the pages that gateways serve are those of the sources. */
import { buildIfStale } from "../../web/build.ts";

export async function setup(): Promise<void> {
	await buildIfStale();
}
