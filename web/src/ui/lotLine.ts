import type { Lot } from "../../../gateway/contract/resources.ts";
import { formatMoney } from "../format.ts";
import { say } from "../words.ts";

/** Where a lot is and what it costs, as far as somebody has said. */
export function lotLine(lot: Lot, perHour: "perHour" | "perHourShort" = "perHour"): string {
	const price = lot.price_per_hour > 0 ? say(perHour, { price: formatMoney(lot.price_per_hour, lot.currency) }) : "";
	return [lot.address, price].filter((part) => part !== "").join(" · ");
}
