import { formatAge } from "../age.ts";
import { say } from "../words.ts";
import { Glyph } from "./Glyph.tsx";

export interface BannerProps {
	/** The lot's time when it was last heard. */
	time: string;
	/** How long ago that is, in ms. */
	ageMs: number;
	/** Until the next try, in ms; null while one is under way. */
	nextTryMs: number | null;
	onTry: () => void;
}

/** Stands over the page while it tries to come back. */
export function Banner({ time, ageMs, nextTryMs, onTry }: BannerProps) {
	return (
		<section class="banner" aria-label={say("connection")}>
			<Glyph name="warn" />
			<p>
				<strong>{say("notLive")}</strong> {say("notLiveSince", { time, age: formatAge(ageMs) })}{" "}
				{nextTryMs === null ? say("trying") : say("nextTryIn", { age: formatAge(Math.max(1_000, nextTryMs + 999)) })}
			</p>
			<button type="button" class="button" onClick={onTry}>
				{say("tryNow")}
			</button>
		</section>
	);
}
