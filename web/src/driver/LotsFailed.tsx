import { Failed, failureWords } from "../ui/Failed.tsx";
import { sayDriver as say } from "../words.ts";
import type { DriverPage } from "./page.ts";

/** Why there is no lot to show yet, where the list of lots is needed to know which. */
export function LotsFailed({ page }: { page: DriverPage }) {
	const failure = page.choice.lots.failure.value;
	if (failure === null || page.view.value !== null) return null;
	return (
		<Failed
			text={say(
				failure.statusCode === 0 ? "lotsUnanswered" : "lotsFailed",
				failureWords(failure, page.ticker.now.value),
			)}
			onTry={() => page.choice.lots.refresh()}
		/>
	);
}
