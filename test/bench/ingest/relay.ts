/**
 * What the ingest bench compares with: subscribes to statuses and acknowledges them, and does nothing else. What the broker can hand over.
 * Takes the broker's URL and the prefix of its topics; tells its parent `"ready"`, then how many it has heard.
 */
import { connectAsync } from "mqtt";
import { tellHandled } from "../handled.ts";

const [url = "", prefix = ""] = process.argv.slice(2);
const client = await connectAsync(url);
const count = tellHandled();
client.on("message", count);
await client.subscribeAsync(`${prefix}/spot/status/#`, { qos: 1 });
process.send?.("ready");
