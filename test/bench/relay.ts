/**
 * What the latency bench compares with: answers each status with a lamp command, and does nothing else. The least that any
 * backend behind the same broker can do. Takes the broker's URL and the prefix of its topics.
 */
import { connect } from "mqtt";

const [url = "", prefix = ""] = process.argv.slice(2);
const client = connect(url);
client.on("message", (topic, payload) => {
	const { spot_id, lot_id, occupied } = JSON.parse(payload.toString());
	const command = JSON.stringify({ spot_id, lot_id, color: occupied ? "red" : "green" });
	client.publish(topic.replace("/spot/status", "/led/command"), command, { qos: 1 });
});
client.on("connect", () => {
	client.subscribe(`${prefix}/spot/status/#`, { qos: 1 }, () => process.send?.("ready"));
});
process.on("disconnect", () => process.exit(0));
