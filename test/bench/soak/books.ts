/** What the gateway says in the end, against what boards said and viewers saw. */
import type { LotWithSpots } from "../../../gateway/contract/resources.ts";
import { until } from "../../support/processes.ts";
import { type Fleet, lotIdOf } from "./fleet.ts";
import type { Viewer } from "./viewer.ts";

/** How long viewers may take to see the last change, ms. */
const deadlineMs = 15_000;

/** Every spot must show its last report, every report must have counted once, and every viewer must have seen all of it. */
export async function wrongBooks(
	url: string,
	fleet: Fleet,
	lots: number,
	watching: readonly Viewer[],
): Promise<string[]> {
	const wrong: string[] = [];
	const { components } = await getJson<{
		components: { ingest: Record<"changes" | "repeats" | "duplicates", number> };
	}>(`${url}/health`);
	const { changes, repeats, duplicates } = components.ingest;
	if (changes !== fleet.said || repeats + duplicates > 0) {
		wrong.push(`expected ${fleet.said} changes, got ${changes}, ${repeats} repeats and ${duplicates} duplicates`);
	}
	for (let lot = 0; lot < lots; lot++) {
		const { spots, lot_version } = await getJson<LotWithSpots>(`${url}/api/lots/${lotIdOf(lot)}`);
		for (const [index, { spot_id, distance }] of spots.entries()) {
			const last = fleet.lastOf(lot, index);
			if (last > 0 && Math.round((distance ?? 0) * 10) !== last) {
				wrong.push(`${lotIdOf(lot)}/${spot_id} shows report ${(distance ?? 0) * 10}, expected ${last}`);
			}
		}
		const follows = () => watching.every((viewer) => (viewer.version(lotIdOf(lot)) ?? lot_version) === lot_version);
		await until("viewers", follows, { deadlineMs }).catch(() =>
			wrong.push(`a viewer has not seen version ${lot_version} of ${lotIdOf(lot)}`),
		);
	}
	const missing = watching.reduce((sum, viewer) => sum + viewer.missing, 0);
	if (missing > 0) wrong.push(`${missing} frames were missing at viewers`);
	return wrong;
}

async function getJson<T>(url: string): Promise<T> {
	const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
	if (answer.status !== 200) throw new Error(`expected 200 from ${url}, got ${answer.status}: ${await answer.text()}`);
	return (await answer.json()) as T;
}
