import { Glyph } from "../ui/Glyph.tsx";
import { sayDriver as say } from "../words.ts";

const entries = [
	{ glyph: "free", word: "free" },
	{ glyph: "occupied", word: "occupied" },
	{ glyph: "reserved", word: "reserved" },
	{ glyph: "unknown", word: "unknown" },
	{ glyph: "staff", word: "setByStaff" },
] as const;

/** What the pictures on the tiles mean. */
export function Legend({ class: className }: { class: string }) {
	return (
		<ul class={`legend ${className}`} aria-label={say("legend")}>
			{entries.map(({ glyph, word }) => (
				<li key={glyph}>
					<Glyph name={glyph} />
					{say(word)}
				</li>
			))}
		</ul>
	);
}
