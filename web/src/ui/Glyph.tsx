export type GlyphName =
	| "free"
	| "occupied"
	| "reserved"
	| "unknown"
	| "staff"
	| "warn"
	| "down"
	| "next"
	| "close"
	| "retry"
	| "offline"
	| "find"
	| "home"
	| "spots"
	| "changes"
	| "sensors";

/** A picture that repeats what words beside it say; nothing reads it out. */
export function Glyph({ name }: { name: GlyphName }) {
	return <span class="glyph" data-glyph={name} aria-hidden="true" />;
}
