/** Room kept between a popover, its tile and the page's edges, in px. */
const gapPx = 8;

/** Puts an open popover right below its anchor, above it where there is no room, and never over the page's edge. */
export function placeBeside(popover: HTMLElement, anchor: HTMLElement | null): void {
	if (anchor === null) return;
	const box = anchor.getBoundingClientRect();
	const { offsetWidth: width, offsetHeight: height } = popover;
	const { clientWidth, clientHeight } = document.documentElement;
	const left = Math.max(gapPx, Math.min(box.left - 2 * gapPx, clientWidth - width - gapPx));
	const below = box.bottom + gapPx;
	const above = box.top - gapPx - height;
	const top = below + height + gapPx <= clientHeight || above < 0 ? below : above;
	// Through the CSSOM: the page's policy allows no style attributes.
	popover.style.setProperty("--left", `${left + scrollX}px`);
	popover.style.setProperty("--top", `${top + scrollY}px`);
}
