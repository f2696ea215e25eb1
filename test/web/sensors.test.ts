/** Sensors and boards on the owner page, in a real browser, against boards that can be put into every state. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { HistoryEntry } from "../../gateway/contract/resources.ts";
import { buildIfStale } from "../../web/build.ts";
import { chromiumMissing, launch } from "../support/chromium.ts";
import { findingsOf } from "./axe.ts";
import { error, makeSamples, makeSensor } from "./fake-boards.ts";
import { FakeGateway } from "./fake-gateway.ts";

/** Nothing here takes long on a machine that has time; one that is busy gets as much as it may need. */
const deadlineMs = 15_000;
vi.setConfig({ testTimeout: 2 * deadlineMs, hookTimeout: 60_000 });

const phone = { width: 360, height: 780 };
const desktop = { width: 1280, height: 900 };
const idsOf = (first: number, last: number) =>
	Array.from({ length: last - first + 1 }, (_, index) => `SPOT${String(first + index).padStart(3, "0")}`);
const sensorsOf = (ids: readonly string[], more: Record<string, Parameters<typeof makeSensor>[0]> = {}) =>
	Object.fromEntries(ids.map((id) => [id, makeSensor(more[id])]));

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
beforeEach((ctx) => {
	ctx.skip(chromiumMissing !== null, chromiumMissing ?? "");
	const states = Array.from({ length: 12 }, (_, index) =>
		index === 9 ? "unknown" : index === 0 ? "occupied" : "free",
	);
	gateway.reset({ lot_id: "LOT001", name: "Central Parking Tower", states: states as ("free" | "unknown")[] });
	gateway.boards.make("board-1", "LOT001", sensorsOf(idsOf(1, 8), { SPOT003: { alarm: "dirt" } }));
	gateway.boards.make(
		"board-2",
		"LOT001",
		sensorsOf(idsOf(9, 12), { SPOT010: { state: "unknown", reason: "no_echo" } }),
	);
	for (const id of idsOf(9, 12)) gateway.spot("LOT001", id).board_id = "board-2";
	complaints = [];
});
afterEach(async () => {
	await context?.close();
	context = null;
	expect(complaints).toEqual([]);
});

function listen(to: Page): void {
	to.setDefaultTimeout(deadlineMs);
	to.on("pageerror", (problem) => complaints.push(String(problem)));
	to.on("console", (message) => {
		if (message.type() === "error" && !/WebSocket|Failed to load resource/.test(message.text())) {
			complaints.push(message.text());
		}
	});
}

async function visit(viewport = desktop): Promise<void> {
	page = shared;
	await page.setViewportSize(viewport);
	await openOwner();
}

/** As somebody of whom the browser knows nothing yet. */
async function visitAs(options: BrowserContextOptions): Promise<void> {
	// Two pages would both ask the gateway.
	await shared.goto("about:blank");
	context = await browser.newContext(options);
	page = await context.newPage();
	listen(page);
	await openOwner();
}

async function openOwner(): Promise<void> {
	await page.goto(`${gateway.url}/owner.html?lot=LOT001`);
	await page.locator('.main[data-live="true"]').waitFor();
}

const board = (name: string) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name }) });
const sensor = (label: string) => page.getByRole("button", { name: new RegExp(`^Sensor ${label}:`) });
const panel = (label: string) => page.getByRole("dialog", { name: `Sensor ${label}` });
const words = async (text: Promise<string>) => (await text).replace(/\s+/g, " ").trim();
const said = () => page.locator("#said").textContent();
const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function expectEventually(read: () => Promise<unknown>, wanted: unknown): Promise<void> {
	await expect.poll(read, { timeout: deadlineMs, interval: 20 }).toEqual(wanted);
}

async function openSensor(label: string): Promise<void> {
	await sensor(label).click();
	await panel(label)
		.getByText(/measurements? since it started|plain sensor/)
		.waitFor();
}

