/** Moving about the bays by keyboard: by what is on screen, whatever the columns are. */

/** Moves focus for arrows, Home, End, PageUp, PageDown, F and Shift F; leaves all other keys alone. */
export function moveFocus(event: KeyboardEvent, zones: HTMLElement): void {
	const here = document.activeElement;
	if (!(here instanceof HTMLButtonElement) || !here.classList.contains("bay") || event.altKey || event.metaKey) return;
	const bays = [...zones.querySelectorAll<HTMLButtonElement>("li:not([hidden]) > .bay")];
	const target = targetOf(event, bays, here, bays.indexOf(here));
	if (target === null) return;
	event.preventDefault();
	target?.focus();
}

/** The bay to go to; undefined: the key is ours, but there is nowhere to go; null: not our key. */
function targetOf(
	event: KeyboardEvent,
	bays: readonly HTMLButtonElement[],
	here: HTMLButtonElement,
	at: number,
): HTMLButtonElement | undefined | null {
	const forward = getComputedStyle(here).direction === "rtl" ? -1 : 1;
	if (event.ctrlKey && event.key !== "Home" && event.key !== "End") return null;
	switch (event.key) {
		case "ArrowRight":
			return bays[at + forward];
		case "ArrowLeft":
			return bays[at - forward];
		case "ArrowDown":
			return nearestInRow(bays.slice(at + 1), here);
		case "ArrowUp":
			return nearestInRow(bays.slice(0, at).reverse(), here);
		case "Home":
			return event.ctrlKey ? bays[0] : bays.find((bay) => isBeside(bay, here));
		case "End":
			return event.ctrlKey ? bays.at(-1) : bays.findLast((bay) => isBeside(bay, here));
		case "PageDown":
			return firstOfZone(
				bays,
				bays.slice(at).find((bay) => zoneOf(bay) !== zoneOf(here)),
			);
		case "PageUp":
			return firstOfZone(
				bays,
				bays.slice(0, at).findLast((bay) => zoneOf(bay) !== zoneOf(here)),
			);
		case "f":
			return [...bays.slice(at + 1), ...bays.slice(0, at)].find(isFree);
		case "F":
			return [...bays.slice(at + 1), ...bays.slice(0, at)].findLast(isFree);
		default:
			return null;
	}
}

function isFree(bay: HTMLButtonElement): boolean {
	return bay.dataset.state === "free";
}

function zoneOf(bay: HTMLButtonElement | undefined): Element | null {
	return bay?.closest(".zone") ?? null;
}

function firstOfZone(bays: readonly HTMLButtonElement[], inside: HTMLButtonElement | undefined) {
	return inside && bays.find((bay) => zoneOf(bay) === zoneOf(inside));
}

function isBeside(bay: HTMLElement, here: HTMLElement): boolean {
	return bay.getBoundingClientRect().top === here.getBoundingClientRect().top;
}

/** In the first row that comes, the bay closest to right above or below. `ahead` is in the order of going. */
function nearestInRow(ahead: readonly HTMLButtonElement[], here: HTMLElement): HTMLButtonElement | undefined {
	const { top, left } = here.getBoundingClientRect();
	let rowTop: number | null = null;
	let nearest: HTMLButtonElement | undefined;
	let smallest = Number.POSITIVE_INFINITY;
	for (const bay of ahead) {
		const box = bay.getBoundingClientRect();
		if (box.top === top) continue;
		rowTop ??= box.top;
		if (box.top !== rowTop) break;
		const away = Math.abs(box.left - left);
		if (away < smallest) {
			smallest = away;
			nearest = bay;
		}
	}
	return nearest;
}
