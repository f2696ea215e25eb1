import { type ReadonlySignal, signal } from "@preact/signals";

/** Wide enough for a legend beside the name, and for large tiles of many spots. */
export const isRoomy = /* @__PURE__ */ media("(min-width: 62.5rem)");

/** Whether a media query matches, as a signal. Lives as long as the page. */
export function media(query: string): ReadonlySignal<boolean> {
	const list = matchMedia(query);
	const matches = signal(list.matches);
	list.addEventListener("change", () => {
		matches.value = list.matches;
	});
	return matches;
}
