import { LotList } from "../ui/LotList.tsx";
import { sayDriver as say } from "../words.ts";
import type { DriverPage } from "./page.ts";

/** One sentence and one thing to do, where there is no lot to show. */
export function Missing({ page, lotId }: { page: DriverPage; lotId: string | null }) {
	const lots = page.choice.known.value;
	return (
		<main class="page page-empty">
			<div class="card empty">
				<h1>{lotId === null ? say("noLots") : say("lotMissing", { lot: lotId })}</h1>
				{lots.length === 0 && <a href="/owner.html">{say("noLotsAction")}</a>}
			</div>
			<div class="card">
				<LotList lots={lots} current={null} asOf={page.lotsAsOf.value} onChoose={(id) => page.choice.choose(id)} />
			</div>
		</main>
	);
}
