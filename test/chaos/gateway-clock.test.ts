import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Program } from "../support/processes.ts";
import { GatewayClock } from "./gateway-clock.ts";

const dayMs = 86_400_000;

/** Answers each message with what its clocks say: all ways to ask for the time, and a time that is no question. */
const program = `process.on("message", () => process.send({
	now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(), parsed: Date.parse("1970-01-01T00:00:01Z"),
	isDate: new Date() instanceof Date, steady: performance.now(),
}));`;

it("sets the wall clock of a process, running or not, and no other", async () => {
	const folder = mkdtempSync(join(tmpdir(), "parkmate-clock-"));
	const clock = new GatewayClock(folder);
	await clock.set(dayMs);
	const env = { ...process.env, ...clock.env };
	const child = new Program("clock", process.execPath, ["-e", program], {
		...{ env, stdio: ["ignore", "pipe", "pipe", "ipc"] },
	});
	const ask = async () => {
		child.child.send("time");
		const [answer] = await once(child.child, "message");
		return answer;
	};
	try {
		const first = await ask();
		expect(Math.abs(first.now - Date.now() - dayMs)).toBeLessThan(60_000);
		expect(first).toMatchObject({ given: 5, parsed: 1000, isDate: true });
		await clock.set(-dayMs, child.child.pid);
		const second = await ask();
		expect(Math.abs(second.made - Date.now() + dayMs)).toBeLessThan(60_000);
		expect(second.steady).toBeGreaterThan(first.steady);
	} finally {
		await child.end("SIGKILL");
		rmSync(folder, { recursive: true });
	}
});