describe("the list of sensors", () => {
	test("shows each board with its sensors, and says of each what it says", async () => {
		await visit();
		await board("board-1").waitFor();
		expect(await words(board("board-1").innerText())).toBe(
			"board-1 001 to 008 Online 001 002 003 004 005 006 007 008 up 12 min · −61 dBm · 9 KB free · firmware 1.4.2",
		);
		expect(await sensor("001").getAttribute("aria-label")).toBe("Sensor 001: Occupied · 34 cm");
		expect(await sensor("003").getAttribute("aria-label")).toBe(
			"Sensor 003: Free · 218 cm. It answers ever less often.",
		);
		expect(await sensor("010").getAttribute("aria-label")).toBe("Sensor 010: No echo");
	});

	test("puts boards that are offline first, and counts them and the alarms among what needs its owner", async () => {
		gateway.boards.make("board-2", "LOT001", sensorsOf(idsOf(9, 12)), { online: false });
		await visit();
		await board("board-2").waitFor();
		expect(await page.locator(".board-name").allInnerTexts()).toEqual(["board-2 009 to 012", "board-1 001 to 008"]);
		expect(await words(board("board-2").locator(".board-state").innerText())).toBe("Offline for 12 min");
		expect(await words(page.locator(".metric").last().innerText())).toBe(
			"Needs you 3 1 board offline · 1 silent sensor · 1 sensor to look after · 0 overrides in force",
		);
		const first = page.getByRole("row").nth(1);
		await expectEventually(async () => (await words(first.innerText())).includes("Needs cleaning"), true);
	});

	test("says of two boards that speak for one spot what each shares with the other, and shows them first", async () => {
		const contest = (other: string, ids: readonly string[]) =>
			ids.map((spot_id) => ({ lot_id: "LOT001", spot_id, with: other }));
		gateway.boards.make("board-3", "LOT001", sensorsOf(idsOf(8, 12)), { contested: contest("board-2", idsOf(9, 12)) });
		gateway.boards.make("board-2", "LOT001", sensorsOf(idsOf(9, 12)), { contested: contest("board-3", idsOf(9, 9)) });
		await visit();
		await board("board-3").waitFor();
		expect(await page.locator(".board-name").allInnerTexts()).toEqual([
			"board-2 009 to 012",
			"board-3 008 to 012",
			"board-1 001 to 008",
		]);
		expect(await words(board("board-2").locator(".board-contested").innerText())).toBe(
			"Spot 009 is also claimed by board-3. Drivers see whichever spoke last. Give each board its own spots.",
		);
		expect(await words(board("board-3").locator(".board-contested").innerText())).toBe(
			"Spot 009 is also claimed by board-2. Spot 010 is also claimed by board-2. Spot 011 is also claimed by board-2. " +
				"1 more spot is claimed twice. Drivers see whichever spoke last. Give each board its own spots.",
		);
		expect(await board("board-1").locator(".board-contested").count()).toBe(0);
		expect(await findingsOf(page)).toEqual([]);
		await page.setViewportSize(phone);
		expect(await overflow()).toBe(0);
	});

	test("tells on a phone what is wrong in plain words, and leads to the sensor", async () => {
		gateway.boards.make("board-2", "LOT001", sensorsOf(idsOf(9, 12)), { online: false });
		await visit(phone);
		await page.getByText("board-2 is offline", { exact: true }).waitFor();
		const needs = page.locator(".needs");
		expect(await words(needs.innerText())).toContain(
			"For 12 min. Drivers see what its sensors said last. Check its power and its network.",
		);
		expect(await words(needs.innerText())).toContain(
			"It answers ever less often. It is still right, and may not stay so.",
		);
		await needs.getByRole("button", { name: "Look Spot 003" }).click();
		await panel("003").getByText("Wipe both eyes: dust, dew and webs are the usual causes.").waitFor();
	});

	test("says when a board goes offline while it is looked at", async () => {
		await visitAs({ viewport: desktop });
		await page.clock.install();
		await page.reload();
		await page.locator('.main[data-live="true"]').waitFor();
		await board("board-2").waitFor();
		gateway.boards.make("board-2", "LOT001", sensorsOf(idsOf(9, 12)), { online: false });
		await page.clock.runFor(16_000);
		await expectEventually(said, "board-2 is offline.");
	});

	test("says that there are no boards yet", async () => {
		gateway.reset({ lot_id: "LOT001", name: "Plain", states: ["free"] });
		await visit();
		await page.getByText("No board has told of itself yet.").waitFor();
	});

	test("says when the boards can't be had, and goes on when they can", async () => {
		gateway.boards.fail = 503;
		await visit();
		const tryNow = page.locator(".sensors").getByRole("button", { name: "Try now" });
		await page.getByText(/^The boards could not be loaded \(503\)\. Trying again in \d s\./).waitFor();
		// Each try makes the next one later: in the end there is time for a press of ours.
		await expect
			.poll(
				async () => {
					await tryNow.click();
					return page.locator(".sensors .failed").innerText();
				},
				{ timeout: deadlineMs },
			)
			.toMatch(/in 1\d s\./);
		gateway.boards.fail = 0;
		await tryNow.click();
		await board("board-1").waitFor();
	});
});

