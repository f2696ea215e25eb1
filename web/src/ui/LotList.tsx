import type { Lot } from "../../../gateway/contract/resources.ts";
import { say } from "../words.ts";
import { lotLine } from "./lotLine.ts";

export interface LotListProps {
	lots: readonly Lot[];
	/** The chosen lot's id. */
	current: string | null;
	/** When the numbers were told, if that is too long ago to be called now. */
	asOf: string | null;
	onChoose: (lotId: string) => void;
}

/** Lots to choose from, each with what is free there. */
export function LotList({ lots, current, asOf, onChoose }: LotListProps) {
	return (
		<ul class="lots">
			{lots.map((lot) => (
				<li key={lot.lot_id}>
					<button
						type="button"
						class="lot"
						aria-current={lot.lot_id === current ? "true" : undefined}
						onClick={() => onChoose(lot.lot_id)}
					>
						<FreeChip lot={lot} isOld={asOf !== null} />
						<span class="lot-text">
							<span class="lot-title">{lot.name}</span>
							<span class="lot-note">
								{asOf === null
									? lotLine(lot, "perHourShort")
									: say("ofTotalAt", { n: lot.available_spots, total: lot.total_spots, time: asOf })}
							</span>
						</span>
						<span class="lot-total">{say("ofTotal", { total: lot.total_spots })}</span>
					</button>
				</li>
			))}
		</ul>
	);
}

function FreeChip({ lot, isOld }: { lot: Lot; isOld: boolean }) {
	const isFull = lot.available_spots === 0;
	return (
		<span class="chip" data-full={isFull || isOld}>
			{isFull ? say("full") : <span aria-hidden="true">{lot.available_spots}</span>}
			{!isFull && <span class="unseen">{say("lotFree", { n: lot.available_spots })}</span>}
		</span>
	);
}
