/** What the plain design keeps, in the reference design's tables. */
export interface Tables {
	findSpot(spotId: string, lotId: string): Promise<PlainSpot | null>;
	updateSpot(spot: PlainSpot, occupied: boolean, distance: number | null, now: string): Promise<void>;
	insertHistory(spotId: string, lotId: string, occupied: boolean, now: string): Promise<void>;
	/** Counts the lot's spots anew. */
	recount(lotId: string): Promise<void>;
}

export interface PlainSpot {
	id: unknown;
	overruled: boolean;
}

export interface Size {
	lots: number;
	spotsPerLot: number;
}
