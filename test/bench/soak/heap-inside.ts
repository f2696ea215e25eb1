/** Loaded into the gateway before anything else: writes down every second how many bytes of JavaScript's heap are in use, in a file that the runner names. */
import { writeFileSync } from "node:fs";

const path = process.env.PARKMATE_SOAK_HEAP ?? "";
setInterval(() => writeFileSync(path, String(process.memoryUsage().heapUsed)), 1_000).unref();
