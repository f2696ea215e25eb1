import { formatAge } from "../age.ts";
import type { Failure } from "../model/polled.ts";
import { say } from "../words.ts";

/** In place of the one component whose data could not be had; the others go on. */
export function Failed({ text, onTry }: { text: string; onTry: () => void }) {
	return (
		<p class="failed">
			{text}{" "}
			<button type="button" class="link" onClick={onTry}>
				{say("tryNow")}
			</button>
		</p>
	);
}

/** The holes of a failure's sentence. */
export function failureWords(failure: Failure, now: number): { status: string; age: string } {
	return {
		status: String(failure.statusCode),
		age: formatAge(Math.max(1_000, failure.nextTryAt - now + 999)),
	};
}
