/** What a crowd tells the bench. */
export type CrowdMessage =
	| { event: "ready" }
	/** `atMs` is by the clock that {@link nowMs} reads. */
	| { event: "update"; index: number; atMs: number; text: string }
	| { event: "problem"; text: string };

/** The system's clock that only runs forward, ms: the same for all processes. */
export function nowMs(): number {
	return Number(process.hrtime.bigint()) / 1e6;
}
