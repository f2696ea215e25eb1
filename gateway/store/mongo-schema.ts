/** The collections, their indexes, and the version of all that. */
import type { Collection, Db, ObjectId } from "mongodb";
import type { HistoryDocument, LotDocument, SpotDocument } from "./mongo-documents.ts";
import { upsert } from "./mongo-errors.ts";
import { StoreError } from "./store.ts";

/** Kept in `parkmate_meta`, in the document "schema". */
export const schemaVersion = 1;

/** What the store says of itself: the schema's version, that it has held data, who holds which lease. */
export interface MetaDocument {
	_id: string;
	version?: number;
	/** Of a lease. */
	holder?: string;
	/** When its holder last asked for it, by the server's clock. */
	renewed?: Date;
	/** For how long from then. */
	ms?: number;
	/** Another one each time. */
	turn?: ObjectId;
	/** The server's clock. */
	now?: Date;
}

export interface Collections {
	lots: Collection<LotDocument>;
	spots: Collection<SpotDocument>;
	history: Collection<HistoryDocument>;
	meta: Collection<MetaDocument>;
}

/** The index of one spot's entries by time; that of a lot's is `_id` itself. */
export const spotHistoryIndex = { lot_id: 1, spot_id: 1, _id: 1 } as const;
export const lotHistoryIndex = { _id: 1 } as const;

export function collectionsOf(db: Db): Collections {
	return {
		lots: db.collection("parking_lots"),
		spots: db.collection("parking_spots"),
		history: db.collection("parking_history"),
		meta: db.collection("parkmate_meta"),
	};
}

/**
 * Step n leads from version n to n + 1, and may be run again: it may have been cut short, or be under way in another gateway.
 * The reference design's indexes, and what is unique. Each of those begins with `lot_id`, which is what a cluster is sharded by.
 */
const steps: readonly ((collections: Collections) => Promise<void>)[] = [
	async ({ lots, spots, history }) => {
		await lots.createIndex({ lot_id: 1 }, { unique: true });
		await spots.createIndex({ lot_id: 1, spot_id: 1 }, { unique: true });
		await spots.createIndex({ spot_id: 1 });
		await history.createIndex({ lot_id: 1, report: 1 }, { unique: true });
		await history.createIndex(spotHistoryIndex);
		await history.createIndex({ timestamp: 1 });
	},
];

/**
 * Makes what is missing, step by step.
 * @throws StoreError STORE_NEWER when a newer ParkMate wrote it; STORE_FOREIGN when another program did.
 */
export async function prepareSchema(collections: Collections, place: string): Promise<void> {
	const { meta } = collections;
	const found = (await meta.findOne({ _id: "schema" }))?.version ?? 0;
	if (found > schemaVersion) {
		const advice = "a newer ParkMate wrote it; run that one";
		throw new StoreError(
			"STORE_NEWER",
			`${place} has schema version ${found}, expected at most ${schemaVersion}: ${advice}`,
		);
	}
	if (found === 0 && (await holdsData(collections))) {
		const advice = "give the gateway another MONGODB_DB";
		throw new StoreError("STORE_FOREIGN", `${place} has parking lots, but not ParkMate's: ${advice}`);
	}
	for (const [version, step] of steps.entries()) {
		if (version < found) continue;
		await step(collections);
		const made = { $max: { version: version + 1 } };
		await upsert(() => meta.updateOne({ _id: "schema" }, made, { upsert: true }));
	}
}

/** True when there is any lot, spot or entry. */
export async function holdsData({ lots, spots, history }: Collections): Promise<boolean> {
	const options = { projection: { _id: 1 } };
	const found = await Promise.all([
		lots.findOne({}, options),
		spots.findOne({}, options),
		history.findOne({}, options),
	]);
	return found.some((document) => document !== null);
}
