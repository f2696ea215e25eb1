/** The gateway's books, read as anybody can read them: over REST, and the lamps from the broker. */
import { connect } from "mqtt";
import type { Board, HistoryEntry, LotWithSpots } from "../../gateway/contract/resources.ts";
import { until } from "../support/processes.ts";
import { type Books, checkLamps } from "./check.ts";

/** Entries asked for at once. */
const pageSize = 1000;

/** How long lamps may take to follow, ms. */
const lampsDeadlineMs = 5_000;

/** How long boards that are connected may be called offline, ms. */
const boardsDeadlineMs = 5_000;

/** @throws Error when the answer is not 200. */
export async function getJson<T>(url: string): Promise<T> {
	const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
	if (answer.status !== 200) throw new Error(`expected 200 from ${url}, got ${answer.status}: ${await answer.text()}`);
	return (await answer.json()) as T;
}

/** A lot and all of its history. Nobody may write meanwhile. */
export async function readBooks(url: string, lotId: string): Promise<Books> {
	const pages: HistoryEntry[][] = [];
	let before = "";
	do {
		const page = await getJson<HistoryEntry[]>(`${url}/api/lots/${lotId}/history?limit=${pageSize}${before}`);
		pages.push(page);
		before = `&before=${page.at(-1)?.id}`;
	} while (pages.at(-1)?.length === pageSize);
	const history = pages.flat().reverse();
	return { lot: await getJson<LotWithSpots>(`${url}/api/lots/${lotId}`), history };
}

/** What the retained lamp commands say that the spots do not; none once all of them follow. */
export async function wrongLamps(brokerUrl: string, lot: LotWithSpots): Promise<string[]> {
	const colors = new Map<string, string>();
	const client = connect(brokerUrl, { reconnectPeriod: 200 });
	try {
		client.on("error", () => {});
		client.on("message", (_topic, payload) => {
			const command = JSON.parse(payload.toString()) as { spot_id: string; color: string };
			colors.set(command.spot_id, command.color);
		});
		client.subscribe(`parkmate/led/command/${lot.lot_id}/+`, { qos: 1 });
		const follow = () => checkLamps(lot, colors).length === 0;
		await until("lamps that follow", follow, { deadlineMs: lampsDeadlineMs }).catch(() => {});
		return checkLamps(lot, colors);
	} finally {
		client.end(true);
	}
}

/** Boards that the gateway calls offline, though all of them are connected; none once it knows. */
export async function offlineBoards(url: string, lotId: string): Promise<string[]> {
	const offline = async () => {
		const boards = await getJson<Board[]>(`${url}/api/boards?lot_id=${lotId}`);
		return boards.filter((board) => !board.online).map((board) => `${board.board_id}: is offline, expected online`);
	};
	const known = async () => (await offline()).length === 0;
	await until("boards that are online", known, { deadlineMs: boardsDeadlineMs, everyMs: 50 }).catch(() => {});
	return offline();
}
