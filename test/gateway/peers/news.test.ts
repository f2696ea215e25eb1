import { describe, expect, test } from "vitest";
import { spotFrame } from "../../../gateway/live/frames.ts";
import { noSpots } from "../../../gateway/lots/counters.ts";
import { lotNews, readNews, spotNews } from "../../../gateway/peers/news.ts";
import { aBusySpot, aSpot } from "../../store/records.ts";

const bytes = (text: string) => Buffer.from(text);
const newsOf = (spot: ReturnType<typeof aSpot>) =>
	spotNews("parkmate-1", spot, spotFrame({ spot, lot_version: 7, counters: noSpots(), adopted: false }, "now").text);

describe("what gateways tell each other", () => {
	test.each([
		["a spot that never spoke", aSpot()],
		["a spot with everything", aBusySpot()],
	])("brings every field of %s", (_, spot) => {
		expect(readNews(bytes(newsOf(spot)))).toEqual({ from: "parkmate-1", spot });
	});

	test("is the frame that browsers get, with one field more", () => {
		const spot = aBusySpot();
		const { gateway: _, ...frame } = JSON.parse(newsOf(spot)) as Record<string, unknown>;
		const step = { spot, lot_version: 7, counters: noSpots(), adopted: false };
		expect(frame).toEqual(JSON.parse(spotFrame(step, "now").text));
	});

	test("brings the name of a lot that changed as a whole", () => {
		expect(readNews(bytes(lotNews("parkmate-1", "LOT001")))).toEqual({ from: "parkmate-1", lot_id: "LOT001" });
	});

	test.each([
		["no JSON", "occupied!"],
		["a frame of no gateway", '{"event":"spot_update","spot_id":"SPOT001","lot_id":"LOT001"}'],
		["a version that is none", newsOf(aBusySpot()).replace(/"version":\d+/, '"version":-1')],
		["a state that is none", newsOf(aSpot()).replace('"state":"unknown"', '"state":"full"')],
	])("is refused when it is %s", (_, text) => {
		expect(readNews(bytes(text))).toBeNull();
	});
});
