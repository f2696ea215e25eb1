/** Both pages in a real browser, against a gateway that can be put into every state. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { buildIfStale } from "../../web/build.ts";
import { chromiumMissing, launch } from "../support/chromium.ts";
import { findingsOf } from "./axe.ts";
import { FakeGateway, type LotPlan, makeSpot } from "./fake-gateway.ts";

/** Nothing here takes long on a machine that has time; one that is busy gets as much as it may need. */
const deadlineMs = 15_000;
vi.setConfig({ testTimeout: 2 * deadlineMs, hookTimeout: 60_000 });

const letters = { f: "free", o: "occupied", r: "reserved", u: "unknown" } as const;
const states = (text: string) => [...text].map((letter) => letters[letter as keyof typeof letters]);

const tower: LotPlan = {
	lot_id: "LOT001",
	name: "Central Parking Tower",
	states: states("oofor" + "ofofu" + "ffofr" + "fofof"),
	zones: ["Row A", "Row B"],
};
const garage: LotPlan = { lot_id: "LOT002", name: "Harbour Garage", states: states("ofo"), firstNumber: 301 };

interface Visit extends Omit<BrowserContextOptions, "viewport"> {
	viewport?: { width: number; height: number };
}

let browser: Browser;
let gateway: FakeGateway;
/** Of tests that need nothing special: making one for each would take most of the time. */
let shared: Page;
/** Of a test that wants a visitor of its own. */
let context: BrowserContext | null = null;
let page: Page;
/** What the browser complained of: errors of scripts and of the page's policy. */
let complaints: string[] = [];

beforeAll(async () => {
	if (chromiumMissing !== null) return;
	await buildIfStale();
	[browser, gateway] = await Promise.all([launch(), FakeGateway.start()]);
	shared = await (await browser.newContext()).newPage();
	listen(shared);
});

afterAll(async () => {
	await browser?.close();
	await gateway?.close();
});

beforeEach(async (ctx) => {
	ctx.skip(chromiumMissing !== null, chromiumMissing ?? "");
	gateway.reset(tower, garage);
	complaints = [];
	page = shared;
	await page.setViewportSize({ width: 360, height: 780 });
});

afterEach(async () => {
	await context?.close();
	context = null;
	expect(complaints).toEqual([]);
});

function listen(to: Page): void {
	to.setDefaultTimeout(deadlineMs);
	to.on("pageerror", (error) => complaints.push(String(error)));
	to.on("console", (message) => {
		// A refused connection is reported by the browser itself; everything else is ours.
		if (message.type() === "error" && !/WebSocket|Failed to load resource/.test(message.text())) {
			complaints.push(message.text());
		}
	});
}

/** Another visitor instead of the one at hand. */
async function visit({ viewport = { width: 360, height: 780 }, ...options }: Visit = {}): Promise<BrowserContext> {
	// Two pages would both ask the gateway.
	if (page === shared) await page.goto("about:blank");
	await context?.close();
	context = await browser.newContext({ viewport, ...options });
	page = await context.newPage();
	listen(page);
	return context;
}

async function openDriver(query = "?lot=LOT001"): Promise<void> {
	await page.goto(`${gateway.url}/${query}`);
	await page.getByText("Live", { exact: true }).first().waitFor();
}

async function openOwner(query = "?lot=LOT001"): Promise<void> {
	await page.goto(`${gateway.url}/owner.html${query}`);
	await page.locator('.main[data-live="true"]').waitFor();
}

const bay = (number: string) => page.locator(`#bay-SPOT${number}`);
const sign = () => page.locator(".sign-answer");
const text = async (selector: string) => (await page.locator(selector).first().innerText()).replace(/\s+/g, " ").trim();

/** The free tiles that are filled with colour: none may be while the page isn't live. */
function solidTiles(): Promise<number> {
	return page
		.locator('.bay[data-state="free"], .spot-chip:not(.spot-chip-rest)')
		.evaluateAll(
			(tiles) => tiles.filter((tile) => getComputedStyle(tile).backgroundColor !== "rgba(0, 0, 0, 0)").length,
		);
}

