import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileStore } from "../../../../firmware/device/virtual/store.ts";
import { countBoot } from "../../../../firmware/settings.ts";

let dir = "";
beforeEach(() => {
	dir = mkdtempSync(join(tmpdir(), "parkmate-store-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("a board's memory in a file", () => {
	it("is there again for the next start", () => {
		const path = join(dir, "new", "folder", "b1.json");
		expect([countBoot(new FileStore(path), () => 0), countBoot(new FileStore(path), () => 0)]).toEqual([1, 2]);
	});

	it("keeps its keys apart", () => {
		const path = join(dir, "b1.json");
		const store = new FileStore(path);
		store.set("boot", "3");
		store.set("settings", "{}");
		expect([new FileStore(path).get("boot"), new FileStore(path).get("settings")]).toEqual(["3", "{}"]);
		expect(new FileStore(path).get("other")).toBeUndefined();
	});

	it("leaves one whole file behind", () => {
		const path = join(dir, "b1.json");
		new FileStore(path).set("boot", "3");
		expect(readdirSync(dir)).toEqual(["b1.json"]);
		expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ boot: "3" });
	});

	it("is not confused by what a death in the middle of writing left behind", () => {
		const path = join(dir, "b1.json");
		new FileStore(path).set("boot", "3");
		writeFileSync(`${path}.tmp`, '{"boot": "');
		const store = new FileStore(path);
		expect(store.get("boot")).toBe("3");
		store.set("boot", "4");
		expect(new FileStore(path).get("boot")).toBe("4");
	});

	it.each(["", "{", "null", "[1]", "7", '{"boot": 3}'])("is empty when the file holds %j", (text) => {
		const path = join(dir, "b1.json");
		writeFileSync(path, text);
		expect(new FileStore(path).get("boot")).toBeUndefined();
	});

	it("throws when the file can't be read", () => {
		mkdirSync(join(dir, "b1.json"));
		expect(() => new FileStore(join(dir, "b1.json"))).toThrow(/EISDIR/);
	});
});
