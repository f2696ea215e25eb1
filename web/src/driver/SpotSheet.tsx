import type { Lot, Spot } from "../../../gateway/contract/resources.ts";
import { formatAge } from "../age.ts";
import { formatAgeLong, formatMoney } from "../format.ts";
import type { LotView } from "../model/view.ts";
import { formatMoment } from "../moment.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Glyph } from "../ui/Glyph.tsx";
import { sayDriver as say } from "../words.ts";
import { bayId } from "./Bay.tsx";
import { nextFreeIn } from "./next.ts";
import type { DriverPage } from "./page.ts";
import { placeBeside } from "./place.ts";

/** From this width on the sheet is a small popover beside its tile. */
const popoverFrom = "(min-width: 48rem)";

/** One spot in full: what it is, since when, who says so, what it costs, and where to go if it is taken. */
export function SpotSheet({ page, view }: { page: DriverPage; view: LotView }) {
	const id = page.open.value ?? "";
	const lot = view.live.model.lot.value;
	const spot = view.live.model.spot(id)?.value.spot;
	const isPopover = matchMedia(popoverFrom).matches;
	const close = () => {
		page.open.value = null;
		requestAnimationFrame(() => document.getElementById(bayId(id))?.focus());
	};
	if (lot === null) return null;
	return (
		<Dialog
			class="sheet sheet-spot"
			title={say("spotNamed", { label: view.labelOf(id) })}
			modal={!isPopover}
			onClose={close}
			onOpen={(dialog) => isPopover && placeBeside(dialog, document.getElementById(bayId(id)))}
		>
			<p class="sheet-place">
				{view.zoneNames.value.get(id)} · {lot.name}
			</p>
			{spot === undefined ? (
				<p>{say("spotGone")}</p>
			) : (
				<Details page={page} view={view} lot={lot} spot={spot} onGo={(next) => goTo(page, next)} />
			)}
		</Dialog>
	);
}

function goTo(page: DriverPage, spotId: string): void {
	page.tabStop.value = spotId;
	page.open.value = spotId;
	document.getElementById(bayId(spotId))?.scrollIntoView({ block: "nearest" });
}

interface DetailsProps {
	page: DriverPage;
	view: LotView;
	lot: Lot;
	spot: Spot;
	onGo: (spotId: string) => void;
}

function Details({ page, view, lot, spot, onGo }: DetailsProps) {
	const asOf = view.asOf.value;
	const zone = view.timeZone.value;
	const now = view.live.serverTime(page.ticker.now.value);
	const since = Date.parse(spot.since);
	// Depends on every spot: the next free one may be any of them.
	view.live.model.revision.value;
	const next = nextFreeIn(view, spot.spot_id);
	return (
		<>
			<div class="state" data-state={spot.state} data-live={asOf === null}>
				<Glyph name={spot.state} />
				<p>
					<b>{say(spot.state)}</b>
					<span>
						{asOf === null
							? say("sheetFor", { age: formatAgeLong(now - since), since: formatMoment(since, now, zone) })
							: say("sheetAsOf", { time: asOf })}
					</span>
				</p>
			</div>
			<dl class="facts">
				{spot.override !== null && (
					<div>
						<dt>
							<Glyph name="staff" /> {say("setByStaff")}
						</dt>
						<dd>
							{spot.override.until === null
								? say("untilCleared")
								: `${say("until")} ${formatMoment(Date.parse(spot.override.until), now, zone)}`}
						</dd>
					</div>
				)}
				<div>
					<dt>{say("seenBySensor")}</dt>
					<dd>
						{spot.last_heard === null
							? say("neverSeen")
							: say("ago", { age: formatAge(now - Date.parse(spot.last_heard)) })}
					</dd>
				</div>
				<div>
					<dt>{say("price")}</dt>
					<dd>
						{lot.price_per_hour > 0
							? say("perHour", { price: formatMoney(lot.price_per_hour, lot.currency) })
							: say("priceFree")}
					</dd>
				</div>
			</dl>
			<p class="sheet-note">{noteOn(spot, next === null ? null : view.labelOf(next))}</p>
			{next !== null && (
				<button type="button" class="button button-wide" onClick={() => onGo(next)}>
					{say("nextFree", { label: view.labelOf(next) })}
					<Glyph name="next" />
				</button>
			)}
		</>
	);
}

function noteOn(spot: Spot, next: string | null): string {
	if (spot.state === "free") return say("cantHold");
	if (next === null) return say("nothingFree");
	const key = spot.state === "occupied" ? "notForYou" : spot.state === "reserved" ? "isReserved" : "isUnknown";
	return say(key, { label: next });
}
