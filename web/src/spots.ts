/** Names, zones and the best bet of a lot's spots. Pure. */
import type { Spot } from "../../gateway/contract/resources.ts";
import { say } from "./words.ts";

/** Spots in a row of a lot that names no zones. */
export const rowLength = 10;

/** A part of a lot: a level, a row, or ten spots in a row. */
export interface Zone {
	name: string;
	spotIds: readonly string[];
}

const natural = /* @__PURE__ */ new Intl.Collator("en", { numeric: true });

/** Order in which people count: A2 before A10. */
export function inNaturalOrder(a: string, b: string): number {
	return natural.compare(a, b);
}

/** What stands on each spot's tile, by `spot_id`: its label, else its id without the letters that all of the lot's ids begin with. */
export function labelsOf(spots: readonly Pick<Spot, "spot_id" | "label">[]): Map<string, string> {
	const ids = spots.map((spot) => spot.spot_id);
	let common = ids.length > 1 ? (/^[^0-9]*/.exec(ids[0] ?? "")?.[0] ?? "") : "";
	while (common !== "" && !ids.every((id) => id.startsWith(common) && id.length > common.length)) {
		common = common.slice(0, -1);
	}
	return new Map(spots.map((spot) => [spot.spot_id, spot.label ?? spot.spot_id.slice(common.length)]));
}

/** The lot's zones in natural order of their names, each with its spots in natural order; without any, rows of {@link rowLength}. */
export function zonesOf(spots: readonly Pick<Spot, "spot_id" | "zone">[]): Zone[] {
	const sorted = spots.toSorted((a, b) => inNaturalOrder(a.spot_id, b.spot_id));
	if (sorted.every((spot) => spot.zone === null)) {
		return rowsOf(sorted.map((spot) => spot.spot_id));
	}
	const byName = new Map<string, string[]>();
	for (const spot of sorted) {
		const name = spot.zone ?? "";
		const zone = byName.get(name);
		if (zone === undefined) byName.set(name, [spot.spot_id]);
		else zone.push(spot.spot_id);
	}
	const unnamed = byName.get("");
	byName.delete("");
	const zones = [...byName].map(([name, spotIds]) => ({ name, spotIds }));
	zones.sort((a, b) => inNaturalOrder(a.name, b.name));
	return unnamed === undefined ? zones : [...zones, { name: say("otherSpots"), spotIds: unnamed }];
}

function rowsOf(ids: readonly string[]): Zone[] {
	const rows: Zone[] = [];
	for (let first = 0; first < ids.length; first += rowLength) {
		const name = say("rowNamed", { name: rowName(rows.length) });
		rows.push({ name, spotIds: ids.slice(first, first + rowLength) });
	}
	return rows;
}

/** A, B, … Z, AA, AB, … */
function rowName(index: number): string {
	const letter = String.fromCharCode(65 + (index % 26));
	return index < 26 ? letter : rowName(Math.floor(index / 26) - 1) + letter;
}

/**
 * The index of the zone with most free spots, or -1 when none is free. Where several have as many, the one named before stays:
 * advice that jumps about is worse than none.
 */
export function bestBet(freeCounts: readonly number[], previous: number): number {
	const most = Math.max(0, ...freeCounts);
	if (most === 0) return -1;
	return freeCounts[previous] === most ? previous : freeCounts.indexOf(most);
}
