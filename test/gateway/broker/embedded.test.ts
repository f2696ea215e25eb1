import { EmbeddedBroker } from "../../../gateway/broker/embedded.ts";
import { brokerContract } from "./contract.ts";

brokerContract("EmbeddedBroker", async () => {
	const broker = new EmbeddedBroker({ host: "127.0.0.1", port: 0 });
	return { broker, sensorUrl: () => broker.url, cleanup: () => broker.close() };
});