describe("one sensor", () => {
	test("shows what it hears, what it makes of it, and how its measurements went", async () => {
		await visit();
		await openSensor("001");
		const text = await words(panel("001").innerText());
		expect(text).toContain("Occupied It hears something that is not the empty floor.");
		expect(text).toMatch(/Echo 34 cm, \d+ s ago Floor 219 cm Confidence 98% Board board-1, online/);
		expect(text).toContain("12,000 measurements since it started Echo over 99% No echo under 1% Too short under 1%");
	});

	test("says why its board had to start anew, and shows what it says as text", async () => {
		gateway.boards.make("board-1", "LOT001", sensorsOf(idsOf(1, 8)), { restarted: "<b>watchdog</b>" });
		await visit();
		await openSensor("001");
		await panel("001").getByText("<b>watchdog</b>", { exact: true }).waitFor();
	});

	test("says why it knows nothing, and what to do", async () => {
		await visit();
		await openSensor("010");
		const text = await words(panel("010").innerText());
		expect(text).toContain("Unknown Nothing comes back to it. See that it points straight down");
		expect(text).not.toContain("Confidence");
	});

	test("follows its spot while it is looked at", async () => {
		await visit();
		await openSensor("002");
		gateway.sensor("LOT001", "SPOT002", "occupied");
		await panel("002").getByText("It hears something that is not the empty floor.").waitFor();
	});

	test("blinks when it is to be found", async () => {
		await visit();
		await openSensor("002");
		await panel("002").getByRole("button", { name: "Find it" }).click();
		await panel("002").getByText("The lamp of 002 blinks for 10 seconds.").waitFor();
		expect(gateway.boards.commands).toEqual([
			{ boardId: "board-1", body: { command: "identify", spot_id: "SPOT002" } },
		]);
		expect(await said()).toBe("The lamp of 002 blinks for 10 seconds.");
	});

	test("learns its floor after the question whether the spot is empty, and shows how far it is", async () => {
		await visit();
		await openSensor("002");
		let allow = () => {};
		gateway.boards.hold = new Promise((resolve) => {
			allow = resolve;
		});
		gateway.boards.answer = () => ({ status: 200, body: { id: "c1", ok: true, floors: { SPOT002: 220.6 } } });
		await panel("002").getByRole("button", { name: "Learn floor now" }).click();
		await panel("002").getByText("Is the spot empty?").waitFor();
		expect(gateway.boards.commands).toEqual([]);
		await panel("002").getByRole("button", { name: "It is empty, learn it" }).click();
		await panel("002")
			.getByText(/^Listening to the floor, \d s\. It takes up to 20\.$/)
			.waitFor();
		allow();
		await panel("002").getByText("The floor is learnt: 221 cm.").waitFor();
		expect(gateway.boards.commands[0]?.body).toEqual({ command: "learn_floor", spot_id: "SPOT002" });
	});

	test("warns before it learns while it says occupied", async () => {
		await visit();
		await openSensor("001");
		await panel("001").getByRole("button", { name: "Learn floor now" }).click();
		await panel("001").getByText("It says Occupied. If a car stands there, it would be taken for the floor.").waitFor();
		await page.keyboard.press("Escape");
		await openSensor("002");
		await panel("002").getByRole("button", { name: "Learn floor now" }).click();
		await panel("002").getByText("Is the spot empty?").waitFor();
		expect(await panel("002").getByText("It says Occupied").count()).toBe(0);
	});

	test("says why its floor was not learnt", async () => {
		await visit();
		await openSensor("002");
		gateway.boards.answer = () => ({
			status: 502,
			body: error(
				502,
				"BOARD_REFUSED",
				'board "board-1": SPOT002: no floor was heard; does something stand or move under it?',
			),
		});
		await panel("002").getByRole("button", { name: "Learn floor now" }).click();
		await panel("002").getByRole("button", { name: "It is empty, learn it" }).click();
		await panel("002")
			.getByRole("alert")
			.getByText(
				'The floor was not learnt. board "board-1": SPOT002: no floor was heard; does something stand or move under it?',
			)
			.waitFor();
	});

	test("is watched: a plot, the same in a sentence and as a table, until it is stopped", async () => {
		await visit();
		const now = Date.now();
		gateway.boards.samples = makeSamples(now);
		const entry = { source: "sensor", sensor_state: "occupied", timestamp: new Date(now - 118_000).toISOString() };
		gateway.history = [{ ...entry, id: "1", spot_id: "SPOT001", state: "occupied" } as HistoryEntry];
		await openSensor("001");
		await panel("001").getByRole("button", { name: "Watch" }).click();
		await panel("001").locator(".watch-plot canvas").waitFor();
		await panel("001")
			.getByText(/^\d+ measurements, from 74 to 220 cm; \d+ without an echo\.$/)
			.waitFor();
		expect(gateway.boards.commands[0]?.body).toEqual({ command: "trace", spot_id: "SPOT001", seconds: 300 });
		expect(await words(panel("001").innerText())).toContain("Echo 78 cm, now");
		await panel("001").getByRole("button", { name: "Show as table" }).click();
		expect(await panel("001").locator("tbody tr").count()).toBe(25);
		expect(await words(panel("001").locator("tbody tr").first().innerText())).toMatch(
			/^\d\d:\d\d:\d\d 78 cm 4,540 µs$/,
		);
		await panel("001").getByRole("button", { name: "Stop watching" }).click();
		await panel("001").getByText("It has stopped telling.").waitFor();
		await panel("001").getByRole("button", { name: "Watch again" }).waitFor();
	});

	test("draws echoes, silence, floor and verdict where they belong", async () => {
		await visit();
		gateway.boards.samples = makeSamples(Date.now());
		await openSensor("001");
		await panel("001").getByRole("button", { name: "Watch" }).click();
		const canvas = panel("001").locator(".watch-plot canvas");
		await canvas.waitFor();
		/** The share of pixels that are painted, in a part of the plot's height. */
		const painted = (from: number, to: number) =>
			canvas.evaluate(
				(node, [top = 0, bottom = 1]) => {
					const { width, height } = node as HTMLCanvasElement;
					const pixels = (node as HTMLCanvasElement)
						.getContext("2d")
						?.getImageData(width * 0.2, height * top, width * 0.75, height * (bottom - top)).data;
					const all = [...(pixels ?? [])].filter((_, index) => index % 4 === 3);
					return all.filter((alpha) => alpha > 0).length / all.length;
				},
				[from, to],
			);
		await expectEventually(async () => (await painted(0.03, 0.1)) > 0.9, true);
		expect(await painted(0.15, 0.3)).toBeGreaterThan(0.05);
		expect(await painted(0.8, 0.86)).toBeGreaterThan(0.005);
	});

	test("is still watched when its panel is opened again", async () => {
		await visit();
		gateway.boards.samples = makeSamples(Date.now());
		await openSensor("001");
		await panel("001").getByRole("button", { name: "Watch" }).click();
		await panel("001").getByRole("button", { name: "Stop watching" }).waitFor();
		await page.keyboard.press("Escape");
		await openSensor("001");
		await panel("001").getByRole("button", { name: "Stop watching" }).waitFor();
		expect(gateway.boards.commands).toHaveLength(1);
	});

	test("of a board that is offline is shown as it was, and asked for nothing", async () => {
		gateway.boards.make("board-2", "LOT001", sensorsOf(idsOf(9, 12)), { online: false });
		await visit();
		await openSensor("009");
		await panel("009").getByText("board-2 is offline: what you see is what it said last.").waitFor();
		const colours = await Promise.all(
			[panel("009").locator(".now").last(), sensor("009"), sensor("002")].map((place) =>
				place.locator('.glyph[data-glyph="free"]').evaluate((node) => getComputedStyle(node).backgroundColor),
			),
		);
		expect([colours[0] === colours[1], colours[0] === colours[2]]).toEqual([true, false]);
		const button = panel("009").getByRole("button", { name: "Find it" });
		expect(await button.getAttribute("aria-disabled")).toBe("true");
		const why = await button.evaluate((node) => document.getElementById(node.getAttribute("aria-describedby") ?? ""));
		expect(why).not.toBeNull();
		await panel("009").getByText("Needs its board online.").waitFor();
		await button.click({ force: true });
		expect(gateway.boards.commands).toEqual([]);
	});

	test("without a board says nothing of itself", async () => {
		gateway.change("LOT001", { ...gateway.spot("LOT001", "SPOT002"), board_id: null });
		await visit();
		await openSensor("002");
		expect(await panel("002").getByRole("button", { name: "Find it" }).count()).toBe(0);
	});

	test("gives its place to the override panel and back", async () => {
		await visit({ width: 1440, height: 900 });
		await openSensor("002");
		await panel("002").getByRole("button", { name: "Set by hand" }).click();
		const override = page.getByRole("dialog", { name: "Spot 002" });
		await override.waitFor();
		expect(await page.getByRole("dialog").count()).toBe(1);
		await override.getByRole("button", { name: "Its sensor" }).click();
		await panel("002").waitFor();
		expect(await page.getByRole("dialog").count()).toBe(1);
	});

	test("is reached, asked and left by keyboard alone", async () => {
		await visit();
		await board("board-1").waitFor();
		await sensor("002").focus();
		await page.keyboard.press("Enter");
		await expectEventually(() => page.evaluate(() => document.activeElement?.textContent), "Sensor 002");
		await panel("002").getByRole("button", { name: "Learn floor now" }).focus();
		await page.keyboard.press("Enter");
		await expectEventually(
			() => page.evaluate(() => document.activeElement?.textContent?.startsWith("Is the spot empty?")),
			true,
		);
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await panel("002").getByText("Is the spot empty?").waitFor({ state: "detached" });
		await expectEventually(() => page.evaluate(() => document.activeElement?.textContent), "Learn floor now");
		await page.keyboard.press("Escape");
		await expectEventually(() => page.evaluate(() => document.activeElement?.id), "sensor-SPOT002");
		expect(gateway.boards.commands).toEqual([]);
	});
});

