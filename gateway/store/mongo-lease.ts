/** Leases: who of several gateways may do what only one should. Told by the server's clock, as theirs may differ. */
import { type Collection, ObjectId } from "mongodb";
import { isDuplicate, upsert } from "./mongo-errors.ts";
import type { MetaDocument } from "./mongo-schema.ts";

/** See `Store.holdLease`. */
export async function takeLease(
	meta: Collection<MetaDocument>,
	{ name, holder, ms }: { name: string; holder: string; ms: number },
): Promise<boolean> {
	const _id = `lease/${name}`;
	const renewal = { $set: { holder, ms, turn: new ObjectId() }, $currentDate: { renewed: true } } as const;
	const renewed = await meta.updateOne({ _id, holder }, renewal);
	if (renewed.matchedCount === 1) return true;
	const held = (await meta.findOne({ _id })) ?? (await makeLease(meta, _id));
	const endMs = (held.renewed?.getTime() ?? 0) + (held.ms ?? 0);
	if (endMs > 0 && (await serverTimeMs(meta)) < endMs) return false;
	// Only as it was read: of two who want it the second one finds it changed.
	const taken = await meta.updateOne({ _id, turn: held.turn ?? { $exists: false } }, renewal);
	return taken.matchedCount === 1;
}

/** A lease that nobody holds. */
async function makeLease(meta: Collection<MetaDocument>, _id: string): Promise<MetaDocument> {
	await meta.insertOne({ _id }).catch((error: unknown) => {
		if (!isDuplicate(error)) throw error;
	});
	return { _id };
}

/** By the one way that all servers offer to those without rights over the server itself: a date that they set. */
async function serverTimeMs(meta: Collection<MetaDocument>): Promise<number> {
	const options = { upsert: true, returnDocument: "after" } as const;
	const set = { $currentDate: { now: true } } as const;
	const clock = await upsert(() => meta.findOneAndUpdate({ _id: "clock" }, set, options));
	return clock?.now?.getTime() ?? 0;
}