async function expectEventually(read: () => Promise<unknown>, wanted: unknown): Promise<void> {
	await expect.poll(read, { timeout: deadlineMs, interval: 20 }).toEqual(wanted);
}

describe("the driver page", () => {
	test("shows the lot: number, counts, best row and every spot", async () => {
		await openDriver();
		expect(await text(".sign-answer")).toBe("9 free of 20 spots");
		expect(await text(".sign-counts")).toBe("8 occupied 2 reserved 1 unknown");
		expect(await text("#best-title")).toBe("Best bet now Row B · 6 free");
		expect(await page.locator(".bay").count()).toBe(20);
		expect(await page.getByRole("heading", { level: 3 }).allInnerTexts()).toEqual(["Row A", "Row B"]);
	});

	test("names each bay for ears: number, state, age and row", async () => {
		await openDriver();
		expect(await bay("003").getAttribute("aria-label")).toBe("Spot 003, free for 20 minutes, Row A");
		expect(await bay("005").getAttribute("aria-label")).toBe("Spot 005, reserved for 20 minutes, Row A, set by staff");
	});

	test("follows a car: tile, number, count and row change together", async () => {
		await openDriver();
		gateway.sensor("LOT001", "SPOT003", "occupied");
		await expectEventually(() => bay("003").getAttribute("data-state"), "occupied");
		expect(await text(".sign-answer")).toBe("8 free of 20 spots");
		expect(await text(".sign-counts")).toBe("9 occupied 2 reserved 1 unknown");
		expect(await text(".zone-head >> nth=0")).toBe("Row A 2 of 10 free");
	});

	test("says the new count aloud, and not the first one", async () => {
		await openDriver();
		await page.locator(".other-lots").waitFor({ state: "attached" });
		expect(await page.locator("#said").textContent()).toBe("");
		gateway.sensor("LOT001", "SPOT003", "occupied");
		await expectEventually(() => page.locator("#said").textContent(), "8 spots free. Best bet: Row B, 6 free.");
	});

	test("shows only free spots when asked to, and keeps the focused one when it fills", async () => {
		await openDriver();
		await page.getByText("Free only").click();
		await expectEventually(() => page.locator(".bays li:visible").count(), 9);
		await bay("003").focus();
		gateway.sensor("LOT001", "SPOT003", "occupied");
		await expectEventually(() => bay("003").getAttribute("data-state"), "occupied");
		expect(await bay("003").isVisible()).toBe(true);
		await bay("007").focus();
		await expectEventually(() => bay("003").isVisible(), false);
	});

	test("opens a spot in full and goes on to the next free one when it is taken", async () => {
		await openDriver();
		await bay("003").click();
		const sheet = page.getByRole("dialog", { name: "Spot 003" });
		expect((await sheet.locator(".state").innerText()).replace(/\s+/g, " ")).toMatch(
			/^Free for 20 minutes, since \d\d:\d\d$/,
		);
		expect(await sheet.locator(".facts").innerText()).toContain("€2.50 per hour");
		gateway.sensor("LOT001", "SPOT003", "occupied");
		await sheet.getByText("Something stands here. Next free: 007.").waitFor();
		expect(await page.locator("#said").textContent()).toBe("Spot 003 is now occupied. Next free: 007.");
		await sheet.getByRole("button", { name: "Next free spot: 007" }).click();
		await page.getByRole("dialog", { name: "Spot 007" }).waitFor();
		await page.keyboard.press("Escape");
		await expectEventually(() => page.evaluate(() => document.activeElement?.id), "bay-SPOT007");
	});

	test("goes to another lot and remembers it", async () => {
		await openDriver();
		await page.getByRole("button", { name: "Choose a lot, now Central Parking Tower" }).click();
		await page
			.getByRole("dialog")
			.getByRole("button", { name: /Harbour Garage/ })
			.click();
		await expectEventually(
			() =>
				sign()
					.innerText()
					.then((words) => words.replace(/\s+/g, " ")),
			"1 free of 3 spots",
		);
		expect(page.url()).toContain("lot=LOT002");
		await page.goto(gateway.url);
		await page.getByRole("heading", { name: /Harbour Garage/ }).waitFor();
	});

	test("takes the first lot when the remembered one is gone", async () => {
		await openDriver("?lot=LOT002");
		await page.getByRole("button", { name: /Choose a lot/ }).click();
		await page
			.getByRole("dialog")
			.getByRole("button", { name: /Harbour Garage/ })
			.click();
		gateway.reset(tower);
		await page.goto(gateway.url);
		await page.getByRole("heading", { name: "Central Parking Tower" }).waitFor();
	});

	test("says when the lot of its address does not exist", async () => {
		await page.goto(`${gateway.url}/?lot=LOT999`);
		await page.getByRole("heading", { name: "There is no lot LOT999 here." }).waitFor();
		await page.getByRole("button", { name: /Central Parking Tower/ }).click();
		await bay("001").waitFor();
	});

	test("says Full, and where else there is room", async () => {
		gateway.reset({ ...tower, states: states("oor") }, garage);
		await openDriver();
		expect(await text(".sign-answer")).toBe("Full 0 of 3 free");
		await page.getByRole("heading", { name: "Free elsewhere" }).waitFor();
		expect(await page.locator(".other-lots button").count()).toBe(1);
		gateway.sensor("LOT001", "SPOT001", "free");
		await expectEventually(() => text(".sign-answer"), "1 free of 3 spots");
		await expectEventually(() => page.locator("#said").textContent(), "1 spot free.");
	});

	test("keeps the lot's places free while it asks, and says so", async () => {
		gateway.frozen = true;
		await page.goto(`${gateway.url}/?lot=LOT001`);
		await page.getByText("Connecting", { exact: true }).waitFor();
		await page.getByText("Asking the lot…").waitFor();
		expect(await page.locator(".block-bay").count()).toBe(20);
		expect(await page.locator(".sign-number").count()).toBe(0);
	});

	test("says when the lots can't be had, and goes on when they can", async () => {
		await visit();
		gateway.failLots = 503;
		await page.goto(gateway.url);
		await page.getByText(/^The lots could not be loaded \(503\)\. Trying again in \d s\./).waitFor();
		gateway.failLots = 0;
		await page.getByRole("button", { name: "Try now" }).click();
		await bay("001").waitFor();
	});

	test("says what an empty lot waits for, and fills it when it comes", async () => {
		gateway.reset({ ...tower, states: [] });
		await openDriver();
		await page.getByText("No spots yet. The first sensor that reports appears here by itself.").waitFor();
	});

	test("leads to the owner page when there are no lots", async () => {
		gateway.reset();
		await page.goto(gateway.url);
		await page.getByRole("heading", { name: "No lots yet." }).waitFor();
		expect(await page.getByRole("link", { name: "Make one on the owner page" }).getAttribute("href")).toBe(
			"/owner.html",
		);
	});

	test("keeps hostile names as text", async () => {
		const name = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
		gateway.reset({ ...tower, name, address: '"><b>bold', zones: [name, "Row B"] });
		await openDriver();
		expect(await text("h1")).toBe(name);
		expect(await page.locator("img, b b").count()).toBe(0);
		expect(await page.title()).toBe("ParkMate");
	});

	test("is worked by keyboard alone: a free spot in six keys", async () => {
		await openDriver();
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("bay-SPOT001");
		await page.keyboard.press("f");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("bay-SPOT003");
		await page.keyboard.press("Enter");
		await page.getByRole("dialog", { name: "Spot 003" }).waitFor();
	});

	test("moves about the bays by what is on screen, with one tab stop", async () => {
		await openDriver();
		const press = async (key: string) => {
			await bay("001").focus();
			await page.keyboard.press(key);
			return (await page.evaluate(() => document.activeElement?.id))?.replace("bay-SPOT", "");
		};
		// The keys' code comes when the page stands.
		await expectEventually(() => press("ArrowRight"), "002");
		expect(await page.locator('.bay[tabindex="0"]').getAttribute("id")).toBe("bay-SPOT002");
		expect(await press("ArrowDown")).toBe("006");
		expect(await press("End")).toBe("005");
		expect(await press("Control+End")).toBe("020");
		expect(await press("PageDown")).toBe("011");
		expect(await press("f")).toBe("003");
		expect(await press("Shift+F")).toBe("020");
		await bay("017").focus();
		await page.keyboard.press("PageUp");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("bay-SPOT001");
		await page.keyboard.press("ArrowUp");
		expect(await page.evaluate(() => document.activeElement?.id)).toBe("bay-SPOT001");
	});
});

