/** The firmware for boards: everything that can be checked without the chip's C compiler. */
import { describe, expect, it } from "vitest";
import { sizesOf } from "../../../firmware/tool/sizes.ts";
import { buildDeadlineMs, linkForEsp32, sdkMissing } from "./sdk.ts";

describe.each(["esp32", "esp32/esp32s3"])("for %s", (platform) => {
	it(
		"links, all of ParkMate's modules frozen, in less than 512 KB",
		async (ctx) => {
			ctx.skip(sdkMissing !== null, sdkMissing ?? "");
			const { output, target } = await linkForEsp32(platform);
			const warnings = output.split("\n").filter((line) => line.includes("warning") && line.includes("parkmate"));
			expect(warnings).toEqual([]);
			const sizes = sizesOf(target);
			for (const { what, value } of sizes) console.log(`${platform}: ${what}: ${value} bytes`);
			expect(sizes.every(({ value }) => value !== null && value > 0)).toBe(true);
			expect(sizes.reduce((sum, { value }) => sum + (value ?? 0), 0)).toBeLessThan(512 * 1024);
		},
		buildDeadlineMs,
	);
});
