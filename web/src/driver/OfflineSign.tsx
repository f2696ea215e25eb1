import type { Lot } from "../../../gateway/contract/resources.ts";
import type { LotView } from "../model/view.ts";
import { Glyph } from "../ui/Glyph.tsx";
import { sayDriver as say } from "../words.ts";

/** The number is withheld: by now it would be a guess. */
export function OfflineSign({ lot, view }: { lot: Lot | null; view: LotView }) {
	const asOf = view.asOf.value;
	return (
		<section class="sign sign-offline" aria-labelledby="sign-offline">
			<Glyph name="offline" />
			<div>
				<h2 id="sign-offline">{say("noConnection")}</h2>
				<p class="sign-known">
					{lot === null || asOf === null
						? say("nothingKnown")
						: say("lastKnown", { time: asOf, n: lot.available_spots, total: lot.total_spots })}
				</p>
			</div>
			<p class="sign-why">{say(navigator.onLine ? "lotSilent" : "phoneOffline")}</p>
			<button type="button" class="button button-sign" onClick={() => view.live.tryNow()}>
				{say("tryNow")}
			</button>
		</section>
	);
}