describe("while the line is bad, the driver page", () => {
	let visitor: BrowserContext;

	beforeEach(async () => {
		visitor = await visit();
		await page.clock.install();
		await openDriver();
		await bay("020").waitFor();
	});

	test("is late when an open line falls silent, and nothing is solid", async () => {
		expect(await solidTiles()).toBeGreaterThan(9);
		gateway.frozen = true;
		await page.clock.fastForward(12_500);
		await page.getByText("Waiting for the lot").waitFor();
		await expectEventually(solidTiles, 0);
		expect(await text(".sign-answer")).toMatch(/^9 free at \d\d:\d\d of 20 spots$/);
		expect(
			await sign()
				.locator(".sign-number")
				.evaluate((node) => getComputedStyle(node).color),
		).toBe("rgba(0, 0, 0, 0)");
	});

	test("is reconnecting when the line closes, tells how old it is, and comes back by itself", async () => {
		gateway.refusing = true;
		gateway.closeSockets();
		await page.getByText("Not live.").waitFor();
		await expectEventually(solidTiles, 0);
		await page.clock.runFor(48_000);
		expect(await text(".banner")).toMatch(
			/^Not live\. This is how it looked at \d\d:\d\d, \d+ (s|min) ago\. (Next try in \d+ s|Trying now)\. Try now$/,
		);
		expect(await page.locator("#said").textContent()).toMatch(/^Connection lost\. Showing \d\d:\d\d\.$/);
		gateway.refusing = false;
		gateway.sensor("LOT001", "SPOT003", "occupied");
		await page.getByRole("button", { name: "Try now" }).click();
		await page.getByText("Live", { exact: true }).first().waitFor();
		expect(await text(".sign-answer")).toBe("8 free of 20 spots");
		expect(await page.locator("#said").textContent()).toBe("Live again. 8 spots free. Best bet: Row B, 6 free.");
	});

	test("withholds its number after two minutes", async () => {
		gateway.refusing = true;
		gateway.closeSockets();
		await page.getByText("Not live.").waitFor();
		await page.clock.fastForward(121_000);
		await page.getByRole("heading", { name: "No connection" }).waitFor();
		expect(await text(".sign-known")).toMatch(/^Last known \d\d:\d\d: 9 of 20 free$/);
		expect(await page.locator(".bay, .sign-number").count()).toBe(0);
		gateway.refusing = false;
		await page.getByRole("button", { name: "Try now" }).click();
		await bay("020").waitFor();
	});

	test("withholds its number when the device loses its network", async () => {
		gateway.frozen = true;
		await visitor.setOffline(true);
		await page.getByRole("heading", { name: "No connection" }).waitFor();
		await page.getByText("This device is offline.").waitFor();
	});

	test("asks for a snapshot when a number is missing", async () => {
		gateway.sensor("LOT001", "SPOT003", "occupied", { silently: true });
		gateway.sensor("LOT001", "SPOT007", "occupied");
		await expectEventually(() => text(".sign-answer"), "7 free of 20 spots");
		// More than one when a heartbeat came between the request and its answer.
		expect(gateway.resyncs).toBeGreaterThanOrEqual(1);
		expect(await bay("003").getAttribute("data-state")).toBe("occupied");
	});

	test("notices by the heartbeat that it missed the last change", async () => {
		gateway.sensor("LOT001", "SPOT003", "occupied", { silently: true });
		gateway.heartbeat();
		await expectEventually(() => bay("003").getAttribute("data-state"), "occupied");
	});

	test("survives frames that are none", async () => {
		gateway.say("{");
		gateway.say('{"event":"party"}');
		gateway.sensor("LOT001", "SPOT003", "occupied");
		await expectEventually(() => bay("003").getAttribute("data-state"), "occupied");
	});
});

