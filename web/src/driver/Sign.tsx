import type { Lot } from "../../../gateway/contract/resources.ts";
import { formatNumber } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { lotLine } from "../ui/lotLine.ts";
import { sayDriver as say } from "../words.ts";
import { Skyline } from "./Skyline.tsx";

/** The sign over the entrance: how many spots are free. Hollow where that is not known to be true now. On wide pages it is named. */
export function Sign({ lot, view, isNamed }: { lot: Lot; view: LotView; isNamed: boolean }) {
	const asOf = view.asOf.value;
	const isFull = lot.available_spots === 0 && lot.total_spots > 0;
	return (
		<section class="sign">
			{isNamed && (
				<div class="sign-lot">
					<h1>{lot.name}</h1>
					<p>{lotLine(lot)}</p>
				</div>
			)}
			<p class="sign-answer">
				{isFull ? (
					<span class="sign-number sign-word">{say("full")}</span>
				) : (
					<span class="sign-number">{formatNumber(lot.available_spots)}</span>
				)}{" "}
				<span class="sign-unit">
					{!isFull && (
						<span class="sign-free">{asOf === null ? say("signFree") : say("signFreeAt", { time: asOf })}</span>
					)}{" "}
					<span class="sign-of">{signOf(lot, isFull, asOf)}</span>
				</span>
			</p>
			{lot.total_spots > 0 && <Skyline view={view} />}
			{asOf === null ? <Counts lot={lot} /> : <p class="sign-note">{say("solidAgain")}</p>}
		</section>
	);
}

function signOf(lot: Lot, isFull: boolean, asOf: string | null): string {
	if (!isFull) return say("ofSpots", { n: lot.total_spots });
	if (asOf === null) return say("ofFree", { total: lot.total_spots });
	return say("cellFreeAt", { n: 0, total: lot.total_spots, time: asOf });
}

/** The gateway's own counters. Its occupied spots include the reserved ones, ours do not: every spot has one word. */
function Counts({ lot }: { lot: Lot }) {
	const counts = [
		{ glyph: "occupied", n: lot.occupied_spots - lot.reserved_spots, word: "countOccupied" },
		{ glyph: "reserved", n: lot.reserved_spots, word: "countReserved" },
		{ glyph: "unknown", n: lot.unknown_spots, word: "countUnknown" },
	] as const;
	return (
		<ul class="sign-counts">
			{counts.map(({ glyph, n, word }) => (
				<li key={glyph}>
					<Glyph name={glyph} />
					<b>{formatNumber(n)}</b> {say(word)}
				</li>
			))}
		</ul>
	);
}

export function AskingSign() {
	return (
		<section class="sign sign-asking">
			<div class="skeleton" aria-hidden="true">
				<span class="block block-number" />
				<span class="block block-bars" />
			</div>
			<p class="sign-note">{say("askingLot")}</p>
		</section>
	);
}
