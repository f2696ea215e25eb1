import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { chromiumMissing, launch } from "../support/chromium.ts";
import { GatewayProcess } from "../support/processes.ts";
import { call, Sensor } from "./clients.ts";

let gateway: GatewayProcess;
let browser: Browser;
let driver: Page;
let owner: Page;
const complaints: string[] = [];

async function open(path: string): Promise<Page> {
	const page = await browser.newPage();
	page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
	page.on("pageerror", (error) => complaints.push(String(error)));
	await page.goto(`${gateway.url}${path}`);
	return page;
}

/** The count on the entrance sign. */
const sign = async (page: Page) =>
	Number(/(\d+)\s*free/i.exec((await page.locator("main").innerText()).replace(/\n/g, " "))?.[1]);
const counters = async () => (await call(`${gateway.url}/api/lots/LOT001`)).body;

beforeAll(async () => {
	if (chromiumMissing !== null) return;
	gateway = await GatewayProcess.start({ demo: true });
	browser = await launch();
	driver = await open("/?lot=LOT001");
	owner = await open("/owner.html?lot=LOT001");
}, 60_000);
beforeEach((ctx) => ctx.skip(chromiumMissing !== null, chromiumMissing ?? ""));
afterAll(async () => {
	await browser?.close();
	await gateway?.close();
});

/** What the driver's page shows of each spot. */
const tileStates = () =>
	driver
		.getByRole("button", { name: /^Spot 0\d\d, (occupied|free)/ })
		.evaluateAll((found) => found.map((tile) => tile.getAttribute("data-state")));
let first: (string | null)[] = [];

test("every spot is decided soon, and its tile says so", async () => {
	await expect.poll(async () => (await tileStates()).length, { timeout: 20_000 }).toBe(20);
	first = await tileStates();
}, 30_000);

test("an override by the owner shows up on the driver's page, and so does its end", async () => {
	const row = owner.getByRole("row", { name: /^001\b/ });
	const state = (await counters()).spots[0].state as "free" | "occupied";
	const [verb, wanted] = state === "free" ? ["Set occupied", "occupied"] : ["Set free", "free"];
	await row.getByRole("button", { name: verb }).click();
	await owner.getByRole("button", { name: new RegExp(`^Set 001 ${wanted} until`) }).click();
	await expect.poll(async () => (await counters()).spots[0]).toMatchObject({ manual_override: true, state: wanted });
	const tile = driver.getByRole("button", { name: new RegExp(`^Spot 001, ${wanted}`) });
	await expect.poll(() => tile.count()).toBe(1);
	await row.getByRole("button", { name: "Clear override" }).click();
	await expect.poll(async () => (await counters()).spots[0]).toMatchObject({ manual_override: false });
	const cleared = (await counters()).spots[0].sensor_state as string;
	await expect.poll(() => driver.getByRole("button", { name: new RegExp(`^Spot 001, ${cleared}`) }).count()).toBe(1);
}, 30_000);

test("a plain sensor's report reaches the tile within the blink of an eye", async () => {
	await call(`${gateway.url}/api/lots`, { lot_id: "PLAIN", name: "Plain", spots: 2 });
	const page = await open("/?lot=PLAIN");
	const sensor = await Sensor.connect(gateway.mqttUrl);
	await expect.poll(() => page.getByRole("button", { name: /^Spot 001, unknown/i }).count()).toBe(1);
	await sensor.say("parkmate/spot/status", { spot_id: "SPOT001", lot_id: "PLAIN", occupied: true, distance: 30 });
	await expect
		.poll(() => page.getByRole("button", { name: /^Spot 001, occupied/i }).count(), { timeout: 2000 })
		.toBe(1);
	await sensor.close();
	await page.close();
});

test("a sensor is found and watched through its board, on the owner's page", async () => {
	await owner.getByRole("button", { name: /^Sensor 005:/ }).click();
	const panel = owner.getByRole("dialog", { name: "Sensor 005" });
	await panel.getByRole("button", { name: "Find it" }).click();
	await panel.getByText("The lamp of 005 blinks for 10 seconds.").waitFor();
	await panel.getByRole("button", { name: "Watch" }).click();
	await panel.locator(".watch-plot canvas").waitFor();
	await panel.getByText(/^(\d\d|[3-9]) measurements, /).waitFor({ timeout: 20_000 });
	await panel.getByRole("button", { name: "Stop watching" }).click();
	await panel.getByText("It has stopped telling.").waitFor();
	await owner.keyboard.press("Escape");
}, 60_000);

// Cars take their time: here, some of it has passed with the other tests.
test("a car that arrives turns its tile, and the counts follow, without a reload", async () => {
	await expect.poll(tileStates, { timeout: 30_000 }).not.toEqual(first);
	await expect
		.poll(async () => {
			const { available_spots: free } = await counters();
			return [await sign(driver), await driver.locator('button[data-state="free"][aria-label^="Spot"]').count()].map(
				(shown) => shown - free,
			);
		})
		.toEqual([0, 0]);
}, 60_000);

test("nothing is solid while the gateway is away, and all is live again after it is back", async () => {
	await gateway.kill();
	await expect.poll(() => driver.getByText("Reconnecting").count(), { timeout: 10_000 }).toBeGreaterThan(0);
	gateway.launch();
	await gateway.ready();
	await expect.poll(() => driver.getByText("Live", { exact: true }).count(), { timeout: 20_000 }).toBeGreaterThan(0);
	await expect.poll(async () => (await sign(driver)) - (await counters()).available_spots, { timeout: 20_000 }).toBe(0);
	await expect.poll(() => owner.getByText("Live", { exact: true }).count(), { timeout: 20_000 }).toBeGreaterThan(0);
}, 60_000);

test("no page complained, but for the connections that the gateway's absence refused", () => {
	expect(
		complaints.filter((text) => !/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|WebSocket/.test(text)),
	).toEqual([]);
});