describe("on every screen", () => {
	test.each([
		[phone, "dark"],
		[desktop, "light"],
	] as const)("axe-core finds nothing, and nothing scrolls sideways: %o, %s", async (viewport, colorScheme) => {
		gateway.boards.make("board-3", "LOT001", {}, { online: false });
		gateway.boards.samples = makeSamples(Date.now());
		await visitAs({ viewport, colorScheme, reducedMotion: "reduce", bypassCSP: true });
		await page.locator(".board").first().waitFor({ state: "attached" });
		expect(await findingsOf(page)).toEqual([]);
		if (viewport === phone) await page.getByRole("button", { name: /^Sensors/ }).click();
		expect(await overflow()).toBe(0);
		expect(await findingsOf(page)).toEqual([]);
		await openSensor("003");
		await panel("003").getByRole("button", { name: "Watch" }).click();
		await panel("003").locator(".watch-plot canvas").waitFor();
		await panel("003").getByRole("button", { name: "Learn floor now" }).click();
		await panel("003").getByText("Is the spot empty?").waitFor();
		expect(await overflow()).toBe(0);
		expect(await findingsOf(page)).toEqual([]);
		const clipped = await panel("003").evaluate((node) => node.scrollWidth - node.clientWidth);
		expect(clipped).toBe(0);
	});

	test("at 320 px nothing scrolls sideways", async () => {
		await visit({ width: 320, height: 700 });
		await page.getByRole("button", { name: /^Sensors/ }).click();
		await openSensor("003");
		expect(await overflow()).toBe(0);
		expect(await panel("003").evaluate((node) => node.scrollWidth - node.clientWidth)).toBe(0);
	});
});
