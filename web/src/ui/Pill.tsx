import type { Phase } from "../model/live.ts";
import { type SharedKey, say } from "../words.ts";
import { Glyph } from "./Glyph.tsx";

const words: Record<Phase, SharedKey> = {
	loading: "pillConnecting",
	live: "pillLive",
	late: "pillLate",
	reconnecting: "pillReconnecting",
	offline: "pillOffline",
	missing: "pillMissing",
};

/** How far to trust the page, in one or two words. The live region says it aloud, so this needs no role. */
export function Pill({ phase }: { phase: Phase }) {
	return (
		<p class="pill" data-phase={phase}>
			{phase === "live" ? <span class="dot" /> : <Glyph name={phase === "offline" ? "offline" : "retry"} />}
			{say(words[phase])}
		</p>
	);
}
