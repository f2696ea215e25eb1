import type { LotView } from "../model/view.ts";
import { Banner } from "../ui/Banner.tsx";
import type { DriverPage } from "./page.ts";

/** Tells how old the page is, and when it tries again. */
export function Reconnecting({ page, view }: { page: DriverPage; view: LotView }) {
	const { live } = view;
	const now = page.ticker.now.value;
	const nextTryAt = live.nextTryAt.value;
	return (
		<Banner
			time={view.asOf.value ?? ""}
			ageMs={now - (live.heardAt.value ?? now)}
			nextTryMs={nextTryAt === null ? null : nextTryAt - now}
			onTry={() => live.tryNow()}
		/>
	);
}
