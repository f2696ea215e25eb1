/** The lots that `POST /api/init` makes. Spot names are unique over all three, so that a report without `lot_id` finds its spot. */
import type { LotWish, SpotWish } from "./make.ts";

export const sampleLots: readonly LotWish[] = [
	{
		lot_id: "LOT001",
		name: "Central Parking Tower",
		address: "Hauptstrasse 12",
		price_per_hour: 2.5,
		currency: "EUR",
		time_zone: "Europe/Berlin",
		spots: [...row("SPOT", 1, 10, "Row A"), ...row("SPOT", 11, 20, "Row B")],
	},
	{
		lot_id: "LOT002",
		name: "Opera Underground",
		address: "Ringstrasse 1",
		price_per_hour: 3.5,
		currency: "EUR",
		time_zone: "Europe/Berlin",
		spots: [
			...row("SPOT", 101, 112, "Level U1 · A"),
			...row("SPOT", 113, 124, "Level U1 · B"),
			...row("SPOT", 201, 212, "Level U2 · A"),
			...row("SPOT", 213, 224, "Level U2 · B"),
		],
	},
	{
		lot_id: "LOT003",
		name: "Harbour Garage",
		address: "Quai 4",
		price_per_hour: 3,
		currency: "EUR",
		time_zone: "Europe/Berlin",
		spots: row("SPOT", 301, 312, "Quay side"),
	},
];

function row(prefix: string, first: number, last: number, zone: string): SpotWish[] {
	return Array.from({ length: last - first + 1 }, (_, index) => ({
		spot_id: `${prefix}${String(first + index).padStart(3, "0")}`,
		zone,
	}));
}