describe("the owner page", () => {
	beforeEach(async () => {
		await page.setViewportSize({ width: 1440, height: 900 });
	});

	const row = (label: string) =>
		page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: label, exact: true }) });
	const panel = (label: string) => page.getByRole("dialog", { name: `Spot ${label}` });
	const words = async (label: string) => (await row(label).innerText()).replace(/\s+/g, " ").trim();

	test("shows what an owner must know", async () => {
		await openOwner();
		const metrics = await Promise.all([0, 1, 2, 3].map((index) => text(`.metric >> nth=${index}`)));
		expect(metrics[0]).toBe("Free now 9 of 20 8 occupied 2 reserved 1 unknown");
		expect(metrics[1]).toMatch(/^Busiest today 95% at \d\d:\d\d/);
		expect(metrics[2]).toBe("Cars per spot today 3.1 61 arrivals · 53 departures");
		expect(metrics[3]).toBe("Needs you 1 1 silent sensor · 2 overrides in force");
	});

	test("lists what needs the owner first, with distance and last update", async () => {
		await openOwner();
		const labels = await page.getByRole("rowheader").allInnerTexts();
		expect(labels.slice(0, 5)).toEqual(["010", "005", "015", "001", "002"]);
		expect(await words("001")).toBe("001 Occupied 20 min Occupied · 34 cm 20 min ago – Set free 001");
		expect(await words("010")).toContain("No echo");
	});

	test("sets a spot free: the row changes on the gateway's word, and the toast can undo it", async () => {
		await openOwner();
		let allow = () => {};
		gateway.holdOverrides = new Promise((resolve) => {
			allow = resolve;
		});
		await row("001").getByRole("button", { name: "Set free" }).click();
		expect(gateway.overrides).toHaveLength(0);
		await panel("001").getByLabel("Reason").fill("Checked on site");
		const confirm = panel("001").getByRole("button", { name: /^Set 001 free until \d\d:\d\d$/ });
		await confirm.click();
		await panel("001").getByRole("button", { name: "Setting…" }).waitFor();
		expect(await words("001")).toContain("Occupied 20 min");
		allow();
		await page
			.getByText(/^001 shows as free until \d\d:\d\d\.$/)
			.first()
			.waitFor();
		await expectEventually(
			async () => (await words("001")).replace(/\d\d:\d\d/, "TIME"),
			"001 Free 0 s Occupied · 34 cm 0 s ago Free until TIME Checked on site Change 001Clear override 001".replace(
				"001Clear",
				"001 Clear",
			),
		);
		const { until, ...rest } = gateway.overrides[0]?.body ?? {};
		expect(rest).toEqual({ spot_id: "SPOT001", occupied: false, reason: "Checked on site" });
		const minutes = (Date.parse(String(until)) - Date.now()) / 60_000;
		expect(minutes).toBeGreaterThan(58);
		expect(minutes).toBeLessThanOrEqual(60);
		await page.getByRole("button", { name: "Undo" }).click();
		await expectEventually(() => Promise.resolve(gateway.overrides.at(-1)?.body), {
			spot_id: "SPOT001",
			occupied: null,
		});
		await expectEventually(() => words("001").then((line) => line.startsWith("001 Occupied")), true);
	});

	test("sets a spot occupied until it is cleared", async () => {
		await openOwner();
		await row("003").getByRole("button", { name: "Set occupied" }).click();
		await panel("003").getByText("I clear it").click();
		await panel("003").getByRole("button", { name: "Set 003 occupied until I clear it" }).click();
		await expectEventually(() => Promise.resolve(gateway.overrides[0]?.body), { spot_id: "SPOT003", occupied: true });
		await page.getByText("003 shows as occupied until you clear it.").first().waitFor();
	});

	test("reserves a spot", async () => {
		await openOwner();
		await row("003").getByRole("button", { name: "Set occupied" }).click();
		await panel("003").getByText("Reserved", { exact: true }).click();
		await panel("003")
			.getByRole("button", { name: /^Set 003 reserved until/ })
			.click();
		await expectEventually(() => Promise.resolve(gateway.overrides[0]?.body.reserved), true);
	});

	test("clears an override at once", async () => {
		await openOwner();
		await row("005").getByRole("button", { name: "Clear override" }).click();
		await expectEventually(() => words("005").then((line) => line.startsWith("005 Free")), true);
		expect(gateway.overrides[0]?.body).toEqual({ spot_id: "SPOT005", occupied: null });
		await page.getByRole("button", { name: "Undo" }).click();
		await expectEventually(() => Promise.resolve(gateway.overrides[1]?.body), {
			spot_id: "SPOT005",
			occupied: true,
			reserved: true,
			reason: "Delivery",
		});
	});

	test("keeps what was typed when the gateway says no", async () => {
		await openOwner();
		gateway.failOverrides = {
			status: 503,
			body: { statusCode: 503, error: "Service Unavailable", code: "STORE_AWAY", message: "the store does not answer" },
		};
		await row("001").getByRole("button", { name: "Set free" }).click();
		await panel("001").getByLabel("Reason").fill("Wet floor");
		await panel("001")
			.getByRole("button", { name: /^Set 001 free/ })
			.click();
		await panel("001").getByRole("alert").getByText("001 was not set: the store does not answer (503)").waitFor();
		expect(await panel("001").getByLabel("Reason").inputValue()).toBe("Wet floor");
		expect(await words("001")).toContain("Occupied 20 min");
	});

	test("says when clearing failed", async () => {
		await openOwner();
		gateway.failOverrides = { status: 500, body: {} };
		await row("005").getByRole("button", { name: "Clear override" }).click();
		await page
			.getByRole("alert")
			.getByText(/^005 was not cleared: The gateway answered 500/)
			.waitFor();
	});

	test("asks before it overwrites what somebody else has set meanwhile", async () => {
		await openOwner();
		await row("001").getByRole("button", { name: "Set free" }).click();
		const at = new Date().toISOString();
		const override = { occupied: true, reserved: false, until: null, reason: null, by: "Ben", at };
		gateway.change("LOT001", { ...gateway.spot("LOT001", "SPOT001"), manual_override: true, override });
		await panel("001").getByText("Meanwhile Ben set 001 occupied, no end.").waitFor();
		await panel("001").getByRole("button", { name: "Use mine" }).click();
		await panel("001").getByText("Meanwhile Ben").waitFor({ state: "detached" });
	});

	test("denies writes while it is not live, and says why", async () => {
		await openOwner();
		gateway.refusing = true;
		gateway.closeSockets();
		await page.getByText("Not live.").waitFor();
		const button = row("001").getByRole("button", { name: "Set free" });
		expect(await button.getAttribute("aria-disabled")).toBe("true");
		expect(
			await button.evaluate(
				(node) => document.getElementById(node.getAttribute("aria-describedby") ?? "")?.textContent,
			),
		).toBe("Needs a live connection.");
		await button.click({ force: true });
		expect(await page.getByRole("dialog").count()).toBe(0);
	});

	test("says that it still waits after 5 s", async () => {
		await visit({ viewport: { width: 1440, height: 900 } });
		await page.clock.install();
		await openOwner();
		gateway.holdOverrides = new Promise(() => {});
		await row("001").getByRole("button", { name: "Set free" }).click();
		await panel("001")
			.getByRole("button", { name: /^Set 001 free/ })
			.click();
		await panel("001").getByRole("button", { name: "Setting…" }).waitFor();
		await page.clock.runFor(5_000);
		await panel("001").getByRole("button", { name: "Still waiting for the gateway…" }).waitFor();
	});

	test("changes cells at once and leaves rows where they are until they are sorted again", async () => {
		await openOwner();
		gateway.sensor("LOT001", "SPOT020", "unknown");
		await page.getByText("1 row moved").waitFor();
		expect((await page.getByRole("rowheader").allInnerTexts()).at(-1)).toBe("020");
		expect(await words("020")).toContain("Unknown");
		await page.getByRole("button", { name: "Sort again" }).click();
		expect((await page.getByRole("rowheader").allInnerTexts()).slice(0, 2)).toEqual(["010", "020"]);
		expect(await page.locator("#said").textContent()).toBe("Spot 020 needs you: its sensor is silent.");
	});

	test("filters, sorts and finds, and keeps it in the address", async () => {
		await openOwner();
		await page.getByRole("button", { name: "Reserved 2" }).click();
		expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(["005", "015"]);
		await page.getByRole("button", { name: "Spot", exact: true }).click();
		await page.getByRole("button", { name: "Spot", exact: true }).click();
		expect(await page.getByRole("columnheader", { name: "Spot" }).getAttribute("aria-sort")).toBe("descending");
		expect(page.url()).toMatch(/show=reserved&sort=-spot$/);
		await page.reload();
		await expectEventually(() => page.getByRole("rowheader").allInnerTexts(), ["015", "005"]);
		await page.getByRole("searchbox").fill("nothing like it");
		await page.getByText("No spot matches.").waitFor();
		await page.getByRole("button", { name: "Show all spots" }).click();
		await expectEventually(() => page.getByRole("rowheader").count(), 20);
	});

	test("draws today's occupancy and tells the same as a table", async () => {
		await openOwner();
		await page.locator(".chart canvas").waitFor();
		expect(await text("figcaption")).toMatch(/^Busiest at \d\d:\d\d with 95%; now 53%\.$/);
		await page.getByRole("button", { name: "Show as table" }).click();
		expect(await page.locator(".steps tbody tr").count()).toBe(11);
		expect(await text(".steps tbody tr >> nth=2")).toMatch(/95%/);
	});

	test("goes on when only the statistics fail", async () => {
		gateway.failStats = 503;
		await openOwner();
		await page.getByText(/^Today's numbers could not be loaded \(503\)\. Trying again in \d s\./).waitFor();
		gateway.failStats = 0;
		await page.getByRole("button", { name: "Try now" }).click();
		await page.locator(".chart canvas").waitFor();
	});

	test("makes the sample lots where there are none", async () => {
		gateway.reset();
		gateway.samples = [tower];
		await page.goto(`${gateway.url}/owner.html`);
		await page.getByRole("button", { name: "Make the sample lots" }).click();
		await row("001").waitFor();
	});

	test("gives focus back to where it came from", async () => {
		await openOwner();
		await row("001").getByRole("button", { name: "Set free" }).focus();
		await page.keyboard.press("Enter");
		await expectEventually(() => page.evaluate(() => document.activeElement?.textContent), "Spot 001");
		await page.keyboard.press("Escape");
		await expectEventually(() => page.evaluate(() => document.activeElement?.textContent), "Set free 001");
	});

	test("on a phone lists spots worst first and overrules one from a sheet", async () => {
		await page.setViewportSize({ width: 360, height: 780 });
		await openOwner();
		await page.getByRole("button", { name: /^Spots/ }).click();
		const first = page.locator(".row-button").first();
		expect((await first.innerText()).replace(/\s+/g, " ")).toContain("010 Unknown 20 min No echo");
		await first.click();
		await panel("010")
			.getByRole("button", { name: /^Set 010 free/ })
			.click();
		await page
			.getByText(/^010 shows as free until/)
			.first()
			.waitFor();
	});
});

