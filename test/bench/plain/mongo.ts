import { randomUUID } from "node:crypto";
import { MongoClient, type ObjectId } from "mongodb";
import { lotId, spotId } from "../site.ts";
import type { Size, Tables } from "./tables.ts";

/** In a database of its own on the server at `url`, as safe as the gateway's: most servers have on disk what is written. */
export async function mongoTables(url: string, { lots, spotsPerLot }: Size): Promise<Tables> {
	const db = new MongoClient(url).db(`plain_${randomUUID().slice(0, 8)}`, {
		writeConcern: { w: "majority", journal: true },
	});
	const parkingLots = db.collection("parking_lots");
	const parkingSpots = db.collection("parking_spots");
	const parkingHistory = db.collection("parking_history");
	await parkingLots.createIndex({ lot_id: 1 });
	await parkingSpots.createIndex({ spot_id: 1 });
	await parkingSpots.createIndex({ lot_id: 1 });
	await parkingHistory.createIndex({ timestamp: 1 });
	for (let lot = 0; lot < lots; lot++) {
		const lot_id = lotId(lot);
		const counters = { total_spots: spotsPerLot, occupied_spots: 0, available_spots: spotsPerLot };
		await parkingLots.insertOne({ lot_id, name: lot_id, address: "", ...counters, price_per_hour: 2 });
		const spots = Array.from({ length: spotsPerLot }, (_, spot) => ({ spot_id: spotId(spot), lot_id }));
		const none = { occupied: false, distance: null, manual_override: false, last_update: null };
		await parkingSpots.insertMany(spots.map((spot) => ({ ...spot, ...none })));
	}
	return {
		findSpot: async (spot_id, lot_id) => {
			const spot = await parkingSpots.findOne({ spot_id, lot_id });
			return spot === null ? null : { id: spot._id, overruled: spot.manual_override === true };
		},
		updateSpot: async ({ id }, occupied, distance, now) => {
			await parkingSpots.updateOne(
				{ _id: id as ObjectId },
				{ $set: { occupied, distance, last_update: new Date(now) } },
			);
		},
		insertHistory: async (spot_id, lot_id, occupied, now) => {
			await parkingHistory.insertOne({ spot_id, lot_id, occupied, timestamp: new Date(now) });
		},
		recount: async (lot_id) => {
			const occupied_spots = await parkingSpots.countDocuments({ lot_id, occupied: true });
			const available_spots = await parkingSpots.countDocuments({ lot_id, occupied: false });
			await parkingLots.updateOne({ lot_id }, { $set: { occupied_spots, available_spots } });
		},
	};
}
