/**
 * Loaded into the gateway before anything else: a wall clock that is off by as many ms as a file says. The file is read at the
 * start and at SIGUSR2; what was taken from it is written beside it. Timers go on as they do where a real clock is set anew.
 */
import { readFileSync, writeFileSync } from "node:fs";

const RealDate = Date;
const path = process.env.PARKMATE_CHAOS_CLOCK ?? "";
let offMs = 0;

function read(): void {
	const text = readFileSync(path, "utf8");
	offMs = Number(text);
	writeFileSync(`${path}.taken`, text);
}

const now = () => RealDate.now() + offMs;
globalThis.Date = new Proxy(RealDate, {
	construct: (target, args, self) => Reflect.construct(target, args.length === 0 ? [now()] : args, self),
	get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});
process.on("SIGUSR2", read);
read();