describe("both pages", () => {
	const findings = () => findingsOf(page);

	/** Motion is still, so that colours are judged as they stay. */
	const still = { reducedMotion: "reduce", bypassCSP: true } as const;

	test.each(["light", "dark"] as const)(
		"have no findings by axe-core, %s",
		async (colorScheme) => {
			await visit({ ...still, colorScheme });
			await openDriver();
			await page.waitForLoadState("networkidle");
			expect(await findings()).toEqual([]);
			await bay("003").click();
			await page.getByRole("dialog").waitFor();
			expect(await findings()).toEqual([]);
			await page.keyboard.press("Escape");
			await page.getByRole("button", { name: /Choose a lot/ }).click();
			await page.getByRole("dialog").waitFor();
			expect(await findings()).toEqual([]);
			await page.keyboard.press("Escape");
			gateway.refusing = true;
			gateway.closeSockets();
			await page.getByText("Not live.").waitFor();
			expect(await findings()).toEqual([]);

			gateway.refusing = false;
			await visit({ ...still, colorScheme, viewport: { width: 1440, height: 900 } });
			await openOwner();
			await page.locator(".chart canvas").waitFor();
			expect(await findings()).toEqual([]);
			await page.getByRole("button", { name: "Set free" }).first().click();
			await page.getByRole("dialog").waitFor();
			expect(await findings()).toEqual([]);
			gateway.refusing = true;
			gateway.closeSockets();
			await page.getByText("Not live.").waitFor();
			expect(await findings()).toEqual([]);
		},
		30_000,
	);

	test.each([320, 360, 768, 1280])("never scroll sideways at %i px", async (width) => {
		await page.setViewportSize({ width, height: 780 });
		const overflow = () =>
			page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
		await openDriver();
		await page.locator(".other-lots").waitFor({ state: "attached" });
		expect(await overflow()).toBe(0);
		await bay("003").click();
		expect(await overflow()).toBe(0);
		await openOwner();
		await page.locator(".chart canvas").waitFor();
		expect(await overflow()).toBe(0);
	});

	test("tell free from occupied without colour, in light and dark", async () => {
		await openDriver();
		for (const colorScheme of ["light", "dark"] as const) {
			await page.emulateMedia({ colorScheme });
			const looks = await Promise.all(
				["003", "001", "010", "005"].map((number) =>
					bay(number).evaluate((node) => {
						const style = getComputedStyle(node);
						const mask = getComputedStyle(node, "::before");
						return [
							mask.display === "none" ? "" : mask.maskImage.slice(0, 400),
							style.borderTopStyle,
							node.textContent?.replace(/\d/g, ""),
						].join();
					}),
				),
			);
			expect(new Set(looks).size).toBe(4);
		}
		await page.emulateMedia({ colorScheme: null });
	});

	test("show tiles in forced colours by border and system colours", async () => {
		await page.emulateMedia({ forcedColors: "active" });
		await openDriver();
		const border = (number: string) => bay(number).evaluate((node) => getComputedStyle(node).border);
		expect(new Set(await Promise.all(["001", "010", "005"].map(border))).size).toBe(3);
		await page.emulateMedia({ forcedColors: null });
	});
});

test("a spot's own label stands on its tile", async () => {
	await openDriver();
	gateway.reset(tower);
	gateway.change("LOT001", makeSpot("LOT001", "SPOT003", "free", { label: "A3", zone: "Row A" }));
	await openDriver();
	expect((await bay("003").innerText()).replace(/\s+/g, " ")).toBe("A3 Free");
});
