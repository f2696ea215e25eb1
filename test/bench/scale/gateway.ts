/**
 * The gateway under test, with the store that a gateway by itself has. Takes the folder and the number of spots; says what its start
 * took, then answers each {@link Ask}.
 */
import { once } from "node:events";
import { Gateway } from "../../../gateway/gateway.ts";
import { Books } from "../../../gateway/lots/books.ts";
import { SqliteThread } from "../../../gateway/store/sqlite-thread.ts";
import { quantile } from "../bench.ts";
import { lotId } from "../site.ts";
import { City } from "./city.ts";
import { CountingSocket, StubBroker, strictLog, usedBytes } from "./doubles.ts";

/** Reports under way at once: the next come when these are stored. */
const batchSize = 100;
/** Lots of which a snapshot is made. */
const snapshots = 200;

export type Ask = { ask: "turn"; reports: number } | { ask: "end" };

export interface Started {
	/** From opening the store to a gateway that listens, ms. */
	startMs: number;
	/** In use more than before, bytes. */
	usedBytes: number;
}

export interface Turn {
	/** Of the whole process, for each report. */
	cpuUs: number;
	/** Of the thread that decides and tells, for each report. */
	mainUs: number;
}

export interface Ended {
	/** In use more than before the start, once each spot has spoken, bytes. */
	usedBytes: number;
	/** Of these the books have. */
	booksBytes: number;
	/** Median time from a browser's coming to its lot's snapshot in its socket, ms. */
	snapshotMs: number;
	/** Spots and lots that are not as they were said to be, in the books or in the store. */
	wrong: number;
}

const [dataDir = "", spots = ""] = process.argv.slice(2);
const city = new City(Number(spots));
const broker = new StubBroker();
const bytesBefore = await usedBytes();

let gateway: Gateway | null = await start();

async function start(): Promise<Gateway> {
	const startAt = performance.now();
	const store = await SqliteThread.open({ dataDir });
	const started = new Gateway({ store, broker, clock: { now: Date.now }, log: strictLog, topicPrefix: "parkmate" });
	await started.start();
	const startMs = performance.now() - startAt;
	tell<Started>({ startMs, usedBytes: (await usedBytes()) - bytesBefore });
	return started;
}

for (const birth of city.births()) await broker.hand(birth);
for (;;) {
	const [ask] = (await once(process, "message")) as [Ask];
	if (ask.ask === "end") break;
	tell<Turn>(await turn(ask.reports));
}
tell<Ended>(await end());
process.disconnect?.();

async function turn(reports: number): Promise<Turn> {
	const messages = city.reports(reports);
	const cpu = process.cpuUsage();
	const main = process.threadCpuUsage();
	for (let first = 0; first < reports; first += batchSize) {
		await Promise.all(messages.slice(first, first + batchSize).map((message) => broker.hand(message)));
	}
	return { cpuUs: us(process.cpuUsage(cpu)) / reports, mainUs: us(process.threadCpuUsage(main)) / reports };
}

async function end(): Promise<Ended> {
	if (gateway === null) throw new Error("expected a gateway that was not ended before");
	const snapshotMs = quantile(snapshotTimes(gateway), 0.5);
	const inUse = (await usedBytes()) - bytesBefore;
	const wrong = city.wrong(gateway.books) + city.wrong(await storedBooks(gateway));
	await gateway.close();
	let books: Books | null = gateway.books;
	gateway = null;
	const withBooks = await usedBytes();
	const lots = books.lots().length;
	books = null;
	const booksBytes = withBooks - (await usedBytes());
	return { usedBytes: inUse, booksBytes, snapshotMs, wrong: wrong + (lots === city.lots ? 0 : 1) };
}

/** What the next start would find. */
async function storedBooks({ store }: Gateway): Promise<Books> {
	const books = new Books();
	const repairs = books.load(await store.load());
	if (repairs.length > 0) throw new Error(`expected counters that are those of the spots, got ${repairs.length} wrong`);
	return books;
}

function snapshotTimes({ hub }: Gateway): number[] {
	return Array.from({ length: snapshots }, (_, index) => {
		hub.tick(); // forgets the snapshots that it has
		const socket = new CountingSocket();
		const startAt = performance.now();
		const client = hub.join(socket, [lotId(index % city.lots)]);
		const ms = performance.now() - startAt;
		client?.leave();
		if (client === null || socket.bytes === 0) throw new Error("expected a snapshot, got nothing");
		return ms;
	});
}

function us({ user, system }: NodeJS.CpuUsage): number {
	return user + system;
}

function tell<T extends object>(word: T): void {
	process.send?.(word);
}
