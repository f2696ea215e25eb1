/** The real world, handed to the models: both pages start from here. */
import { getLots, type Http } from "./api.ts";
import { LotChoice, type LotChoiceOptions, type Memory } from "./choice.ts";
import { browserClock } from "./clock.ts";
import { browserPage, browserTransport, liveUrl } from "./transport.ts";

const lastLotKey = "parkmate.lot";

/** The lot in the page's address: what is shared or bookmarked wins over what is remembered. */
const address: Memory = {
	read: () => new URL(location.href).searchParams.get("lot"),
	write(lotId) {
		const url = new URL(location.href);
		url.searchParams.set("lot", lotId);
		history.replaceState(null, "", url);
	},
};

/** The lot chosen last on this device. Without storage (private windows, blocked) the first lot will do. */
const memory: Memory = {
	read() {
		try {
			return localStorage.getItem(lastLotKey);
		} catch {
			return null;
		}
	},
	write(lotId) {
		try {
			localStorage.setItem(lastLotKey, lotId);
		} catch {
			// Forgetting it costs one tap.
		}
	},
};

export const isVisible = () => document.visibilityState === "visible";

export const browserHttp: Http = {
	fetch: (path, init) => fetch(path, init),
	timeout: (ms) => AbortSignal.timeout(ms),
};

const world: LotChoiceOptions = {
	loadLots: () => getLots(browserHttp),
	transport: browserTransport,
	page: browserPage,
	clock: browserClock,
	random: Math.random,
	schedule: (flush) => requestAnimationFrame(flush),
	isVisible,
	urlOf: (lotId) => liveUrl(lotId, location),
	address,
	memory,
};

/** The chosen lot of a page in a browser. */
export function startChoice(): LotChoice {
	return new LotChoice(world);
}
