/**
 * Many WebSocket clients in one process. Takes a URL, how many, and whether each gets a snapshot first. Says when all are there, and
 * then, for each update, when the last of them had it whole. The first client that gets an update sends its text along, to be checked;
 * the others must get the very same bytes.
 */
import { type CrowdMessage, nowMs } from "./messages.ts";
import { Viewer } from "./viewer.ts";

/** Connections that are being opened at a time. */
const opening = 200;

const prefix = (event: string) => Buffer.from(`{"event":"${event}"`);
const prefixes = { update: prefix("spot_update"), heartbeat: prefix("heartbeat"), snapshot: prefix("snapshot") };
const startsWith = (payload: Buffer, start: Buffer) => payload.compare(start, 0, start.length, 0, start.length) === 0;

const [address = "", count = "", first = ""] = process.argv.slice(2);
watch(new URL(address), Number(count), first === "snapshot");

function watch(url: URL, clients: number, withSnapshot: boolean): void {
	const say = (message: CrowdMessage) => process.send?.(message);
	/** The newest updates, and how many have each; those that all have are gone. */
	const updates = new Map<number, { payload: Buffer; readers: number }>();
	let opened = 0;
	let there = 0;

	const arrived = () => {
		if (++there === clients) say({ event: "ready" });
		else if (opened < clients) open();
	};

	const open = () => {
		opened++;
		let seen = 0;
		let hasSnapshot = !withSnapshot;
		new Viewer({
			url,
			onOpen: () => {
				if (!withSnapshot) arrived();
			},
			onText: (payload) => {
				if (startsWith(payload, prefixes.update) && hasSnapshot) took(seen++, payload);
				else if (startsWith(payload, prefixes.snapshot) && !hasSnapshot) {
					hasSnapshot = true;
					arrived();
				} else if (!startsWith(payload, prefixes.heartbeat)) {
					say({ event: "problem", text: `expected an update, got ${payload.toString("utf8", 0, 200)}` });
				}
			},
			onEnd: (why) => say({ event: "problem", text: `a client is gone: ${why}` }),
		});
	};

	const took = (index: number, payload: Buffer) => {
		let update = updates.get(index);
		if (update === undefined) {
			update = { payload: Buffer.from(payload), readers: 0 };
			updates.set(index, update);
		} else if (!update.payload.equals(payload)) {
			say({ event: "problem", text: `clients got different updates: ${update.payload} and ${payload}` });
		}
		if (++update.readers < clients) return;
		updates.delete(index);
		say({ event: "update", index, atMs: nowMs(), text: update.payload.toString() });
	};

	for (let index = 0; index < Math.min(opening, clients); index++) open();
	process.on("disconnect", () => process.exit(0));
}
